package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// receive takes in a message of the customer's and lets nobody work on it yet.
func receive(k *talk, text string) {
	k.t.Helper()
	_, err := k.Inbox.Receive(k.t.Context(), "simulated", channel.Inbound{ProviderID: text, From: alicesCustomer, To: inboxtest.SupportNumber, Text: text})
	if err != nil {
		k.t.Fatal(err)
	}
}

func TestAnswerToAnEarlierMessageDoesNotSilenceALaterOne(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	receive(k, "and cancel the other")
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "ok", Seen: 1}); err != nil {
		t.Fatal(err)
	}
	k.RequireAlerted("alice", "bob")
}

func TestCloseBesideAMessageThatNobodyHasSeen(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.reply("bye")
	k.Settle()
	receive(k, "wait, one thing more")
	if err := k.Agent("alice").Close(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	if v := k.view(); v.Status != store.Open || v.WaitingSince.IsZero() {
		t.Errorf("status %s, waiting since %v; want it open: nobody has seen the message", v.Status, v.WaitingSince)
	}
	k.RequireAlerted("alice", "bob")
}

func TestStalePageDoesNotMakeAnAnsweredCustomerWait(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.customer.Send("second question")
	if _, err := k.Agent("bob").Reply(t.Context(), k.conv, inbox.Draft{Text: "both answered"}); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "ok", Seen: 1}); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); !v.WaitingSince.IsZero() {
		t.Errorf("customer waits since %v though bob has answered everything", v.WaitingSince)
	}
}

func TestLostClaimsEndWhenNobodyKnowsWhetherTheSaveCommitted(t *testing.T) {
	for name, lose := range map[string]func(k *talk) error{
		"seat": func(k *talk) error {
			return k.Admin().SaveUser(k.t.Context(), inbox.User{ID: "alice", Name: "Alice"})
		},
		"team": func(k *talk) error {
			return k.Admin().SaveTeam(k.t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"bob"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := newUnsure(t)
			if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
				t.Fatal(err)
			}
			s.next = committedUnknown
			if err := lose(k); err != nil {
				t.Fatal(err)
			}
			_, err := k.Agent("bob").Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"})
			if err != nil {
				t.Errorf("bob: %v", err)
			}
			k.RequireAlerted("bob")
		})
	}
}

func TestTaskThatFailsLeavesTheOutcomeOfASendAlone(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{PollInterval: 10 * time.Millisecond}, Carrier: simulated.Config{Reports: []channel.DeliveryState{}}})
	m := k.reply("hi")
	err := k.Store.Update(t.Context(), func(tx store.Tx) error {
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		return tx.PutTasks(store.Task{ID: store.TaskID(id), Account: inbox.DefaultAccount, Conversation: k.conv, Kind: "of-a-later-version", DueAt: k.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Minute)
	k.requireStates(m.ID, "queued", "attempting", "accepted")
}

func TestTaskThatFailsLeavesTheRetryOfASendAlone(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{PollInterval: 10 * time.Millisecond}})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused})
	m := k.reply("hi")
	err := k.Store.Update(t.Context(), func(tx store.Tx) error {
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		return tx.PutTasks(store.Task{ID: store.TaskID(id), Account: inbox.DefaultAccount, Conversation: k.conv, Kind: "of-a-later-version", DueAt: k.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Minute)
	k.requireStates(m.ID, "queued", "attempting", "retrying", "attempting", "accepted", "sent", "delivered")
}

func TestRepeatedCloseLeavesWhatWasReopenedSince(t *testing.T) {
	k, s := newUnsure(t)
	other := anotherEngine(k, s.Store, nil)
	alice := k.Agent("alice")
	s.next = func(ctx context.Context, update func() error) error {
		if err := update(); err != nil {
			return err
		}
		if _, err := other.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "q", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "wait!"}); err != nil {
			t.Error(err)
		}
		return fmt.Errorf("%w", store.ErrUnknown)
	}
	if err := alice.Close(t.Context(), k.conv); err != nil {
		t.Errorf("close: %v", err)
	}
	k.Settle()
	v := k.view()
	if v.Status != store.Open {
		t.Errorf("the repeated Close closed what the customer had reopened: %s waiting %v", v.Status, v.WaitingSince)
	}
	k.RequireAlerted("alice", "bob")
}

func TestSaveThatTheStoreRanTwiceStillFindsTheConflict(t *testing.T) {
	k, s := newUnsure(t)
	other := anotherEngine(k, s.Store, nil).Admin(inbox.DefaultAccount)
	users, _ := k.Admin().Users(t.Context())
	mine, theirs := users[0], users[0]
	mine.Name, theirs.Name = "Mine", "Theirs"
	// the Store runs fn a second time after a conflict with another process, as its contract allows
	s.Store = &rerun{Store: s.Store, between: func() {
		if err := other.SaveUser(t.Context(), theirs); err != nil {
			t.Error(err)
		}
	}}
	err := k.Admin().SaveUser(t.Context(), mine)
	if !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("error %v, want ErrConflict: the record was changed since it was read", err)
	}
}

// rerun is a store that runs a function again after a conflict with another
// process, as its contract allows.
type rerun struct {
	store.Store
	between func()
}

func (r *rerun) Update(ctx context.Context, fn func(store.Tx) error) error {
	if b := r.between; b != nil {
		r.between = nil
		boom := errors.New("serialization failure")
		if err := r.Store.Update(ctx, func(tx store.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return boom
		}); !errors.Is(err, boom) {
			return err
		}
		b()
	}
	return r.Store.Update(ctx, fn)
}

func TestProviderIsAskedOnceAboutOneMessage(t *testing.T) {
	k, s := newUnsure(t)
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Lost})
	k.reply("hi")
	// engine 2 settles the attempt when it has expired, before engine 1 records its outcome
	s.next = func(ctx context.Context, update func() error) error { // lease
		err := update()
		s.next = func(ctx context.Context, update func() error) error { // mark
			err := update()
			s.next = func(ctx context.Context, update func() error) error { // settle: first expire by other
				other := anotherEngine(k, s.Store, nil)
				err := s.Store.Update(t.Context(), func(tx store.Tx) error {
					ls, err := tx.Leases(k.conv)
					if err != nil {
						return err
					}
					if err := tx.Release(ls...); err != nil {
						return err
					}
					ts, err := tx.Tasks(k.conv)
					if err != nil {
						return err
					}
					for _, task := range ts {
						task.DueAt = k.Now()
						if err := tx.PutTasks(task); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if c, err := other.Step(t.Context()); err != nil || c != 1 {
					t.Error(c, err)
				}
				return update()
			}
			return err
		}
		return err
	}
	if _, err := k.Inbox.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	var tasks []store.Task
	if err := k.Store.View(t.Context(), func(tx store.Tx) (err error) { tasks, err = tx.Tasks(k.conv); return err }); err != nil {
		t.Fatal(err)
	}
	if len(tasks) != 1 || tasks[0].Kind != store.TaskReconcile {
		t.Errorf("the tasks are %+v, want one that asks", tasks)
	}
}
