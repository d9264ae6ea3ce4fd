package inboxtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/store"
)

func TestRequirementsThatAreNotMetSayWhy(t *testing.T) {
	for name, test := range map[string]struct {
		run   func(*inboxtest.Harness)
		words []string
	}{
		"nothing was sent": {
			func(h *inboxtest.Harness) { h.RequireSent("+14155550123", "hi") },
			[]string{`"hi"`, "+14155550123", "nothing was sent there"},
		},
		"something else was sent": {
			func(h *inboxtest.Harness) {
				h.Phone("+14155550123").Send("STOP")
				h.RequireSent("+14155550123", "hi")
			},
			[]string{`"hi"`, "You have opted out"},
		},
		"out of order": {
			func(h *inboxtest.Harness) {
				p := h.Phone("+14155550123")
				p.Send("hello")
				for _, text := range []string{"one", "two"} {
					_, _ = h.Agent("alice").Reply(t.Context(), p.Conversation(), inbox.Draft{Text: text})
				}
				h.RequireSent("+14155550123", "two")
				h.RequireSent("+14155550123", "one")
			},
			[]string{`"one"`, "nothing was sent there"},
		},
		"sent though it should not be": {
			func(h *inboxtest.Harness) {
				h.Phone("+14155550123").Send("HELP")
				h.RequireNothingSent("+14155550123")
			},
			[]string{"nothing should have been sent", "A member of our team"},
		},
		"somebody else was alerted": {
			func(h *inboxtest.Harness) {
				h.Phone("+14155550123").Send("hello")
				h.RequireAlerted("alice", "carol")
			},
			[]string{"alice, carol should have been alerted", "alice, bob was"},
		},
		"nobody was alerted": {
			func(h *inboxtest.Harness) {
				h.Phone("+14155550123").Send("hello")
				h.RequireAlerted("alice", "bob")
				h.RequireAlerted("alice", "bob") // not again
			},
			[]string{"but nobody was"},
		},
		"no conversation":        {func(h *inboxtest.Harness) { h.Phone("+14155550123").Conversation() }, []string{"no conversation", "send something first"}},
		"not an address":         {func(h *inboxtest.Harness) { h.Phone("+1415x") }, []string{"neither a digit"}},
		"time does not run back": {func(h *inboxtest.Harness) { h.Advance(-time.Second) }, []string{"does not go back"}},
	} {
		t.Run(name, func(t *testing.T) {
			requireFailure(t, failureOf(test.run, inboxtest.Config{}), test.words...)
		})
	}
}

func TestBadConfigsSayWhichField(t *testing.T) {
	nothing := func(*inboxtest.Harness) {}
	for field, cfg := range map[string]inboxtest.Config{
		"Config.Inbox":   {Inbox: inbox.Config{MaxBatch: -1}},
		"Config.Carrier": {Carrier: simulated.Config{Concurrency: -1}},
		"Config.Users":   {Users: []inbox.User{{}}},
		"Config.Teams":   {Teams: []inbox.Team{{ID: "x", Name: "X", Members: []inbox.UserID{"nobody"}}}},
		"Config.Inboxes": {Inboxes: []store.Inbox{{ID: "x", Name: "X", Team: "nobody"}}},
	} {
		requireFailure(t, failureOf(nothing, cfg), field)
	}
}

func TestAdvanceDoesEverythingAtItsMoment(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	begin := h.Now()
	h.Carrier.DisturbNext(simulated.Disturbance{Delay: 10 * time.Minute})
	h.Phone("+14155550123").Send("late")
	h.RequireAlerted()
	h.Advance(time.Hour)
	h.RequireAlerted("alice", "bob")
	var received time.Duration
	for _, e := range h.Events() {
		if e.Type == store.MessageReceived {
			received = e.At.Sub(begin)
		}
	}
	if received < 10*time.Minute || received > 10*time.Minute+time.Second {
		t.Errorf("received after %v, want the delay of 10 minutes", received)
	}
	if got := h.Now().Sub(begin); got < time.Hour || got > time.Hour+time.Second {
		t.Errorf("%v have gone by, want an hour", got)
	}
}

func TestTalkWithoutEndIsNoticed(t *testing.T) {
	echo := responder.ResponderFunc(func(_ context.Context, turn responder.Turn) (responder.Reply, error) {
		return responder.Reply{Text: turn.Message.Text}, nil
	})
	var h *inboxtest.Harness
	hook := func(_ context.Context, m channel.Outbound) simulated.Fault { // a customer who is a machine too
		if _, err := h.Carrier.Phone(m.To).Send(m.From, m.Text); err != nil {
			t.Error(err)
		}
		return simulated.Fault{}
	}
	text := failureOf(func(harness *inboxtest.Harness) {
		h = harness
		h.Phone("+14155550123").Send("hello")
	}, inboxtest.Config{Inbox: inbox.Config{Responder: echo}, Carrier: simulated.Config{Hook: hook}})
	requireFailure(t, text, "do two machines answer each other?")
}

func TestCompanyOfTheTestsOwn(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{
		Users: []inbox.User{{ID: "erin", Name: "Erin", Licensed: true}},
		Teams: []inbox.Team{{ID: "all", Name: "All", Members: []inbox.UserID{"erin"}}},
		Inboxes: []store.Inbox{{
			ID: "main", Name: "Main", Team: "all", Endpoints: []store.Endpoint{{Address: "+442079460100"}}, // the carrier's, without saying so
		}},
		Start: time.Date(2027, time.June, 1, 12, 0, 0, 0, time.UTC),
	})
	p := h.Phone("+447700900123").To("+442079460100")
	p.SendMessage(channel.Inbound{Media: []channel.Media{h.Carrier.Host([]byte("x"), "image/png")}})
	h.RequireAlerted("erin")
	view, err := h.Agent("erin").Conversation(t.Context(), p.Conversation())
	if err != nil || view.Preview != "[image]" || view.CreatedAt.Year() != 2027 {
		t.Errorf("conversation is %+v, %v", view.Conversation, err)
	}
	if _, err := h.Agent("alice").Conversation(t.Context(), p.Conversation()); !errors.Is(err, inbox.ErrUnlicensed) {
		t.Errorf("alice, who does not exist: error %v", err)
	}
}

func TestReadReachesTheTeam(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	p := h.Phone("+14155550123")
	p.Send("HELP")
	p.Read()
	events := h.Events()
	if last := events[len(events)-1]; last.Detail.State != store.StateRead {
		t.Errorf("the last event is %+v, want that the answer was read", last)
	}
}
