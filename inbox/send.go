package inbox

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// settleGrace is how much longer than a send may take its outcome is waited
// for, before the attempt is settled without it.
const settleGrace = 5 * time.Second

// longestRetryAfter bounds how long a provider can hold up a conversation.
const longestRetryAfter = time.Hour

// inFlight is for how long an attempt may be under way whose process has lost
// its lease: it is begun within a SendTimeout of its mark, and ends within
// another.
func (in *Inbox) inFlight() time.Duration { return 2*in.cfg.SendTimeout + settleGrace }

func (in *Inbox) settleAfter() time.Duration { return in.cfg.SendTimeout + settleGrace }

// send hands a message to its channel. It does not return before the channel
// does or the time is up; a channel that ignores its context is left behind.
//
// A process that was stopped between the mark and the call does not make the
// call: the attempt may have been settled without it, and the gate's word is
// old.
func (in *Inbox) send(ctx context.Context, o *outgoing) (channel.Receipt, *channel.SendError) {
	if in.now().Sub(o.message.AttemptedAt) > in.cfg.SendTimeout {
		return channel.Receipt{}, &channel.SendError{Outcome: channel.NotSent, Reason: "the attempt was held up too long before it began"}
	}
	begun := in.now()
	ctx, end := in.telemetry.span(ctx, "send "+o.message.Channel, trace.SpanKindClient, o.message.Conversation, o.message.ID)
	var receipt channel.Receipt
	err := in.bounded(ctx, in.cfg.SendTimeout, func(ctx context.Context) error {
		r, err := o.channel.Send(ctx, o.wire)
		if err == nil {
			receipt = r
		}
		return err
	})
	failure := channel.AsSendError(err)
	end(err)
	in.telemetry.sent(ctx, o.message.Channel, in.now().Sub(begun), failure)
	if failure != nil {
		// A late receipt must not be read while its goroutine may write it.
		return channel.Receipt{}, failure
	}
	return receipt, nil
}

// errAbandoned means that a call did not return in its time.
var errAbandoned = errors.New("inbox: no answer in time")

// bounded calls fn in a goroutine of its own, with a deadline, and makes a
// panic an error. It returns errAbandoned if fn ignores the deadline.
func (in *Inbox) bounded(ctx context.Context, limit time.Duration, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- protect(func() error { return fn(ctx) }) }()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	// One that honours its context is about to return and knows more.
	grace := time.NewTimer(abandonGrace)
	defer grace.Stop()
	select {
	case err := <-result:
		return err
	case <-grace.C:
		return errAbandoned
	}
}

// abandonGrace is how long a call may take to return after its time is up.
const abandonGrace = 100 * time.Millisecond

// settle records what became of an attempt. It needs no lease: it is a fact
// about the world, and holds whoever works on the conversation now.
func (in *Inbox) settle(t *tx, conv store.Conversation, o *outgoing, receipt channel.Receipt, failure *channel.SendError) error {
	m, err := store.One(t.Messages(o.message.ID))
	if err != nil {
		return err
	}
	if failure == nil {
		return in.settleSent(t, conv, m, o.task, receipt)
	}
	if err := in.reportedOf(t, conv, m, word{change: failure.Consent, code: failure.Code, reason: failure.Reason}); err != nil {
		return err
	}
	// Somebody else has told us more than our failed call could: a status
	// update that was faster, or a later attempt.
	if m.Attempts != o.message.Attempts || m.State != store.StateAttempting && m.State != store.StateUnconfirmed {
		return nil
	}
	switch failure.Outcome {
	case channel.NotSent:
		if m.Attempts >= in.cfg.SendAttempts {
			return in.finish(t, conv, m, o.task, store.StateRejected, failure.Code, "was not sent in "+plural(m.Attempts, "attempt")+": "+describe(failure))
		}
		m.Code = failure.Code
		due := t.now.Add(max(in.backoff(m.Attempts), min(failure.RetryAfter, longestRetryAfter)))
		return in.postpone(t, conv, m, o.task, store.StateRetrying, compliance.Decision{Until: due, Reason: describe(failure)})
	case channel.Rejected:
		return in.finish(t, conv, m, o.task, store.StateRejected, failure.Code, describe(failure))
	case channel.Uncertain:
	}
	task := o.task
	if !errors.Is(failure.Err, errAbandoned) {
		task.NotBefore = time.Time{} // the call is over
	}
	return in.leaveUnconfirmed(t, conv, m, task, failure.Code, describe(failure))
}

func (in *Inbox) settleSent(t *tx, conv store.Conversation, m store.Message, task store.Task, r channel.Receipt) error {
	other := m.ProviderID != "" && r.ProviderID != "" && m.ProviderID != r.ProviderID
	if m.ProviderID == "" || other {
		m.ProviderID = r.ProviderID
	}
	if r.Segments > 0 {
		m.Segments = r.Segments
	}
	to, ok := stateOf(r.State)
	if !ok {
		to = store.StateAccepted
	}
	// What failed was an earlier copy; this one is with the provider.
	failed := other && (m.State == store.StateFailed || m.State == store.StateRejected || m.State == store.StateCanceled)
	if rank(to) > rank(m.State) || failed {
		return in.finish(t, conv, m, task, to, "", "")
	}
	if err := t.PutMessages(m); err != nil {
		return err
	}
	return t.DeleteTasks(task.ID)
}

// expire settles an attempt whose outcome nobody brought: its process died or
// was cut off. What the provider made of it is not known.
func (in *Inbox) expire(t *tx, conv store.Conversation, task store.Task) error {
	m, err := store.One(t.Messages(task.Message))
	if err != nil {
		return err
	}
	if m.State != store.StateAttempting {
		return t.DeleteTasks(task.ID)
	}
	return in.leaveUnconfirmed(t, conv, m, task, "", "the attempt was interrupted")
}

// backoff is how long to wait after the n-th attempt that was not sent: one
// second, doubled each time up to four minutes, and between half and all of
// it, so that many do not come back together.
func (in *Inbox) backoff(n int) time.Duration {
	const longest = 4 * time.Minute
	d := longest
	if n < 9 {
		d = min(time.Second<<(n-1), longest)
	}
	return d/2 + time.Duration(in.jitter()*float64(d/2))
}

func describe(e *channel.SendError) string {
	switch {
	case e.Reason != "":
		return e.Reason
	case errors.Is(e.Err, errAbandoned), errors.Is(e.Err, context.DeadlineExceeded):
		return "the provider did not answer in time"
	case errors.Is(e.Err, context.Canceled):
		return "the attempt was interrupted"
	case e.Code != "":
		return "the provider answered with code " + e.Code
	}
	return "the provider could not be reached or did not answer as it should"
}
