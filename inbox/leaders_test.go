package inbox

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
		c.maxLeaders, c.share, c.maxBatch, c.maxWaiting = 3, 4, 64, 1000
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
		come(4)
		check("a few are not worth another", 1)
		come(1)
		check("now there are enough", 1, 4)
		come(4)
		check("and for a third", 1, 4, 4)
		come(40)
		check("there are as many as may be", 1, 4, 4)
		end(0)
		check("one has ended, and takes all, as nobody else may lead", 1, 4, 4, 40)
		end(1)
		end(2)
		come(10)
		check("beside a large one", 1, 4, 4, 40, 4, 4)
		end(3)
		end(4)
		check("two who wait go on waiting while somebody leads", 1, 4, 4, 40, 4, 4)
		end(5)
		check("then they go", 1, 4, 4, 40, 4, 4, 2)
		end(6)
		sum := 0
		for _, n := range s.sizes {
			sum += n
		}
		if sum != made || c.leaders != 0 || len(c.waiting) != 0 {
			t.Errorf("of %d changes %d were made; %d lead, and %d wait", made, sum, c.leaders, len(c.waiting))
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
		c.leaders = 0
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

// Leaders who all need the same hold up each other. So while a change waits for
// what others hold, there is one.
func TestOneLeadsWhileChangesAreParted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &turnstile{}
		c := newCommitter(s)
		c.maxLeaders, c.maxBatch, c.maxWaiting = 3, 64, 1000
		var all sync.WaitGroup
		come := func() {
			all.Go(func() {
				if err := c.do(t.Context(), false, s.count); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		check := func(what string, want ...int) {
			t.Helper()
			s.mu.Lock()
			defer s.mu.Unlock()
			if !slices.Equal(s.sizes, want) {
				t.Errorf("%s: the transactions have %v changes, want %v", what, s.sizes, want)
			}
		}
		end := func(n int, err error) {
			s.mu.Lock()
			ending := s.endings[n]
			s.mu.Unlock()
			ending <- err
			synctest.Wait()
		}
		come()
		end(0, &store.BusyError{Err: store.ErrBusy})
		for range 3 {
			come()
		}
		check("beside a parted change", 1, 1)
		time.Sleep(firstPart) // bubble time
		synctest.Wait()
		check("it is tried again", 1, 1, 1)
		end(2, nil)
		check("it has been made", 1, 1, 1, 2)
		come()
		check("and one more comes", 1, 1, 1, 2, 1)
		for _, n := range []int{1, 3, 4} {
			end(n, nil)
		}
		all.Wait()
	})
}
