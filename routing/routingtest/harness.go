package routingtest

import (
	"errors"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/kit"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// Harness says what the kit needs to know of a router. Only New is mandatory.
type Harness struct {
	// New makes a router whose sources (a CRM, a schedule) answer. It is
	// called once for each case. What has to be closed is registered with
	// t.Cleanup.
	New func(t testing.TB) routing.Router

	// Stuck makes a router of which a source never answers. Nil: the router
	// depends on nothing that could be slow, and no case about slow sources
	// is run.
	Stuck func(t testing.TB) routing.Router

	// Requests are what the router is asked besides the kit's own requests.
	Requests []routing.Request

	// Varies says that the router may answer the same request in different
	// ways: by turns, at random, or by who has the least to do.
	Varies bool

	// Users and Teams are who there is. If either is set, a decision may
	// name nobody else: the engine passes over users and teams that it does
	// not know and users without a licence.
	Users []store.UserID
	Teams []store.TeamID

	// Patience is how long the kit waits for a call that must return soon.
	// Defaults to 10 seconds.
	Patience time.Duration
}

// env is what a case works with.
type env struct {
	Harness
	kit.Oracle[routing.Request, routing.Decision]
	t testing.TB
}

func (h Harness) env(t testing.TB) (*env, error) {
	if h.New == nil {
		return nil, errors.New("harness: New is nil; set it to a function that makes the router")
	}
	if h.Patience <= 0 {
		h.Patience = kit.Patience
	}
	router := h.New(t)
	if router == nil {
		return nil, errors.New("harness: New returned nil")
	}
	return &env{Harness: h, Oracle: h.oracle(router), t: t}, nil
}

func (h Harness) oracle(router routing.Router) kit.Oracle[routing.Request, routing.Decision] {
	return kit.Oracle[routing.Request, routing.Decision]{
		Method: "Route", Ask: router.Route, Patience: h.Patience, Varies: h.Varies,
		Questions: h.requests,
		About:     func(n int, text string) routing.Request { return request(kit.Arrive(n, text)) },
	}
}

// requests returns a copy of everything that the router is asked.
func (h Harness) requests() []routing.Request {
	later, bare := kit.Arrive(1, "And the invoice?").Later(), kit.Arrive(2, "").Bare()
	all := []routing.Request{Request("Is my table ready?"), request(later), request(bare)}
	for _, r := range h.Requests {
		all = append(all, kit.Fresh(r))
	}
	return all
}
