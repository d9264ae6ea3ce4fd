package inbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// saveRules gives the support inbox rules.
func saveRules(t *testing.T, h *inboxtest.Harness, rules ...store.Rule) error {
	t.Helper()
	boxes, err := h.Admin().Inboxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range boxes {
		if box.ID == "support" {
			box.Settings.Rules = rules
			return h.Admin().SaveInbox(t.Context(), box)
		}
	}
	t.Fatal("there is no support inbox")
	return nil
}

// routed are the details of the decisions about who is concerned, the oldest first.
func routed(h *inboxtest.Harness) []store.Detail {
	var all []store.Detail
	for _, e := range h.Events() {
		if e.Type == store.ConversationRouted {
			all = append(all, e.Detail)
		}
	}
	return all
}

// An administrator's rules decide from the next message on, and the conversation keeps
// why.
func TestRulesOfAnInbox(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	refunds := store.Rule{Name: "refunds", When: `says("refund", "money back")`, Users: []store.UserID{"bob"}}
	if err := saveRules(t, h, store.Rule{Name: "at night", When: `between("23:00", "05:00")`, Users: []store.UserID{"alice"}}, refunds); err != nil {
		t.Fatal(err)
	}
	h.Phone("+14155550123").Send("I want a REFUND!")
	h.RequireAlerted("bob")
	h.Phone("+14155550124").Send("When do you open?")
	h.RequireAlerted("alice", "bob")
	want := []store.Detail{{
		Users: []store.UserID{"bob"}, Reason: "by rule refunds",
		Trace: []store.RouteStep{{Tried: "rules at night", Result: "no"}, {Tried: "rule refunds", Result: "yes"}},
	}, {
		Teams: []store.TeamID{"support"}, Reason: "goes to the inbox's whole team", Trace: []store.RouteStep{{Tried: "rules at night, refunds", Result: "no"}},
	}}
	if diff := cmp.Diff(want, routed(h)); diff != "" {
		t.Errorf("the decisions (-want +got):\n%s", diff)
	}
	refunds.Users = []store.UserID{"alice"}
	if err := saveRules(t, h, refunds); err != nil {
		t.Fatal(err)
	}
	h.Phone("+14155550125").Send("my money back please")
	h.RequireAlerted("alice")
}

// Rules that are wrong are refused, with the place of what is.
func TestRulesThatAreWrong(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	err := saveRules(t, h, store.Rule{Name: "a", When: "first && fist", Users: []store.UserID{"bob"}}, store.Rule{Name: "b"})
	for _, want := range []string{
		"Inbox.Settings.Rules[0].When is no condition: line 1, column 10: unknown name fist", "Inbox.Settings.Rules[1].Users and Teams are empty",
	} {
		if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
	err = saveRules(t, h, store.Rule{Name: "a", Users: []store.UserID{"mallory"}, Teams: []store.TeamID{"night"}})
	for _, want := range []string{`Inbox.Settings.Rules[0].Users[0] is "mallory", which is no user`, `Inbox.Settings.Rules[0].Teams[0] is "night", which is no team`} {
		if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// What a host's router says of its way is kept within bounds, and clean.
func TestTraceIsBounded(t *testing.T) {
	long := make([]store.RouteStep, routing.LongestTrace+1)
	long[0] = store.RouteStep{Tried: strings.Repeat("é", 5000), Result: "a\x00b\xff"}
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Router: routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
		return routing.Decision{Users: []store.UserID{"bob"}, Reason: "because", Trace: long}, nil
	})}})
	h.Phone("+14155550123").Send("Hello")
	h.RequireAlerted("bob")
	got := routed(h)
	if len(got) != 1 || len(got[0].Trace) != routing.LongestTrace || len(got[0].Trace[0].Tried) > 2100 || got[0].Trace[0].Result != "ab" {
		t.Errorf("it is kept as %.300v", got)
	}
}
