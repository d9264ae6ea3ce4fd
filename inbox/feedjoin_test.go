package inbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// save gives a user a seat, or takes it.
func (a *audience) save(user inbox.UserID, licensed bool) {
	a.t.Helper()
	if err := a.in.Admin(inbox.DefaultAccount).SaveUser(a.t.Context(), inbox.User{ID: user, Name: string(user), Licensed: licensed}); err != nil {
		a.t.Fatal(err)
	}
}

// staff sets who is in the team of the inbox.
func (a *audience) staff(users ...inbox.UserID) {
	a.t.Helper()
	if err := a.in.Admin(inbox.DefaultAccount).SaveTeam(a.t.Context(), inbox.Team{ID: "support", Name: "Support", Members: users}); err != nil {
		a.t.Fatal(err)
	}
}

// gapStore is a Store of which a View, after it has read, waits for a value if it
// is told to.
type gapStore struct {
	store.Store
	hold atomic.Bool
	goOn chan struct{}
}

func (s *gapStore) View(ctx context.Context, fn func(store.Tx) error) error {
	err := s.Store.View(ctx, fn)
	if s.hold.Swap(false) {
		<-s.goOn
	}
	return err
}

// gaps has the next View wait when it has read.
func (a *audience) gaps() *gapStore {
	s := &gapStore{Store: a.store.Store, goOn: make(chan struct{})}
	a.store.Store = s
	return s
}

// hasEnded reports whether the listener has, when nothing more happens.
func (l *listener) hasEnded() bool {
	synctest.Wait()
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// That others listen changes nothing for one whose cursor is ahead of all
// events: what comes would be taken for what it has.
func TestACursorAheadIsToldWhileOthersListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		a.come()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		a.listen(ctx, 0, nothing)
		synctest.Wait()
		ahead := a.listen(ctx, 1000, nothing)
		if !ahead.hasEnded() || !errors.Is(ahead.err, inbox.ErrReset) {
			t.Errorf("a listener ahead of all events has not been told: %v", ahead.err)
		}
	})
}

func TestOneWithoutASeatIsToldWhileOthersListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		a.come()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		a.listenAs(ctx, "bob", 0, nothing)
		a.save("alice", false)
		time.Sleep(time.Minute) // bubble time
		now, err := a.in.Agent(inbox.DefaultAccount, "bob").Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l := a.listen(ctx, now, nothing)
		if !l.hasEnded() || !errors.Is(l.err, inbox.ErrUnlicensed) {
			t.Errorf("a listener without a seat has not been told: %v", l.err)
		}
	})
}

// Whoever comes gets what they may see now, not what they might have seen when
// the others read it, however much there is.
func TestWhoComesIsJudgedByWhatHoldsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		a.staff("alice", "bob")
		a.save("alice", false)
		a.listenAs(ctx, "bob", 0, nothing)
		for range 300 { // more than a page
			synctest.Wait()
			a.come()
		}
		synctest.Wait()

		a.save("alice", true)
		l := a.listen(ctx, 0, nothing)
		if l.hasEnded() || len(l.got) != 301 {
			t.Errorf("with her new seat alice got %d events and %v, want 301", len(l.got), l.err)
		}
		for range 300 {
			synctest.Wait()
			a.come()
		}
		synctest.Wait()
		a.staff("bob")
		l = a.listen(ctx, 0, nothing)
		if l.hasEnded() || len(l.got) != 0 {
			t.Errorf("since she has left the team alice got %d events and %v, want nothing", len(l.got), l.err)
		}
	})
}

// Nor is it judged by what somebody was reading just then.
func TestWhoComesIsNotJudgedByAReadThatHadBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		a.staff("alice", "bob")
		a.save("alice", false)
		s := a.gaps()
		bob := a.listenAs(ctx, "bob", 0, nothing)
		synctest.Wait()
		s.hold.Store(true)
		a.come()
		synctest.Wait() // bob has read, and waits
		a.save("alice", true)
		alice := a.listen(ctx, 0, nothing)
		synctest.Wait()
		s.goOn <- struct{}{}
		if alice.hasEnded() || len(alice.got) != 2 || len(bob.got) != 2 {
			t.Errorf("with her new seat alice got %v and %v, and bob %v, want two events each", alice.got, alice.err, bob.got)
		}
	})
}

// What came when the store failed is not left to the next poll.
func TestAFailureKeepsNothingFromWhoWasBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		hold := make(chan struct{})
		busy := a.listen(ctx, 0, func() { <-hold })
		watching := a.listen(ctx, 0, nothing)
		synctest.Wait()
		a.come()
		synctest.Wait()
		a.store.broken.Store(true)
		a.come()
		<-watching.ended
		a.store.broken.Store(false)
		begun := time.Now()
		close(hold)
		synctest.Wait()
		if len(busy.got) != 3 || time.Since(begun) > 0 {
			t.Errorf("the busy one has %d events after %v, want three at once", len(busy.got), time.Since(begun))
		}
	})
}

// One whose context has ended gets no further page, however many there are.
func TestAContextThatEndsIsNotOutrunByPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		ctx, cancel := context.WithCancel(t.Context())
		hold := make(chan struct{})
		late := a.listen(ctx, 0, func() { <-hold })
		watched, leave := context.WithCancel(t.Context())
		defer leave()
		a.listen(watched, 0, nothing)
		for range 20 {
			synctest.Wait()
			a.come()
		}
		synctest.Wait()
		cancel()
		close(hold)
		<-late.ended
		if len(late.got) > 2 || !errors.Is(late.err, context.Canceled) {
			t.Errorf("it got %d events, want the two of its page, and %v", len(late.got), late.err)
		}
	})
}

// One who had read that there is nothing reads again at once if others went on
// meanwhile.
func TestOthersWhoAreFasterCostNoPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudience(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := a.gaps()
		s.hold.Store(true)
		slow := a.listen(ctx, 0, nothing)
		synctest.Wait() // it has read, and waits
		a.come()
		now, err := a.in.Agent(inbox.DefaultAccount, "alice").Now(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a.listen(ctx, now, nothing)
		synctest.Wait()
		begun := time.Now()
		s.goOn <- struct{}{}
		synctest.Wait()
		if len(slow.got) != 2 || time.Since(begun) > 0 {
			t.Errorf("it has %d events after %v, want two at once", len(slow.got), time.Since(begun))
		}
	})
}
