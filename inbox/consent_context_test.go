package inbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// answered returns a talk in which alice has written last.
func answered(t *testing.T, text string) (*inboxtest.Harness, *inboxtest.Phone) {
	t.Helper()
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireAlerted("alice", "bob")
	if _, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: text}); err != nil {
		t.Fatal(err)
	}
	h.RequireSent(alicesCustomer, text)
	return h, customer
}

// What a customer repeats of our own words opts nobody out.
func TestQuotingUsIsNoOptOut(t *testing.T) {
	const ours = "I am asleep. Please stop texting me at night."
	h, customer := answered(t, ours)

	customer.Send(ours + "\nWhat does that mean?")
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 0 {
		t.Errorf("the customer quoted us, and the ledger is %+v", entries)
	}
	customer.Send("Please do not contact me again")
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 1 || !strings.Contains(entries[0].Rule, "(en, table ") {
		t.Errorf("the ledger is %+v, want the customer's own request, with the table that recognised it", entries)
	}
}

// What has not reached the customer, they don't quote.
func TestQuotingWhatWasSentLast(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireAlerted("alice", "bob")
	reply := func(text string) {
		t.Helper()
		if _, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: text}); err != nil {
			t.Fatal(err)
		}
		h.Settle()
	}
	const ours = "I am asleep. Please stop texting me at night."
	reply(ours)
	h.RequireSent(alicesCustomer, ours)
	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Hour})
	reply("Or on Tuesday.")

	customer.Send(ours + "\nWhat does that mean?")
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 0 {
		t.Errorf("the customer quoted us, and the ledger is %+v", entries)
	}
}

// CANCEL from a +1 number is an opt-out, and after a question of ours a person
// sees it, as it may be the answer.
func TestCancelAfterAQuestionIsSeen(t *testing.T) {
	const question = "Will you come to your appointment tomorrow?"
	h, customer := answered(t, question)

	customer.Send("Cancel")
	h.RequireAlerted("alice", "bob")
	entries := ledgerOf(t, h, alicesCustomer)
	if len(entries) != 1 || !strings.Contains(entries[0].Rule, "it may answer our question") {
		t.Errorf("the ledger is %+v, want an opt-out that says why a person should see it", entries)
	}
}

// The policy is told what is known of a message: the contact's country and
// language, what we wrote last, the subject, and when it came in. An ordinary
// message is read once, without what we wrote.
func TestThePolicyIsToldWhatIsKnown(t *testing.T) {
	var told []compliance.Context
	policy := compliance.Funcs{ClassifyFunc: func(m channel.Inbound, c compliance.Context) compliance.Classification {
		told = append(told, c)
		if m.Text == "hm" {
			return compliance.Classification{Kind: compliance.Ambiguous, Rule: "hm"}
		}
		return compliance.Classification{}
	}}
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{OptOut: policy}})
	customer := h.Phone(alicesCustomer)
	customer.SendMessage(channel.Inbound{Text: "hello", Region: "CA"})
	h.RequireAlerted("alice", "bob")
	err := h.Store.Update(t.Context(), func(tx store.Tx) error {
		found, err := tx.ContactsAt(store.IdentityOf(inbox.DefaultAccount, alicesCustomer))
		if err != nil {
			return err
		}
		found[0].Language = "fr-CA"
		return tx.PutContacts(found[0])
	})
	if err != nil {
		t.Fatal(err)
	}
	const ours = "Shall we come on Monday?"
	if _, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: ours}); err != nil {
		t.Fatal(err)
	}
	h.RequireSent(alicesCustomer, ours)

	told = nil
	customer.SendMessage(channel.Inbound{Text: "hm", Raw: map[string]string{"Subject": "Monday"}})
	want := compliance.Context{Region: "CA", Language: "fr-CA", Subject: "Monday", At: h.Now()}
	again := want
	again.LastOutbound = ours
	if diff := cmp.Diff([]compliance.Context{want, again}, told); diff != "" {
		t.Errorf("the policy was told (-want +got):\n%s", diff)
	}
	told = nil
	customer.Send("an ordinary message")
	if len(told) != 1 || told[0].LastOutbound != "" {
		t.Errorf("for an ordinary message the policy was told %+v, want to be asked once, without what we wrote", told)
	}
}

// A subject can ask us to stop, as the text can.
func TestStopInASubject(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	h.Phone(alicesCustomer).SendMessage(channel.Inbound{Text: " ", Raw: map[string]string{"subject": "STOP"}})
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 1 || entries[0].Kind != compliance.OptOut {
		t.Errorf("the ledger is %+v, want an opt-out", entries)
	}
}
