package inbox_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

func TestAuthorIsToldWhatDidNotReachTheCustomer(t *testing.T) {
	for _, test := range []struct {
		fault simulated.Fault
		state store.State
		waits bool
	}{
		{simulated.Fault{Kind: simulated.Rejected}, store.StateRejected, true},
		{simulated.Fault{Kind: simulated.Undelivered}, store.StateFailed, true},
	} {
		t.Run(string(test.state), func(t *testing.T) {
			k := newTalk(t, inboxtest.Config{})
			k.Carrier.FailNext(test.fault)
			m := k.reply("hi")
			k.RequireAlerted("alice") // who wrote it, not the whole team
			if got := k.message(m.ID).State; got != test.state {
				t.Fatalf("state %s, want %s", got, test.state)
			}
			if waits := !k.view().WaitingSince.IsZero(); waits != test.waits {
				t.Errorf("the customer waits: %v, want %v", waits, test.waits)
			}
			k.reply("once more")
			k.RequireSent(alicesCustomer, "once more")
			if !k.view().WaitingSince.IsZero() {
				t.Error("the customer waits after the second answer")
			}
		})
	}
}

func TestMissedAnswerBesidesOneThatArrived(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.reply("the answer")
	k.RequireSent(alicesCustomer, "the answer")
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Rejected})
	k.reply("and a word more")
	k.RequireAlerted("alice")
	if !k.view().WaitingSince.IsZero() {
		t.Error("the customer waits, though an answer has arrived")
	}
}

func TestMissedAnswerOfWhoCanNotAnswerAnyMoreIsEverybodys(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Carrier: simulated.Config{Reports: []channel.DeliveryState{}}})
	m := k.reply("hi")
	k.Settle()
	if err := k.Admin().SaveUser(t.Context(), inbox.User{ID: "alice", Name: "Alice"}); err != nil {
		t.Fatal(err)
	}
	if err := k.Inbox.Status(t.Context(), "simulated", channel.StatusUpdate{MessageID: m.ID.String(), State: channel.DeliveryFailed}); err != nil {
		t.Fatal(err)
	}
	k.RequireAlerted("bob")
}

func TestWhatTheWriterHadNotSeenStaysUnreadAndWaits(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	alice := k.Agent("alice")
	k.customer.Send("and please cancel the other one") // while alice types
	if _, err := alice.Reply(t.Context(), k.conv, inbox.Draft{Text: "It is on its way.", Seen: 1}); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Unread != 1 || v.WaitingSince.IsZero() {
		t.Errorf("unread %d, waiting since %v; want the one that she had not seen", v.Unread, v.WaitingSince)
	}
	if _, err := alice.Reply(t.Context(), k.conv, inbox.Draft{Text: "Canceled.", Seen: 3}); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Unread != 0 || !v.WaitingSince.IsZero() {
		t.Errorf("unread %d, waiting since %v; want nothing left", v.Unread, v.WaitingSince)
	}
}

func TestNoteIsNoAnswerAndReadsNothing(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	if _, err := k.Agent("alice").Note(t.Context(), k.conv, "hm", ""); err != nil {
		t.Fatal(err)
	}
	if v := k.view(); v.Unread != 1 || v.WaitingSince.IsZero() {
		t.Errorf("unread %d, waiting since %v; want both as before", v.Unread, v.WaitingSince)
	}
}

func TestAutomaticAnswerDoesNotHideWhatTheCustomerWrote(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	if got := k.view().Preview; got != "hello" {
		t.Errorf("preview %q, want what the customer wrote", got)
	}
}

func TestLateDecisionComesToNobody(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	a, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	alice := h.Agent("alice") // is quicker than the router
	if _, err := alice.Reply(t.Context(), a.Conversation, inbox.Draft{Text: "Hi, how can I help?"}); err != nil {
		t.Fatal(err)
	}
	if err := alice.Close(t.Context(), a.Conversation); err != nil {
		t.Fatal(err)
	}
	h.RequireSent(alicesCustomer, "Hi, how can I help?")
	h.RequireNothingSent(alicesCustomer)
	h.RequireAlerted()
}

func TestReceiptNeverLowersAState(t *testing.T) {
	var h *inboxtest.Harness
	k := newTalk(t, inboxtest.Config{Carrier: simulated.Config{
		Reports: []channel.DeliveryState{},
		Hook:    reportFirst(t, &h, channel.DeliveryDelivered),
	}})
	h = k.Harness
	m := k.reply("hi")
	k.requireStates(m.ID, "queued", "attempting", "delivered") // and the receipt says accepted
	if k.message(m.ID).ProviderID == "" {
		t.Error("the provider's id is not kept")
	}
}

func TestReportOfAnotherMessageWithOurIDIsNotBelieved(t *testing.T) {
	k := newTalk(t, inboxtest.Config{
		Inbox:   inbox.Config{Channels: []channel.Channel{channel.Func("another", nil)}},
		Carrier: simulated.Config{Reports: []channel.DeliveryState{}},
	})
	m := k.reply("hi")
	k.RequireSent(alicesCustomer, "hi")
	if err := k.Inbox.Status(t.Context(), "another", channel.StatusUpdate{MessageID: m.ID.String(), State: channel.DeliveryRead}); err != nil {
		t.Fatal(err)
	}
	for _, u := range []channel.StatusUpdate{
		{MessageID: m.ID.String(), ProviderID: "somebody else's", State: channel.DeliveryRead},
		{MessageID: "1", ProviderID: "somebody else's", State: channel.DeliveryRead},
	} {
		if err := k.Inbox.Status(t.Context(), "simulated", u); err != nil {
			t.Fatal(err)
		}
	}
	k.requireStates(m.ID, "queued", "attempting", "accepted")
}

func TestAnswerGoesOutFromTheNumberLastWrittenTo(t *testing.T) {
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "simulated", Address: "+14155550102"})
	k := newTalk(t, inboxtest.Config{Inboxes: boxes})
	k.customer.To("+14155550102").Send("I have your other number")
	k.reply("hi")
	if m := k.RequireSent(alicesCustomer, "hi"); m.Number != "+14155550102" {
		t.Errorf("sent from %s, want the number that the customer wrote to last", m.Number)
	}
}

func TestProcessThatWasStoppedBeforeTheSendDoesNotSend(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	m := k.reply("hi")
	// A minute goes by between the mark and the call.
	var late time.Duration
	updates := 0
	db := &unsure{Store: k.Store}
	count := func(_ context.Context, update func() error) error {
		err := update()
		if updates++; updates == 2 { // the lease is the first, the mark the second
			late = time.Minute
		}
		return err
	}
	db.next = func(ctx context.Context, update func() error) error {
		db.next = count
		return count(ctx, update)
	}
	stopped, err := inbox.NewWithSources(inbox.Config{Store: db, Channels: []channel.Channel{k.Carrier}, Logger: slog.New(slog.DiscardHandler)},
		sources.Sources{Now: func() time.Time { return k.Now().Add(late) }, Jitter: func() float64 { return 0 }, Name: func() string { return "stopped" }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stopped.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := sentTo(k.Harness, alicesCustomer); len(got) > 0 || updates < 2 {
		t.Errorf("sent %q long after the gate had let it through", got)
	}
	k.Advance(2 * time.Minute)
	k.RequireSent(alicesCustomer, "hi") // it certainly was not sent, so it is tried again
	if got := k.message(m.ID); got.Attempts != 2 {
		t.Errorf("%d attempts, want 2", got.Attempts)
	}
}

// reportFirst is a carrier's hook that reports a state before Send returns,
// with our id alone.
func reportFirst(t *testing.T, h **inboxtest.Harness, s channel.DeliveryState) simulated.Hook {
	return func(ctx context.Context, m channel.Outbound) simulated.Fault {
		if err := (*h).Inbox.Status(ctx, "simulated", channel.StatusUpdate{MessageID: m.ID, State: s}); err != nil {
			t.Error(err)
		}
		return simulated.Fault{}
	}
}

func TestMessageBeforeAStopIsStillShownToPeople(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	for i, text := range []string{"Please cancel my order.", "STOP"} { // both before the router has looked
		if _, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: text, From: alicesCustomer, To: inboxtest.SupportNumber, Text: text}); err != nil {
			t.Fatal(i, err)
		}
	}
	h.RequireAlerted("alice", "bob")
}
