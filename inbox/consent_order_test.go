package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// webhooks delivers messages as providers do that don't say when a message was
// sent, a second apart.
type webhooks struct {
	*inboxtest.Harness
	t *testing.T
	n int
}

func newWebhooks(t *testing.T, cfg inboxtest.Config) *webhooks {
	t.Helper()
	return &webhooks{Harness: inboxtest.New(t, cfg), t: t}
}

func (w *webhooks) receive(m channel.Inbound) inbox.Acceptance {
	w.t.Helper()
	w.n++
	m.ProviderID = fmt.Sprint("message ", w.n)
	a, err := w.Inbox.Receive(w.t.Context(), "simulated", m)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Advance(time.Second)
	return a
}

func (w *webhooks) text(to channel.Address, text string) inbox.Acceptance {
	w.t.Helper()
	return w.receive(channel.Inbound{From: alicesCustomer, To: to, Text: text})
}

// requireMayReply checks whether alice may write to a conversation.
func (w *webhooks) requireMayReply(want bool, id inbox.ConversationID) {
	w.t.Helper()
	_, err := w.Agent("alice").Reply(w.t.Context(), id, inbox.Draft{Text: "hi"})
	switch {
	case want && err != nil:
		w.t.Errorf("alice may not write: %v", err)
	case !want && !errors.Is(err, inbox.ErrBlocked):
		w.t.Errorf("alice may write though the customer has opted out: error %v, want ErrBlocked", err)
	}
}

const nobodysNumber channel.Address = "+14155550199"

func TestAdoptedStartDoesNotUndoALaterStop(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	w.text(inboxtest.SupportNumber, "STOP")
	start := w.text(nobodysNumber, "START")
	w.text(inboxtest.SupportNumber, "STOP") // the last word
	w.Advance(time.Hour)
	if _, err := w.Agent("alice").AdoptStray(t.Context(), start.Stray, "support"); err != nil {
		t.Fatal(err)
	}
	w.requireMayReply(false, a.Conversation)
}

func TestAdoptedStopDoesNotOptOutAgain(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	stop := w.text(nobodysNumber, "STOP")
	w.requireMayReply(false, a.Conversation)
	w.text(inboxtest.SupportNumber, "START")
	w.Advance(24 * time.Hour)
	if _, err := w.Agent("alice").AdoptStray(t.Context(), stop.Stray, "support"); err != nil {
		t.Fatal(err)
	}
	w.requireMayReply(true, a.Conversation)
	if entries := ledgerOf(t, w.Harness, alicesCustomer); len(entries) != 2 {
		t.Errorf("the ledger has %d entries, want the STOP and the START", len(entries))
	}
}

func TestStopToANumberOfNobodyHoldsForEveryoneWhoKnowsTheCustomer(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	other := w.Inbox.Admin("other")
	if err := errors.Join(
		other.SaveUser(t.Context(), inbox.User{ID: "erin", Name: "Erin", Licensed: true}),
		other.SaveTeam(t.Context(), inbox.Team{ID: "all", Name: "All", Members: []inbox.UserID{"erin"}}),
		other.SaveInbox(t.Context(), store.Inbox{ID: "main", Name: "Main", Team: "all", Endpoints: []store.Endpoint{{Channel: "simulated", Address: "+14155550160"}}}),
	); err != nil {
		t.Fatal(err)
	}
	a := w.text("+14155550160", "hello")
	w.text(nobodysNumber, "STOP")
	if _, err := w.Inbox.Agent("other", "erin").Reply(t.Context(), a.Conversation, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("error %v, want ErrBlocked", err)
	}
	err := w.Store.View(t.Context(), func(tx store.Tx) error {
		entries, err := tx.ConsentEntries(compliance.KeyOf("other", alicesCustomer))
		if len(entries) != 1 || entries[0].Text != "" {
			t.Errorf("the other account's ledger is %+v, want the opt-out without the words, which are not its own", entries)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNumberThatChangedHandsSendsNoMoreForTheOldAccount(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SalesNumber, "hello")
	if err := w.Admin().SaveInbox(t.Context(), store.Inbox{ID: "sales", Name: "Acme Sales", Team: "sales"}); err != nil {
		t.Fatal(err)
	}
	other := w.Inbox.Admin("other")
	if err := errors.Join(
		other.SaveUser(t.Context(), inbox.User{ID: "erin", Name: "Erin", Licensed: true}),
		other.SaveTeam(t.Context(), inbox.Team{ID: "all", Name: "All", Members: []inbox.UserID{"erin"}}),
		other.SaveInbox(t.Context(), store.Inbox{ID: "main", Name: "Main", Team: "all", Endpoints: []store.Endpoint{{Channel: "simulated", Address: inboxtest.SalesNumber}}}),
	); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Agent("carol").Reply(t.Context(), a.Conversation, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("from a number that is another company's: error %v, want ErrBlocked", err)
	}
	// The other company gives the number up in its turn.
	b := w.text(inboxtest.SalesNumber, "hello")
	if err := other.SaveInbox(t.Context(), store.Inbox{ID: "main", Name: "Main", Team: "all"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Inbox.Agent("other", "erin").Reply(t.Context(), b.Conversation, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("from a number that is nobody's: error %v, want ErrBlocked", err)
	}
}

func TestStopNeverLosesToAnotherClock(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	w.text(inboxtest.SupportNumber, "STOP")
	w.text(inboxtest.SupportNumber, "START") // by our clock
	// A STOP whose webhook was lost is fetched. The provider's clock is behind.
	w.receive(channel.Inbound{From: alicesCustomer, To: inboxtest.SupportNumber, Text: "STOP", Late: true, SentAt: w.Now().Add(-time.Minute)})
	w.requireMayReply(false, a.Conversation)
}

func TestLateStartIsOrderedByWhenItWasSent(t *testing.T) {
	late := func(w *webhooks, text string, ago time.Duration) {
		t.Helper()
		w.receive(channel.Inbound{From: alicesCustomer, To: inboxtest.SupportNumber, Text: text, Late: true, SentAt: w.Now().Add(-ago)})
	}
	t.Run("before a STOP that came in time", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := w.text(inboxtest.SupportNumber, "hello")
		w.text(inboxtest.SupportNumber, "STOP")
		late(w, "START", time.Hour)
		w.requireMayReply(false, a.Conversation)
		for _, e := range w.Events() {
			if e.Type == store.ContactOptedIn {
				t.Error("an event says opted in, though nothing has changed")
			}
		}
	})
	t.Run("after a STOP that is late too", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := w.text(inboxtest.SupportNumber, "hello")
		late(w, "STOP", 2*time.Hour)
		late(w, "START", time.Hour)
		w.requireMayReply(true, a.Conversation)
	})
	t.Run("before a STOP that is late too", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := w.text(inboxtest.SupportNumber, "hello")
		late(w, "STOP", time.Hour)
		late(w, "START", 2*time.Hour)
		w.requireMayReply(false, a.Conversation)
	})
	t.Run("whose time is in the future", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := w.text(inboxtest.SupportNumber, "hello")
		w.text(inboxtest.SupportNumber, "STOP")
		late(w, "START", -time.Hour)
		w.text(inboxtest.SupportNumber, "STOP")
		w.requireMayReply(false, a.Conversation)
	})
}

func TestConfirmationOfAnOptInOnlyAfterAnOptOut(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	w.text(inboxtest.SupportNumber, "START") // but a word
	w.RequireAlerted("alice", "bob")
	w.RequireNothingSent(alicesCustomer)
}

func TestRepeatedReportOfAnOptOutDoesNotUndoAStart(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{Carrier: simulated.Config{Reports: []channel.DeliveryState{}}})
	a := w.text(inboxtest.SupportNumber, "hello")
	m, err := w.Agent("alice").Reply(t.Context(), a.Conversation, inbox.Draft{Text: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	w.Settle()
	report := channel.StatusUpdate{MessageID: m.ID.String(), State: channel.DeliveryFailed, Code: "21610", Consent: channel.ConsentStopped}
	if err := w.Inbox.Status(t.Context(), "simulated", report); err != nil {
		t.Fatal(err)
	}
	w.requireMayReply(false, a.Conversation)
	w.Advance(time.Hour)
	w.text(inboxtest.SupportNumber, "START")
	if err := w.Inbox.Status(t.Context(), "simulated", report); err != nil {
		t.Fatal(err)
	}
	w.requireMayReply(true, a.Conversation)
}

func TestOptOutInAnAnswerThatComesAfterTheReport(t *testing.T) {
	var h *inboxtest.Harness
	k := newTalk(t, inboxtest.Config{Carrier: simulated.Config{
		Reports: []channel.DeliveryState{},
		Hook: func(ctx context.Context, m channel.Outbound) simulated.Fault {
			if err := h.Inbox.Status(ctx, "simulated", channel.StatusUpdate{MessageID: m.ID, State: channel.DeliveryFailed, Code: "30007"}); err != nil {
				t.Error(err)
			}
			return simulated.Fault{Kind: simulated.Rejected, Consent: channel.ConsentStopped}
		},
	}})
	h = k.Harness
	k.reply("hi")
	k.Settle()
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "again"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("error %v, want ErrBlocked", err)
	}
}

func TestSpellingsOfANumberHaveOneConsent(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{})
	a := w.text(inboxtest.SupportNumber, "hello")
	stop := w.receive(channel.Inbound{From: "tel:+1 (415) 555-0123", To: "+1 415 555 0100", Text: "STOP"})
	if stop.Conversation != a.Conversation {
		t.Error("two spellings of a number have two conversations")
	}
	w.requireMayReply(false, a.Conversation)
}

func TestWhatsAppNumberAndUserIDHaveOneConsent(t *testing.T) {
	const id = "US.13491208655302741918"
	byID := channel.Address("whatsapp:" + id)
	whatsApp := func(w *webhooks, from channel.Address, userID, text string) inbox.Acceptance {
		return w.receive(channel.Inbound{From: from, UserID: userID, To: inboxtest.SupportWhatsApp, Text: text})
	}
	t.Run("known together first", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := whatsApp(w, onWhatsApp, id, "hello")
		b := whatsApp(w, byID, "", "STOP")
		w.requireMayReply(false, a.Conversation)
		view, err := w.Agent("alice").Conversation(t.Context(), a.Conversation)
		if err != nil || !view.OptedOut {
			t.Errorf("the view says opted out %v, %v", view.OptedOut, err)
		}
		whatsApp(w, onWhatsApp, "", "START")
		w.requireMayReply(true, b.Conversation)
	})
	t.Run("known to be one only with the STOP", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := whatsApp(w, onWhatsApp, "", "hello")
		b := whatsApp(w, byID, "", "hello")
		whatsApp(w, byID, "", "hello again")
		whatsApp(w, onWhatsApp, id, "STOP")
		w.requireMayReply(false, a.Conversation)
		w.requireMayReply(false, b.Conversation)
	})
	t.Run("telephone numbers stay apart", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := w.text(inboxtest.SupportNumber, "hello")
		err := w.Store.Update(t.Context(), func(tx store.Tx) error { // a person has two telephones
			c, err := store.One(tx.ContactsAt(store.IdentityOf(inbox.DefaultAccount, alicesCustomer)))
			if err != nil {
				return err
			}
			c.Addresses = append(c.Addresses, otherCustomer)
			return tx.PutContacts(c)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.receive(channel.Inbound{From: otherCustomer, To: inboxtest.SupportNumber, Text: "STOP"})
		w.requireMayReply(true, a.Conversation)
	})
}

func TestOldMessagesDoNotOpenTheWindow(t *testing.T) {
	t.Run("adopted", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		s := w.receive(channel.Inbound{From: onWhatsApp, To: "whatsapp:+14155550199", Text: "hello"})
		w.Advance(72 * time.Hour)
		id, err := w.Agent("alice").AdoptStray(t.Context(), s.Stray, "support")
		if err != nil {
			t.Fatal(err)
		}
		w.requireMayReply(false, id)
	})
	t.Run("fetched", func(t *testing.T) {
		w := newWebhooks(t, inboxtest.Config{})
		a := w.receive(channel.Inbound{From: onWhatsApp, To: inboxtest.SupportWhatsApp, Text: "hello", Late: true, SentAt: w.Now().Add(-72 * time.Hour)})
		w.requireMayReply(false, a.Conversation)
	})
}

// laterMarketing is a policy that defers marketing.
type laterMarketing struct {
	compliance.Standard
	by time.Duration
	on *bool // nil: always
}

func (p laterMarketing) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	d := sellsFreely{p.Standard}.Decide(s, m, at)
	morning := at.Before(time.Date(2026, time.January, 5, 9, 1, 0, 0, time.UTC))
	if d.Verdict == compliance.Allow && m.Purpose == compliance.Marketing && (p.on == nil || *p.on) && morning {
		return compliance.Decision{Verdict: compliance.Defer, Reason: "later", Until: at.Add(p.by)}
	}
	return d
}

func TestDeferredMessageHoldsNothingBack(t *testing.T) {
	for _, by := range []time.Duration{2 * time.Minute, 12 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{OptOut: laterMarketing{by: by}}})
			sale, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "sale!", Purpose: compliance.Marketing})
			if err != nil {
				t.Fatal(err)
			}
			if sale.State != store.StateDeferred || !sale.DueAt.Equal(k.Now().Add(by)) {
				t.Errorf("it is %s until %v, want deferred by %v", sale.State, sale.DueAt, by)
			}
			k.reply("Your order is on its way.")
			k.RequireSent(alicesCustomer, "Your order is on its way.")
			k.customer.Send("STOP")
			k.Advance(24 * time.Hour)
			if got := k.message(sale.ID); got.State != store.StateBlocked {
				t.Errorf("after the STOP it is %s, want blocked", got.State)
			}
		})
	}
}

func TestDeferredMessageIsSentAtItsTime(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{OptOut: laterMarketing{by: 12 * time.Hour}}})
	if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "sale!", Purpose: compliance.Marketing}); err != nil {
		t.Fatal(err)
	}
	k.Advance(12*time.Hour - time.Millisecond)
	k.RequireNothingSent(alicesCustomer)
	k.Advance(time.Millisecond)
	k.RequireSent(alicesCustomer, "sale!")
}

func TestMessageThatIsDeferredOnlyWhenItsTurnComes(t *testing.T) {
	on := false
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{OptOut: laterMarketing{by: 2 * time.Minute, on: &on}}})
	m, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "sale!", Purpose: compliance.Marketing})
	if err != nil || m.State != store.StateQueued {
		t.Fatal(m.State, err)
	}
	on = true
	k.RequireNothingSent(alicesCustomer)
	if got := k.message(m.ID); got.State != store.StateDeferred || got.Reason != "later" {
		t.Errorf("it is %s (%s), want deferred with the policy's reason", got.State, got.Reason)
	}
	k.Advance(2 * time.Minute)
	k.RequireSent(alicesCustomer, "sale!")
}

// alwaysOptIn is a policy that takes every START for an opt-in.
type alwaysOptIn struct{ compliance.Standard }

func (p alwaysOptIn) Classify(m channel.Inbound, c compliance.Context) compliance.Classification {
	if m.Text == "START" {
		return compliance.Classification{Kind: compliance.OptIn, Rule: "START"}
	}
	return p.Standard.Classify(m, c)
}

func TestOptInOfWhoHadNotOptedOutIsRecordedWithoutAnAnswer(t *testing.T) {
	w := newWebhooks(t, inboxtest.Config{Inbox: inbox.Config{OptOut: alwaysOptIn{}}})
	w.text(inboxtest.SupportNumber, "START")
	w.RequireNothingSent(alicesCustomer)
	if entries := ledgerOf(t, w.Harness, alicesCustomer); len(entries) != 1 {
		t.Errorf("the ledger has %d entries, want the opt-in", len(entries))
	}
}

func TestConfirmationOvertakesWhatIsTriedAgain(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: 4 * time.Minute})
	k.reply("one")
	k.reply("two")
	k.RequireNothingSent(alicesCustomer)
	k.customer.Send("STOP")
	k.RequireSent(alicesCustomer, "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again.")
	k.Advance(time.Hour)
	k.RequireNothingSent(alicesCustomer)
}

func TestLongRetryHoldsTheOthersBackNoLonger(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	k.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: 24 * time.Hour})
	k.reply("one")
	k.reply("two")
	k.RequireSent(alicesCustomer, "two")
	k.Advance(time.Hour) // the longest that a provider can ask for
	k.RequireSent(alicesCustomer, "one")
}
