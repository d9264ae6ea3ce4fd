package respondertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/responder"
)

// says is a responder without faults in how it is called.
func says(fn func(responder.Turn) responder.Reply) func(testing.TB) responder.Responder {
	return func(testing.TB) responder.Responder {
		return responder.ResponderFunc(func(_ context.Context, t responder.Turn) (responder.Reply, error) { return fn(t), nil })
	}
}

// hangs is a responder that does not mind its context. It ends with the test.
func hangs(t testing.TB) responder.Responder {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return responder.ResponderFunc(func(context.Context, responder.Turn) (responder.Reply, error) {
		<-end
		return responder.Reply{}, nil
	})
}

func TestBrokenRespondersAreFound(t *testing.T) {
	found := map[string]bool{}
	for _, broken := range []struct {
		by   string // the case that must find it
		what string
		h    Harness
	}{
		{"Respond/Answers", "fails", Harness{New: func(testing.TB) responder.Responder {
			return responder.ResponderFunc(func(context.Context, responder.Turn) (responder.Reply, error) {
				return responder.Reply{}, errors.New("no")
			})
		}}},
		{"Respond/Answers", "panics about a customer without attributes", Harness{New: says(func(t responder.Turn) responder.Reply {
			t.Contact.Attributes["seen"] = "yes"
			return responder.Reply{}
		})}},
		{"Respond/Hostile", "panics about an empty text", Harness{New: says(func(t responder.Turn) responder.Reply {
			return responder.Reply{Text: "You said " + t.Message.Text[:1]}
		})}},
		{"Respond/ContextEnded", "hangs", Harness{New: hangs, Patience: time.Millisecond}},
		{"Respond/Stuck", "does not mind its context", Harness{New: says(silent), Stuck: hangs, Patience: 100 * time.Millisecond}},
		{"Respond/Concurrent", "mixes up customers", Harness{New: newMixing}},
		{"Respond/TurnUnchanged", "sorts the people in place", Harness{New: says(func(t responder.Turn) responder.Reply {
			if u := t.Conversation.Users; len(u) > 1 {
				u[0], u[1] = u[1], u[0]
			}
			return responder.Reply{}
		})}},
		{"Respond/TurnUnchanged", "appends to the endpoints", Harness{New: says(func(t responder.Turn) responder.Reply {
			_ = append(t.Inbox.Endpoints, t.Inbox.Endpoints...)
			return responder.Reply{}
		})}},
		{"Respond/KeepsNothing", "keeps the attributes", Harness{New: newKeeping}},
		{"Respond/SameAgain", "counts", Harness{New: newCounting}},
		{"Reply/OneForm", "says everything twice", Harness{New: says(func(responder.Turn) responder.Reply {
			return responder.Reply{Text: "Hello", Template: &channel.Template{ID: "hello"}}
		})}},
		{"Reply/Text", "says nothing at length", Harness{New: says(func(responder.Turn) responder.Reply { return responder.Reply{Text: " \n"} })}},
		{"Reply/Text", "cuts a character in two", Harness{New: says(func(responder.Turn) responder.Reply { return responder.Reply{Text: "é"[:1]} })}},
		{"Reply/Text", "stumbles over a turn of the host's own", Harness{
			Turns: []responder.Turn{Turn("And on Sundays?")},
			New: says(func(t responder.Turn) responder.Reply {
				if t.Message.Text == "And on Sundays?" {
					return responder.Reply{Text: " "}
				}
				return responder.Reply{}
			}),
		}},
		{"Reply/Media", "attaches nothing", Harness{New: says(func(responder.Turn) responder.Reply {
			return responder.Reply{Text: "Look", Media: []channel.Media{{ContentType: "image/png"}}}
		})}},
		{"Reply/Template", "names no template", Harness{New: says(func(responder.Turn) responder.Reply {
			return responder.Reply{Template: &channel.Template{}}
		})}},
		{"Reply/Purpose", "passes for the engine", Harness{New: says(func(responder.Turn) responder.Reply {
			return responder.Reply{Text: "Hello", Purpose: compliance.Compliance}
		})}},
		{"Reply/Purpose", "invents a purpose", Harness{New: says(func(responder.Turn) responder.Reply {
			return responder.Reply{Text: "Hello", Purpose: "fun"}
		})}},
	} {
		found[broken.by] = true
		t.Run(broken.by+"/"+strings.ReplaceAll(broken.what, " ", "_"), func(t *testing.T) {
			err := tryCase(t, broken.by, broken.h)
			if err == nil {
				t.Fatalf("the case %s does not find a responder that %s", broken.by, broken.what)
			}
			t.Logf("found: %v", err)
		})
	}
	for _, c := range (Harness{Stuck: hangs}).cases() {
		if !found[c.Name] {
			t.Errorf("no broken responder shows that the case %s can fail", c.Name)
		}
	}
}

func silent(responder.Turn) responder.Reply { return responder.Reply{} }

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

// newMixing returns a responder that answers one customer with what it had
// found out about another, once it has seen all of the kit's.
func newMixing(testing.TB) responder.Responder {
	var mu sync.Mutex
	var seen int
	return responder.ResponderFunc(func(_ context.Context, t responder.Turn) (responder.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen > 16 {
			return responder.Reply{Text: "Hello Carol"}, nil
		}
		return responder.Reply{Text: "Hello " + t.Inbox.Name}, nil
	})
}

// newKeeping returns a responder that remembers the attributes of the first
// customer who has any.
func newKeeping(testing.TB) responder.Responder {
	var mu sync.Mutex
	var kept map[string]string
	return responder.ResponderFunc(func(_ context.Context, t responder.Turn) (responder.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if kept == nil {
			kept = t.Contact.Attributes
		}
		return responder.Reply{Text: "Your plan is " + kept["plan"]}, nil
	})
}

func newCounting(testing.TB) responder.Responder {
	var mu sync.Mutex
	var n int
	return responder.ResponderFunc(func(context.Context, responder.Turn) (responder.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return responder.Reply{Text: fmt.Sprintf("You are number %d", n)}, nil
	})
}
