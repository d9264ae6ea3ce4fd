package simulation

import (
	"context"
	"strings"

	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// engineRouter finds people as the message's number in its conversation has
// it, so that a repetition finds the same.
type engineRouter struct {
	w *world
	e *engine
}

func (r *engineRouter) Route(ctx context.Context, q routing.Request) (routing.Decision, error) {
	defer r.w.leave(ctx)()
	c := r.w.park(ctx, r.e, callRoute, "message "+q.Message.ID.String())
	if err := ask(ctx, r.w, c); err != nil {
		return routing.Decision{}, err
	}
	switch {
	case c.fault == nobody:
		return routing.Decision{Reason: "nobody comes to mind"}, nil
	case c.fault == strangers:
		return routing.Decision{Users: []store.UserID{"mallory"}, Teams: []store.TeamID{"night shift"}}, nil
	case len(q.Candidates) == 0, q.Message.Seq%3 == 0:
		return routing.ToTeam(q), nil
	}
	one := q.Candidates[int(q.Message.Seq)%len(q.Candidates)].ID
	return routing.Decision{Users: []store.UserID{one}, Keep: q.Message.Seq%2 == 0, Reason: "their turn"}, nil
}

// engineResponder answers a customer's first message and what asks for it.
type engineResponder struct {
	w *world
	e *engine
}

func (r *engineResponder) Respond(ctx context.Context, t responder.Turn) (responder.Reply, error) {
	defer r.w.leave(ctx)()
	c := r.w.park(ctx, r.e, callRespond, "message "+t.Message.ID.String())
	if err := ask(ctx, r.w, c); err != nil {
		return responder.Reply{}, err
	}
	switch {
	case c.fault == tooLong:
		return responder.Reply{Text: strings.Repeat("and so on ", 200)}, nil
	case c.fault == speaks, strings.HasPrefix(t.Message.Text, "auto"):
		return responder.Reply{Text: "An answer to message " + t.Message.ID.String()}, nil
	}
	return responder.FirstMessage().Respond(ctx, t)
}

// ask does what goes wrong with routers and responders alike.
func ask(ctx context.Context, w *world, c *call) error {
	switch {
	case c.dead:
		return errDead
	case c.fault == failsBefore:
		return errInjected
	case c.fault == panics:
		panic("simulation: a part of the host panics")
	case c.fault == timesOut:
		<-ctx.Done()
		return ctx.Err()
	case c.fault == crashAfter:
		w.kill(c.e)
		return errDead
	}
	return nil
}
