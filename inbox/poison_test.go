package inbox_test

import (
	"context"
	"errors"
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

// twoMinds is a store that can't keep contacts while a test says so.
type twoMinds struct {
	store.Store
	sick *bool
}

type twoMindsTx struct {
	store.Tx
	sick *bool
}

func (s twoMinds) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(twoMindsTx{tx, s.sick}) })
}

func (t twoMindsTx) PutContacts(cs ...store.Contact) error {
	if *t.sick {
		return fmt.Errorf("contact: %w", store.ErrDuplicate)
	}
	return t.Tx.PutContacts(cs...)
}

func TestPoisonStaysWithItsAccount(t *testing.T) {
	sick := true
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Store: twoMinds{memory.New(), &sick}}})
	other := h.Inbox.Admin("other")
	if err := errors.Join(
		other.SaveUser(t.Context(), inbox.User{ID: "carol", Name: "Carol", Licensed: true}),
		other.SaveTeam(t.Context(), inbox.Team{ID: "all", Name: "All", Members: []inbox.UserID{"carol"}}),
		other.SaveInbox(t.Context(), store.Inbox{ID: "main", Name: "Main", Team: "all", Endpoints: []store.Endpoint{{Channel: "simulated", Address: "+14155550160"}}}),
	); err != nil {
		t.Fatal(err)
	}
	carol := h.Inbox.Agent("other", "carol")
	if _, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: "+14155550160", Text: "something private"}); err != nil {
		t.Fatal(err)
	}
	if s, _ := h.Agent("alice").Strays(t.Context(), 0); len(s) != 0 {
		t.Errorf("alice of another account reads %q", s[0].Inbound.Text)
	}
	if s, _ := carol.Strays(t.Context(), 0); len(s) != 1 {
		t.Errorf("carol, whose customer wrote, sees %d strays", len(s))
	}
	if _, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "2", From: alicesCustomer, To: "+14155550160", Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	sick = false
	a, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "3", From: alicesCustomer, To: "+14155550160", Text: "hm"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := carol.Reply(t.Context(), a.Conversation, inbox.Draft{Text: "hi"}); !errors.Is(err, inbox.ErrBlocked) {
		t.Errorf("who texted STOP to carol's number is written to: %v", err)
	}
}

func TestMessageThatCanNotBeCompletedStaysAsItIs(t *testing.T) {
	sick := false
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Store: twoMinds{memory.New(), &sick}}})
	m := channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hello", Late: true}
	if _, err := h.Inbox.Receive(t.Context(), "simulated", m); err != nil {
		t.Fatal(err)
	}
	sick = true
	m.Late, m.ProfileName = false, "Carol"
	a, err := h.Inbox.Receive(t.Context(), "simulated", m)
	if s, _ := h.Agent("alice").Strays(t.Context(), 0); len(s) != 0 {
		t.Errorf("a message that is in its conversation is a stray, too: %q; %+v %v", s[0].Inbound.Text, a, err)
	}
}
