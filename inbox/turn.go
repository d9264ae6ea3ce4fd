package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/store"
)

// piece is what a turn has to do outside of a transaction: ask the router, hand
// over a message, or ask a provider about one. An empty piece ends the turn.
type piece struct {
	route     *routeJob
	send      *outgoing
	reconcile *uncertain

	// paced says that a message waits for its sender's turn, and until when. It
	// is no work, but holds back what is behind it.
	paced time.Time
}

// turn works on one leased conversation until its mailbox holds nothing that
// is due. Each transaction records the outcome of one piece and takes the next
// from the mailbox, so that an inbound message with an automatic answer costs
// no more than three that write: accepted; decided and marked as being sent;
// sent.
func (in *Inbox) turn(ctx context.Context, lease store.Lease, p *piece) error {
	var err error
	ctx, end := in.telemetry.span(ctx, "turn", trace.SpanKindInternal, lease.Conversation, 0)
	defer func() { end(err) }()
	for {
		switch {
		case p == nil:
			p, err = in.proceed(ctx, lease, nil)
		case p.route != nil:
			job := p.route
			v := in.decide(ctx, lease, job)
			p, err = in.proceed(ctx, lease, func(t *tx, conv store.Conversation, held bool) error {
				if !held {
					return nil // somebody else has the conversation; what we decided is late
				}
				return blame(job.task, in.applyRoute(t, conv, job, v))
			})
		case p.send != nil:
			p, err = in.deliver(ctx, lease, p.send)
		case p.reconcile != nil:
			u := p.reconcile
			in.work.doing(lease, "reconcile")
			answer, failure := in.reconcile(ctx, u)
			p, err = in.proceed(ctx, lease, func(t *tx, conv store.Conversation, held bool) error {
				if !held {
					return nil
				}
				return blame(u.task, in.applyReconcile(t, conv, u, answer, failure))
			})
		default:
			return nil
		}
		if err != nil {
			err = in.failed(ctx, lease, err)
			return err
		}
	}
}

// deliver hands over a message and records what became of it. The record is a
// fact that only this process knows, so it is tried for as long as the attempt
// would otherwise wait to be settled.
func (in *Inbox) deliver(ctx context.Context, lease store.Lease, o *outgoing) (*piece, error) {
	in.work.doing(lease, "send")
	receipt, failure := in.send(ctx, o)
	if failure != nil {
		in.log.Warn("a message was not taken over by its provider", "message", o.message.ID, "channel", o.message.Channel, "to", o.message.To,
			"outcome", failure.Outcome.String(), "code", failure.Code, "attempt", o.message.Attempts)
	}
	for waited := time.Duration(0); ; waited += in.cfg.PollInterval {
		p, err := in.proceed(ctx, lease, func(t *tx, conv store.Conversation, _ bool) error {
			return in.settle(t, conv, o, receipt, failure)
		})
		var other *taskError
		if err == nil || errors.As(err, &other) || waited >= settleGrace || !pause(ctx, in.cfg.PollInterval) {
			return p, err
		}
		in.log.Error("the outcome of a send could not be recorded; trying again", "message", o.message.ID, "err", err)
	}
}

// proceed records the outcome of a piece and takes the next one, in one
// transaction. If nobody knows whether that committed, it is repeated: what an
// earlier try has marked as being sent is then still ours to hand over.
func (in *Inbox) proceed(ctx context.Context, lease store.Lease, record func(t *tx, conv store.Conversation, held bool) error) (*piece, error) {
	var next *piece
	var marked *outgoing
	in.work.doing(lease, "store")
	behind := false // the record went well, and what comes next failed
	err := in.record(ctx, func(t *tx) error {
		next, behind = &piece{}, false
		held, err := holds(t, lease)
		if err != nil {
			return err
		}
		if marked != nil {
			m, err := store.One(t.Messages(marked.message.ID))
			if err == nil && held && m.State == store.StateAttempting && m.Attempts == marked.message.Attempts {
				next.send = marked
				return nil
			}
			marked = nil
		}
		if record != nil {
			conv, err := store.One(t.Conversations(lease.Conversation))
			if err != nil {
				return err
			}
			if err := record(t, conv, held); err != nil {
				return err
			}
		}
		switch {
		case !held:
			return nil
		case in.work.stopping(lease):
			return t.Release(lease)
		}
		if next, err = in.next(t, lease.Conversation); err != nil {
			behind = true
			return err
		}
		marked = next.send
		if *next == (piece{}) {
			return t.Release(lease)
		}
		return nil
	})
	var failure *taskError
	if !behind || record == nil || !errors.As(err, &failure) {
		return next, err
	}
	// A task that fails must not take the outcome of another with it.
	if kept := in.record(ctx, func(t *tx) error {
		held, err := holds(t, lease)
		if err != nil {
			return err
		}
		conv, err := store.One(t.Conversations(lease.Conversation))
		if err != nil {
			return err
		}
		return record(t, conv, held)
	}); kept != nil {
		return nil, kept
	}
	return nil, err
}

// holds reports whether a lease is still alive and ours.
func holds(t *tx, lease store.Lease) (bool, error) {
	living, err := t.Leases(lease.Conversation)
	if err != nil {
		return false, err
	}
	return len(living) > 0 && living[0].Owner == lease.Owner && living[0].Fence == lease.Fence, nil
}

// longestHold is for how long a message that is tried again holds back those
// behind it. One that waits longer has lost its place.
const longestHold = 5 * time.Minute

// next takes the next piece out of a conversation's mailbox, and does at once
// what needs nothing but the store. Messages are sent in their order: one that
// waits for another try, or for the outcome of an attempt, holds back those
// behind it, but never the answer to STOP, START or HELP.
func (in *Inbox) next(t *tx, id store.ConversationID) (*piece, error) {
	tasks, err := t.Tasks(id)
	if err != nil {
		return nil, err
	}
	var head hold
	for _, task := range tasks {
		sends := task.Kind == store.TaskSend || task.Kind == store.TaskSettle
		switch {
		case task.SetAside:
			continue
		case task.DueAt.After(t.now):
			if sends {
				if err := head.add(t, task); err != nil {
					return nil, err
				}
			}
			continue
		case sends && !head.until.IsZero():
			overtakes, err := head.lets(t, task)
			if err != nil {
				return nil, err
			}
			if !overtakes {
				task.DueAt = head.until
				if err := t.PutTasks(task); err != nil {
					return nil, err
				}
				continue
			}
		}
		conv, err := store.One(t.Conversations(id))
		if err != nil {
			return nil, err
		}
		p, err := in.take(t, conv, task)
		switch {
		case err != nil:
			return nil, blame(task, err)
		case p == nil:
		case p.paced.IsZero():
			return p, nil
		default:
			task.DueAt = p.paced
			if err := head.add(t, task); err != nil {
				return nil, err
			}
		}
	}
	return &piece{}, nil
}

// hold is how messages that are not due hold back those behind them.
type hold struct {
	until time.Time  // zero: they don't
	by    precedence // what comes before this overtakes them
}

// add adds what a task that is not due holds back. Of several the strictest
// counts. A message that the policy deferred holds back nothing.
func (h *hold) add(t *tx, task store.Task) error {
	if !h.until.IsZero() && h.by <= talkFirst {
		return nil // it holds back all that can be
	}
	other := hold{until: task.DueAt, by: talkFirst}
	if task.Kind == store.TaskSend {
		found, err := t.Messages(task.Message)
		if err != nil || len(found) == 0 {
			return err
		}
		switch m := found[0]; {
		case m.State == store.StateQueued: // it waits for its sender's turn
			other.by = precedenceOf(m.Purpose)
		case m.State == store.StateDeferred, task.DueAt.Sub(t.now) > longestHold:
			return nil
		}
	}
	if h.until.IsZero() || other.by < h.by {
		*h = other
	}
	return nil
}

// lets reports whether a task overtakes what holds back the others: an answer
// to STOP, START or HELP always does, and the talk overtakes bulk that waits
// for its turn.
func (h *hold) lets(t *tx, task store.Task) (bool, error) {
	if task.Kind != store.TaskSend {
		return false, nil
	}
	found, err := t.Messages(task.Message)
	return len(found) > 0 && precedenceOf(found[0].Purpose) < h.by, err
}

// take begins a task that is due. It returns nil if the task is done with, or
// waits again.
func (in *Inbox) take(t *tx, conv store.Conversation, task store.Task) (*piece, error) {
	switch task.Kind {
	case store.TaskRoute:
		c, err := in.company(t, conv.Account)
		if err != nil {
			return nil, err
		}
		if claimed(c, conv) {
			if err := t.DeleteTasks(task.ID); err != nil {
				return nil, err
			}
			return nil, in.alert(t, conv, task.Message, []store.UserID{conv.ClaimedBy})
		}
		job, err := in.newRouteJob(t, conv, task)
		if err != nil {
			return nil, err
		}
		return &piece{route: job}, nil
	case store.TaskSend:
		o, again, err := in.attempt(t, conv, task)
		switch {
		case err != nil:
			return nil, err
		case o != nil:
			return &piece{send: o}, nil
		case !again.IsZero():
			return &piece{paced: again}, nil
		}
		return nil, nil
	case store.TaskSettle:
		return nil, in.expire(t, conv, task)
	case store.TaskReconcile:
		u, err := in.newUncertain(t, conv, task)
		if err != nil || u == nil {
			return nil, err
		}
		return &piece{reconcile: u}, nil
	case store.TaskWake:
		return nil, in.wake(t, conv, task)
	}
	return nil, fmt.Errorf("%w: task %v is of kind %q", errUnknownTask, task.ID, task.Kind)
}

// taskError is a failure of one task, not of the store.
type taskError struct {
	task store.Task
	err  error
}

func (e *taskError) Error() string { return e.err.Error() }
func (e *taskError) Unwrap() error { return e.err }

// errUnknownTask means that another version of the engine has left the task.
var errUnknownTask = errors.New("inbox: this version does not know such a task")

// blame says that a task failed, if the error is the task's own: what it is
// about is not there, clashes with something else, or makes the engine panic.
// Whatever else a transaction fails with is the store's.
func blame(task store.Task, err error) error {
	if unfit(err) {
		return &taskError{task: task, err: err}
	}
	return err
}

// unfit reports whether another try would fail in the same way: not the store
// fails, but what is to be done does not fit what it holds.
func unfit(err error) bool {
	var p *panicError
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDuplicate) || errors.Is(err, errUnknownTask) || errors.As(err, &p)
}

// failed counts a task's failure, so that it is tried again later and set
// aside for a person when it fails too often; the tasks behind it go on. A
// failure of the store is nobody's: the lease runs out and the work is taken
// up again.
func (in *Inbox) failed(ctx context.Context, lease store.Lease, err error) error {
	var failure *taskError
	if !errors.As(err, &failure) || ctx.Err() != nil {
		return fmt.Errorf("inbox: conversation %v: %w", lease.Conversation, err)
	}
	in.log.Error("a task failed", "conversation", lease.Conversation, "task", failure.task.ID, "kind", string(failure.task.Kind), "err", err)
	return in.record(ctx, func(t *tx) error {
		held, err := holds(t, lease)
		if err != nil || !held {
			return err
		}
		tasks, err := t.Tasks(lease.Conversation)
		if err != nil {
			return err
		}
		for _, task := range tasks {
			if task.ID != failure.task.ID {
				continue
			}
			if err := in.countFailure(t, task, failure.err); err != nil {
				return err
			}
		}
		return t.Release(lease)
	})
}

func (in *Inbox) countFailure(t *tx, task store.Task, cause error) error {
	task.Attempts++
	task.Error = firstRunes(cause.Error(), 500)
	task.DueAt = t.now.Add(in.backoff(task.Attempts))
	task.SetAside = task.Attempts >= in.cfg.TaskAttempts
	t.onCommit(func() { in.telemetry.taskFailed(context.Background(), task) })
	if err := t.PutTasks(task); err != nil || !task.SetAside {
		return err
	}
	conv, err := store.One(t.Conversations(task.Conversation))
	if err != nil {
		return err
	}
	e := eventOf(t, conv, store.TaskSetAside, store.Author{Kind: store.BySystem}, store.Detail{
		Reason: fmt.Sprintf("%s failed %s and waits for a person: %s", task.Kind, plural(task.Attempts, "time"), task.Error),
	})
	e.Message = task.Message
	if err := t.AppendEvents(e); err != nil || task.Message == 0 {
		return err
	}
	// A message is never left without people.
	c, err := in.company(t, conv.Account)
	if err != nil {
		return err
	}
	return in.alert(t, conv, task.Message, c.answering(conv))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// pause waits, and reports whether the context still lives.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
