package inbox_test

import (
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
)

// What a customer repeats of our own words opts nobody out.
func TestQuotingUsIsNoOptOut(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireAlerted("alice", "bob")
	alice := h.Agent("alice")
	const ours = "Please do not contact me before Monday, I am away."
	if _, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: ours}); err != nil {
		t.Fatal(err)
	}
	h.RequireSent(alicesCustomer, ours)

	customer.Send(ours + "\nWhat does that mean?")
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 0 {
		t.Errorf("the customer quoted us, and the ledger is %+v", entries)
	}
	customer.Send("Please do not contact me again")
	if entries := ledgerOf(t, h, alicesCustomer); len(entries) != 1 || !strings.Contains(entries[0].Rule, "(en, table ") {
		t.Errorf("the ledger is %+v, want the customer's own request, with the table that recognised it", entries)
	}
}

// CANCEL from a +1 number is an opt-out, and after a question of ours a person
// sees it, as it may be the answer.
func TestCancelAfterAQuestionIsSeen(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireAlerted("alice", "bob")
	alice := h.Agent("alice")
	const question = "Will you come to your appointment tomorrow?"
	if _, err := alice.Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: question}); err != nil {
		t.Fatal(err)
	}
	h.RequireSent(alicesCustomer, question)

	customer.Send("Cancel")
	h.RequireAlerted("alice", "bob")
	entries := ledgerOf(t, h, alicesCustomer)
	if len(entries) != 1 || !strings.Contains(entries[0].Rule, "it may answer our question") {
		t.Errorf("the ledger is %+v, want an opt-out that says why a person should see it", entries)
	}
}
