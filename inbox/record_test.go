package inbox_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// said is what carol records that a customer has said on the telephone.
func said(h *inboxtest.Harness, a channel.Address, kind compliance.Kind, text string) inbox.ConsentRecord {
	return inbox.ConsentRecord{
		Statement: compliance.Statement{Address: a, Kind: kind, OccurredAt: h.Now(), Via: compliance.ViaVoice, Text: text, Evidence: "call 17"},
		Actor:     "carol",
	}
}

// recorded records consent that must be recorded.
func recorded(t *testing.T, h *inboxtest.Harness, c inbox.ConsentRecord) compliance.Entry {
	t.Helper()
	e, err := h.Admin().RecordConsent(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// consentEvents are the events of an opt-out or opt-in.
func consentEvents(h *inboxtest.Harness) []inbox.Event {
	return slices.DeleteFunc(h.Events(), func(e inbox.Event) bool {
		return e.Type != store.ContactOptedOut && e.Type != store.ContactOptedIn
	})
}

func TestOptOutByVoice(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	sales := customer.To(inboxtest.SalesNumber)
	sales.Send("hello")
	queued, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "Hi! A word on our offers:"})
	if err != nil {
		t.Fatal(err)
	}
	c := said(h, alicesCustomer, compliance.OptOut, "Don't you ever text me again.")
	c.Reason, c.RequestKey = "a call to the hotline", "call 17"
	made := recorded(t, h, c)
	if again := recorded(t, h, c); again != made {
		t.Errorf("the same request makes %+v, after %+v", again, made)
	}
	h.Settle()
	if got := sentTo(h, alicesCustomer); len(got) > 0 {
		t.Errorf("sent although the customer has opted out: %q", got)
	}
	for _, m := range messagesOf(t, h, customer.Conversation()) {
		if m.ID == queued.ID && (m.State != store.StateBlocked || m.Decision == nil || m.Decision.Entry != made.ID) {
			t.Errorf("what was queued is %v by %+v, want it blocked by entry %d", m.State, m.Decision, made.ID)
		}
	}
	entries := ledgerOf(t, h, alicesCustomer)
	want := compliance.Entry{
		ID: made.ID, Key: compliance.KeyOf("default", alicesCustomer), Kind: compliance.OptOut, Source: compliance.FromOperator,
		OccurredAt: c.OccurredAt, RecordedAt: c.OccurredAt, Text: c.Text, Rule: "said on the telephone", Actor: "carol",
		Via: compliance.ViaVoice, Evidence: "call 17", Reason: "a call to the hotline", Request: "call 17", Link: made.Link,
	}
	if len(entries) != 1 || entries[0] != want {
		t.Errorf("the ledger has %+v, want %+v", entries, want)
	}
	told := consentEvents(h)
	if len(told) != 2 || told[0].Inbox == told[1].Inbox || told[0].Actor != (store.Author{Kind: store.ByUser, User: "carol"}) {
		t.Errorf("told is %+v, want an event for each team that talks with the customer", told)
	}
	for _, p := range []*inboxtest.Phone{customer, sales} {
		for _, user := range []inbox.UserID{"alice", "carol"} {
			v, err := h.Agent(user).Conversation(t.Context(), p.Conversation())
			if err == nil && (!v.OptedOut || !v.WaitingSince.IsZero()) {
				t.Errorf("%s sees a customer who waits since %v, and has opted out: %v", user, v.WaitingSince, v.OptedOut)
			}
		}
	}
}

// It is confirmed only if whoever records it asks for that, once, and in time.
func TestConfirmationOfARecordedOptOut(t *testing.T) {
	const confirmation = "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again."
	for name, tt := range map[string]struct {
		twice   bool
		before  time.Duration
		confirm bool
		want    bool
	}{
		"not asked for": {},
		"asked for":     {confirm: true, before: 4 * time.Minute, want: true},
		"twice":         {confirm: true, twice: true, want: true},
		"too late":      {confirm: true, before: 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			h := inboxtest.New(t, inboxtest.Config{})
			customer := h.Phone(alicesCustomer)
			customer.Send("hello")
			h.Settle()
			c := said(h, alicesCustomer, compliance.OptOut, "No more texts, please.")
			c.Confirm, c.OccurredAt = tt.confirm, c.OccurredAt.Add(-tt.before)
			recorded(t, h, c)
			if tt.twice {
				recorded(t, h, c)
			}
			if tt.want {
				h.RequireSent(alicesCustomer, confirmation)
			}
			h.RequireNothingSent(alicesCustomer)
		})
	}
	h := inboxtest.New(t, inboxtest.Config{})
	c := said(h, alicesCustomer, compliance.OptOut, "No more texts, please.")
	c.Confirm = true
	recorded(t, h, c) // of somebody whom nobody has talked with
	h.RequireNothingSent(alicesCustomer)
}

// Whoever is not known yet is not written to when they appear.
func TestConsentOfStrangersHolds(t *testing.T) {
	for name, tt := range map[string]struct {
		stated channel.Address
		wrote  channel.Inbound
	}{
		"telephone": {alicesCustomer, channel.Inbound{From: alicesCustomer, To: inboxtest.SupportNumber}},
		"WhatsApp":  {onWhatsApp, channel.Inbound{From: onWhatsApp, To: inboxtest.SupportWhatsApp}},
		"WhatsApp, by a user id that comes with the number": {"whatsapp:US.1234567", channel.Inbound{From: onWhatsApp, UserID: "US.1234567", To: inboxtest.SupportWhatsApp}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWebhooks(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
			recorded(t, w.Harness, said(w.Harness, tt.stated, compliance.OptOut, "Never text me."))
			tt.wrote.Text = "hello"
			a := w.receive(tt.wrote)
			w.requireMayReply(false, a.Conversation)
			w.RequireNothingSent(tt.wrote.From)
			if n := len(consentEvents(w.Harness)); n != 0 {
				t.Errorf("%d events about somebody whom nobody talked with", n)
			}
			tt.wrote.Text = "START"
			w.receive(tt.wrote)
			w.requireMayReply(true, a.Conversation)
		})
	}
}

// A WhatsApp customer is known by a number and by a user id; who states something
// of one has stated it of both.
func TestConsentOfAPersonWithTwoAddresses(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.receive(channel.Inbound{From: onWhatsApp, UserID: "US.1234567", To: inboxtest.SupportWhatsApp, Text: "hi"})
	recorded(t, w.Harness, said(w.Harness, "whatsapp:US.1234567", compliance.OptOut, "Stop."))
	w.requireMayReply(false, a.Conversation)
	if n := len(ledgerOf(t, w.Harness, onWhatsApp)); n != 1 {
		t.Errorf("the number has %d entries, want 1", n)
	}
}

func TestAnOperatorsOptInNeedsALaterActOfTheContact(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	h := w.Harness
	a := w.text(inboxtest.SupportNumber, "hello")
	optIn := said(h, alicesCustomer, compliance.OptIn, "You may text me.")
	recorded(t, h, optIn) // of somebody who has not opted out
	w.requireMayReply(true, a.Conversation)
	w.text(inboxtest.SupportNumber, "STOP")
	stopped := ledgerOf(t, h, alicesCustomer)[1].OccurredAt
	w.Advance(time.Hour)

	whole := said(h, alicesCustomer, compliance.OptIn, "You may text me again.")
	whole.Reason = "she called back"
	for want, spoil := range map[string]func(*inbox.ConsentRecord){
		"the opt-in is not later":              func(c *inbox.ConsentRecord) { c.OccurredAt = stopped },
		"the opt-in has no Reason":             func(c *inbox.ConsentRecord) { c.Reason = " " },
		"what another system says is no act":   func(c *inbox.ConsentRecord) { c.Via = compliance.ViaSystem },
		"Evidence is empty; say where the pro": func(c *inbox.ConsentRecord) { c.Evidence = "" },
	} {
		c := whole
		spoil(&c)
		_, err := h.Admin().RecordConsent(t.Context(), c)
		var refused *inbox.OptedOutError
		switch {
		case err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("the error is %v, want %q in it", err, want)
		case errors.Is(err, inbox.ErrInvalid):
		case !errors.Is(err, inbox.ErrOptedOut) || !errors.As(err, &refused) || !refused.Since.Equal(stopped):
			t.Errorf("the error is %v, want an *OptedOutError since %v", err, stopped)
		}
		w.requireMayReply(false, a.Conversation)
	}
	recorded(t, h, whole)
	w.requireMayReply(true, a.Conversation)
	if told := consentEvents(h); len(told) != 2 || told[1].Type != store.ContactOptedIn {
		t.Errorf("told is %+v, want that they opted out, and in", told)
	}
}

// What is older than what holds is history.
func TestOlderOptOutsChangeNothing(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "STOP")
	w.Advance(time.Hour)
	older := said(w.Harness, alicesCustomer, compliance.OptOut, "No!")
	w.Advance(time.Hour)
	w.text(inboxtest.SupportNumber, "START")
	recorded(t, w.Harness, older)
	w.requireMayReply(true, a.Conversation)
}

func TestRecordsThatAreNoGood(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	for want, spoil := range map[string]func(*inbox.ConsentRecord){
		"ConsentRecord.Address is no E.164 number; write it with +":         func(c *inbox.ConsentRecord) { c.Address = "4155550123" },
		"ConsentRecord.Kind is none; it must be opt_out, opt_in or voided":  func(c *inbox.ConsentRecord) { c.Kind = compliance.None },
		"ConsentRecord.OccurredAt is missing":                               func(c *inbox.ConsentRecord) { c.OccurredAt = time.Time{} },
		"ConsentRecord.OccurredAt is in the future":                         func(c *inbox.ConsentRecord) { c.OccurredAt = h.Now().Add(time.Hour) },
		"ConsentRecord.Text is empty; give what the contact said, word for": func(c *inbox.ConsentRecord) { c.Text = "" },
		"ConsentRecord.Via is not known; it must be one of voice, email":    func(c *inbox.ConsentRecord) { c.Via = "fax" },
		"ConsentRecord.Actor is empty":                                      func(c *inbox.ConsentRecord) { c.Actor = "" },
		"ConsentRecord.RequestKey has 200 bytes":                            func(c *inbox.ConsentRecord) { c.RequestKey = strings.Repeat("k", 200) },
		"ConsentRecord.Confirm is set for an opt-in":                        func(c *inbox.ConsentRecord) { c.Kind, c.Confirm = compliance.OptIn, true },
	} {
		c := said(h, alicesCustomer, compliance.OptOut, "Stop.")
		spoil(&c)
		if _, err := h.Admin().RecordConsent(t.Context(), c); !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) > 0 {
		t.Errorf("the ledger has %+v", entries)
	}
	c := said(h, alicesCustomer, compliance.OptOut, "Stop.")
	c.RequestKey = "one"
	recorded(t, h, c)
	c.Text = "Stop at once."
	if _, err := h.Admin().RecordConsent(t.Context(), c); !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), "RequestKey was used for another record") {
		t.Errorf("another record with the same key: %v", err)
	}
}

func TestAgentsRecordOptOuts(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	h := w.Harness
	a := w.text(inboxtest.SupportNumber, "you again")
	heard := inbox.ConsentRecord{Statement: compliance.Statement{Via: compliance.ViaVoice, Text: "Leave me alone."}, RequestKey: "click 1", Confirm: true}
	for user, want := range map[inbox.UserID]error{"dave": inbox.ErrUnlicensed, "carol": inbox.ErrNotFound, "nobody": inbox.ErrUnlicensed} {
		if _, err := h.Agent(user).OptOut(t.Context(), a.Conversation, heard); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", user, err, want)
		}
	}
	for want, c := range map[string]inbox.ConsentRecord{
		"leave them empty": {Statement: compliance.Statement{Via: compliance.ViaVoice, Text: "Stop", Address: alicesCustomer}},
		"Text is empty":    {Statement: compliance.Statement{Via: compliance.ViaVoice}},
		"Via is empty":     {Statement: compliance.Statement{Text: "Stop"}},
	} {
		if _, err := h.Agent("alice").OptOut(t.Context(), a.Conversation, c); !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
	w.requireMayReply(true, a.Conversation)
	if err := h.Agent("bob").Claim(t.Context(), a.Conversation); err != nil {
		t.Fatal(err)
	}
	// Alice has heard it, whoever has the conversation.
	e, err := h.Agent("alice").OptOut(t.Context(), a.Conversation, heard)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Agent("alice").OptOut(t.Context(), a.Conversation, heard)
	if err != nil || again != e {
		t.Errorf("a second click: %+v, %v; want what the first has made", again, err)
	}
	if e.Actor != "alice" || e.Source != compliance.FromOperator || e.Channel != "simulated" || !e.OccurredAt.Equal(h.Now()) {
		t.Errorf("the entry is %+v", e)
	}
	if _, err := h.Agent("bob").Reply(t.Context(), a.Conversation, inbox.Draft{Text: "But why?"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("bob may write: %v", err)
	}
	h.RequireSent(alicesCustomer, "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again.")
	h.RequireNothingSent(alicesCustomer)
}

// An opt-out of this moment is not older than an opt-in by a clock that is ahead.
func TestAgentsOptOutIsLaterThanWhatIsThere(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	ahead := said(w.Harness, alicesCustomer, compliance.OptIn, "Yes")
	ahead.OccurredAt = w.Now().Add(3 * time.Minute)
	recorded(t, w.Harness, ahead)
	if _, err := w.Agent("alice").OptOut(t.Context(), a.Conversation, inbox.ConsentRecord{Statement: compliance.Statement{Via: compliance.ViaInPerson, Text: "No!"}}); err != nil {
		t.Fatal(err)
	}
	w.requireMayReply(false, a.Conversation)
}

// A commit of which nobody knows is not made twice, with a key or without.
func TestRecordsOfWhichNobodyKnows(t *testing.T) {
	k, s := newUnsure(t)
	k.Advance(time.Hour)
	s.next = committedUnknown
	first := recorded(t, k.Harness, said(k.Harness, alicesCustomer, compliance.OptOut, "Stop."))
	if entries := ledgerOf(t, k.Harness, alicesCustomer); len(entries) != 1 || entries[0] != first {
		t.Errorf("the ledger has %+v, want %+v", entries, first)
	}
	s.next = committedUnknown
	if _, err := k.Agent("alice").OptOut(t.Context(), k.conv, inbox.ConsentRecord{Statement: compliance.Statement{Via: compliance.ViaVoice, Text: "Stop!"}}); err != nil {
		t.Fatal(err)
	}
	if entries := ledgerOf(t, k.Harness, alicesCustomer); len(entries) != 2 {
		t.Errorf("the ledger has %d entries, want one more", len(entries))
	}
	if told := consentEvents(k.Harness); len(told) != 1 {
		t.Errorf("told is %+v", told)
	}
}
