package simulated

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/channel"
)

// Codes of errors. They are Twilio's, so that a team knows them.
const (
	CodeInvalidTo     = "21211" // To is no address
	CodeInvalidFrom   = "21212" // From is no address
	CodeOptedOut      = "21610" // the phone has stopped the number
	CodeTooLong       = "21617" // the text is over the limit
	CodeEmpty         = "21619" // neither text nor media nor template
	CodeTooManyMedia  = "21623" // more attachments than the limit
	CodeOtherMedium   = "21910" // From and To are of different media
	CodeRateLimited   = "20429" // refused for the moment
	CodeUnreachable   = "30003" // the phone can't be reached
	CodeNoTemplate    = "63027" // the carrier does not know the template
	CodeOutsideWindow = "63016" // free text after the window has closed
	CodeRejected      = "30007" // the carrier's filter

	CodeMarketingStopped = "63033" // the phone has stopped what sells
	CodeUnknown          = "30005" // the number is unknown and may no longer exist
)

// Attempt is one call of Send that reached the carrier.
type Attempt struct {
	At      time.Time
	Message channel.Outbound
	Fault   Fault

	// Taken says that the carrier has the message, whether Send told so or
	// not. ProviderID is its id then.
	Taken      bool
	ProviderID string

	// Arrived says that the phone has it.
	Arrived bool
}

// Sent returns every call of Send that reached the carrier, in order: what
// truly happened, for those who check what the engine made of it. A call whose
// context had ended before is none.
func (c *Carrier) Sent() []Attempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.attempts)
	for i := range all {
		all[i].Message = cloneOutbound(all[i].Message)
	}
	return all
}

// outgoing is a message that the carrier has taken.
type outgoing struct {
	id        string // the carrier's
	message   channel.Outbound
	state     channel.DeliveryState // what the carrier says when asked
	unclaimed int                   // status updates that nobody has taken yet
}

// Send takes a message over and delivers it to its phone at once, unless a
// fault was ordered or happens by chance.
func (c *Carrier) Send(ctx context.Context, m channel.Outbound) (channel.Receipt, error) {
	m = cloneOutbound(m)
	if ctx.Err() != nil {
		return channel.Receipt{}, ended(ctx, channel.NotSent)
	}
	f := c.faultFor(ctx, m)
	if ctx.Err() != nil {
		return channel.Receipt{}, ended(ctx, channel.NotSent)
	}
	o, failure := c.attempt(m, f)
	switch {
	case f.Slow:
		<-ctx.Done()
		if o != nil {
			failure = ended(ctx, channel.Uncertain)
		}
	case f.Reports.Early && o != nil:
		c.reported(ctx, o)
	}
	if failure != nil {
		return channel.Receipt{}, failure
	}
	return channel.Receipt{ProviderID: o.id, State: channel.DeliveryAccepted}, nil
}

// ended is the error of a send whose context has ended.
func ended(ctx context.Context, o channel.Outcome) *channel.SendError {
	return &channel.SendError{Outcome: o, Err: ctx.Err()}
}

// attempt lets a message reach the carrier. It returns what the carrier has
// taken, if it has, and the error that Send returns, if it does.
func (c *Carrier) attempt(m channel.Outbound, f Fault) (*outgoing, *channel.SendError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.change.fire()
	a := Attempt{At: c.now(), Message: m, Fault: f}
	o, failure := c.process(&a)
	c.attempts = append(c.attempts, a)
	return o, failure
}

func (c *Carrier) process(a *Attempt) (*outgoing, *channel.SendError) {
	f := a.Fault
	switch f.Kind {
	case Refused:
		return nil, failed(channel.NotSent, f, CodeRateLimited, "the carrier asks to try again later")
	case Lost:
		return nil, failed(channel.Uncertain, f, "", "the connection broke before the carrier answered")
	default:
	}
	m, failure := c.admit(a.Message, a.At)
	if failure != nil {
		return nil, failure
	}
	if f.Kind == Rejected {
		return nil, failed(channel.Rejected, f, CodeRejected, "the carrier's filter rejected the message")
	}
	o := c.accept(m, f, a.At)
	a.Taken, a.ProviderID, a.Arrived = true, o.id, f.Kind != Undelivered
	if f.Kind == AnswerLost {
		return o, failed(channel.Uncertain, f, "", "the connection broke before the carrier answered")
	}
	return o, nil
}

// failed makes the error that a fault calls for.
func failed(o channel.Outcome, f Fault, code, reason string) *channel.SendError {
	e := &channel.SendError{Outcome: o, Code: f.Code, Reason: f.Reason, RetryAfter: f.RetryAfter, Consent: f.Consent}
	switch f.Consent {
	case channel.ConsentStopped:
		code, reason = CodeOptedOut, "the customer has opted out"
	case channel.MarketingStopped:
		code, reason = CodeMarketingStopped, "the customer has stopped marketing messages"
	case channel.NumberVoid:
		code, reason = CodeUnknown, "the number is not in use any more"
	case channel.ConsentUnchanged, channel.MarketingResumed:
	}
	if e.Code == "" {
		e.Code = code
	}
	if e.Reason == "" {
		e.Reason = reason
	}
	return e
}

func rejected(code, reason string, cause error) *channel.SendError {
	return &channel.SendError{Outcome: channel.Rejected, Code: code, Reason: reason, Err: cause}
}

// admit checks a message as a carrier does, and returns it with its addresses
// in canonical form.
func (c *Carrier) admit(m channel.Outbound, at time.Time) (channel.Outbound, *channel.SendError) {
	from, err := channel.ParseAddress(string(m.From))
	if err != nil {
		return m, rejected(CodeInvalidFrom, "Outbound.From is not an address", err)
	}
	to, err := channel.ParseAddress(string(m.To))
	if err != nil {
		return m, rejected(CodeInvalidTo, "Outbound.To is not an address", err)
	}
	m.From, m.To = from, to
	limits, link := c.cfg.Limits(from, to), pair{from, to}
	switch {
	case from.Medium() != to.Medium():
		return m, rejected(CodeOtherMedium, "Outbound.From and To are of different media", nil)
	case m.Text == "" && len(m.Media) == 0 && m.Template == nil:
		return m, rejected(CodeEmpty, "the message has neither text nor media nor a template", nil)
	case limits.BodyRunes > 0 && utf8.RuneCountInString(m.Text) > limits.BodyRunes:
		return m, rejected(CodeTooLong, fmt.Sprintf("the text is longer than %d characters", limits.BodyRunes), nil)
	case limits.MediaCount > 0 && len(m.Media) > limits.MediaCount:
		return m, rejected(CodeTooManyMedia, fmt.Sprintf("the message has more than %d attachments", limits.MediaCount), nil)
	case limits.Window > 0 && m.Template == nil && !at.Before(c.wrote[link].Add(limits.Window)):
		return m, rejected(CodeOutsideWindow, fmt.Sprintf("the customer has not written within %v; only a template may be sent", limits.Window), nil)
	case c.stopped[link]:
		return m, failed(channel.Rejected, Fault{Consent: channel.ConsentStopped}, "", "")
	}
	if m.Template != nil && c.cfg.Templates != nil {
		text, known := c.cfg.Templates[m.Template.ID]
		if !known {
			return m, rejected(CodeNoTemplate, "the carrier does not know the template", nil)
		}
		m.Text = render(text, m.Template.Variables)
	}
	return m, nil
}

// accept takes a message over: it arrives and is reported.
func (c *Carrier) accept(m channel.Outbound, f Fault, at time.Time) *outgoing {
	o := &outgoing{id: c.newID(), message: m, state: channel.DeliveryAccepted}
	c.taken[o.id] = o
	if _, sent := c.byOurID[m.ID]; !sent {
		c.byOurID[m.ID] = o
	}
	var updates []channel.StatusUpdate
	if f.Kind == Undelivered {
		failure := failed(channel.Rejected, f, CodeUnreachable, "the phone can't be reached")
		o.state = channel.DeliveryFailed
		updates = append(updates, channel.StatusUpdate{State: channel.DeliveryFailed, Code: failure.Code, Reason: failure.Reason, Consent: f.Consent})
	} else {
		for _, s := range c.cfg.Reports {
			o.state = max(o.state, s)
			updates = append(updates, channel.StatusUpdate{State: s})
		}
		c.append(Message{
			ProviderID: o.id, MessageID: m.ID, At: at, Phone: m.To, Number: m.From, Received: true,
			Text: m.Text, Media: m.Media, Template: m.Template, Read: o.state == channel.DeliveryRead,
		})
	}
	if f.Reports.Swapped {
		slices.Reverse(updates)
	}
	for _, u := range updates {
		c.report(o, u, at, f.Reports)
	}
	return o
}

// report makes a status update wait to be handed over.
func (c *Carrier) report(o *outgoing, u channel.StatusUpdate, at time.Time, d Disturbance) {
	if d.Lost {
		return
	}
	u.ProviderID, u.MessageID, u.At = o.id, o.message.ID, at
	d.Swapped = false // the order among them is the caller's
	c.enqueue(o.message.To, item{due: at, status: &u, of: o}, d)
}

// reported waits until every status update of a message has been taken, or
// the context has ended.
func (c *Carrier) reported(ctx context.Context, o *outgoing) {
	// The message is with the carrier: a context that ends changes nothing.
	_ = c.await(ctx, func() bool { return o.unclaimed == 0 })
}

// await waits until a condition holds that is read under the lock.
func (c *Carrier) await(ctx context.Context, holds func() bool) error {
	for {
		c.mu.Lock()
		ok, changed := holds(), c.change.next()
		c.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errNoID = errors.New("simulated: Outbound.ID is empty, so that the message can't be found")

// Reconcile finds a message by [channel.Outbound.ID]. The carrier always
// knows whether it has taken one; of several with the same id it returns the
// first.
func (c *Carrier) Reconcile(ctx context.Context, m channel.Outbound, _ time.Time) (channel.Receipt, bool, error) {
	if err := ctx.Err(); err != nil {
		return channel.Receipt{}, false, fmt.Errorf("simulated: reconcile: %w", err)
	}
	if m.ID == "" {
		return channel.Receipt{}, false, errNoID
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.byOurID[m.ID]
	if !ok {
		return channel.Receipt{}, false, nil
	}
	return channel.Receipt{ProviderID: o.id, State: o.state}, true, nil
}
