package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// unsure is a store whose Updates go wrong when a test says so.
type unsure struct {
	store.Store
	next func(ctx context.Context, update func() error) error // nil: nothing goes wrong
}

func (s *unsure) Update(ctx context.Context, fn func(store.Tx) error) error {
	update := func() error { return s.Store.Update(ctx, fn) }
	if wrong := s.next; wrong != nil {
		s.next = nil
		return wrong(ctx, update)
	}
	return update()
}

// committedUnknown commits and says that nobody knows whether it did.
func committedUnknown(_ context.Context, update func() error) error {
	if err := update(); err != nil {
		return err
	}
	return fmt.Errorf("the connection was lost: %w", store.ErrUnknown)
}

// newUnsure starts a talk on a store that can go wrong.
func newUnsure(t *testing.T) (*talk, *unsure) {
	t.Helper()
	s := &unsure{}
	var h *inboxtest.Harness
	s.Store = memory.New(memory.WithClock(func() time.Time {
		if h == nil {
			return time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
		}
		return h.Now()
	}))
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Store: s}})
	h = k.Harness
	k.Settle()
	return k, s
}

// anotherEngine returns one of another process, with the same clock.
func anotherEngine(k *talk, db store.Store, router routing.Router) *inbox.Inbox {
	k.t.Helper()
	return engineOf(k, inbox.Config{Store: db, Router: router}, "another process", k.Now)
}

// anotherEngineAt returns one of another process, with a clock of its own.
func anotherEngineAt(k *talk, db store.Store, name string, now func() time.Time) *inbox.Inbox {
	k.t.Helper()
	return engineOf(k, inbox.Config{Store: db}, name, now)
}

func engineOf(k *talk, cfg inbox.Config, name string, now func() time.Time) *inbox.Inbox {
	k.t.Helper()
	cfg.Channels, cfg.Logger = []channel.Channel{k.Carrier}, slog.New(slog.DiscardHandler)
	in, err := inbox.NewWithSources(cfg, sources.Sources{Now: now, Jitter: func() float64 { return 0.5 }, Name: func() string { return name }})
	if err != nil {
		k.t.Fatal(err)
	}
	return in
}

func TestCommitOfWhichNobodyKnowsIsRepeatedWithoutEffect(t *testing.T) {
	for name, do := range map[string]func(k *talk) error{
		"claim": func(k *talk) error { return k.Agent("alice").Claim(k.t.Context(), k.conv) },
		"assign": func(k *talk) error {
			return k.Agent("alice").Assign(k.t.Context(), k.conv, []inbox.UserID{"carol"}, nil)
		},
		"snooze": func(k *talk) error { return k.Agent("alice").Snooze(k.t.Context(), k.conv, k.Now().Add(time.Hour)) },
		"close":  func(k *talk) error { return k.Agent("alice").Close(k.t.Context(), k.conv) },
		"read":   func(k *talk) error { return k.Agent("alice").MarkRead(k.t.Context(), k.conv, 0) },
		"reply": func(k *talk) error {
			_, err := k.Agent("alice").Reply(k.t.Context(), k.conv, inbox.Draft{Text: "hi"})
			return err
		},
		"note": func(k *talk) error {
			_, err := k.Agent("alice").Note(k.t.Context(), k.conv, "hm", "")
			return err
		},
		"receive": func(k *talk) error {
			_, err := k.Inbox.Receive(k.t.Context(), "simulated", channel.Inbound{ProviderID: "x", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "STOP"})
			return err
		},
		"receive a stray": func(k *talk) error {
			_, err := k.Inbox.Receive(k.t.Context(), "simulated", channel.Inbound{ProviderID: "x", From: alicesCustomer, To: nobodysNumber, Text: "hi"})
			return err
		},
		"save a user": func(k *talk) error {
			users, err := k.Admin().Users(k.t.Context())
			if err != nil {
				return err
			}
			return k.Admin().SaveUser(k.t.Context(), users[1])
		},
		"save a team": func(k *talk) error {
			teams, err := k.Admin().Teams(k.t.Context())
			if err != nil {
				return err
			}
			return k.Admin().SaveTeam(k.t.Context(), teams[0])
		},
		"save an inbox": func(k *talk) error {
			boxes, err := k.Admin().Inboxes(k.t.Context())
			if err != nil {
				return err
			}
			return k.Admin().SaveInbox(k.t.Context(), boxes[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			sure, _ := newUnsure(t)
			if err := do(sure); err != nil {
				t.Fatal(err)
			}
			k, s := newUnsure(t)
			s.next = committedUnknown
			if err := do(k); err != nil {
				t.Fatalf("when nobody knows whether it committed: %v", err)
			}
			if s.next != nil {
				t.Fatal("nothing went wrong; the test sees nothing")
			}
			if diff := cmp.Diff(sure.Events(), k.Events()); diff != "" {
				t.Errorf("events (-sure +unsure):\n%s", diff)
			}
		})
	}
}

func TestReleaseAndStraysOfWhichNobodyKnows(t *testing.T) {
	k, s := newUnsure(t)
	alice := k.Agent("alice")
	if err := alice.Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	s.next = committedUnknown
	if err := alice.Release(t.Context(), k.conv); err != nil {
		t.Errorf("release: %v", err)
	}
	for _, act := range []func(id store.StrayID) error{
		func(id store.StrayID) error { _, err := alice.AdoptStray(t.Context(), id, "support"); return err },
		func(id store.StrayID) error { return alice.DismissStray(t.Context(), id) },
	} {
		k.customer.To(nobodysNumber).Send("hello?")
		strays, err := alice.Strays(t.Context(), 0)
		if err != nil || len(strays) != 1 {
			t.Fatalf("strays: %v, %v", strays, err)
		}
		s.next = committedUnknown
		if err := act(strays[0].ID); err != nil {
			t.Errorf("stray: %v", err)
		}
	}
}

func TestMarkOfWhichNobodyKnowsIsFollowedByTheSend(t *testing.T) {
	k, s := newUnsure(t)
	m := k.reply("hi")
	// The lease is taken; then the mark commits, and nobody knows.
	s.next = func(_ context.Context, update func() error) error {
		err := update()
		s.next = committedUnknown
		return err
	}
	k.RequireSent(alicesCustomer, "hi")
	k.requireStates(m.ID, "queued", "attempting", "accepted", "sent", "delivered")
	if n := len(sentTo(k.Harness, alicesCustomer)); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestReplyIsNeverTakenForAnothersWithTheSameID(t *testing.T) {
	k, s := newUnsure(t)
	other := anotherEngine(k, s.Store, nil)
	// Alice's reply is rolled back, and another process takes the id.
	s.next = func(context.Context, func() error) error {
		boom := errors.New("conflict")
		err := s.Store.Update(t.Context(), func(tx store.Tx) error {
			if _, err := tx.NewID(); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Errorf("rolled back: %v", err)
		}
		if _, err := other.Agent(inbox.DefaultAccount, "alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "from my other window"}); err != nil {
			t.Error(err)
		}
		return fmt.Errorf("%w", store.ErrConflict)
	}
	m, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "the second"})
	if err != nil || m.Text != "the second" {
		t.Errorf("the reply is %q, %v", m.Text, err)
	}
	k.Advance(time.Minute)
	if diff := cmp.Diff([]string{"from my other window", "the second"}, sentTo(k.Harness, alicesCustomer)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestFailuresOfTheStoreAreNotTheTasks(t *testing.T) {
	k, s := newUnsure(t)
	m := k.reply("hi")
	full := errors.New("database or disk is full")
	for range 20 {
		s.next = func(_ context.Context, update func() error) error { // the lease is taken, the rest fails
			err := update()
			s.next = func(context.Context, func() error) error { return full }
			return err
		}
		if _, err := k.Inbox.Step(t.Context()); !errors.Is(err, full) {
			t.Fatalf("step: %v", err)
		}
		s.next = nil
		err := s.Store.Update(t.Context(), func(tx store.Tx) error { // the lease runs out
			leases, err := tx.Leases(k.conv)
			if err != nil {
				return err
			}
			return tx.Release(leases...)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if aside, err := k.Admin().SetAside(t.Context()); err != nil || len(aside) > 0 {
		t.Errorf("set aside: %+v, %v; want nothing", aside, err)
	}
	k.RequireSent(alicesCustomer, "hi") // once the disk has room again
	if got := k.message(m.ID); got.Attempts != 1 {
		t.Errorf("%d attempts, want 1", got.Attempts)
	}
}

func TestTurnThatLostItsLeaseChangesNothing(t *testing.T) {
	for _, owner := range []string{"another engine", "another process"} { // the second is the same one, with another lease
		t.Run(owner, func(t *testing.T) { testLostLease(t, owner) })
	}
}

// testLostLease lets a router take so long that somebody else has the
// conversation when it answers.
func testLostLease(t *testing.T, owner string) {
	k, _ := newUnsure(t)
	var steal func()
	router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		steal()
		return routing.To("carol").Route(t.Context(), r)
	})
	slow := anotherEngine(k, k.Store, router)
	if _, err := k.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "x", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "more"}); err != nil {
		t.Fatal(err)
	}
	steal = func() {
		err := k.Store.Update(t.Context(), func(tx store.Tx) error {
			held, err := tx.Leases(k.conv)
			if err != nil || len(held) != 1 {
				return fmt.Errorf("%d leases, %w", len(held), err)
			}
			if err := tx.Release(held...); err != nil {
				return err
			}
			_, err = tx.Lease(owner, time.Minute, k.conv)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	before := len(allEvents(t, k.Agent("alice"), 0))
	if n, err := slow.Step(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if n := len(allEvents(t, k.Agent("alice"), 0)) - before; n != 0 {
		t.Errorf("the turn that lost its lease made %d events", n)
	}
	k.Advance(2 * time.Minute)
	k.RequireAlerted("alice", "bob") // whoever has it does the work
}

func TestDecisionOnWhatIsDoneAlreadyChangesNothing(t *testing.T) {
	k, _ := newUnsure(t)
	var deleteTask func()
	slow := anotherEngine(k, k.Store, routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		deleteTask()
		return routing.To("carol").Route(t.Context(), r)
	}))
	if _, err := k.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "x", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "more"}); err != nil {
		t.Fatal(err)
	}
	deleteTask = func() {
		err := k.Store.Update(t.Context(), func(tx store.Tx) error {
			tasks, err := tx.Tasks(k.conv)
			if err != nil {
				return err
			}
			return tx.DeleteTasks(tasks[0].ID)
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n, err := slow.Step(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	k.RequireAlerted()
}

// TestDoubtOutlivesAnotherFailure commits without anybody knowing, and then
// can't find out.
func TestDoubtOutlivesAnotherFailure(t *testing.T) {
	k, s := newUnsure(t)
	down := errors.New("connection refused")
	s.next = func(ctx context.Context, update func() error) error {
		err := committedUnknown(ctx, update)
		s.next = func(context.Context, func() error) error { return down }
		return err
	}
	_, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"})
	if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, down) {
		t.Errorf("error %v, want that nobody knows, and why", err)
	}
	k.RequireSent(alicesCustomer, "hi")
}

// TestReplyThatWasTakenCountsThoughTheSeatIsGone loses the user's seat between a
// commit of which nobody knew and the try that finds out.
func TestReplyThatWasTakenCountsThoughTheSeatIsGone(t *testing.T) {
	for _, key := range []string{"", "key-1"} {
		k, s := newUnsure(t)
		s.next = func(ctx context.Context, update func() error) error {
			err := committedUnknown(ctx, update)
			if e := anotherEngine(k, s.Store, nil).Admin(inbox.DefaultAccount).SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Alice"}); e != nil {
				t.Error(e)
			}
			return err
		}
		m, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "hi", RequestKey: key})
		if err != nil || m.ID == 0 {
			t.Errorf("key %q: message %v, error %v; want the reply that was taken", key, m.ID, err)
		}
	}
}

// TestAnswerWhoseCommitIsUnknownIsFollowedOnce has the provider say that it does
// not have a message, and nobody know whether that was written down, while there
// is more to do for the conversation.
func TestAnswerWhoseCommitIsUnknownIsFollowedOnce(t *testing.T) {
	k, s := newUnsure(t)
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Lost})
	m := k.reply("hi")
	k.Settle()
	k.Advance(29 * time.Second)
	s.next = func(ctx context.Context, update func() error) error { // the lease
		if _, err := anotherEngine(k, s.Store, nil).Receive(ctx, "simulated", channel.Inbound{
			ProviderID: "more", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "are you there?",
		}); err != nil {
			t.Error(err)
		}
		s.next = func(_ context.Context, update func() error) error { // the question
			s.next = committedUnknown // what follows from the answer
			return update()
		}
		return update()
	}
	k.Advance(time.Hour)
	k.RequireSent(alicesCustomer, "hi")
	k.RequireNothingSent(alicesCustomer)
	if got := k.message(m.ID); got.Attempts != 2 || got.State != store.StateDelivered {
		t.Errorf("it is %s after %d attempts", got.State, got.Attempts)
	}
}
