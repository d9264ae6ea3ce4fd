package routing_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/routing/routingtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/when"
)

// people is a Directory.
type people struct {
	users map[store.UserID]store.User
	teams map[store.TeamID]store.Team
}

func (p people) User(id store.UserID) (store.User, bool) { u, ok := p.users[id]; return u, ok }
func (p people) Team(id store.TeamID) (store.Team, bool) { t, ok := p.teams[id]; return t, ok }

// staff are alice, who is away and speaks German, bob, who is there, and dave, who has
// no seat.
var staff = people{
	users: map[store.UserID]store.User{
		"alice": {ID: "alice", Licensed: true, Availability: store.Away, Languages: []string{"de", "en"}},
		"bob":   {ID: "bob", Licensed: true, Languages: []string{"en", "pt-BR"}},
		"dave":  {ID: "dave"},
	},
	teams: map[store.TeamID]store.Team{"night": {ID: "night", Members: []store.UserID{"dave", "bob", "alice"}}, "day": {ID: "day", Members: []store.UserID{"alice"}}},
}

// ask asks a router about a message to a team of nobody, in an account of the staff.
func ask(t *testing.T, router routing.Router, text string, change ...func(*routing.Request)) routing.Decision {
	t.Helper()
	d, err := router.Route(t.Context(), ofStaff(text, change...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func ofStaff(text string, change ...func(*routing.Request)) routing.Request {
	return routingtest.Request(text, append([]func(*routing.Request){func(r *routing.Request) { r.Candidates, r.Directory = nil, staff }}, change...)...)
}

func speaks(language string) func(*routing.Request) {
	return func(r *routing.Request) { r.Contact.Language = language }
}

func nobody() routing.Router { return routing.To() }

func failing(text string) routing.Router {
	return routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
		return routing.Decision{}, errors.New(text)
	})
}

func TestComposedRoutersConform(t *testing.T) {
	for name, router := range map[string]routing.Router{
		"First":      routing.First(nobody(), failing("down"), routing.To("alice")),
		"When":       routing.First(routing.When(when.Says("table"), routing.To("alice")), routing.Team()),
		"When not":   routing.First(routing.When(when.Not(when.Always()), routing.To("alice")), routing.Team()),
		"Because":    routing.Because("it was always so", routing.To("alice")),
		"Keeping":    routing.Keeping(routing.To("alice")),
		"OnceOpened": routing.OnceOpened(routing.To("alice")),
		"Split":      routing.Split(routing.Share{Weight: 1, Router: routing.To("alice")}, routing.Share{Weight: 3, Router: routing.To("bob")}),
		"Available":  routing.Available(routing.To("alice", "bob")),
		"Speaking":   routing.Speaking(routing.To("alice", "bob")),
		"ToTeams":    routing.ToTeams("billing"),
		"Candidates": routing.Candidates(),
		"Members":    routing.Members("billing"),
		"Rules":      routing.First(routing.Rules(), routing.Team()),
	} {
		t.Run(name, func(t *testing.T) {
			routingtest.Run(t, routingtest.Harness{New: func(testing.TB) routing.Router { return router }, Requests: []routing.Request{ruled("I want a refund")}})
		})
	}
}

func TestFirst(t *testing.T) {
	router := routing.First(
		routing.When(when.Says("invoice"), routing.ToTeams("billing")),
		failing("the CRM is down"),
		routing.When(when.Says("refund"), routing.Because("asks for money back", routing.To("bob"))),
		routing.Team(),
	)
	for text, want := range map[string]string{
		"My invoice?":     `[] [billing] goes to fixed teams; the text says "invoice": yes`,
		"A refund please": `[bob] [] asks for money back; the text says "invoice": no; a router: failed: the CRM is down; the text says "refund": yes`,
		"Hello":           `[] [support-0] goes to the inbox's whole team; the text says "invoice": no; a router: failed: the CRM is down; the text says "refund": no`,
	} {
		if got := inWords(ask(t, router, text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if _, err := routing.First(failing("one"), nobody(), failing("two")).Route(t.Context(), ofStaff("Hello")); err == nil || !strings.Contains(err.Error(), "one") || !strings.Contains(err.Error(), "two") {
		t.Errorf("if nobody is named and two fail the error is %v", err)
	}
	if d := ask(t, routing.First(nobody(), nobody()), "Hello"); d.Named() {
		t.Errorf("nobody is %+v", d)
	}
}

// inWords is a decision with its trace in one line.
func inWords(d routing.Decision) string {
	text := fmt.Sprint(d.Users, " ", d.Teams, " ", d.Reason)
	for _, s := range d.Trace {
		text += "; " + s.Tried + ": " + s.Result
	}
	return text
}

// A router that is asked too long ends the chain: what follows could not answer either.
func TestFirstEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := false
	router := routing.First(
		routing.RouterFunc(func(ctx context.Context, _ routing.Request) (routing.Decision, error) {
			cancel()
			return routing.Decision{}, ctx.Err()
		}),
		routing.RouterFunc(func(context.Context, routing.Request) (routing.Decision, error) {
			asked = true
			return routing.Decision{}, nil
		}),
	)
	if _, err := router.Route(ctx, ofStaff("Hello")); !errors.Is(err, context.Canceled) || asked {
		t.Errorf("the error is %v, and the next was asked: %v", err, asked)
	}
}

func TestWhoIsPassedOver(t *testing.T) {
	both := routing.To("alice", "bob", "mallory")
	for _, c := range []struct {
		name   string
		router routing.Router
		change func(*routing.Request)
		want   string
	}{
		{"who is there", routing.Available(both), nil, "[bob] [] goes to fixed users; goes to fixed users: passed over: alice is away, mallory is not known"},
		{"nobody is there", routing.Available(routing.To("alice")), nil, "[] [] goes to fixed users; goes to fixed users: passed over: alice is away"},
		{"teams stay", routing.Available(routing.ToTeams("night")), nil, "[] [night] goes to fixed teams"},
		{"who speaks it", routing.Speaking(both), speaks("de-CH"), "[alice] [] goes to fixed users; goes to fixed users: passed over: bob does not speak de-CH, mallory is not known"},
		{"who speaks another of it", routing.Speaking(routing.To("bob")), speaks("en-GB"), "[bob] [] goes to fixed users"},
		{"nobody speaks it", routing.Speaking(routing.To("alice")), speaks("pt"), "[] [] goes to fixed users; goes to fixed users: passed over: alice does not speak pt"},
		{"no language", routing.Speaking(both), func(r *routing.Request) { r.Contact.Language, r.Inbox.Settings.Language = "", "" }, "[alice bob mallory] [] goes to fixed users"},
		{"what is no language", routing.Speaking(both), speaks("?"), "[alice bob mallory] [] goes to fixed users"},
		{"the inbox's language", routing.Speaking(routing.To("bob")), func(r *routing.Request) { r.Contact.Language, r.Inbox.Settings.Language = "", "de" }, "[] [] goes to fixed users; goes to fixed users: passed over: bob does not speak de"},
		{"members", routing.Members("day", "night", "no such team"), nil, "[alice bob] [] goes to the members of fixed teams"},
		{"who takes part", routing.Keeping(routing.To("bob")), nil, "[bob] [] goes to fixed users"},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*routing.Request) {}
			}
			d := ask(t, c.router, "Hello", change)
			if got := inWords(d); got != c.want || d.Keep != (c.name == "who takes part") {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestOnceOpened(t *testing.T) {
	router := routing.OnceOpened(routing.To("bob"))
	going := func(r *routing.Request) { r.Reopened, r.Conversation.Users = false, []store.UserID{"alice"} }
	if d := ask(t, router, "Hello"); !cmp.Equal(d.Users, []store.UserID{"bob"}) {
		t.Errorf("at the beginning: %+v", d)
	}
	if d := ask(t, router, "And?", going); !cmp.Equal(d.Users, []store.UserID{"alice"}) || !d.Keep {
		t.Errorf("then: %+v", d)
	}
	if d := ask(t, router, "And?", func(r *routing.Request) { r.Reopened = false }); !cmp.Equal(d.Users, []store.UserID{"bob"}) {
		t.Errorf("while nobody takes part: %+v", d)
	}
}

// Customers are split in proportion, and each stays where they are.
func TestSplit(t *testing.T) {
	router := routing.Split(routing.Share{Weight: 1, Router: routing.To("alice")}, routing.Share{Router: routing.To("dave")}, routing.Share{Weight: 3, Router: routing.To("bob")})
	got := map[store.UserID]int{}
	const customers = 4000
	for n := range customers {
		number := func(r *routing.Request) { r.Conversation.Theirs = channel.Address(fmt.Sprintf("+1415555%04d", n)) }
		first, again := ask(t, router, "Hello", number), ask(t, router, "Something else", number)
		if !cmp.Equal(first, again) {
			t.Fatalf("customer %d went to %v and then to %v", n, first.Users, again.Users)
		}
		got[first.Users[0]]++
	}
	// Of a share of 1/4 the standard deviation is 27.
	if share := float64(got["alice"]); math.Abs(share-customers/4) > 120 || got["dave"] != 0 || got["alice"]+got["bob"] != customers {
		t.Errorf("they went %v", got)
	}
	for name, shares := range map[string][]routing.Share{"none": nil, "zero": {{Router: routing.Team()}}, "below": {{Weight: 2, Router: routing.Team()}, {Weight: -1, Router: routing.Team()}}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("Split takes them")
				}
			}()
			routing.Split(shares...)
		})
	}
}
