package inbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// routedReason returns the reason that the last routing of a conversation
// gave.
func routedReason(h *inboxtest.Harness) string {
	reason := ""
	for _, e := range h.Events() {
		if e.Type == store.ConversationRouted {
			reason = e.Detail.Reason
		}
	}
	return reason
}

func TestRouterThatCanNotAnswerLeavesTheMessageWithTheTeam(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for name, test := range map[string]struct {
		router routing.RouterFunc
		reason string
	}{
		"fails": {func(context.Context, routing.Request) (routing.Decision, error) {
			return routing.Decision{}, errors.New("CRM is down")
		}, "the router failed"},
		"panics": {func(context.Context, routing.Request) (routing.Decision, error) { panic("CRM") }, "the router panicked"},
		"is too slow": {func(ctx context.Context, _ routing.Request) (routing.Decision, error) {
			<-ctx.Done()
			return routing.Decision{}, ctx.Err()
		}, "did not answer in time"},
		"ignores its context": {func(context.Context, routing.Request) (routing.Decision, error) {
			<-release
			return routing.To("carol").Route(context.Background(), routing.Request{})
		}, "did not answer in time"},
		"names nobody": {func(context.Context, routing.Request) (routing.Decision, error) {
			return routing.Decision{}, nil
		}, "named nobody"},
		"names those who can't answer": {func(context.Context, routing.Request) (routing.Decision, error) {
			return routing.Decision{Users: []store.UserID{"dave", "erin"}, Teams: []store.TeamID{"night"}}, nil
		}, "user dave has no licensed seat, user erin is unknown, team night is unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Router: test.router, RouteTimeout: 5 * time.Millisecond}})
			h.Phone(alicesCustomer).Send("hello")
			h.RequireAlerted("alice", "bob")
			if got := routedReason(h); !strings.Contains(got, test.reason) || !strings.Contains(got, "whole team") {
				t.Errorf("the record says %q, want it to say that %q and that the team has it", got, test.reason)
			}
		})
	}
}

func TestRouterDecides(t *testing.T) {
	router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		switch {
		case strings.Contains(r.Message.Text, "price"):
			return routing.Decision{Teams: []store.TeamID{"sales"}, Reason: "asks for a price"}, nil
		case strings.Contains(r.Message.Text, "Alice"):
			return routing.Decision{Users: []store.UserID{"alice", "dave"}, Keep: true, Reason: "asks for Alice"}, nil
		}
		return routing.ToTeam(r), nil
	})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Router: router}})
	customer := h.Phone(alicesCustomer)
	customer.Send("What is the price?")
	h.RequireAlerted("carol")
	if got := routedReason(h); got != "asks for a price" {
		t.Errorf("reason %q", got)
	}
	if _, err := h.Agent("carol").Reply(t.Context(), customer.Conversation(), inbox.Draft{Text: "$5"}); err != nil {
		t.Errorf("carol, who is not on the inbox's team: %v", err)
	}
	customer.Send("Is Alice there?")
	h.RequireAlerted("alice", "carol") // added, and those who took part are kept
	if got := routedReason(h); !strings.Contains(got, "passed over: user dave") {
		t.Errorf("reason %q, want it to say who was passed over", got)
	}
}

func TestRouterIsToldTheTruth(t *testing.T) {
	var got []routing.Request
	router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		got = append(got, r)
		return routing.ToTeam(r), nil
	})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Router: router}})
	customer := h.Phone(alicesCustomer)
	customer.Send("one")
	customer.Send("two")
	if err := h.Agent("alice").Close(t.Context(), customer.Conversation()); err != nil {
		t.Fatal(err)
	}
	customer.Send("three")
	if len(got) != 3 {
		t.Fatalf("asked %d times, want 3", len(got))
	}
	for i, want := range []struct{ first, reopened bool }{{true, true}, {false, false}, {false, true}} {
		r := got[i]
		if r.First != want.first || r.Reopened != want.reopened || r.Conversation.InboundCount != int64(i+1) ||
			r.Contact.ID == 0 || r.Inbox.ID != "support" || len(r.Candidates) != 2 || r.Now.IsZero() {
			t.Errorf("request %d: first %v, reopened %v, candidates %v, conversation %+v", i, r.First, r.Reopened, r.Candidates, r.Conversation)
		}
	}
}

func TestClaimedConversationIsNotRouted(t *testing.T) {
	asked := 0
	router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		asked++
		return routing.ToTeam(r), nil
	})
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Router: router}})
	if err := k.Agent("alice").Claim(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.customer.Send("more")
	k.RequireAlerted("alice")
	if asked != 1 {
		t.Errorf("the router was asked %d times, want only before the claim", asked)
	}
}

func TestClaimWhileTheRouterThinksStands(t *testing.T) {
	var claim func()
	router := routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
		if claim != nil {
			claim()
		}
		return routing.Decision{Users: []store.UserID{"bob"}}, nil
	})
	answer := responder.ResponderFunc(func(context.Context, responder.Turn) (responder.Reply, error) {
		return responder.Reply{Text: "a machine's answer"}, nil
	})
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Router: router, Responder: answer}})
	customer := h.Phone(alicesCustomer)
	customer.Send("hello")
	h.RequireSent(alicesCustomer, "a machine's answer")
	h.RequireAlerted("bob")
	claim = func() {
		if err := h.Agent("alice").Claim(t.Context(), customer.Conversation()); err != nil {
			t.Error(err)
		}
	}
	customer.Send("anybody?")
	h.RequireAlerted("alice")
	h.RequireNothingSent(alicesCustomer) // alice answers, no machine does
}

func TestTeamWithoutASeatIsSaid(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{
		Teams:   []inbox.Team{{ID: "support", Name: "Support", Members: []inbox.UserID{"dave"}}},
		Inboxes: inboxtest.DefaultInboxes()[:1],
	})
	h.Phone(alicesCustomer).Send("hello")
	h.RequireAlerted()
	if got := routedReason(h); !strings.Contains(got, "nobody with a licensed seat") {
		t.Errorf("the record says %q", got)
	}
	// The message waits for whoever comes.
	if err := h.Admin().SaveTeam(t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, h, "alice", inbox.ListQuery{}); len(got) != 1 {
		t.Errorf("alice, who has joined, sees %v", got)
	}
}

func TestResponderThatCanNotAnswerIsSilent(t *testing.T) {
	for name, respond := range map[string]responder.ResponderFunc{
		"fails": func(context.Context, responder.Turn) (responder.Reply, error) {
			return responder.Reply{Text: "half"}, errors.New("no")
		},
		"panics": func(context.Context, responder.Turn) (responder.Reply, error) { panic("no") },
		"is too slow": func(ctx context.Context, _ responder.Turn) (responder.Reply, error) {
			<-ctx.Done()
			return responder.Reply{Text: "late"}, ctx.Err()
		},
		"says what can't be sent": func(context.Context, responder.Turn) (responder.Reply, error) {
			return responder.Reply{Text: "a\xff"}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Responder: respond, RespondTimeout: 5 * time.Millisecond}})
			h.Phone(alicesCustomer).Send("hello")
			h.RequireNothingSent(alicesCustomer)
			h.RequireAlerted("alice", "bob")
		})
	}
}

func TestMachinesAnswerDoesNotEndTheWait(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inboxes: withFirstReply("We answer soon.")})
	waits := func() bool {
		t.Helper()
		view, err := k.Agent("alice").Conversation(t.Context(), k.conv)
		if err != nil {
			t.Fatal(err)
		}
		return !view.WaitingSince.IsZero()
	}
	if !waits() {
		t.Error("after an automatic answer nobody waits; the customer does, for a person")
	}
	k.reply("hello")
	if waits() {
		t.Error("after alice's answer the customer still waits")
	}
}
