package inboxtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// RequireSent ends the test unless a message with exactly this text has
// reached the phone with this address. It looks behind the message that an
// earlier RequireSent found there, so that a test reads a talk in its order,
// and returns the message that it found.
func (h *Harness) RequireSent(to channel.Address, text string) simulated.Message {
	h.t.Helper()
	to = h.address(to)
	got := h.received(to)
	for i, m := range got {
		if m.Text == text {
			h.seen[to] += i + 1
			return m
		}
	}
	h.t.Fatalf("inboxtest: %q was not sent to %s; %s", text, to, describe(got))
	return simulated.Message{}
}

// RequireNothingSent ends the test if something has reached the phone with
// this address behind what the last RequireSent found.
func (h *Harness) RequireNothingSent(to channel.Address) {
	h.t.Helper()
	if got := h.received(h.address(to)); len(got) > 0 {
		h.t.Fatalf("inboxtest: nothing should have been sent to %s; %s", to, describe(got))
	}
}

// address reads an address, however it is spelled.
func (h *Harness) address(a channel.Address) channel.Address {
	h.t.Helper()
	parsed, err := channel.ParseAddress(string(a))
	if err != nil {
		h.t.Fatalf("inboxtest: %v", err)
	}
	return parsed
}

// received settles and returns what has reached a phone and was not passed.
func (h *Harness) received(to channel.Address) []simulated.Message {
	h.t.Helper()
	h.Settle()
	var got []simulated.Message
	for _, m := range h.Carrier.Phone(to).Messages() {
		if m.Received {
			got = append(got, m)
		}
	}
	return got[min(h.seen[to], len(got)):]
}

func describe(messages []simulated.Message) string {
	if len(messages) == 0 {
		return "nothing was sent there"
	}
	texts := make([]string, len(messages))
	for i, m := range messages {
		texts[i] = fmt.Sprintf("%q", m.Text)
	}
	return "sent there: " + strings.Join(texts, ", ")
}

// RequireAlerted ends the test unless exactly these users have been alerted
// since the last RequireAlerted, or since the start. Without users, nobody
// must have been.
func (h *Harness) RequireAlerted(users ...inbox.UserID) {
	h.t.Helper()
	h.Settle()
	got := h.alerts()
	want := slices.Compact(slices.Sorted(slices.Values(users)))
	if !slices.Equal(got, want) {
		h.t.Fatalf("inboxtest: %s should have been alerted, but %s was", people(want), people(got))
	}
}

// alerts returns who has been alerted since it was last called, sorted.
func (h *Harness) alerts() []inbox.UserID {
	h.t.Helper()
	var users []inbox.UserID
	for _, e := range h.eventsAfter(h.alerted) {
		h.alerted = e.Cursor
		if e.Type == store.Alerted {
			users = append(users, e.Detail.Users...)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// Events settles and returns everything that has happened in the company.
func (h *Harness) Events() []inbox.Event {
	h.t.Helper()
	h.Settle()
	return h.eventsAfter(0)
}

func (h *Harness) eventsAfter(cursor inbox.Cursor) []inbox.Event {
	h.t.Helper()
	const page = 1000
	var all []inbox.Event
	for {
		var events []inbox.Event
		err := h.Store.View(h.t.Context(), func(tx store.Tx) error {
			var err error
			events, err = tx.Events(store.EventQuery{Account: inbox.DefaultAccount, After: cursor, Limit: page})
			return err
		})
		if err != nil {
			h.t.Fatalf("inboxtest: %v", err)
		}
		all = append(all, events...)
		if len(events) < page {
			return all
		}
		cursor = events[len(events)-1].Cursor
	}
}

func people(users []inbox.UserID) string {
	if len(users) == 0 {
		return "nobody"
	}
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = string(u)
	}
	return strings.Join(names, ", ")
}
