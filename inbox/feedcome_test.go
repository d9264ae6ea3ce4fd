package inbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// Whoever comes while somebody else's read is under way is told when they lose
// their seat before that read, but after their own.
func TestASeatThatIsLostDuringAReadThatHadBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		takes := time.Millisecond
		w.store.takes = func() (d time.Duration) {
			w.store.set(func() { d, takes = takes, time.Millisecond })
			return d
		}
		before := w.listen(t.Context(), w.ids[0], 0)
		w.pass(1500 * time.Millisecond)
		w.store.set(func() { takes = 300 * time.Millisecond })
		w.pass(600 * time.Millisecond) // the next poll is under way, and has not looked yet
		during := w.listen(t.Context(), w.ids[0], 0)
		w.pass(100 * time.Millisecond)
		w.update(func(tx store.Tx) error {
			return tx.PutUsers(store.User{Account: w.ids[0], ID: "alice", Version: 1})
		})
		w.pass(5 * time.Second)
		for who, l := range map[string]*townListener{"before": before, "during": during} {
			if !l.hasEnded() || !errors.Is(l.err, inbox.ErrUnlicensed) {
				t.Errorf("who came %s the read got %v, want ErrUnlicensed", who, l.err)
			}
		}
	})
}

// What is read once for several is each one's own to change.
func TestEventsAfterGivesEachTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		id := w.ids[0]
		w.update(func(tx store.Tx) error {
			return tx.AppendEvents(store.Event{Account: id, Type: store.StrayReceived, Detail: store.Detail{Users: []store.UserID{"bob"}}})
		})
		got := make([][]store.Event, 10)
		for i := range got {
			go func() {
				var err error
				if got[i], _, err = w.in.Agent(id, "alice").EventsAfter(t.Context(), 0); err != nil {
					t.Error(err)
				}
			}()
		}
		w.pass(time.Second)
		if n := w.store.viewed(); n >= len(got) {
			t.Errorf("the store was asked %d times, the test needs some who share an answer", n)
		}
		for i, events := range got {
			if len(events) != 1 || events[0].Detail.Users[0] != "bob" {
				t.Fatalf("caller %d got %+v", i, events)
			}
			events[0].Detail.Users[0] = "carol"
		}
	})
}

// A read of which nothing is heard, as through a connection that is dead, holds up
// the others no longer than a transaction does.
func TestAReadThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 20)
		all := w.listenToAll()
		w.store.set(func() { w.store.hold = true })
		w.come(w.ids...)
		w.pass(time.Second)
		w.store.set(func() { w.store.hold = false })
		w.pass(35 * time.Second)
		for id, l := range all {
			if !l.hasEnded() && len(l.got) != 1 {
				t.Errorf("the listener to %s waits still", id)
			}
			if errors.Is(l.err, context.DeadlineExceeded) {
				t.Errorf("the listener to %s got %v, which says that its own time is over", id, l.err)
			}
		}
	})
}
