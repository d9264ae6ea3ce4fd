package routing

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/when"
)

// considered is a router of this package that takes the facts of a message from the
// one around it, so that they are computed once.
type considered interface {
	consider(ctx context.Context, r Request, f *when.Facts) (Decision, error)
}

func consider(ctx context.Context, router Router, r Request, f *when.Facts) (Decision, error) {
	if c, ok := router.(considered); ok {
		return c.consider(ctx, r, f)
	}
	return router.Route(ctx, r)
}

// composed is a Router of other routers.
type composed func(ctx context.Context, r Request, f *when.Facts) (Decision, error)

func (c composed) Route(ctx context.Context, r Request) (Decision, error) {
	return c(ctx, r, r.Facts())
}

func (c composed) consider(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
	return c(ctx, r, f)
}

// First asks routers in their order, and decides as the first that names somebody. One
// that fails is passed over, which the trace says; the error of all is returned if
// nobody is named and one has failed. The last is what is fallen back to:
//
//	routing.First(routing.When(when.Says("invoice"), routing.ToTeams("billing")), routing.Team())
func First(routers ...Router) Router {
	routers = slices.Clone(routers)
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		var trace []store.RouteStep
		var failures []error
		for _, router := range routers {
			d, err := consider(ctx, router, r, f)
			trace = append(trace, d.Trace...)
			switch {
			case ctx.Err() != nil:
				return Decision{Trace: trace}, errors.Join(append(failures, err, ctx.Err())...)
			case err != nil:
				failures = append(failures, err)
				trace = append(trace, store.RouteStep{Tried: "a router", Result: "failed: " + err.Error()})
			case d.Named():
				d.Trace = trace
				return d, nil
			}
		}
		return Decision{Trace: trace}, errors.Join(failures...)
	})
}

// When asks a router if a condition holds, and names nobody if not.
func When(c when.Condition, router Router) Router {
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		step, holds := tried(c, f)
		if !holds {
			return Decision{Trace: []store.RouteStep{step}}, nil
		}
		d, err := consider(ctx, router, r, f)
		d.Trace = append([]store.RouteStep{step}, d.Trace...)
		return d, err
	})
}

// tried asks a condition, and says in a step what came of it. One that can't be told
// does not hold.
func tried(c when.Condition, f *when.Facts) (store.RouteStep, bool) {
	holds, err := c.Holds(f)
	switch {
	case err != nil:
		return store.RouteStep{Tried: c.String(), Result: "could not be told: " + err.Error()}, false
	case holds:
		return store.RouteStep{Tried: c.String(), Result: "yes"}, true
	}
	return store.RouteStep{Tried: c.String(), Result: "no"}, false
}

// Because gives the decisions of a router another reason, in plain words for the team.
func Because(reason string, router Router) Router {
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		d, err := consider(ctx, router, r, f)
		if d.Named() {
			d.Reason = reason
		}
		return d, err
	})
}

// Keeping leaves those who take part in a conversation there, whomever a router names
// besides.
func Keeping(router Router) Router {
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		d, err := consider(ctx, router, r, f)
		d.Keep = true
		return d, err
	})
}

// OnceOpened asks a router about the message that opens a conversation, for the first
// time or again, and leaves everybody where they are with those that follow. Before
// anybody takes part, it asks about each.
func OnceOpened(router Router) Router {
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		if r.Reopened || len(r.Conversation.Users)+len(r.Conversation.Teams) == 0 {
			return consider(ctx, router, r, f)
		}
		return Decision{
			Users: slices.Clone(r.Conversation.Users), Teams: slices.Clone(r.Conversation.Teams), Keep: true, Reason: "stays with those who take part",
		}, nil
	})
}

// Share is a part of the customers that a router is asked about.
type Share struct {
	Weight int // 0 or more: of the sum of the weights
	Router Router
}

// Split sends each customer to one of several routers, in proportion to their weights,
// and always to the same one: which, is a matter of the customer's number, and not of
// chance. It panics without a weight above 0, and at one below.
func Split(shares ...Share) Router {
	shares = slices.Clone(shares)
	total := 0
	for _, s := range shares {
		if s.Weight < 0 {
			panic(fmt.Sprintf("routing: Split: the weight %d is below 0", s.Weight))
		}
		total += s.Weight
	}
	if total == 0 {
		panic("routing: Split: no weight is above 0")
	}
	return composed(func(ctx context.Context, r Request, f *when.Facts) (Decision, error) {
		h := fnv.New64a()
		h.Write([]byte(r.Conversation.Theirs.Identity()))
		at := int(mixed(h.Sum64()) % uint64(total))
		for i, s := range shares {
			if at -= s.Weight; at >= 0 {
				continue
			}
			d, err := consider(ctx, s.Router, r, f)
			step := store.RouteStep{Tried: "a split of the customers", Result: fmt.Sprintf("part %d of %d, which has %d of %d", i+1, len(shares), s.Weight, total)}
			d.Trace = append([]store.RouteStep{step}, d.Trace...)
			return d, err
		}
		return Decision{}, nil
	})
}

// mixed spreads a sum over all bits: those of numbers that follow each other are alike
// (the finalizer of MurmurHash3).
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// kept returns the users of a decision for whom there is no objection, and says in the
// trace who was passed over and why. Without any left, the decision names nobody but
// its teams.
func (d Decision) kept(r Request, objection func(store.User) string) Decision {
	var users []store.UserID
	var passed []string
	for _, id := range d.Users {
		u, known := r.User(id)
		why := "is not known"
		if known {
			why = objection(u)
		}
		if why == "" {
			users = append(users, id)
			continue
		}
		passed = append(passed, string(id)+" "+why)
	}
	d.Users = users
	if len(passed) > 0 {
		d.Trace = append(d.Trace, store.RouteStep{Tried: d.Reason, Result: "passed over: " + strings.Join(passed, ", ")})
	}
	return d
}
