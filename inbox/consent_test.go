package inbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// ledgerOf returns the consent entries about an address.
func ledgerOf(t *testing.T, h *inboxtest.Harness, a channel.Address) []compliance.Entry {
	t.Helper()
	var entries []compliance.Entry
	err := h.Store.View(t.Context(), func(tx store.Tx) error {
		var err error
		entries, err = tx.ConsentEntries(compliance.KeyOf(string(inbox.DefaultAccount), a))
		return err
	})
	if err := errors.Join(err, compliance.Verify(entries)); err != nil {
		t.Fatal(err)
	}
	return entries
}

// sentTo returns the texts of which the carrier was asked to send to a phone.
func sentTo(h *inboxtest.Harness, a channel.Address) []string {
	var all []string
	for _, attempt := range h.Carrier.Sent() {
		if attempt.Message.To == a {
			all = append(all, attempt.Message.Text)
		}
	}
	return all
}

func TestStopIsConfirmedOnceAndHolds(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireAlerted("alice", "bob")
	alice := h.Agent("alice")

	customer.Send(" Stop! ")
	h.RequireAlerted() // a STOP asks nothing of the team
	confirmation := h.RequireSent(alicesCustomer, "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again.")
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 1 || entries[0].Kind != compliance.OptOut || entries[0].Source != compliance.FromContact || entries[0].Text != " Stop! " {
		t.Errorf("ledger is %+v, want the customer's own STOP", entries)
	}
	customer.Send("STOP")
	h.RequireNothingSent(alicesCustomer) // one confirmation, however often it is repeated
	if got := texts(messagesOf(t, h, customer.Conversation())); len(got) != 4 {
		t.Errorf("the conversation is %q, want no trace of a second confirmation", got)
	}

	_, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "But wait!"})
	var blocked *inbox.BlockedError
	if !errors.Is(err, inbox.ErrBlocked) || !errors.As(err, &blocked) || blocked.Decision.Verdict != compliance.Deny {
		t.Fatalf("reply: error %v, want a *BlockedError", err)
	}
	view, err := alice.Conversation(t.Context(), customer.Conversation())
	if err != nil || !view.OptedOut {
		t.Errorf("view: OptedOut %v, %v; want true", view.OptedOut, err)
	}
	if got := sentTo(h, alicesCustomer); len(got) != 1 || got[0] != confirmation.Text {
		t.Errorf("sent: %q, want the confirmation alone", got)
	}

	customer.Send("START")
	h.RequireSent(alicesCustomer, "Acme Support: You have opted in to our messages again. Reply HELP for help, STOP to opt out.")
	if _, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "Welcome back."}); err != nil {
		t.Fatal(err)
	}
	h.RequireSent(alicesCustomer, "Welcome back.")
}

func TestStopIsForItsFamilyAlone(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	sms, whatsApp := h.Phone(alicesCustomer), h.Phone(onWhatsApp)
	sms.Send("hi")
	whatsApp.Send("hi")
	sms.Send("STOP")
	if _, err := h.Agent("alice").Reply(t.Context(), whatsApp.Conversation(), inbox.Draft{Text: "hello"}); err != nil {
		t.Errorf("on WhatsApp: %v; who stops SMS has not stopped WhatsApp", err)
	}
	// But for every inbox of the account.
	sales := sms.To(inboxtest.SalesNumber)
	sales.Send("hi")
	if _, err := h.Agent("carol").Reply(t.Context(), sales.Conversation(), inbox.Draft{Text: "hello"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("from another inbox: error %v, want ErrBlocked", err)
	}
}

func TestStopHoldsBackWhatIsQueued(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	alice := h.Agent("alice")
	m, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "queued before the STOP"})
	if err != nil {
		t.Fatal(err)
	}
	// The STOP is there before anybody sends.
	if _, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "stop", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	h.Settle()
	for _, text := range sentTo(h, alicesCustomer) {
		if text == m.Text {
			t.Error("it was sent although the customer had opted out")
		}
	}
	got := messagesOf(t, h, customer.Conversation())
	for _, g := range got {
		if g.ID == m.ID && (g.State != store.StateBlocked || !strings.Contains(g.Reason, "opted out")) {
			t.Errorf("its state is %s (%s), want blocked with the reason", g.State, g.Reason)
		}
	}
}

func TestStopHoldsBackARetry(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute})
	if _, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "later"}); err != nil {
		t.Fatal(err)
	}
	h.Settle()
	customer.Send("STOP")
	h.Advance(time.Hour)
	for _, m := range customer.Messages() {
		if m.Received && m.Text == "later" {
			t.Error("a retry was sent after the opt-out")
		}
	}
}

func TestConfirmationThatComesTooLateIsNotSent(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: 10 * time.Minute})
	customer := h.Phone(alicesCustomer)
	customer.Send("STOP")
	h.Advance(time.Hour)
	h.RequireNothingSent(alicesCustomer)
}

func TestStartSupersedesTheConfirmationOfAnEarlierStop(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute})
	customer := h.Phone(alicesCustomer)
	customer.Send("STOP")
	h.Advance(time.Second)
	customer.Send("START")
	h.Advance(10 * time.Minute)
	if got := customer.Messages(); len(got) != 3 || !strings.Contains(got[2].Text, "opted in") {
		t.Errorf("the phone shows %+v, want STOP, START and the confirmation of START alone", got)
	}
}

func TestHelpIsAnsweredAlwaysButNotForEver(t *testing.T) {
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Settings.HelpReply = "Acme: call +1 415 555 0100."
	h := inboxtest.New(t, inboxtest.Config{Inboxes: boxes})
	customer := h.Phone(alicesCustomer)
	customer.Send("STOP")
	h.RequireAlerted()
	h.Advance(time.Minute)
	customer.Send("HELP")
	h.RequireSent(alicesCustomer, "Acme: call +1 415 555 0100.") // even to who has opted out
	h.RequireAlerted("alice", "bob")                             // a person should look
	customer.Send("HELP")
	h.RequireNothingSent(alicesCustomer) // two machines must not talk for ever
	h.Advance(2 * time.Minute)
	customer.Send("HELP")
	h.RequireSent(alicesCustomer, "Acme: call +1 415 555 0100.")
}

func TestStopAsAFirstMessageOpensNothing(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	customer := h.Phone(alicesCustomer)
	customer.Send("STOP")
	h.RequireAlerted()
	view, err := h.Agent("alice").Conversation(t.Context(), customer.Conversation())
	if err != nil || view.Status != store.Closed {
		t.Errorf("status %s, %v; want closed", view.Status, err)
	}
	if got := sentTo(h, alicesCustomer); len(got) != 1 {
		t.Errorf("sent: %q, want the confirmation alone", got)
	}
}

func TestProviderThatAnswersStopItselfIsNotRepeated(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Carrier: simulated.Config{Keywords: true}})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	customer.Send("STOP")
	if got := sentTo(h, alicesCustomer); len(got) > 0 {
		t.Errorf("sent: %q, want nothing: the provider has confirmed it", got)
	}
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 1 {
		t.Errorf("ledger has %d entries, want the opt-out", len(entries))
	}
}

func TestProvidersRefusalIsAnOptOut(t *testing.T) {
	for _, kind := range []simulated.FaultKind{simulated.Rejected, simulated.Undelivered} {
		t.Run(kind.String(), func(t *testing.T) {
			h := inboxtest.New(t, inboxtest.Config{})
			customer := h.Phone(alicesCustomer)
			customer.Send("hello")
			h.Carrier.FailNext(simulated.Fault{Kind: kind, Consent: channel.ConsentStopped})
			alice := h.Agent("alice")
			if _, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "hi"}); err != nil {
				t.Fatal(err)
			}
			h.Settle()
			entries := ledgerOf(t, h, alicesCustomer)
			if len(entries) != 1 || entries[0].Source != compliance.FromProvider {
				t.Fatalf("ledger is %+v, want one opt-out from the provider", entries)
			}
			if _, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
				t.Errorf("the next reply: error %v, want ErrBlocked", err)
			}
		})
	}
}

func TestWhatsAppOutsideTheWindowNeedsATemplate(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(onWhatsApp)
	customer.Send("hello")
	h.Advance(25 * time.Hour)
	alice := h.Agent("alice")
	_, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "sorry for the delay"})
	var blocked *inbox.BlockedError
	if !errors.As(err, &blocked) || blocked.Decision.Verdict != compliance.NeedsTemplate {
		t.Fatalf("free text: error %v, want NeedsTemplate", err)
	}
	template := &channel.Template{ID: "HX1", Variables: map[string]string{"1": "Erin"}}
	if _, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Template: template}); err != nil {
		t.Errorf("template: %v", err)
	}
}

// brokenPolicy panics where it can.
type brokenPolicy struct{}

func (brokenPolicy) Classify(channel.Inbound, compliance.Context) compliance.Classification {
	panic("classify")
}

func (brokenPolicy) Decide(compliance.State, compliance.Outgoing, time.Time) compliance.Decision {
	panic("decide")
}

func TestPolicyThatPanicsLetsNothingOutAndLosesNothing(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{OptOut: brokenPolicy{}}})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireAlerted("alice", "bob")
	if m := messagesOf(t, h, customer.Conversation())[0]; m.Kind != compliance.Ambiguous {
		t.Errorf("kind is %v, want ambiguous: a person must look", m.Kind)
	}
	if _, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("reply: error %v, want ErrBlocked", err)
	}
}

func TestStopToANumberWithoutAnInboxHolds(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.customer.To("+14155550199").Send("STOP")
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Fatalf("reply: error %v, want ErrBlocked", err)
	}
	strays, err := k.Agent("alice").Strays(t.Context(), 0)
	if err != nil || len(strays) != 1 {
		t.Fatalf("strays: %v, %v; want the message kept and shown", strays, err)
	}
	if _, err := k.Agent("alice").AdoptStray(t.Context(), strays[0].ID, "support"); err != nil {
		t.Fatal(err)
	}
	k.RequireNothingSent(alicesCustomer) // it is long since, a confirmation would come too late
	k.customer.Send("START")
	k.RequireSent(alicesCustomer, "Acme Support: You have opted in to our messages again. Reply HELP for help, STOP to opt out.")
}
