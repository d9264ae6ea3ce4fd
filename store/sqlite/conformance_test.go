package sqlite

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/storetest"
)

func TestConformance(t *testing.T) {
	clocks := make(map[store.Store]*testClock)
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) store.Store {
			clock := newTestClock()
			s := openAt(t, newPath(t), Config{Now: clock.Now, NotifyInterval: time.Millisecond})
			clocks[s] = clock
			return s
		},
		// A second Store on the file stands for another process.
		Reopen: func(t testing.TB, s store.Store) store.Store {
			first := s.(*Store)
			second := openAt(t, first.path, first.cfg)
			clocks[second] = clocks[s]
			return second
		},
		Advance: func(s store.Store, d time.Duration) { clocks[s].Advance(d) },
	})
}
