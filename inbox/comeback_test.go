package inbox_test

import (
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// A stray that was erased stays erased when its provider delivers it again and
// its number belongs to an inbox by then.
func TestAnErasedStrayDoesNotComeBack(t *testing.T) {
	const number = channel.Address("+14155550199")
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{PseudonymSecrets: [][]byte{secretOf(1)}}})
	stray := channel.Inbound{ProviderID: "stray", From: alicesCustomer, To: number, Text: "xylophone?"}
	receive := func() inbox.Acceptance {
		t.Helper()
		accepted, err := h.Inbox.Receive(t.Context(), "simulated", stray)
		if err != nil {
			t.Fatal(err)
		}
		return accepted
	}
	first := receive()
	h.Phone(alicesCustomer).Send("hello") // whom the ledger does not know needs a contact
	if _, err := h.Admin().EraseContact(t.Context(), of(request, alicesCustomer)); err != nil {
		t.Fatal(err)
	}
	box := inboxtest.DefaultInboxes()[0]
	box.Endpoints = append(box.Endpoints, store.Endpoint{Channel: "simulated", Address: number})
	if err := h.Admin().SaveInbox(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	if again := receive(); !again.Duplicate || again.Stray != first.Stray || again.Message != 0 {
		t.Errorf("delivered again, it is %+v, want a duplicate of stray %v", again, first.Stray)
	}
	requireClean(t, h.Store)
}
