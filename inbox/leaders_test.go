package inbox

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/teaminbox/teaminbox/store"
)

// turnstile is a Store with several transactions at once, each of which a test
// ends when it likes.
type turnstile struct {
	store.Store
	mu      sync.Mutex
	sizes   []int        // how many changes each transaction has, in the order in which they began
	endings []chan error // one of each
}

func (s *turnstile) Update(_ context.Context, fn func(store.Tx) error) error {
	end := make(chan error)
	s.mu.Lock()
	s.sizes, s.endings = append(s.sizes, 0), append(s.endings, end)
	err := fn(nil) // the changes count themselves
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return <-end
}

// count is a change.
func (s *turnstile) count(*tx) error {
	s.sizes[len(s.sizes)-1]++
	return nil
}

func TestSeveralLeadersShareWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &turnstile{}
		c := newCommitter(s)
		c.maxLeaders, c.maxBatch, c.maxWaiting = 3, 64, 1000
		made := 0
		come := func(n int) {
			for range n {
				made++
				go func() {
					if err := c.do(t.Context(), false, s.count); err != nil {
						t.Error(err)
					}
				}()
				synctest.Wait()
			}
		}
		end := func(n int) {
			s.endings[n] <- nil
			synctest.Wait()
		}
		check := func(what string, want ...int) {
			t.Helper()
			if !slices.Equal(s.sizes, want) {
				t.Errorf("%s: the transactions have %v changes, want %v", what, s.sizes, want)
			}
		}
		come(3)
		check("a few at once", 1, 1, 1)
		come(20)
		check("there are as many as may be", 1, 1, 1)
		end(0)
		check("one has ended", 1, 1, 1, 20)
		end(1)
		end(2)
		come(9)
		check("beside a large one, a few are not worth another", 1, 1, 1, 20)
		come(1)
		check("half as many are, and some are left for a third", 1, 1, 1, 20, 9)
		come(6)
		check("half of the average are not there yet", 1, 1, 1, 20, 9)
		come(1)
		check("now they are", 1, 1, 1, 20, 9, 8)
		come(1)
		end(5)
		check("beside two of 29, one that waits goes on waiting", 1, 1, 1, 20, 9, 8)
		end(4)
		check("beside one of 20, too", 1, 1, 1, 20, 9, 8)
		end(3)
		check("alone, it goes", 1, 1, 1, 20, 9, 8, 1)
		end(6)
		sum := 0
		for _, n := range s.sizes {
			sum += n
		}
		if sum != made || c.leaders != 0 || c.leading != 0 || len(c.waiting) != 0 {
			t.Errorf("of %d changes %d were made; %d lead, with %d changes, and %d wait", made, sum, c.leaders, c.leading, len(c.waiting))
		}
	})
}

// A leader that leaves before its transaction has begun leads all the same: what
// it was told to do, nobody else does.
func TestALeaderWhoseContextEndsStillLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &turnstile{}
		c := newCommitter(s)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = c.do(t.Context(), false, s.count) }()
		synctest.Wait()
		var err error
		left := make(chan struct{})
		go func() { defer close(left); err = c.do(ctx, false, s.count) }()
		synctest.Wait()

		c.mu.Lock() // between the two, it is told to lead and its context ends
		c.leaders, c.leading = 0, 0
		c.appoint()
		c.mu.Unlock()
		cancel()
		synctest.Wait()
		s.endings[1] <- nil
		<-left
		if err != nil || s.sizes[1] != 1 {
			t.Errorf("it failed with %v, and its transaction has %d changes", err, s.sizes[1])
		}
		s.endings[0] <- nil
		synctest.Wait()
	})
}
