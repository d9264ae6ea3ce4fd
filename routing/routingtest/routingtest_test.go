package routingtest

import (
	"context"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// A router that waits for its context, one that takes turns and says so, and
// one that names those who are there, are not broken.
func TestWhatMayDiffer(t *testing.T) {
	t.Run("stuck", func(t *testing.T) {
		Run(t, Harness{New: decides(routing.ToTeam), Stuck: func(testing.TB) routing.Router {
			return routing.RouterFunc(func(ctx context.Context, _ routing.Request) (routing.Decision, error) {
				<-ctx.Done()
				return routing.Decision{}, ctx.Err()
			})
		}})
	})
	t.Run("varies", func(t *testing.T) {
		Run(t, Harness{New: newTurns, Varies: true, Users: []store.UserID{"alice", "bob", "carol"}})
	})
	t.Run("names nobody", func(t *testing.T) {
		Run(t, Harness{New: decides(func(routing.Request) routing.Decision { return routing.Decision{} })})
	})
}

func TestRequestsShareNothing(t *testing.T) {
	a, b := Request("one"), Request("two", func(r *routing.Request) { r.First = false })
	a.Candidates[0].ID = "dave"
	a.Contact.Attributes["plan"] = "silver"
	if b.Candidates[0].ID != "alice" || b.Contact.Attributes["plan"] != "gold" {
		t.Errorf("a change of one request shows in another: %+v", b)
	}
	if b.First || b.Message.Text != "two" || b.Inbox.Team != "support-0" {
		t.Errorf("Request returned First %v, Text %q, team %q", b.First, b.Message.Text, b.Inbox.Team)
	}
}

func TestHarnessWithoutRouter(t *testing.T) {
	for _, h := range []Harness{{}, {New: func(testing.TB) routing.Router { return nil }}} {
		if err := tryCase(t, "Route/Decides", h); err == nil || !strings.Contains(err.Error(), "harness: New") {
			t.Errorf("got the error %v, want one about Harness.New", err)
		}
	}
}
