package respondertest

import (
	"errors"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/kit"
	"github.com/teaminbox/teaminbox/responder"
)

// Harness says what the kit needs to know of a responder. Only New is
// mandatory.
type Harness struct {
	// New makes a responder whose sources (a model, a calendar) answer. It is
	// called once for each case. What has to be closed is registered with
	// t.Cleanup.
	New func(t testing.TB) responder.Responder

	// Stuck makes a responder of which a source never answers. Nil: the
	// responder depends on nothing that could be slow, and no case about
	// slow sources is run.
	Stuck func(t testing.TB) responder.Responder

	// Turns are what the responder is asked besides the kit's own turns.
	Turns []responder.Turn

	// Varies says that the responder may answer the same turn in different
	// ways, as a language model does.
	Varies bool

	// Patience is how long the kit waits for a call that must return soon.
	// Defaults to 10 seconds.
	Patience time.Duration
}

// env is what a case works with.
type env struct {
	Harness
	kit.Oracle[responder.Turn, responder.Reply]
	t testing.TB
}

func (h Harness) env(t testing.TB) (*env, error) {
	if h.New == nil {
		return nil, errors.New("harness: New is nil; set it to a function that makes the responder")
	}
	if h.Patience <= 0 {
		h.Patience = kit.Patience
	}
	r := h.New(t)
	if r == nil {
		return nil, errors.New("harness: New returned nil")
	}
	return &env{Harness: h, Oracle: h.oracle(r), t: t}, nil
}

func (h Harness) oracle(r responder.Responder) kit.Oracle[responder.Turn, responder.Reply] {
	return kit.Oracle[responder.Turn, responder.Reply]{
		Method: "Respond", Ask: r.Respond, Patience: h.Patience, Varies: h.Varies,
		Questions: h.turns,
		About:     func(n int, text string) responder.Turn { return turn(kit.Arrive(n, text)) },
	}
}

// turns returns a copy of everything that the responder is asked.
func (h Harness) turns() []responder.Turn {
	later, bare := kit.Arrive(1, "And the invoice?").Later(), kit.Arrive(2, "").Bare()
	all := []responder.Turn{Turn("Is my table ready?"), turn(later), turn(bare)}
	for _, t := range h.Turns {
		all = append(all, kit.Fresh(t))
	}
	return all
}
