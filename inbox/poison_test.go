package inbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// contradicting is a store in which what it holds of one customer contradicts
// itself: the customer's contact can't be kept.
type contradicting struct{ store.Store }

type contradictingTx struct{ store.Tx }

func (s contradicting) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(contradictingTx{tx}) })
}

func (t contradictingTx) PutContacts(cs ...store.Contact) error {
	for _, c := range cs {
		if c.Addresses[0] == otherCustomer {
			return fmt.Errorf("contact: %w", store.ErrDuplicate)
		}
	}
	return t.Tx.PutContacts(cs...)
}

func TestMessageThatFitsNowhereIsKeptAsAStray(t *testing.T) {
	hook := newHookChannel()
	to := inboxtest.SupportNumber
	boxes := inboxtest.DefaultInboxes()
	boxes[0].Endpoints = append(boxes[0].Endpoints, store.Endpoint{Channel: "hook", Address: to})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Store: contradicting{memory.New()}, Channels: []channel.Channel{hook}}, Inboxes: boxes})
	hook.delivery = channel.Delivery{Inbound: []channel.Inbound{
		{ProviderID: "1", From: alicesCustomer, To: to, Text: "before"},
		{ProviderID: "2", From: otherCustomer, To: to, Text: "poison"},
		{ProviderID: "3", From: alicesCustomer, To: to, Text: "behind"},
	}}
	handler, err := h.Inbox.Webhook("hook")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // Twilio tries again now and then
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
		if w.Code != http.StatusAccepted {
			t.Errorf("status %d, want that it was taken", w.Code)
		}
	}
	strays, err := h.Agent("alice").Strays(t.Context(), 0)
	if err != nil || len(strays) != 1 || strays[0].Inbound.Text != "poison" || !strings.Contains(strays[0].Reason, "duplicate") {
		t.Errorf("strays %+v, %v; want the poison, and why", strays, err)
	}
	views, err := h.Agent("alice").List(t.Context(), inbox.ListQuery{})
	if err != nil || len(views) != 1 || views[0].InboundCount != 2 {
		t.Errorf("conversations %+v, %v; want one with both other messages", views, err)
	}
}
