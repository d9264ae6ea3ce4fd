package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// viewStore counts the Views, and fails them if it is told to.
type viewStore struct {
	store.Store
	views  atomic.Int32
	broken atomic.Bool
	stuck  atomic.Bool
}

var errBroken = errors.New("the store is broken")

func (s *viewStore) View(ctx context.Context, fn func(store.Tx) error) error {
	s.views.Add(1)
	if s.broken.Load() {
		return errBroken
	}
	if s.stuck.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.View(ctx, fn)
}

// audience is an engine with listeners.
type audience struct {
	t     *testing.T
	store *viewStore
	in    *inbox.Inbox
	sent  int
}

func newAudience(t *testing.T) *audience {
	c := newCompany(t, simulated.Config{})
	s := &viewStore{Store: c.store}
	in, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{c.carrier}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &audience{t: t, store: s, in: in}
}

// come has a message come in: two events for the first, one for the others.
func (a *audience) come() {
	a.t.Helper()
	a.sent++
	if _, err := a.in.Receive(a.t.Context(), "simulated", channel.Inbound{
		ProviderID: fmt.Sprint("SM", a.sent), From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hello",
	}); err != nil {
		a.t.Fatal(err)
	}
}

// listener notes the cursors that it gets.
type listener struct {
	got   []inbox.Cursor
	err   error
	ended chan struct{}
}

// listen has alice listen; each event is handed to during.
func (a *audience) listen(ctx context.Context, after inbox.Cursor, during func()) *listener {
	return a.listenAs(ctx, "alice", after, during)
}

func (a *audience) listenAs(ctx context.Context, user inbox.UserID, after inbox.Cursor, during func()) *listener {
	l := &listener{ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		for e, err := range a.in.Agent(inbox.DefaultAccount, user).Events(ctx, after) {
			if err != nil {
				l.err = err
				return
			}
			l.got = append(l.got, e.Cursor)
			during()
		}
	}()
	return l
}

func nothing() {}

func TestEventsAreReadOnceForAllWhoListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		ctx, cancel := context.WithCancel(t.Context())
		var all []*listener
		for range 100 {
			all = append(all, a.listen(ctx, 0, nothing))
		}
		synctest.Wait()
		begun := a.store.views.Load()
		for range 10 {
			a.come()
			synctest.Wait()
		}
		if n := a.store.views.Load() - begun; n > 12 {
			t.Errorf("100 listeners had the store asked %d times for 10 messages, want once for each, and a little", n)
		}
		begun = a.store.views.Load()
		time.Sleep(10 * time.Second) // bubble time
		if n := a.store.views.Load() - begun; n > 11 {
			t.Errorf("100 listeners had the store asked %d times in ten seconds of silence, want once a second", n)
		}
		cancel()
		for _, l := range all {
			<-l.ended
			if len(l.got) != 11 || !slices.Equal(l.got, all[0].got) || !errors.Is(l.err, context.Canceled) {
				t.Fatalf("a listener got %v and ended with %v", l.got, l.err)
			}
		}
	})
}

func TestASlowListenerHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		hold := make(chan struct{})
		slow := a.listen(t.Context(), 0, func() { <-hold })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		quick := a.listen(ctx, 0, nothing)
		for range 600 { // more than is kept for those who are late
			a.come()
			synctest.Wait()
		}
		cancel()
		<-quick.ended
		if len(quick.got) != 601 || len(slow.got) != 1 {
			t.Errorf("the quick one got %d events, want 601, while the slow one was at its first (%d)", len(quick.got), len(slow.got))
		}
		close(hold)
		synctest.Wait()
		if !slices.Equal(slow.got, quick.got) {
			t.Errorf("the slow one got %d events in the end, want the same 601", len(slow.got))
		}
	})
}

// Those who are a little late find the pages that the others have read.
func TestLateListenersReadNothingAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		watching := a.listen(t.Context(), 0, nothing)
		hold := make(chan struct{})
		var late []*listener
		for range 10 {
			late = append(late, a.listen(t.Context(), 0, func() { <-hold }))
		}
		for range 20 {
			a.come()
			synctest.Wait()
		}
		begun := a.store.views.Load()
		close(hold)
		synctest.Wait()
		if n := a.store.views.Load() - begun; n > 0 {
			t.Errorf("they had the store asked %d times", n)
		}
		for _, l := range late {
			if !slices.Equal(l.got, watching.got) {
				t.Errorf("one got %v, want %v", l.got, watching.got)
			}
		}
	})
}

// What comes all at once is not a page now and the rest at the next poll.
func TestManyEventsAtOnceComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		l := a.listen(t.Context(), 0, nothing)
		a.come()
		synctest.Wait()
		err := a.store.Update(t.Context(), func(tx store.Tx) error {
			var es []store.Event
			for range 1000 {
				es = append(es, store.Event{Account: inbox.DefaultAccount, Type: store.StrayReceived})
			}
			return tx.AppendEvents(es...)
		})
		if err != nil {
			t.Fatal(err)
		}
		a.come()
		begun := time.Now()
		synctest.Wait()
		if len(l.got) != 1003 || time.Since(begun) > 0 {
			t.Errorf("got %d events at once, want all 1,003", len(l.got))
		}
	})
}

// Whoever watches for all the others may leave at any time.
func TestTheWatchIsHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		var cancels []func()
		var all []*listener
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			cancels, all = append(cancels, cancel), append(all, a.listen(ctx, 0, nothing))
			synctest.Wait()
		}
		begun := time.Now()
		for i, cancel := range cancels {
			cancel()
			a.come()
			synctest.Wait()
			for j, l := range all[i+1:] {
				if len(l.got) != i+2 {
					t.Fatalf("listener %d got %d events after %d had left, want %d", i+1+j, len(l.got), i+1, i+2)
				}
			}
		}
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("it took %v: somebody has polled", waited)
		}
	})
}

// It may even be reading.
func TestTheWatchIsHandedOnFromOneWhoReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		ctx, cancel := context.WithCancel(t.Context())
		one := a.listen(ctx, 0, nothing)
		synctest.Wait()
		other, cancelOther := context.WithCancel(t.Context())
		two := a.listen(other, 0, nothing)
		synctest.Wait()
		a.store.stuck.Store(true)
		a.come()
		synctest.Wait()
		a.store.stuck.Store(false)
		begun := time.Now()
		cancel()
		<-one.ended
		synctest.Wait()
		if len(two.got) != 2 || time.Since(begun) > 0 {
			t.Errorf("the other has %d events after %v, want two at once", len(two.got), time.Since(begun))
		}
		cancelOther()
		<-two.ended
	})
}

func TestAFailureOfTheStoreEndsEachStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		one, two := a.listen(t.Context(), 0, nothing), a.listen(t.Context(), 0, nothing)
		synctest.Wait()
		a.store.broken.Store(true)
		<-one.ended
		<-two.ended
		if !errors.Is(one.err, errBroken) || !errors.Is(two.err, errBroken) {
			t.Errorf("the streams ended with %v and %v", one.err, two.err)
		}
		a.store.broken.Store(false)
		three := a.listen(t.Context(), 0, nothing)
		a.come()
		synctest.Wait()
		if len(three.got) != 2 {
			t.Errorf("afterwards a listener got %v, want two events", three.got)
		}
		if err := a.in.Admin(inbox.DefaultAccount).SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Alice"}); err != nil {
			t.Fatal(err)
		}
		<-three.ended // without an event that would tell
		if !errors.Is(three.err, inbox.ErrUnlicensed) {
			t.Errorf("the stream of a user without a seat ended with %v", three.err)
		}
	})
}

// Whatever they do, whoever listens gets exactly what there is after the cursor,
// in order.
func TestListenersOfAllKinds(t *testing.T) {
	for seed := range uint64(15) {
		synctest.Test(t, func(t *testing.T) {
			a := newAudience(t)
			draw := rand.New(rand.NewPCG(seed, 1))
			type visit struct {
				*listener
				after inbox.Cursor
			}
			var visits []visit
			var last inbox.Cursor
			come := func() {
				for range draw.IntN(40) {
					a.come()
				}
				synctest.Wait()
				var err error
				if last, err = a.in.Agent(inbox.DefaultAccount, "alice").Now(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for range 40 {
				switch draw.IntN(3) {
				case 0:
					after := inbox.Cursor(draw.Int64N(int64(last) + 1))
					stay := time.Duration(draw.IntN(20_000)) * time.Millisecond
					pauses := rand.New(rand.NewPCG(seed, uint64(len(visits))))
					ctx, cancel := context.WithTimeout(t.Context(), stay)
					t.Cleanup(cancel)
					visits = append(visits, visit{a.listen(ctx, after, func() {
						if pauses.IntN(10) == 0 {
							time.Sleep(time.Duration(pauses.IntN(3000)) * time.Millisecond) // bubble time
						}
					}), after})
				case 1:
					come()
				default:
					time.Sleep(time.Duration(draw.IntN(2000)) * time.Millisecond) // bubble time
				}
			}
			// One stays to the end.
			ctx, cancel := context.WithCancel(t.Context())
			visits = append(visits, visit{a.listen(ctx, 0, nothing), 0})
			come()
			cancel()
			var whole []inbox.Cursor
			for _, e := range allEvents(t, a.in.Agent(inbox.DefaultAccount, "alice"), 0) {
				whole = append(whole, e.Cursor)
			}
			for i, v := range visits {
				<-v.ended
				if !errors.Is(v.err, context.Canceled) && !errors.Is(v.err, context.DeadlineExceeded) {
					t.Errorf("seed %d: listener %d ended with %v", seed, i, v.err)
				}
				want := slices.DeleteFunc(slices.Clone(whole), func(c inbox.Cursor) bool { return c <= v.after })
				want = want[:min(len(want), len(v.got))]
				if i == len(visits)-1 {
					want = whole
				}
				if !slices.Equal(want, v.got) {
					t.Errorf("seed %d: listener %d after %v got %v, want %v", seed, i, v.after, v.got, want)
				}
			}
		})
	}
}
