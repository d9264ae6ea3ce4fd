package inbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// moody is a Store whose transactions take their time, several at once, and end
// in all the ways in which one can.
type moody struct {
	store.Store
	mu   sync.Mutex // of draw, and of the counters
	draw *rand.Rand

	applying sync.Mutex
	applied  []*int // counters of the changes that a transaction has applied
}

func (s *moody) Update(_ context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	before, after, mood := time.Duration(s.draw.IntN(20))*time.Millisecond, time.Duration(s.draw.IntN(50))*time.Millisecond, s.draw.IntN(12)
	s.mu.Unlock()
	time.Sleep(before) // bubble time
	if mood == 0 {
		return store.ErrUnavailable
	}
	s.applying.Lock()
	s.applied = nil
	err := fn(nil)
	applied := s.applied
	s.applying.Unlock()
	if err != nil {
		return err
	}
	time.Sleep(after) // bubble time
	keep := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, n := range applied {
			*n++
		}
	}
	switch mood {
	case 1:
		return store.ErrConflict
	case 2:
		keep()
		return store.ErrUnknown
	case 3:
		return store.ErrUnknown
	case 4:
		return &store.BusyError{Err: store.ErrBusy}
	case 5:
		panic("the store panics")
	}
	keep()
	return nil
}

// Whatever its transactions come to, each caller learns what became of its change,
// and at the end nobody leads and nothing waits.
func TestChangesInAMoodyStore(t *testing.T) {
	refusal := errors.New("refused")
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			s := &moody{draw: rand.New(rand.NewPCG(seed, 1))}
			c := newCommitter(s)
			c.maxLeaders, c.share, c.maxBatch, c.maxWaiting = 1+int(seed%3), 1+int(seed%5), 1+int(seed%9)*4, 100
			draw := rand.New(rand.NewPCG(seed, 2))
			var all sync.WaitGroup
			for i := range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				if draw.IntN(5) == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Duration(draw.IntN(60))*time.Millisecond)
				}
				kind, must, subjects := draw.IntN(10), draw.IntN(3) == 0, about(int64(draw.IntN(8)), int64(draw.IntN(8)))
				all.Go(func() {
					defer cancel()
					made := 0
					err := c.do(ctx, must, func(tx *tx) error {
						switch kind {
						case 0:
							return refusal
						case 1:
							tx.writes++
							return refusal
						case 2:
							panic("the change panics")
						}
						tx.writes++
						s.applied = append(s.applied, &made)
						return nil
					}, subjects)
					s.mu.Lock()
					defer s.mu.Unlock()
					if err == nil && made == 0 {
						t.Errorf("seed %d: change %d passes for made", seed, i)
					}
					var panicked *panicError // which says nothing either
					if made > 0 && err != nil && !errors.Is(err, store.ErrUnknown) && !errors.As(err, &panicked) {
						t.Errorf("seed %d: change %d was made, and failed with %v", seed, i, err)
					}
				})
				if draw.IntN(3) == 0 {
					time.Sleep(time.Duration(draw.IntN(10)) * time.Millisecond) // bubble time
				}
			}
			all.Wait()
			if c.leaders != 0 || c.parted != 0 || len(c.waiting) != 0 || len(c.engaged) != 0 {
				t.Errorf("seed %d: at the end %d lead, about %v, %d are parted and %d wait", seed, c.leaders, c.engaged, c.parted, len(c.waiting))
			}
		})
	}
}
