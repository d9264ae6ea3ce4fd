package routingtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// decides is a router without faults in how it is called.
func decides(fn func(routing.Request) routing.Decision) func(testing.TB) routing.Router {
	return func(testing.TB) routing.Router {
		return routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) { return fn(r), nil })
	}
}

// hangs is a router that does not mind its context. It ends with the test.
func hangs(t testing.TB) routing.Router {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
		<-end
		return routing.Decision{}, nil
	})
}

func TestBrokenRoutersAreFound(t *testing.T) {
	found := map[string]bool{}
	for _, broken := range []struct {
		by   string // the case that must find it
		what string
		h    Harness
	}{
		{"Route/Decides", "fails", Harness{New: func(testing.TB) routing.Router {
			return routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
				return routing.Decision{}, errors.New("no")
			})
		}}},
		{"Route/Decides", "expects candidates", Harness{New: decides(func(r routing.Request) routing.Decision {
			return routing.Decision{Users: []store.UserID{r.Candidates[0].ID}, Reason: "the first"}
		})}},
		{"Route/Decides", "fails for a request of the host's own", Harness{
			Requests: []routing.Request{Request("Where is my invoice?")},
			New: func(testing.TB) routing.Router {
				return routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
					if strings.Contains(r.Message.Text, "my invoice") {
						return routing.Decision{}, errors.New("no")
					}
					return routing.ToTeam(r), nil
				})
			},
		}},
		{"Route/Hostile", "panics about an empty text", Harness{New: decides(func(r routing.Request) routing.Decision {
			return routing.Decision{Teams: []store.TeamID{r.Inbox.Team}, Reason: "begins with " + r.Message.Text[:1]}
		})}},
		{"Route/ContextEnded", "hangs", Harness{New: hangs, Patience: time.Millisecond}},
		{"Route/Stuck", "does not mind its context", Harness{New: decides(routing.ToTeam), Stuck: hangs, Patience: 100 * time.Millisecond}},
		{"Route/Concurrent", "mixes up inboxes", Harness{New: newMixing}},
		{"Route/RequestUnchanged", "sorts the candidates in place", Harness{New: decides(func(r routing.Request) routing.Decision {
			slices.SortFunc(r.Candidates, func(a, b store.User) int { return strings.Compare(string(b.ID), string(a.ID)) })
			return routing.ToTeam(r)
		})}},
		{"Route/RequestUnchanged", "appends to those who take part", Harness{New: decides(func(r routing.Request) routing.Decision {
			return routing.Decision{Users: append(r.Conversation.Users, "bob"), Reason: "bob too"}
		})}},
		{"Route/RequestUnchanged", "notes something about the contact", Harness{New: decides(func(r routing.Request) routing.Decision {
			if r.Contact.Attributes != nil {
				r.Contact.Attributes["routed"] = "yes"
			}
			return routing.ToTeam(r)
		})}},
		{"Route/KeepsNothing", "keeps the first candidates", Harness{New: newKeeping}},
		{"Route/SameAgain", "takes turns and does not say so", Harness{New: newTurns}},
		{"Decision/IDs", "names nobody by an empty id", Harness{New: decides(func(routing.Request) routing.Decision {
			return routing.Decision{Users: []store.UserID{""}, Reason: "nobody in particular"}
		})}},
		{"Decision/IDs", "names a team at length", Harness{New: decides(func(routing.Request) routing.Decision {
			return routing.Decision{Teams: []store.TeamID{store.TeamID(strings.Repeat("x", longestID+1))}, Reason: "x"}
		})}},
		{"Decision/Reason", "says nothing", Harness{New: decides(func(r routing.Request) routing.Decision {
			return routing.Decision{Teams: []store.TeamID{r.Inbox.Team}}
		})}},
		{"Decision/Known", "names somebody who has left", Harness{
			New: func(testing.TB) routing.Router { return routing.To("alice", "dave") }, Users: []store.UserID{"alice", "bob", "carol"},
		}},
		{"Decision/Known", "names a team that is not there", Harness{New: decides(routing.ToTeam), Teams: []store.TeamID{"billing"}}},
	} {
		found[broken.by] = true
		t.Run(broken.by+"/"+strings.ReplaceAll(broken.what, " ", "_"), func(t *testing.T) {
			err := tryCase(t, broken.by, broken.h)
			if err == nil {
				t.Fatalf("the case %s does not find a router that %s", broken.by, broken.what)
			}
			t.Logf("found: %v", err)
		})
	}
	for _, c := range (Harness{Stuck: hangs, Users: []store.UserID{"alice"}}).cases() {
		if !found[c.Name] {
			t.Errorf("no broken router shows that the case %s can fail", c.Name)
		}
	}
}

func tryCase(t *testing.T, name string, h Harness) error {
	t.Helper()
	for _, c := range h.cases() {
		if c.Name == name {
			return c.Try(t, h.env)
		}
	}
	t.Fatalf("there is no case %s", name)
	return nil
}

// newMixing returns a router that sends everybody to the team of the first
// inbox, once it has seen all of the kit's.
func newMixing(testing.TB) routing.Router {
	var mu sync.Mutex
	var seen int
	var first routing.Decision
	return routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen == 1 {
			first = routing.ToTeam(r)
		}
		if seen > 16 {
			return first, nil
		}
		return routing.ToTeam(r), nil
	})
}

// newKeeping returns a router that remembers the first candidates that it
// sees.
func newKeeping(testing.TB) routing.Router {
	var mu sync.Mutex
	var kept []store.User
	return routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		mu.Lock()
		defer mu.Unlock()
		if kept == nil {
			kept = r.Candidates
		}
		return routing.Decision{Users: []store.UserID{kept[0].ID}, Reason: "the first of all"}, nil
	})
}

// newTurns returns a router that takes turns.
func newTurns(testing.TB) routing.Router {
	var mu sync.Mutex
	var n int
	users := []store.UserID{"alice", "bob", "carol"}
	return routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return routing.Decision{Users: []store.UserID{users[n%len(users)]}, Reason: fmt.Sprintf("turn %d", n)}, nil
	})
}
