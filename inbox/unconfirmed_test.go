package inbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// unsureNumber is an address of the inbox on the channel that is never sure.
const unsureNumber channel.Address = "+14155550103"

// newUnsureTalk starts a talk over a channel of which nobody ever knows whether
// it has sent, and that can't find out.
func newUnsureTalk(t *testing.T, cfg inbox.Config) (*talk, *[]string) {
	t.Helper()
	var sent []string
	cfg.Channels = []channel.Channel{unsureChannel(&sent)}
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "unsure", Address: unsureNumber})
	h := inboxtest.New(t, inboxtest.Config{Inbox: cfg, Inboxes: boxes})
	k := &talk{Harness: h, t: t}
	k.conv = k.receiveUnsure("hello")
	h.RequireAlerted("alice", "bob")
	return k, &sent
}

func (k *talk) receiveUnsure(text string) inbox.ConversationID {
	k.t.Helper()
	a, err := k.Inbox.Receive(k.t.Context(), "unsure", channel.Inbound{ProviderID: text, From: alicesCustomer, To: unsureNumber, Text: text})
	if err != nil {
		k.t.Fatal(err)
	}
	k.Settle()
	return a.Conversation
}

// lastState returns the last event that tells of a message's state.
func (k *talk) lastState(id inbox.MessageID) inbox.Event {
	k.t.Helper()
	var last inbox.Event
	for _, e := range k.Events() {
		if e.Message == id && e.Type == store.MessageState {
			last = e
		}
	}
	return last
}

func TestPersonSendsAnUnconfirmedMessageAgain(t *testing.T) {
	k, sent := newUnsureTalk(t, inbox.Config{})
	m := k.reply("hi")
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed")
	if err := k.Agent("bob").Resend(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed", "queued", "attempting", "unconfirmed")
	if diff := cmp.Diff([]string{"hi", "hi"}, *sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	var by []inbox.UserID
	for _, e := range k.Events() {
		if e.Message == m.ID && e.Type == store.MessageState && e.Detail.State == store.StateQueued {
			by = append(by, e.Actor.User)
		}
	}
	if diff := cmp.Diff([]inbox.UserID{"bob"}, by); diff != "" {
		t.Errorf("who sent it again (-want +got):\n%s", diff)
	}
}

func TestPersonMarksAnUnconfirmedMessageAsSent(t *testing.T) {
	k, sent := newUnsureTalk(t, inbox.Config{})
	m := k.reply("hi")
	k.Settle()
	if err := k.Agent("alice").MarkSent(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	k.Advance(24 * time.Hour)
	if e := k.lastState(m.ID); e.Detail.State != store.StateSent || e.Actor.User != "alice" || e.Detail.Reason == "" {
		t.Errorf("the last event is %+v, want that alice marked it as sent", e)
	}
	if len(*sent) != 1 {
		t.Errorf("sent %d times, want once", len(*sent))
	}
	if err := k.Inbox.Status(t.Context(), "unsure", channel.StatusUpdate{MessageID: m.ID.String(), State: channel.DeliveryFailed}); err != nil {
		t.Fatal(err)
	}
	if got := k.message(m.ID).State; got != store.StateFailed {
		t.Errorf("it is %s, want the provider's word to count still", got)
	}
}

func TestReportThatComesBeforeTheSecondSendSparesIt(t *testing.T) {
	k, sent := newUnsureTalk(t, inbox.Config{})
	m := k.reply("hi")
	k.Settle()
	if err := k.Agent("alice").Resend(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if err := k.Inbox.Status(t.Context(), "unsure", channel.StatusUpdate{MessageID: m.ID.String(), ProviderID: "SM1", State: channel.DeliveryDelivered}); err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Hour)
	if got := k.message(m.ID); got.State != store.StateDelivered || len(*sent) != 1 {
		t.Errorf("it is %s and was sent %d times, want it delivered and sent once", got.State, len(*sent))
	}
}

func TestProviderIsNotAskedAboutWhatAPersonHasDecided(t *testing.T) {
	k, o := newOracle(t, func(int) (channel.Receipt, bool, error) { return channel.Receipt{}, false, errors.New("not yet") })
	m := k.reply("hi")
	k.Settle()
	if got, want := k.message(m.ID).DueAt, k.Now().Add(63*time.Minute+30*time.Second); !got.Equal(want) {
		t.Errorf("it may be settled until %v, want %v", got, want)
	}
	if err := k.Agent("alice").MarkSent(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	k.Advance(24 * time.Hour)
	if len(o.asked) != 0 {
		t.Errorf("asked %d times", len(o.asked))
	}
	if got := k.message(m.ID); got.State != store.StateSent || !got.DueAt.IsZero() {
		t.Errorf("it is %s, due at %v", got.State, got.DueAt)
	}
}

func TestWhoMayDecideAboutAnUnconfirmedMessage(t *testing.T) {
	k, _ := newUnsureTalk(t, inbox.Config{})
	m := k.reply("hi")
	k.Settle()
	var settled *inbox.SettledError
	inbound := messagesOf(t, k.Harness, k.conv)[0]
	for _, test := range []struct {
		name string
		err  error
		want error
	}{
		{"a stranger", k.Agent("dave").Resend(t.Context(), m.ID), inbox.ErrUnlicensed},
		{"another account", k.Inbox.Agent("other", "alice").MarkSent(t.Context(), m.ID), inbox.ErrUnlicensed},
		{"no such message", k.Agent("alice").Resend(t.Context(), 9999), inbox.ErrNotFound},
		{"the customer's message", k.Agent("alice").Resend(t.Context(), inbound.ID), inbox.ErrInvalid},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, test.err, test.want)
		}
	}
	if err := k.Agent("bob").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	if err := k.Agent("alice").Resend(t.Context(), m.ID); !errors.Is(err, inbox.ErrAlreadyClaimed) {
		t.Errorf("a conversation that bob has claimed: error %v, want ErrAlreadyClaimed", err)
	}
	if err := k.Agent("bob").MarkSent(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if err := k.Agent("bob").Resend(t.Context(), m.ID); !errors.Is(err, inbox.ErrSettled) || !errors.As(err, &settled) || settled.State != store.StateSent {
		t.Errorf("a message that is sent: error %v, want a *SettledError that says so", err)
	}
}

func TestCustomerWhoOptedOutIsNotSentAnUnconfirmedMessageAgain(t *testing.T) {
	k, sent := newUnsureTalk(t, inbox.Config{})
	m := k.reply("hi")
	k.Settle()
	k.receiveUnsure("STOP")
	before := len(*sent)
	if err := k.Agent("alice").Resend(t.Context(), m.ID); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("error %v, want ErrBlocked", err)
	}
	k.Advance(time.Hour)
	if len(*sent) != before {
		t.Errorf("sent %q", (*sent)[before:])
	}
}

func TestDecisionWhoseCommitIsUnknownIsTakenOnce(t *testing.T) {
	k, s := newUnsure(t)
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Lost})
	m := k.reply("hi")
	k.Settle()
	s.next = committedUnknown
	if err := k.Agent("alice").Resend(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	k.RequireSent(alicesCustomer, "hi")
	k.Advance(time.Hour)
	k.RequireNothingSent(alicesCustomer)
}

func TestPolicyForUnconfirmedMessages(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy func(inbox.Message) inbox.UnconfirmedAction
		want   []store.State
		sent   int
		told   bool
	}{
		{"none", nil, []store.State{"queued", "attempting", "unconfirmed"}, 1, true},
		{"panics", func(inbox.Message) inbox.UnconfirmedAction { panic("policy") }, []store.State{"queued", "attempting", "unconfirmed", "unconfirmed"}, 1, true},
		{"assume sent", func(inbox.Message) inbox.UnconfirmedAction { return inbox.AssumeSent }, []store.State{"queued", "attempting", "unconfirmed", "sent"}, 1, false},
		{"resend once", func(m inbox.Message) inbox.UnconfirmedAction {
			if m.Attempts == 1 {
				return inbox.ResendUnconfirmed
			}
			return inbox.HoldUnconfirmed
		}, []store.State{"queued", "attempting", "unconfirmed", "queued", "attempting", "unconfirmed", "unconfirmed"}, 2, true},
		{"resend always", func(inbox.Message) inbox.UnconfirmedAction { return inbox.ResendUnconfirmed },
			[]store.State{"queued", "attempting", "unconfirmed", "queued", "attempting", "unconfirmed", "unconfirmed"}, 2, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, sent := newUnsureTalk(t, inbox.Config{Unconfirmed: test.policy, SendAttempts: 2})
			m := k.reply("hi")
			k.Settle()
			k.Advance(5*time.Minute - time.Second)
			if len(*sent) != 1 || k.message(m.ID).State != store.StateUnconfirmed {
				t.Error("the policy did not wait for a status update")
			}
			k.Advance(24 * time.Hour)
			k.requireStates(m.ID, test.want...)
			if len(*sent) != test.sent {
				t.Errorf("sent %d times, want %d", len(*sent), test.sent)
			}
			if test.told {
				k.RequireAlerted("alice")
			} else {
				k.RequireAlerted()
			}
		})
	}
}

func TestPolicyDecidesWhenTheProviderWasAskedInVain(t *testing.T) {
	k, o := newOracle(t, func(int) (channel.Receipt, bool, error) { return channel.Receipt{}, false, errors.New("not yet") })
	m := k.reply("hi")
	k.Advance(24 * time.Hour)
	k.requireStates(m.ID, "queued", "attempting", "unconfirmed", "unconfirmed")
	if got := k.message(m.ID); !got.DueAt.IsZero() || len(o.asked) != 7 {
		t.Errorf("asked %d times, and may be settled until %v; want 7 and no longer", len(o.asked), got.DueAt)
	}
}

// TestNewsOfEitherCopyIsNewsOfTheMessage has a message sent twice, since
// nobody knew of the first time.
func TestNewsOfEitherCopyIsNewsOfTheMessage(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Carrier: silent})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.AnswerLost})
	m := k.reply("hi")
	k.Settle()
	if err := k.Agent("alice").Resend(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	sent := k.Carrier.Sent()
	first := sent[len(sent)-2].ProviderID
	if err := k.Inbox.Status(t.Context(), "simulated", channel.StatusUpdate{MessageID: m.ID.String(), ProviderID: first, State: channel.DeliveryRead}); err != nil {
		t.Fatal(err)
	}
	if got := k.message(m.ID); got.State != store.StateRead || got.ProviderID == first {
		t.Errorf("it is %s with the provider's id %q, want it read, with the id of the second copy", got.State, got.ProviderID)
	}
}

func TestPolicySeesWhatBecameOfTheMessage(t *testing.T) {
	var seen []inbox.Message
	k, _ := newUnsureTalk(t, inbox.Config{Unconfirmed: func(m inbox.Message) inbox.UnconfirmedAction {
		seen = append(seen, m)
		return inbox.AssumeSent
	}})
	m := k.reply("hi")
	k.Advance(time.Hour)
	if len(seen) != 1 || seen[0].ID != m.ID || seen[0].State != store.StateUnconfirmed || seen[0].Reason == "" {
		t.Errorf("the policy was asked about %+v, want once, about an unconfirmed message with a reason", seen)
	}
}

func TestLateFailureOfTheFirstCopyDoesNotFailTheSecond(t *testing.T) {
	var in *inbox.Inbox
	n := 0
	ch := channel.Func("unsure", func(ctx context.Context, m channel.Outbound) (channel.Receipt, error) {
		n++
		if n == 1 {
			return channel.Receipt{}, errors.New("the connection was lost")
		}
		// the provider's word on the first attempt comes while the second is made
		if err := in.Status(ctx, "unsure", channel.StatusUpdate{MessageID: m.ID, ProviderID: "P1", State: channel.DeliveryFailed, Code: "30007"}); err != nil {
			t.Error(err)
		}
		return channel.Receipt{ProviderID: "P2"}, nil
	})
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "unsure", Address: unsureNumber})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Channels: []channel.Channel{ch}}, Inboxes: boxes})
	in = h.Inbox
	k := &talk{Harness: h, t: t}
	k.conv = k.receiveUnsure("hello")
	m := k.reply("hi")
	k.Settle()
	if err := k.Agent("alice").Resend(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	k.Settle()
	if err := in.Status(t.Context(), "unsure", channel.StatusUpdate{MessageID: m.ID.String(), ProviderID: "P2", State: channel.DeliverySent}); err != nil {
		t.Fatal(err)
	}
	if err := in.Status(t.Context(), "unsure", channel.StatusUpdate{MessageID: m.ID.String(), ProviderID: "P2", State: channel.DeliveryDelivered}); err != nil {
		t.Fatal(err)
	}
	if got := k.message(m.ID); got.State != store.StateDelivered {
		t.Errorf("the customer has it, and it is shown as %s (provider id %s)", got.State, got.ProviderID)
	}
}

func TestFailureOfTheFirstCopyDoesNotStopTheSecond(t *testing.T) {
	k, sent := newUnsureTalk(t, inbox.Config{})
	m := k.reply("hi")
	k.Settle()
	if err := k.Agent("alice").Resend(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if err := k.Inbox.Status(t.Context(), "unsure", channel.StatusUpdate{MessageID: m.ID.String(), ProviderID: "SM1", State: channel.DeliveryFailed}); err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Hour)
	if len(*sent) != 2 {
		t.Error("the person's resend was dropped")
	}
}

func TestAnswerThatCrossesAResendSparesIt(t *testing.T) {
	var k *talk
	var id inbox.MessageID
	k, _ = newOracle(t, func(n int) (channel.Receipt, bool, error) {
		if n == 1 {
			if err := k.Agent("alice").Resend(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
		return channel.Receipt{ProviderID: "SM1", State: channel.DeliveryDelivered}, true, nil
	})
	id = k.reply("hi").ID
	k.Advance(31 * time.Second)
	m := k.message(id)
	if m.State != store.StateDelivered || m.Attempts != 1 {
		t.Errorf("it is %s after %d attempts, want it delivered after one: the provider has just said that it has it", m.State, m.Attempts)
	}
}
