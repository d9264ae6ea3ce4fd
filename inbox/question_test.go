package inbox_test

import (
	"errors"
	"slices"
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

// offersByText is a question to opt in.
var offersByText = inbox.ConsentQuestion{
	Text: "Acme Support: reply YES to get offers by text, 4 a month. Reply STOP to opt out.", Strength: compliance.ExpressWritten,
	Reach: compliance.Reach{Programme: "offers"},
}

func (k *talk) ask(q inbox.ConsentQuestion) inbox.Message {
	k.t.Helper()
	m, err := k.Agent("alice").AskConsent(k.t.Context(), k.conv, q)
	if err != nil {
		k.t.Fatal(err)
	}
	return m
}

// agreed reports whether the customer has agreed to offers.
func (k *talk) agreed() bool {
	k.t.Helper()
	_, ok := compliance.Fold(ledgerOf(k.t, k.Harness, alicesCustomer)).Consent("offers", k.Now())
	return ok
}

// Only what was written after the question answers it, whenever it comes in.
func TestYesFromBeforeTheQuestion(t *testing.T) {
	for _, c := range []struct {
		name   string
		sent   time.Duration // after the question was sent; 0 is that nobody says
		late   bool
		agrees bool
	}{
		{"nobody says when", 0, false, true},
		{"an hour before", -time.Hour, false, false},
		{"within what clocks may differ by", -time.Minute, false, true},
		{"after it", time.Second, false, true},
		{"after it, delivered late", time.Minute, true, true},
		{"before it, delivered late", -10 * time.Minute, true, false},
		{"delivered late, and nobody says when", 0, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newShop(t, nil)
			k.ask(offersByText)
			k.RequireSent(alicesCustomer, offersByText.Text)
			sent := k.Now()
			k.Advance(20 * time.Minute)
			yes := channel.Inbound{ProviderID: "a yes", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "YES", Late: c.late}
			if c.sent != 0 {
				yes.SentAt = sent.Add(c.sent)
			}
			if _, err := k.Inbox.Receive(t.Context(), "simulated", yes); err != nil {
				t.Fatal(err)
			}
			k.Settle()
			if got := k.agreed(); got != c.agrees {
				t.Errorf("they have agreed: %v, want %v; the ledger is %+v", got, c.agrees, ledgerOf(t, k.Harness, alicesCustomer))
			}
		})
	}
}

// Whatever the clocks of the processes say, a yes that was written before a stop does
// not undo it, though it comes in later.
func TestYesFromBeforeAStop(t *testing.T) {
	for way, stop := range map[string]func(in *inbox.Inbox, at time.Time) error{
		"in a message": func(in *inbox.Inbox, at time.Time) error {
			_, err := in.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "a stop", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "STOP", SentAt: at})
			return err
		},
		"reported by the provider": func(in *inbox.Inbox, at time.Time) error {
			return in.Consent(t.Context(), "simulated", channel.ConsentUpdate{From: alicesCustomer, To: inboxtest.SupportNumber, Change: channel.ConsentStopped, At: at})
		},
	} {
		t.Run(way, func(t *testing.T) {
			k := newShop(t, nil)
			ahead := anotherEngineAt(k, k.Store, "ahead", func() time.Time { return k.Now().Add(2 * time.Minute) })
			if _, err := ahead.Agent(inbox.DefaultAccount, "alice").AskConsent(t.Context(), k.conv, offersByText); err != nil {
				t.Fatal(err)
			}
			if _, err := ahead.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
			k.RequireSent(alicesCustomer, offersByText.Text)
			yes := channel.Inbound{ProviderID: "a yes", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "YES", SentAt: k.Now().Add(time.Second)}
			if err := stop(k.Inbox, k.Now().Add(10*time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := k.Inbox.Receive(t.Context(), "simulated", yes); err != nil {
				t.Fatal(err)
			}
			k.Settle()
			state := compliance.Fold(ledgerOf(t, k.Harness, alicesCustomer))
			if !state.OptedOut || !state.About(compliance.Marketing, "offers").OptedOut || k.agreed() {
				t.Errorf("%+v stands, want the stop", state)
			}
		})
	}
}

// A question that never reached the customer is not open, and may be asked again.
func TestQuestionThatDidNotArrive(t *testing.T) {
	for name, miss := range map[string]func(k *talk) inbox.Message{
		"canceled": func(k *talk) inbox.Message {
			k.Advance(12 * time.Hour) // it is night
			m := k.ask(offersByText)
			if err := k.Agent("bob").Cancel(k.t.Context(), m.ID); err != nil {
				k.t.Fatal(err)
			}
			k.Advance(12 * time.Hour)
			return m
		},
		"refused by the provider": func(k *talk) inbox.Message {
			k.Carrier.FailNext(simulated.Fault{Kind: simulated.Rejected, Code: "30003", Reason: "unreachable"})
			m := k.ask(offersByText)
			k.Settle()
			return m
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newShop(t, nil)
			m := miss(k)
			if got := k.message(m.ID); got.State != store.StateCanceled && got.State != store.StateRejected {
				t.Fatalf("it is %s", got.State)
			}
			entries := ledgerOf(t, k.Harness, alicesCustomer)
			if err := compliance.Verify(entries); err != nil {
				t.Error(err)
			}
			if ask := compliance.Fold(entries).Asked; ask.Open(k.Now()) {
				t.Errorf("it is open: %+v", ask)
			}
			k.customer.Send("YES")
			if k.agreed() {
				t.Error("a yes to a question that did not arrive is a consent")
			}
			k.ask(offersByText)
			k.RequireSent(alicesCustomer, offersByText.Text)
			k.customer.Send("YES")
			if !k.agreed() {
				t.Error("a yes to the second question is none")
			}
		})
	}
}

// Who has stopped marketing is not asked to take it back, whatever the question says
// it is about.
func TestNobodyIsAskedBackToMarketing(t *testing.T) {
	k := newShop(t, nil)
	_, err := k.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "alice", Statement: compliance.Statement{
		Address: alicesCustomer, Kind: compliance.OptOut, Reach: compliance.Reach{Purpose: compliance.Marketing}, OccurredAt: k.Now(), Via: compliance.ViaVoice,
		Text: "No offers please",
	}})
	if err != nil {
		t.Fatal(err)
	}
	q := offersByText
	q.Reach = compliance.Reach{}
	_, err = k.Agent("alice").AskConsent(t.Context(), k.conv, q)
	k.requireBlocked(err, compliance.Deny, "nobody who has is asked")
}

// A yes is confirmed, whatever they had agreed to before.
func TestYesIsConfirmedBesidesAnOlderOptIn(t *testing.T) {
	k := newShop(t, nil)
	k.agree("")
	q := offersByText
	q.Strength, q.Reach = compliance.NotMarketing, compliance.Reach{}
	k.ask(q)
	k.RequireSent(alicesCustomer, q.Text)
	k.customer.Send("YES")
	k.RequireSent(alicesCustomer, "Acme Support: Thank you, you have opted in. Reply HELP for help, STOP to opt out.")
	k.RequireNothingSent(alicesCustomer)
}

// Whoever waits for an answer waits again, if it is withdrawn.
func TestCancelLetsTheCustomerWait(t *testing.T) {
	k := newTalk(t, inboxtest.Config{})
	waiting := func() time.Time {
		t.Helper()
		v, err := k.Agent("alice").Conversation(t.Context(), k.conv)
		if err != nil {
			t.Fatal(err)
		}
		return v.WaitingSince
	}
	before := waiting()
	m, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "Later.", Plan: store.Plan{NotBefore: k.Now().Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	if before.IsZero() || !waiting().IsZero() {
		t.Fatalf("they wait since %v, and with an answer since %v", before, waiting())
	}
	if err := k.Agent("alice").Cancel(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if after := waiting(); !after.Equal(before) {
		t.Errorf("without it they wait since %v, want %v", after, before)
	}
	// Not if somebody else has answered.
	if m, err = k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "Later.", Plan: store.Plan{NotBefore: k.Now().Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	k.reply("Now.")
	if err := k.Agent("alice").Cancel(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if after := waiting(); !after.IsZero() {
		t.Errorf("they were answered, and wait since %v", after)
	}
}

// The confirmation of an opt-out of a part is not sent, so it can't be asked for.
func TestConfirmIsForEverything(t *testing.T) {
	k := newShop(t, nil)
	_, err := k.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "alice", Confirm: true, Statement: compliance.Statement{
		Address: alicesCustomer, Kind: compliance.OptOut, Reach: compliance.Reach{Programme: "offers"}, OccurredAt: k.Now(), Via: compliance.ViaVoice, Text: "No offers",
	}})
	if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), "ConsentRecord.Confirm is set for an opt-out of everything of offers") {
		t.Errorf("the error is %v", err)
	}
}

// A programme is given as opt-outs name it.
func TestProgrammeOfADraft(t *testing.T) {
	k := newShop(t, nil)
	for _, programme := range []string{"news ", " news", "ne\x00ws", strings.Repeat("n", 200)} {
		_, err := k.offer(inbox.Draft{Plan: store.Plan{Programme: programme}})
		if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), "Draft.Programme") {
			t.Errorf("%q: the error is %v", programme, err)
		}
	}
}

// What a record is about is the moment at which the message is to go.
func TestRecordOfALaterMessage(t *testing.T) {
	k := newShop(t, nil)
	k.agree(compliance.Express)
	noon := k.Now().Add(27 * time.Hour)
	m, err := k.offer(inbox.Draft{Plan: store.Plan{NotBefore: noon}})
	if err != nil {
		t.Fatal(err)
	}
	if d := k.message(m.ID).Decision; !d.At.Equal(k.Now()) || !d.For.Equal(noon) || !strings.HasPrefix(d.Local, "Tue 12:00 in Europe/London") {
		t.Errorf("the record is %+v, want one about %v", d, noon)
	}
	k.Advance(27 * time.Hour)
	k.RequireSent(alicesCustomer, offer)
	if d := k.message(m.ID).Decision; !d.For.IsZero() || !d.At.Equal(noon) {
		t.Errorf("when it was sent the record is %+v", d)
	}
}

// Nothing that sells goes at night because somebody has asked for help.
func TestHelpIsNoReasonForAnOffer(t *testing.T) {
	k := newShop(t, nil)
	k.agree(compliance.Express)
	k.Advance(12 * time.Hour)
	k.customer.Send("HELP")
	k.Settle()
	if m, err := k.offer(inbox.Draft{}); err != nil || m.State != store.StateDeferred {
		t.Errorf("after HELP it is %s (%s), %v", m.State, m.Reason, err)
	}
	k.customer.Send("What do tyres cost?")
	if m, err := k.offer(inbox.Draft{}); err != nil || m.State != store.StateQueued {
		t.Errorf("after a question it is %s (%s), %v", m.State, m.Reason, err)
	}
}

// An imported consent to a number that is somebody else's is refused.
func TestNoListKnowsWhoHasANumber(t *testing.T) {
	k := newShop(t, nil)
	_, err := k.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "alice", Statement: compliance.Statement{
		Address: alicesCustomer, Kind: compliance.Voided, OccurredAt: k.Now(), Via: compliance.ViaVoice, Text: "This is not my mother's number",
	}})
	if err != nil {
		t.Fatal(err)
	}
	const list = "address,kind,occurred_at,via,text,evidence,strength\n" +
		"+14155550111,opt_in,2026-01-05T09:00:00Z,web_form,yes,form 1,express\n"
	report, err := k.Admin().ImportConsent(t.Context(), strings.NewReader(strings.ReplaceAll(list, "+14155550111", string(alicesCustomer))), inbox.ImportConfig{Actor: "alice", Reason: "our list"})
	if err != nil {
		t.Fatal(err)
	}
	if report.Added != 0 || report.Refused != 1 {
		t.Errorf("the report is %+v, want the line refused", report)
	}
	if slices.ContainsFunc(ledgerOf(t, k.Harness, alicesCustomer), func(e compliance.Entry) bool { return e.Kind == compliance.OptIn }) {
		t.Error("the consent is in the ledger")
	}
}
