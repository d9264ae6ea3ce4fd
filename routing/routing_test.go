package routing_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/routing/routingtest"
	"github.com/teaminbox/teaminbox/store"
)

func TestReferencesConform(t *testing.T) {
	for name, router := range map[string]routing.Router{
		"Team": routing.Team(), "To": routing.To("alice", "bob"), "To nobody": routing.To(),
	} {
		t.Run(name, func(t *testing.T) {
			routingtest.Run(t, routingtest.Harness{New: func(testing.TB) routing.Router { return router }})
		})
	}
}

func TestTeam(t *testing.T) {
	r := routingtest.Request("Hello", func(r *routing.Request) { r.Inbox.Team = "support" })
	got, err := routing.Team().Route(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := routing.Decision{Teams: []store.TeamID{"support"}, Keep: true, Reason: "goes to the inbox's whole team"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Team decided (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, routing.ToTeam(r)); diff != "" {
		t.Errorf("ToTeam returned (-want +got):\n%s", diff)
	}
}

// To's users are those it was given, whatever its caller or the reader of a
// decision does with their slices.
func TestToSharesNothing(t *testing.T) {
	users := []store.UserID{"alice", "bob"}
	router := routing.To(users...)
	users[0] = "dave"
	for range 2 {
		d, err := router.Route(t.Context(), routingtest.Request("Hello"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]store.UserID{"alice", "bob"}, d.Users); diff != "" {
			t.Errorf("To decided on other users (-want +got):\n%s", diff)
		}
		if d.Keep || len(d.Teams) > 0 || d.Reason == "" {
			t.Errorf("To decided %+v, want users alone and a reason", d)
		}
		d.Users[0] = "carol"
	}
}

func TestRouterFunc(t *testing.T) {
	type key struct{}
	failure := errors.New("no")
	want := routingtest.Request("Hello")
	router := routing.RouterFunc(func(ctx context.Context, got routing.Request) (routing.Decision, error) {
		if ctx.Value(key{}) != "passed on" {
			t.Error("RouterFunc does not pass its context on")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("RouterFunc passed on another request (-want +got):\n%s", diff)
		}
		return routing.Decision{Reason: "fine"}, failure
	})
	d, err := router.Route(context.WithValue(t.Context(), key{}, "passed on"), want)
	if d.Reason != "fine" || !errors.Is(err, failure) {
		t.Errorf("RouterFunc returned %+v and %v", d, err)
	}
}
