package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// routeJob is an inbound message that wants people, with what the router and
// the responder are told.
type routeJob struct {
	task    store.Task
	request routing.Request
}

// newRouteJob reads what a router is told. It returns nil if somebody has
// claimed the conversation: then there is nothing to decide, and the claimant
// is alerted.
func (in *Inbox) newRouteJob(t *tx, conv store.Conversation, task store.Task) (*routeJob, error) {
	m, err := store.One(t.Messages(task.Message))
	if err != nil {
		return nil, fmt.Errorf("inbox: message %v of task %v: %w", task.Message, task.ID, err)
	}
	contact, err := store.One(t.Contacts(conv.Contact))
	if err != nil {
		return nil, fmt.Errorf("inbox: contact %v: %w", conv.Contact, err)
	}
	return in.routeJobFor(t, conv, contact, m, task)
}

func (in *Inbox) routeJobFor(t *tx, conv store.Conversation, contact store.Contact, m store.Message, task store.Task) (*routeJob, error) {
	c, err := in.company(t, conv.Account)
	if err != nil {
		return nil, err
	}
	box, ok := c.inboxes[conv.Inbox]
	if !ok {
		return nil, fmt.Errorf("inbox: inbox %q of conversation %v: %w", conv.Inbox, conv.ID, store.ErrNotFound)
	}
	var candidates []store.User
	for _, u := range c.members(box.Team) {
		user := c.users[u]
		user.Languages = slices.Clone(user.Languages)
		candidates = append(candidates, user)
	}
	box.Endpoints = slices.Clone(box.Endpoints)
	return &routeJob{task: task, request: routing.Request{
		Inbox: box, Conversation: conv, Contact: contact, Message: m,
		First: m.InboundCount == 1, Reopened: m.Opened, Candidates: candidates, Directory: colleagues{c}, Now: t.now,
	}}, nil
}

// verdict is what router and responder made of a message.
type verdict struct {
	decision routing.Decision
	fallback string // why the router's decision could not be had, or ""
	reply    responder.Reply
}

// decide asks the router and the responder, with no transaction open.
func (in *Inbox) decide(ctx context.Context, lease store.Lease, job *routeJob) verdict {
	var v verdict
	in.work.doing(lease, "route")
	traced, measured := in.measure(ctx, "route", in.telemetry.route, job)
	decision, err := ask(traced, in, in.cfg.RouteTimeout, func(ctx context.Context) (routing.Decision, error) {
		return in.cfg.Router.Route(ctx, job.request)
	})
	measured(err)
	if err != nil {
		v.fallback, v.decision.Trace = "the router "+failing(err), decision.Trace
		in.log.Error("the router failed; the message goes to the inbox's team", "conversation", job.request.Conversation.ID, "inbox", job.request.Inbox.ID, "err", err)
	} else {
		v.decision = decision
	}
	if job.request.Message.Kind != compliance.None {
		return v // HELP has its answer; what is ambiguous a person answers
	}
	r := job.request
	in.work.doing(lease, "respond")
	traced, measured = in.measure(ctx, "respond", in.telemetry.respond, job)
	reply, err := ask(traced, in, in.cfg.RespondTimeout, func(ctx context.Context) (responder.Reply, error) {
		return in.cfg.Responder.Respond(ctx, responder.Turn{
			Inbox: r.Inbox, Conversation: r.Conversation, Contact: r.Contact, Message: r.Message,
			First: r.First, Reopened: r.Reopened, Now: r.Now,
		})
	})
	measured(err)
	if err != nil {
		in.log.Error("the responder failed; nothing is answered", "conversation", r.Conversation.ID, "inbox", r.Inbox.ID, "err", err)
		return v
	}
	if err := in.checkReply(r.Conversation, reply); err != nil {
		in.log.Error("the responder's reply can't be sent; nothing is answered", "conversation", r.Conversation.ID, "inbox", r.Inbox.ID, "err", err)
		return v
	}
	v.reply = reply
	return v
}

// measure begins to measure a call of the router or the responder. The call
// gets the context, and the function ends it.
func (in *Inbox) measure(ctx context.Context, name string, h metric.Float64Histogram, job *routeJob) (context.Context, func(error)) {
	begun := in.now()
	ctx, end := in.telemetry.span(ctx, name, trace.SpanKindInternal, job.request.Conversation.ID, job.request.Message.ID)
	return ctx, func(err error) {
		end(err)
		in.telemetry.asked(ctx, h, in.now().Sub(begun), err)
	}
}

// ask calls a part that is not the engine's own, with a deadline and so that
// a panic is an error.
func ask[T any](ctx context.Context, in *Inbox, limit time.Duration, fn func(context.Context) (T, error)) (T, error) {
	answer := make(chan T, 1) // not a variable: a late answer may come while nobody waits
	err := in.bounded(ctx, limit, func(ctx context.Context) error {
		a, err := fn(ctx)
		answer <- a
		return err
	})
	if err != nil {
		var zero T
		return zero, err
	}
	return <-answer, nil
}

func failing(err error) string {
	var p *panicError
	switch {
	case errors.As(err, &p):
		return "panicked"
	case errors.Is(err, errAbandoned), errors.Is(err, context.DeadlineExceeded):
		return "did not answer in time"
	}
	return "failed"
}

// applyRoute gives a conversation the people and the answer that were decided
// for a message. What was decided may be late: it changes only what still
// stands as it was.
func (in *Inbox) applyRoute(t *tx, conv store.Conversation, job *routeJob, v verdict) error {
	tasks, err := t.Tasks(conv.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(tasks, func(task store.Task) bool { return task.ID == job.task.ID }) {
		return nil // done already
	}
	c, err := in.company(t, conv.Account)
	if err != nil {
		return err
	}
	if err := t.DeleteTasks(job.task.ID); err != nil {
		return err
	}
	if claimed(c, conv) {
		return in.alert(t, conv, job.request.Message.ID, []store.UserID{conv.ClaimedBy})
	}
	if err := in.assign(t, c, &conv, job, v); err != nil {
		return err
	}
	late, err := dealtWith(t, c, conv, job.request.Message)
	if err != nil {
		return err
	}
	if late { // nobody needs to come any more
		return t.PutConversations(conv)
	}
	if conv.Status == store.Closed {
		// Whoever closed it had not seen the message.
		conv.Status, conv.WaitingSince = store.Open, job.request.Message.CreatedAt
		if err := t.AppendEvents(eventOf(t, conv, store.ConversationReopened, store.Author{Kind: store.BySystem}, store.Detail{Status: conv.Status})); err != nil {
			return err
		}
	}
	if err := in.alert(t, conv, job.request.Message.ID, c.participants(conv)); err != nil {
		return err
	}
	if !v.reply.IsZero() {
		purpose := v.reply.Purpose
		if purpose == "" {
			purpose = compliance.Conversational
		}
		_, err := in.queue(t, &conv, draft{
			text: v.reply.Text, media: v.reply.Media, template: v.reply.Template, purpose: purpose,
			author: store.Author{Kind: store.ByResponder},
		})
		if err != nil {
			return err
		}
	}
	return t.PutConversations(conv)
}

// claimed reports whether somebody who may answer has claimed a conversation.
// The claim of a user who lost their seat holds nobody back.
func claimed(c *company, conv store.Conversation) bool {
	return conv.ClaimedBy != "" && c.licensed(conv.ClaimedBy)
}

// assign changes who takes part. A decision that names nobody who could
// answer leaves the conversation with the inbox's team.
func (in *Inbox) assign(t *tx, c *company, conv *store.Conversation, job *routeJob, v verdict) error {
	users, teams, refused := c.able(v.decision)
	reason, keep := v.decision.Reason, v.decision.Keep
	if len(users) == 0 && len(teams) == 0 {
		team := c.inboxes[conv.Inbox].Team
		teams, keep = []store.TeamID{team}, true
		switch {
		case v.fallback != "":
			reason = v.fallback
		case len(refused) > 0:
			reason = "the router named nobody who can answer (" + strings.Join(refused, ", ") + ")"
		default:
			reason = "the router named nobody"
		}
		reason += "; goes to the inbox's whole team"
		if len(c.members(team)) == 0 {
			reason += ", which has nobody with a licensed seat"
			in.log.Error("nobody can see a conversation: the inbox's team has no licensed member", "conversation", conv.ID, "inbox", conv.Inbox, "team", team)
		}
	} else if len(refused) > 0 {
		reason = strings.TrimPrefix(reason+"; passed over: "+strings.Join(refused, ", "), "; ")
	}
	if keep {
		users, teams = union(conv.Users, users), union(conv.Teams, teams)
	}
	changed := !slices.Equal(users, conv.Users) || !slices.Equal(teams, conv.Teams)
	conv.Users, conv.Teams = users, teams
	if conv.ClaimedBy != "" { // by somebody without a seat
		conv.ClaimedBy, conv.ClaimedAt = "", time.Time{}
		changed = true
	}
	if !changed && !job.request.Message.Opened && v.fallback == "" {
		return nil
	}
	e := eventOf(t, *conv, store.ConversationRouted, store.Author{Kind: store.BySystem}, store.Detail{Users: users, Teams: teams, Reason: reason, Trace: traceOf(v.decision)})
	e.Message = job.request.Message.ID
	return t.AppendEvents(e)
}

// traceOf is what was tried on the way to a decision, as it is kept.
func traceOf(d routing.Decision) []store.RouteStep {
	trace := slices.Clone(d.Trace[:min(len(d.Trace), routing.LongestTrace)])
	for i := range trace {
		trace[i].Tried, trace[i].Result = shorten(trace[i].Tried, longestStep), shorten(trace[i].Result, longestStep)
	}
	return trace
}

// longestStep is how much of a part of a step is kept, in bytes.
const longestStep = 2000

// shorten returns the beginning of a text, which is valid UTF-8 without zero bytes.
func shorten(text string, longest int) string {
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// colleagues is a company as routers look it up.
type colleagues struct{ c *company }

func (d colleagues) User(id store.UserID) (store.User, bool) {
	u, ok := d.c.users[id]
	u.Languages = slices.Clone(u.Languages)
	return u, ok
}

func (d colleagues) Team(id store.TeamID) (store.Team, bool) {
	team, ok := d.c.teams[id]
	team.Members = slices.Clone(team.Members)
	return team, ok
}

// able returns those of a decision who can answer, sorted, and says who can't
// and why.
func (c *company) able(d routing.Decision) (users []store.UserID, teams []store.TeamID, refused []string) {
	for _, u := range d.Users {
		switch _, known := c.users[u]; {
		case !known:
			refused = append(refused, fmt.Sprintf("user %s is unknown", u))
		case !c.licensed(u):
			refused = append(refused, fmt.Sprintf("user %s has no licensed seat", u))
		default:
			users = append(users, u)
		}
	}
	for _, team := range d.Teams {
		switch _, known := c.teams[team]; {
		case !known:
			refused = append(refused, fmt.Sprintf("team %s is unknown", team))
		case len(c.members(team)) == 0:
			refused = append(refused, fmt.Sprintf("team %s has nobody with a licensed seat", team))
		default:
			teams = append(teams, team)
		}
	}
	return union(nil, users), union(nil, teams), refused
}

// union returns the sorted union of two sets.
func union[T ~string](a, b []T) []T {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// alert tells users to look at a message.
func (in *Inbox) alert(t *tx, conv store.Conversation, message store.MessageID, users []store.UserID) error {
	if len(users) == 0 {
		return nil
	}
	e := eventOf(t, conv, store.Alerted, store.Author{Kind: store.BySystem}, store.Detail{Users: users})
	e.Message = message
	return t.AppendEvents(e)
}
