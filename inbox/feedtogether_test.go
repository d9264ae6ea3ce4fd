package inbox_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// However many accounts have something new, a Store is asked a few times, and
// however many have nothing.
func TestAccountsAreReadTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 300)
		all := w.listenToAll()
		w.pass(10 * time.Second)
		if n := w.store.viewed(); n > 100 {
			t.Errorf("300 accounts had the store asked %d times in ten seconds of silence, want at most ten times a second", n)
		}
		w.come(w.ids...)
		w.pass(time.Second)
		if n := w.store.viewed(); n > 10 {
			t.Errorf("events in 300 accounts had the store asked %d times, want at most 10", n)
		}
		for id, l := range all {
			if len(l.got) != 1 || l.err != nil {
				t.Fatalf("the listener to %s got %v, %v", id, l.got, l.err)
			}
		}
	})
}

// Those who all come at once, as when a host has started again, are read for
// together, and each has what it came for, whoever comes with it.
func TestManyWhoComeAreReadForTogether(t *testing.T) {
	for _, some := range []string{"all can be read", "one can not"} {
		t.Run(some, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTown(t, 60)
				w.come(w.ids...)
				w.come(w.ids...)
				first := make(map[inbox.AccountID]inbox.Cursor)
				for _, id := range w.ids {
					first[id] = allEvents(t, w.in.Agent(id, "alice"), 0)[0].Cursor
				}
				var bad inbox.AccountID
				if some != "all can be read" {
					bad = w.ids[7]
				}
				w.store.set(func() { w.store.broken = bad })
				w.store.viewed()
				var all []*townListener
				for i := range 10 {
					for _, id := range w.ids {
						after := inbox.Cursor(0)
						if i%2 == 1 {
							after = first[id]
						}
						all = append(all, w.listen(t.Context(), id, after))
					}
				}
				w.pass(500 * time.Millisecond)
				// Half of them had events, and read once more what comes after.
				if n := w.store.viewed(); bad == "" && n > 40 {
					t.Errorf("600 who came had the store asked %d times, want at most 40", n)
				}
				for i, l := range all {
					switch want := 2 - i/len(w.ids)%2; {
					case l.account == bad && (!l.hasEnded() || !errors.Is(l.err, errBroken)):
						t.Errorf("a listener to what can't be read got %v, %v", l.got, l.err)
					case l.account != bad && (len(l.got) != want || l.hasEnded()):
						t.Errorf("listener %d to %s got %v, %v, want %d", i, l.account, l.got, l.err, want)
					}
				}
			})
		})
	}
}

// What can't be read with others is read alone, and hurts nobody.
func TestAnAccountThatCanNotBeReadHurtsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 300)
		all := w.listenToAll()
		bad := w.ids[20]
		w.store.set(func() { w.store.broken = bad })
		w.come(w.ids...)
		w.pass(time.Second)
		if l := all[bad]; !l.hasEnded() || !errors.Is(l.err, errBroken) || len(l.got) > 0 {
			t.Errorf("the listener to what can't be read got %v, %v", l.got, l.err)
		}
		othersGotOne(t, all, bad)
		if w.store.failed > 2 {
			t.Errorf("it has failed %d times, want once with others, and once alone", w.store.failed)
		}
		w.store.viewed()
		w.come(w.ids...)
		w.pass(time.Second)
		if n := w.store.viewed(); n > 10 {
			t.Errorf("afterwards the store is asked %d times for what it can answer together", n)
		}
	})
}

// Nor does one that the Store panics for: whoever reads for others is not hurt by
// what is theirs.
func TestAPanicForOneAccountHurtsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 20)
		all := w.listenToAll()
		bad := w.ids[7]
		w.store.set(func() { w.store.broken, w.store.panics = bad, true })
		w.come(w.ids...)
		w.pass(time.Second)
		if l := all[bad]; !l.hasEnded() || l.err == nil || len(l.got) > 0 {
			t.Errorf("the listener for whom the store panics got %v, %v", l.got, l.err)
		}
		othersGotOne(t, all, bad)
	})
}

// A Store that is away is so for all: it is not asked for one after the other,
// each of whom would wait as long.
func TestAStoreThatIsAwayIsAskedForAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 300)
		all := w.listenToAll()
		w.store.set(func() { w.store.away = true })
		w.pass(time.Second)
		for id, l := range all {
			if !l.hasEnded() || !errors.Is(l.err, store.ErrUnavailable) {
				t.Errorf("the listener to %s got %v, %v", id, l.got, l.err)
			}
		}
		if n := w.store.viewed(); n > 10 {
			t.Errorf("the store was asked %d times, want at most 10", n)
		}
	})
}

// Nor does one that is to be read from the start.
func TestAnAccountThatIsResetHurtsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 50)
		all := w.listenToAll()
		lost := w.ids[20]
		w.come(w.ids...)
		w.update(func(tx store.Tx) error {
			last, err := tx.LastEvent(lost)
			if err != nil {
				return err
			}
			return tx.DeleteEvents(lost, last)
		})
		w.pass(time.Second)
		if l := all[lost]; !l.hasEnded() || !errors.Is(l.err, inbox.ErrReset) || len(l.got) > 0 {
			t.Errorf("the listener to what is lost got %v, %v", l.got, l.err)
		}
		othersGotOne(t, all, lost)
		if n := w.store.viewed(); n > 6 {
			t.Errorf("the store was asked %d times, want at most 6", n)
		}
	})
}

// Whoever reads for others may leave, and whoever waits for another, too.
func TestWhoReadsForOtherAccountsHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 20)
		var all []*townListener
		for range 4 {
			for _, id := range w.ids {
				all = append(all, w.listen(t.Context(), id, 0))
			}
		}
		w.pass(1500 * time.Millisecond)
		w.store.set(func() { w.store.hold = true })
		w.come(w.ids...)
		w.pass(time.Second)
		begun := time.Now()
		// Some read now, each for itself. When these leave, some read for all others,
		// and then nobody is held any more.
		for round := range 3 {
			var readers []*townListener
			w.store.set(func() { readers, w.store.held, w.store.hold = w.store.held, nil, round < 2 })
			if len(readers) == 0 {
				t.Fatal("nobody reads")
			}
			for _, l := range readers {
				l.leave()
			}
			if round < 2 {
				for i := range w.ids {
					if i%4 == round {
						all[round*len(w.ids)+i].leave() // who may wait for one of them
					}
				}
			}
			synctest.Wait()
		}
		w.pass(100 * time.Millisecond) // the next poll is later
		stayed := 0
		for _, l := range all {
			switch {
			case l.ctx.Err() == nil && (len(l.got) != 1 || l.err != nil):
				t.Errorf("after %v a listener to %s has %v, %v", time.Since(begun), l.account, l.got, l.err)
			case l.ctx.Err() == nil:
				stayed++
			case !l.hasEnded():
				t.Errorf("a listener to %s has not left", l.account)
			}
		}
		if stayed < len(w.ids) {
			t.Errorf("%d listeners have stayed, the test needs one in each account", stayed)
		}
	})
}

// Nobody waits for a page that somebody wanted who has left.
func TestWhoLeavesWhileOthersReadIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 3)
		all := make(map[inbox.AccountID][]*townListener)
		for range 8 {
			for _, id := range w.ids {
				all[id] = append(all[id], w.listen(t.Context(), id, 0))
			}
		}
		w.pass(1500 * time.Millisecond)
		w.store.set(func() { w.store.hold = true })
		w.come(w.ids...)
		w.pass(time.Second)
		// Two accounts are being read, and the third waits: somebody for all who listen.
		readers := w.store.held
		if len(readers) != 2 {
			t.Fatalf("%d accounts are being read, the test needs 2", len(readers))
		}
		var waiting []*townListener
		for id, listeners := range all {
			if readers[0].account != id && readers[1].account != id {
				waiting = listeners
			}
		}
		for _, l := range waiting[1:] {
			l.leave()
			synctest.Wait()
		}
		w.store.set(func() { w.store.hold = false })
		for _, r := range readers {
			for _, l := range all[r.account] {
				if l != r {
					l.leave()
				}
			}
		}
		synctest.Wait()
		readers[0].leave()
		readers[1].leave()
		w.pass(100 * time.Millisecond) // the next poll is later
		if l := waiting[0]; len(l.got) != 1 {
			t.Errorf("the last who waited has %v, %v, want an event", l.got, l.err)
		}
	})
}

// An account in which much happens keeps nothing from the others, nor do they
// from it.
func TestListenersToManyAccounts(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			w := newTown(t, 12)
			draw := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			slow := rand.New(rand.NewPCG(seed, 2))
			w.store.takes = func() time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return time.Duration(slow.IntN(400)) * time.Millisecond
			}
			type visit struct {
				*townListener
				after inbox.Cursor
				stays bool
			}
			var visits []visit
			last := make(map[inbox.AccountID]inbox.Cursor)
			come := func(id inbox.AccountID) {
				for range 1 + draw.IntN(3)*draw.IntN(200) {
					w.come(id)
				}
				w.update(func(tx store.Tx) (err error) {
					last[id], err = tx.LastEvent(id)
					return err
				})
			}
			for range 80 {
				id := w.ids[draw.IntN(len(w.ids))]
				switch draw.IntN(3) {
				case 0:
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(draw.IntN(20_000))*time.Millisecond)
					t.Cleanup(cancel)
					after := inbox.Cursor(draw.Int64N(int64(last[id]) + 1))
					visits = append(visits, visit{w.listen(ctx, id, after), after, false})
				case 1:
					come(id)
				default:
					w.pass(time.Duration(draw.IntN(1000)) * time.Millisecond)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			for _, id := range w.ids {
				visits = append(visits, visit{w.listen(ctx, id, 0), 0, true})
				come(id)
			}
			w.pass(10 * time.Second)
			cancel()
			whole := make(map[inbox.AccountID][]inbox.Cursor)
			for _, id := range w.ids {
				for _, e := range allEvents(t, w.in.Agent(id, "alice"), 0) {
					whole[id] = append(whole[id], e.Cursor)
				}
			}
			for i, v := range visits {
				<-v.ended
				if !errors.Is(v.err, context.Canceled) && !errors.Is(v.err, context.DeadlineExceeded) {
					t.Errorf("seed %d: listener %d ended with %v", seed, i, v.err)
				}
				want := slices.DeleteFunc(slices.Clone(whole[v.account]), func(c inbox.Cursor) bool { return c <= v.after })
				if !v.stays {
					want = want[:min(len(want), len(v.got))]
				}
				if !slices.Equal(want, v.got) {
					t.Errorf("seed %d: listener %d to %s after %v got %d events, want %d", seed, i, v.account, v.after, len(v.got), len(want))
				}
			}
		})
	}
}
