package memory_test

import (
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
	"github.com/teaminbox/teaminbox/store/storetest"
)

// clock is a clock that moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestConformance(t *testing.T) {
	clocks := make(map[store.Store]*clock)
	storetest.Run(t, storetest.Harness{
		Open: func(testing.TB) store.Store {
			c := &clock{now: time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)}
			s := memory.New(memory.WithClock(c.Now))
			clocks[s] = c
			return s
		},
		Reopen:  func(_ testing.TB, s store.Store) store.Store { return s },
		Advance: func(s store.Store, d time.Duration) { clocks[s].Advance(d) },
	})
}

// With a real clock the kit waits for the end of short leases.
func TestConformanceWithTheSystemClock(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open:   func(testing.TB) store.Store { return memory.New() },
		Reopen: func(_ testing.TB, s store.Store) store.Store { return s },
	})
}
