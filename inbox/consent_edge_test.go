package inbox_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

func TestStopNeverLosesToTheClockOfAnotherProcess(t *testing.T) {
	k, s := newUnsure(t)
	ahead, err := inbox.NewWithSources(inbox.Config{Store: s, Channels: []channel.Channel{k.Carrier}, Logger: slog.New(slog.DiscardHandler)},
		sources.Sources{Now: func() time.Time { return k.Now().Add(2 * time.Minute) }, Jitter: func() float64 { return 0.5 }, Name: func() string { return "ahead" }})
	if err != nil {
		t.Fatal(err)
	}
	rcv := func(in *inbox.Inbox, id, text string) {
		if _, err := in.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: id, From: alicesCustomer, To: inboxtest.SupportNumber, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	rcv(k.Inbox, "a", "STOP")
	k.Advance(10 * time.Second)
	rcv(ahead, "b", "START")
	k.Advance(30 * time.Second)
	rcv(k.Inbox, "c", "STOP")
	k.Settle()
	_, err = k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"})
	if !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("customer's last word was STOP, reply: %v", err)
	}
	rcv(k.Inbox, "d", "STOP")
	_, err = k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"})
	if !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("STOP repeated, reply: %v", err)
	}
}

func TestWhoHasOptedOutDoesNotWait(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Rejected, Consent: channel.ConsentStopped})
	k.reply("hi")
	k.Settle()
	if v := k.view(); !v.WaitingSince.IsZero() {
		t.Errorf("waits since %v though opted out = %v: nobody may answer", v.WaitingSince, v.OptedOut)
	}
}

// flakyPolicy is a policy that panics at times.
type flakyPolicy struct {
	compliance.Standard
	broken *bool
}

func (p flakyPolicy) Classify(m channel.Inbound, c compliance.Context) compliance.Classification {
	if *p.broken {
		panic("x")
	}
	return p.Standard.Classify(m, c)
}

func TestAdoptedStopThatWasNotRecognisedBefore(t *testing.T) {
	broken := false
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{OptOut: flakyPolicy{broken: &broken}}})
	broken = true
	k.customer.To(nobodysNumber).Send("STOP")
	broken = false
	strays, _ := k.Agent("alice").Strays(t.Context(), 0)
	if _, err := k.Agent("alice").AdoptStray(t.Context(), strays[0].ID, "support"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("STOP classified as %v on adoption but not in the ledger: %v", messagesOf(t, k.Harness, k.conv)[0].Kind, err)
	}
}

func TestStopToANumberOfNobodyHoldsByUserIDToo(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	ctx := t.Context()
	ad := k.Inbox.Admin("other")
	if err := errors.Join(
		ad.SaveUser(ctx, inbox.User{ID: "erin", Name: "Erin", Licensed: true}),
		ad.SaveTeam(ctx, inbox.Team{ID: "t", Name: "T", Members: []inbox.UserID{"erin"}}),
		ad.SaveInbox(ctx, store.Inbox{ID: "i", Name: "I", Team: "t", Endpoints: []store.Endpoint{{Channel: "simulated", Address: "whatsapp:+14155550177"}}}),
	); err != nil {
		t.Fatal(err)
	}
	a, err := k.Inbox.Receive(ctx, "simulated", channel.Inbound{ProviderID: "u1", From: "whatsapp:US.1234567890", UserID: "US.1234567890", To: "whatsapp:+14155550177", Text: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Inbox.Receive(ctx, "simulated", channel.Inbound{ProviderID: "u2", From: "whatsapp:+14155550123", UserID: "US.1234567890", To: "whatsapp:+14155550199", Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Inbox.Agent("other", "erin").Reply(ctx, a.Conversation, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("account that knows the user id only: %v", err)
	}
}

func TestRedeliveredStopDoesNotUndoAStart(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	stop := channel.Inbound{ProviderID: "the stop", From: alicesCustomer, To: nobodysNumber, Text: "STOP"}
	if _, err := w.Inbox.Receive(t.Context(), "simulated", stop); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Second)
	w.text(inboxtest.SupportNumber, "START")
	w.requireMayReply(true, a.Conversation)
	box := inboxtest.DefaultInboxes()[0]
	box.Endpoints = append(box.Endpoints, store.Endpoint{Channel: "simulated", Address: nobodysNumber})
	if err := w.Admin().SaveInbox(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Inbox.Receive(t.Context(), "simulated", stop); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Second)
	w.requireMayReply(true, a.Conversation)
}

func TestAdoptedOldStopLeavesWhoHasOptedInWaiting(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	stop := w.text(nobodysNumber, "STOP")
	w.text(inboxtest.SupportNumber, "START")
	w.text(inboxtest.SupportNumber, "please call me")
	alice := w.Agent("alice")
	before, _ := alice.Conversation(t.Context(), a.Conversation)
	if _, err := alice.AdoptStray(t.Context(), stop.Stray, "support"); err != nil {
		t.Fatal(err)
	}
	after, _ := alice.Conversation(t.Context(), a.Conversation)
	if before.WaitingSince.IsZero() || after.WaitingSince.IsZero() {
		t.Errorf("waiting before %v, after %v, opted out %v", before.WaitingSince, after.WaitingSince, after.OptedOut)
	}
}

// TestOptInThatWasWrittenBeforeAnOptOutDoesNotUndoIt takes both in in every way
// in which their order can get lost.
func TestOptInThatWasWrittenBeforeAnOptOutDoesNotUndoIt(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, time.January, 5, 9, minute, 0, 0, time.UTC) }
	type message struct {
		text   string
		minute int // by the provider's clock
		to     channel.Address
		late   bool
	}
	const ours = inboxtest.SupportNumber
	for name, test := range map[string]struct {
		start    time.Time // of the engine's clock
		messages []message
	}{
		"the opt-out is a stray":       {at(10), []message{{"STOP", 2, nobodysNumber, false}, {"START", 1, ours, false}}},
		"our clock is behind":          {at(0), []message{{"STOP", 5, ours, false}, {"START", 4, ours, false}}},
		"fetched, our clock is behind": {at(0), []message{{"STOP", 5, ours, false}, {"START", 4, ours, true}}},
		"an older opt-out came last":   {at(10), []message{{"STOP", 3, ours, false}, {"STOP", 1, ours, false}, {"START", 2, ours, false}}},
		"in the same second":           {at(10), []message{{"STOP", 3, ours, false}, {"START", 3, ours, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWebhooks(t, inboxtest.Config{Start: test.start})
			conv := w.text(ours, "hello").Conversation
			for _, m := range test.messages {
				w.receive(channel.Inbound{From: alicesCustomer, To: m.to, Text: m.text, SentAt: at(m.minute), Late: m.late})
			}
			w.requireMayReply(false, conv)
			w.receive(channel.Inbound{From: alicesCustomer, To: ours, Text: "START", SentAt: at(9)})
			w.requireMayReply(true, conv)
		})
	}
}

// TestFetchedOptInBetweenTwoOptOuts fetches an opt-out and an opt-in that came
// before an opt-out whose webhook did not say when it was sent.
func TestFetchedOptInBetweenTwoOptOuts(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	w.Advance(time.Hour)
	stop, start := w.Now(), w.Now().Add(5*time.Minute)
	w.Advance(10 * time.Minute)
	w.text(inboxtest.SupportNumber, "STOP")
	w.Advance(10 * time.Minute)
	ours := inboxtest.SupportNumber
	w.receive(channel.Inbound{From: alicesCustomer, To: ours, Text: "STOP", SentAt: stop, Late: true})
	w.receive(channel.Inbound{From: alicesCustomer, To: ours, Text: "START", SentAt: start, Late: true})
	w.requireMayReply(false, a.Conversation)
}

func TestOptOutIsNotConfirmedHoursLater(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	w.text(inboxtest.SupportNumber, "hello")
	w.receive(channel.Inbound{From: alicesCustomer, To: inboxtest.SupportNumber, Text: "STOP", SentAt: w.Now().Add(-2 * time.Hour), Late: true})
	w.RequireNothingSent(alicesCustomer)
}

// TestFetchedOptOutCountsForTheUserIDToo has a customer who is two contacts until
// the webhook tells.
func TestFetchedOptOutCountsForTheUserIDToo(t *testing.T) {
	for _, late := range []bool{false, true} {
		h := inboxtest.New(t, inboxtest.Config{})
		rec := func(m channel.Inbound) inbox.Acceptance {
			t.Helper()
			a, err := h.Inbox.Receive(t.Context(), "simulated", m)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		rec(channel.Inbound{ProviderID: "1", From: onWhatsApp, To: inboxtest.SupportWhatsApp, Text: "hi"})
		b := rec(channel.Inbound{ProviderID: "2", From: "whatsapp:US.13491208655302741918", To: inboxtest.SupportWhatsApp, Text: "hi"})
		stop := channel.Inbound{ProviderID: "3", From: onWhatsApp, UserID: "US.13491208655302741918", To: inboxtest.SupportWhatsApp, Text: "STOP"}
		if late {
			l := stop
			l.Late = true
			l.UserID = ""
			rec(l)
		}
		rec(stop)
		_, err := h.Agent("alice").Reply(t.Context(), b.Conversation, inbox.Draft{Text: "sale"})
		if !errors.Is(err, inbox.ErrBlocked) {
			t.Errorf("late %v: may be texted", late)
		}
	}
}
