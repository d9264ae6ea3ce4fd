package inboxtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// A customer writes, the team is alerted, alice answers. In a test, t is its
// *testing.T.
func Example() {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone("+14155550123")

	customer.Send("Where is my order?")
	h.RequireAlerted("alice", "bob") // dave has no seat

	_, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "On its way."})
	if err != nil {
		t.Fatalf("reply: %v", err)
	}
	h.RequireSent("+14155550123", "On its way.")

	for _, m := range customer.Messages() {
		fmt.Println(m.Text)
	}
	// Output:
	// Where is my order?
	// On its way.
}

// A router of the host's own decides who is alerted.
func ExampleNew() {
	router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		if strings.Contains(r.Message.Text, "price") {
			return routing.Decision{Teams: []store.TeamID{"sales"}, Reason: "asks for a price"}, nil
		}
		return routing.ToTeam(r), nil
	})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Router: router}})

	h.Phone("+14155550123").Send("What is the price?")
	h.RequireAlerted("carol")
	h.Phone("+14155550124").Send("My order is late.")
	h.RequireAlerted("alice", "bob")

	for _, e := range h.Events() {
		if e.Type == store.ConversationRouted {
			fmt.Println(e.Detail.Teams, e.Detail.Reason)
		}
	}
	// Output:
	// [sales] asks for a price
	// [support] goes to the inbox's whole team
}

// Time goes by only when the test says so.
func ExampleHarness_Advance() {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone("+14155550123")
	customer.Send("Please call me tomorrow.")
	h.RequireAlerted("alice", "bob")

	err := h.Agent("alice").Snooze(t.Context(), customer.Conversation(), h.Now().Add(24*time.Hour))
	if err != nil {
		t.Fatalf("snooze: %v", err)
	}
	h.Advance(23 * time.Hour)
	h.RequireAlerted() // nobody

	h.Advance(time.Hour)
	h.RequireAlerted("alice", "bob")
	fmt.Println(h.Now().Format(time.RFC1123))
	// Output: Tue, 06 Jan 2026 09:00:00 UTC
}

// The carrier fails when the test wants it to.
func ExampleHarness_RequireSent() {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone("+14155550123")
	customer.Send("Hello?")

	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute})
	if _, err := h.Agent("bob").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "Hello!"}); err != nil {
		t.Fatalf("reply: %v", err)
	}
	h.RequireNothingSent("+14155550123")
	h.Advance(time.Minute)
	m := h.RequireSent("+14155550123", "Hello!")
	fmt.Println("from", m.Number)
	// Output: from +14155550100
}

// Nobody who has opted out is texted.
func ExamplePhone_Send() {
	h := inboxtest.New(t, inboxtest.Config{})
	customer := h.Phone("+14155550123")
	customer.Send("Hello?")
	customer.Send("STOP")
	confirmation := h.RequireSent("+14155550123", "Acme Support: You have opted out and will get no more messages from us. Reply START to opt in again.")

	_, err := h.Agent("alice").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "But wait!"})
	fmt.Println(errors.Is(err, inbox.ErrBlocked))
	h.RequireNothingSent(confirmation.Phone)
	// Output: true
}
