package inbox_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// A message says what was decided about it last, when, and what stood in the
// ledger: when it was queued, when each attempt began, and when it was held back.
func TestDecisionsAreKept(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	decisionAbout := func(id store.MessageID) compliance.Record {
		t.Helper()
		for _, m := range messagesOf(t, h, customer.Conversation()) {
			if m.ID == id && m.Decision != nil {
				return *m.Decision
			}
		}
		t.Fatalf("message %v has no decision", id)
		return compliance.Record{}
	}

	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute}, simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute})
	queuedAt := h.Now()
	m, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "later"})
	if err != nil {
		t.Fatal(err)
	}
	want := compliance.Record{At: queuedAt, Verdict: compliance.Allow, Reason: "the contact has not opted out", Purpose: compliance.Conversational}
	if m.Decision == nil || !reflect.DeepEqual(*m.Decision, want) {
		t.Errorf("when it is queued: %+v, want %+v", m.Decision, want)
	}
	h.Settle()
	h.Advance(time.Minute)
	if got := decisionAbout(m.ID); got.Verdict != compliance.Allow || !got.At.After(queuedAt) {
		t.Errorf("when it was tried again: %+v", got)
	}
	customer.Send("STOP")
	stopped := ledgerOf(t, h, alicesCustomer)[0]
	h.Advance(time.Hour)
	got := decisionAbout(m.ID)
	if got.Verdict != compliance.Deny || got.Entry != stopped.ID || !strings.Contains(got.Reason, "opted out") || got.At.Before(stopped.RecordedAt) {
		t.Errorf("after the opt-out: %+v, want a denial with entry %d", got, stopped.ID)
	}
	for _, m := range messagesOf(t, h, customer.Conversation()) {
		switch {
		case m.Direction == store.Inbound && m.Decision != nil:
			t.Errorf("a message that came in has the decision %+v", m.Decision)
		case m.Purpose == compliance.Compliance && (m.Decision == nil || m.Decision.Verdict != compliance.Allow || m.Decision.Entry != stopped.ID):
			t.Errorf("the confirmation has the decision %+v", m.Decision)
		}
	}
}
