package simulated

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// FaultKind is what becomes of a send.
type FaultKind uint8

// The kinds of faults.
const (
	// NoFault: the carrier takes the message and says so.
	NoFault FaultKind = iota
	// Refused: the carrier does not take the message for the moment. Send
	// fails with channel.NotSent and the fault's RetryAfter.
	Refused
	// Rejected: the carrier will never take the message. Send fails with
	// channel.Rejected.
	Rejected
	// Lost: the message is lost on its way to the carrier, and the sender
	// can't know. Send fails with channel.Uncertain, the phone gets nothing.
	Lost
	// AnswerLost: the carrier takes the message, but its answer is lost. Send
	// fails with channel.Uncertain, the phone gets the message.
	AnswerLost
	// Undelivered: the carrier takes the message and says so, but can't
	// deliver it. A status update reports DeliveryFailed.
	Undelivered

	faultKinds
)

// String returns the kind in lower case, like "answer lost".
func (k FaultKind) String() string {
	names := [faultKinds]string{"no fault", "refused", "rejected", "lost", "answer lost", "undelivered"}
	if k < faultKinds {
		return names[k]
	}
	return "unknown fault"
}

// Fault is what goes wrong with one send. The zero value is that nothing does.
type Fault struct {
	Kind FaultKind

	// Code and Reason are those of the error or of the status update.
	Code, Reason string

	// RetryAfter is how long the carrier asks to wait, for Refused.
	RetryAfter time.Duration

	// Consent is what the failure says about the customer's consent, for
	// Rejected and Undelivered. Without a Code of its own, the failure has the
	// change's: see CodeOptedOut.
	Consent channel.ConsentChange

	// Slow makes Send wait until its context has ended. If the carrier has
	// taken the message, Send then fails with channel.Uncertain.
	Slow bool

	// Reports is what becomes of the message's status updates.
	Reports Disturbance
}

// Disturbance is what goes wrong with what the carrier hands over: an inbound
// message, or the status updates of one outbound message. The zero value is
// that nothing does.
type Disturbance struct {
	// Lost: it is never handed over. An inbound message is still listed by
	// Backfill.
	Lost bool
	// Delay: it is handed over so much later than it would have been. What
	// comes after it meanwhile is handed over before.
	Delay time.Duration
	// Copies: it is handed over so many times more.
	Copies int
	// Swapped: status updates come in reverse order; an inbound message
	// overtakes the one of the same customer that waits last.
	Swapped bool
	// Early: Send returns only after all status updates of its message have
	// been taken, or when its context has ended. Somebody has to listen or to
	// step meanwhile. It means nothing for an inbound message.
	Early bool
}

// Hook decides what goes wrong with a send.
type Hook func(ctx context.Context, m channel.Outbound) Fault

// Faults are the odds that something goes wrong by chance, each from 0 (never)
// to 1 (always).
type Faults struct {
	// What becomes of a send. Their sum is at most 1.
	Refused, Rejected, Lost, AnswerLost, Undelivered float64

	// Whether a send waits until its context has ended.
	Slow float64

	// Whether Send returns only after its status updates have been taken.
	Early float64

	// Whether the status updates of a message are never handed over.
	NeverReported float64

	// What becomes of each inbound message and each status update: handed
	// over late, twice, or out of its order.
	Delayed, Doubled, Reordered float64

	// MaxDelay is the longest time by which Delayed delays. Defaults to one
	// minute.
	MaxDelay time.Duration
}

func (f Faults) withDefaults() Faults {
	if f.MaxDelay == 0 {
		f.MaxDelay = time.Minute
	}
	return f
}

func (f Faults) validate() error {
	var errs []error
	for _, odds := range []struct {
		field string
		value float64
	}{
		{"Refused", f.Refused}, {"Rejected", f.Rejected}, {"Lost", f.Lost}, {"AnswerLost", f.AnswerLost},
		{"Undelivered", f.Undelivered}, {"Slow", f.Slow}, {"Early", f.Early}, {"NeverReported", f.NeverReported},
		{"Delayed", f.Delayed}, {"Doubled", f.Doubled}, {"Reordered", f.Reordered},
	} {
		if !(odds.value >= 0 && odds.value <= 1) {
			errs = append(errs, fmt.Errorf("simulated: Faults.%s is %v; use a probability from 0 to 1", odds.field, odds.value))
		}
	}
	if sum := f.Refused + f.Rejected + f.Lost + f.AnswerLost + f.Undelivered; sum > 1 {
		errs = append(errs, fmt.Errorf("simulated: Faults.Refused, Rejected, Lost, AnswerLost and Undelivered are %v together; a send ends in one of them, so use at most 1", sum))
	}
	if f.MaxDelay < 0 {
		errs = append(errs, fmt.Errorf("simulated: Faults.MaxDelay is %v; leave it 0 for the default", f.MaxDelay))
	}
	return errors.Join(errs...)
}

// FailNext orders what goes wrong with the sends that come next: the first of
// them meets the first fault, and so on. A zero Fault lets a send pass. What
// was ordered before is met before.
func (c *Carrier) FailNext(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextFaults = append(c.nextFaults, faults...)
}

// DisturbNext orders what goes wrong with the inbound messages that phones
// send next, like FailNext.
func (c *Carrier) DisturbNext(disturbances ...Disturbance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextDisturbances = append(c.nextDisturbances, disturbances...)
}

// SetFaults replaces the odds of [Config.Faults] for everything that comes
// after. The zero value ends all faults by chance; what was ordered by
// FailNext, DisturbNext and [Config.Hook] stays.
func (c *Carrier) SetFaults(f Faults) error {
	if err := f.validate(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f.withDefaults()
	return nil
}

// faultFor decides what goes wrong with a send.
func (c *Carrier) faultFor(ctx context.Context, m channel.Outbound) Fault {
	c.mu.Lock()
	if len(c.nextFaults) > 0 {
		defer c.mu.Unlock()
		f := c.nextFaults[0]
		c.nextFaults = slices.Delete(c.nextFaults, 0, 1)
		return f
	}
	c.mu.Unlock()
	if c.cfg.Hook != nil {
		if f := c.cfg.Hook(ctx, cloneOutbound(m)); f != (Fault{}) {
			return f
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faultByChance()
}

func (c *Carrier) faultByChance() Fault {
	f := Fault{Slow: c.chance(c.faults.Slow)}
	f.Reports.Early = c.chance(c.faults.Early)
	f.Reports.Lost = c.chance(c.faults.NeverReported)
	draw := c.draw()
	for _, odds := range []struct {
		kind  FaultKind
		value float64
	}{
		{Refused, c.faults.Refused}, {Rejected, c.faults.Rejected}, {Lost, c.faults.Lost},
		{AnswerLost, c.faults.AnswerLost}, {Undelivered, c.faults.Undelivered},
	} {
		if draw < odds.value {
			f.Kind = odds.kind
			break
		}
		draw -= odds.value
	}
	return f
}

// chance reports whether something of the given probability happens.
func (c *Carrier) chance(probability float64) bool {
	return probability > 0 && c.draw() < probability
}
