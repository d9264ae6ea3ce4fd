package inbox

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/store"
)

// piece is what a turn has to do outside of a transaction: ask the router, hand
// over a message, ask a provider about one, or ask a register. An empty piece ends the turn.
type piece struct {
	route     *routeJob
	send      *outgoing
	reconcile *uncertain
	register  *registerJob

	// paced says that a message waits for its sender's turn, and until when. It
	// is no work, but holds back what is behind it. step is how far apart its
	// sender's messages are.
	paced time.Time
	step  time.Duration
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
			p, err = in.proceed(ctx, lease, nil, nil)
		case p.route != nil:
			job := p.route
			v := in.decide(ctx, lease, job)
			p, err = in.proceed(ctx, lease, p, func(t *tx, conv store.Conversation, held bool) error {
				if !held {
					return nil // somebody else has the conversation; what we decided is late
				}
				return blame(job.task, in.applyRoute(t, conv, job, v))
			})
		case p.send != nil:
			p, err = in.deliver(ctx, lease, p)
		case p.reconcile != nil:
			u := p.reconcile
			in.work.doing(lease, "reconcile")
			answer, failure := in.reconcile(ctx, u)
			p, err = in.proceed(ctx, lease, p, func(t *tx, conv store.Conversation, held bool) error {
				if !held {
					return nil
				}
				return blame(u.task, in.applyReconcile(t, conv, u, answer, failure))
			})
		case p.register != nil:
			job := p.register
			answers, failure := in.askRegisters(ctx, lease, job)
			if failure != nil {
				in.log.Warn("a register could not be asked; the message waits", "message", job.message.ID, "registers", job.codes, "err", failure)
			}
			p, err = in.proceed(ctx, lease, p, func(t *tx, conv store.Conversation, held bool) error {
				if !held {
					return nil
				}
				return blame(job.task, in.applyRegisters(t, conv, job, answers, failure))
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
func (in *Inbox) deliver(ctx context.Context, lease store.Lease, p *piece) (*piece, error) {
	o := p.send
	in.work.doing(lease, "send")
	receipt, failure := in.send(ctx, o)
	if failure != nil {
		in.log.Warn("a message was not taken over by its provider", "message", o.message.ID, "channel", o.message.Channel, "to", o.message.To,
			"outcome", failure.Outcome.String(), "code", failure.Code, "attempt", o.message.Attempts)
	}
	for waited := time.Duration(0); ; waited += in.cfg.PollInterval {
		next, err := in.proceed(ctx, lease, p, func(t *tx, conv store.Conversation, _ bool) error {
			return in.settle(t, conv, o, receipt, failure)
		})
		if errors.Is(err, store.ErrDuplicate) && receipt.ProviderID != "" {
			in.log.Error("a provider gave a message the id of another; the message is kept without it", "message", o.message.ID, "channel", o.message.Channel, "provider_id", receipt.ProviderID)
			receipt.ProviderID = ""
			continue
		}
		var other *taskError
		if err == nil || errors.As(err, &other) || waited >= settleGrace || !pause(ctx, in.cfg.PollInterval) {
			return next, err
		}
		in.log.Error("the outcome of a send could not be recorded; trying again", "message", o.message.ID, "err", err)
	}
}

// proceed records the outcome of a piece, which may be nil, and takes the next
// one, in one transaction. If nobody knows whether that committed, it is repeated:
// what an earlier try has marked as being sent is then still ours to hand over.
func (in *Inbox) proceed(ctx context.Context, lease store.Lease, p *piece, record func(t *tx, conv store.Conversation, held bool) error) (*piece, error) {
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
				t.onCommit(func() { in.pace.committed(marked.message) })
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
	}, in.expectTurn(lease.Conversation, p))
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
	}, in.expectTurn(lease.Conversation, p)); kept != nil {
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
	if len(living) == 0 || living[0].Owner != lease.Owner || living[0].Fence != lease.Fence {
		return false, nil
	}
	t.until = living[0].Until
	return true, nil
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
