package simulated

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// Phone is a customer's telephone. It is made by [Carrier.Phone] and may be
// used from many goroutines at once.
type Phone struct {
	carrier *Carrier
	address channel.Address
	err     error // why the address is none
}

// Phone returns the phone with an address, like "+14155550123" or
// "whatsapp:+14155550123". Every address has a phone. If the text is no
// address, the phone's methods return an error that says why.
func (c *Carrier) Phone(a channel.Address) *Phone {
	parsed, err := channel.ParseAddress(string(a))
	if err != nil {
		return &Phone{carrier: c, err: fmt.Errorf("simulated: phone: %w", err)}
	}
	return &Phone{carrier: c, address: parsed}
}

// Address returns the phone's address, or "" if it is none.
func (p *Phone) Address() channel.Address { return p.address }

// Send writes a text to a number and returns the carrier's id of it. The
// number may be anybody's: whether somebody is behind it is for the engine to
// know.
func (p *Phone) Send(to channel.Address, text string) (id string, err error) {
	return p.SendMessage(channel.Inbound{To: to, Text: text})
}

// SendMessage writes a message with everything that an inbound message can
// have, and returns the carrier's id of it. The carrier sets ProviderID, From
// and SentAt; To must be set. Media are shown as they are; [Carrier.Host] makes
// some that can be fetched.
func (p *Phone) SendMessage(m channel.Inbound) (id string, err error) {
	if p.err != nil {
		return "", p.err
	}
	to, err := channel.ParseAddress(string(m.To))
	if err != nil {
		return "", fmt.Errorf("simulated: Inbound.To: %w", err)
	}
	if to.Medium() != p.address.Medium() {
		return "", fmt.Errorf("simulated: Inbound.To is of the medium %q and the phone of %q; give the phone an address of the same medium", to.Medium(), p.address.Medium())
	}
	m = cloneInbound(m)
	m.From, m.To, m.Text = p.address, to, strings.ToValidUTF8(m.Text, "\uFFFD")

	c := p.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.change.fire()
	m.ProviderID, m.SentAt = c.newID(), c.now()
	c.wrote[pair{to, p.address}] = m.SentAt
	c.append(Message{
		ProviderID: m.ProviderID, At: m.SentAt, Phone: p.address, Number: to,
		Text: m.Text, Media: m.Media, Location: m.Location, Button: m.Button,
	})
	if c.cfg.Keywords {
		c.handleKeyword(&m)
	}
	c.arrived = append(c.arrived, m)
	var d Disturbance
	if len(c.nextDisturbances) > 0 {
		d = c.nextDisturbances[0]
		c.nextDisturbances = slices.Delete(c.nextDisturbances, 0, 1)
	}
	if !d.Lost {
		c.enqueue(p.address, item{due: m.SentAt, inbound: &m}, d)
	}
	return m.ProviderID, nil
}

// Messages returns what the phone has sent and received, in order.
func (p *Phone) Messages() []Message {
	c := p.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	return p.messages(func(Message) bool { return true })
}

// messages returns copies of the phone's messages that are wanted. The caller
// holds the lock.
func (p *Phone) messages(wanted func(Message) bool) (all []Message) {
	for _, at := range p.carrier.logs[p.address] {
		if m := p.carrier.log[at]; wanted(m) {
			all = append(all, m.clone())
		}
	}
	return all
}

// Wait waits until the phone has received n messages altogether and returns
// what it has received, in order. If the context ends before, the error wraps
// its error.
func (p *Phone) Wait(ctx context.Context, n int) ([]Message, error) {
	if p.err != nil {
		return nil, p.err
	}
	var got []Message
	err := p.carrier.await(ctx, func() bool {
		got = p.messages(func(m Message) bool { return m.Received })
		return len(got) >= n
	})
	if err != nil {
		return got, fmt.Errorf("simulated: the phone %s has received %d messages, %d were awaited: %w", p.address.Masked(), len(got), n, err)
	}
	return got, nil
}

// WaitFor waits for the first message that the phone has received, at any
// time, and that matches. If the context ends before, the error wraps its
// error. match must not call the carrier.
func (p *Phone) WaitFor(ctx context.Context, match func(Message) bool) (Message, error) {
	if p.err != nil {
		return Message{}, p.err
	}
	var got []Message
	err := p.carrier.await(ctx, func() bool {
		got = p.messages(func(m Message) bool { return m.Received && match(m.clone()) })
		return len(got) > 0
	})
	if err != nil {
		return Message{}, fmt.Errorf("simulated: the phone %s has not received the message that was awaited: %w", p.address.Masked(), err)
	}
	return got[0], nil
}

// Read opens everything that the phone has received. Each message that was
// unread is reported as [channel.DeliveryRead]. It returns how many there were.
func (p *Phone) Read() int {
	c := p.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, at := range c.logs[p.address] {
		m := &c.log[at]
		if !m.Received || m.Read {
			continue
		}
		m.Read = true
		n++
		if o := c.taken[m.ProviderID]; o != nil {
			o.state = channel.DeliveryRead
			c.report(o, channel.StatusUpdate{State: channel.DeliveryRead}, c.now(), Disturbance{})
		}
	}
	return n
}

// ErrUnknownMessage means that the carrier has no such message.
var ErrUnknownMessage = errors.New("simulated: the carrier has taken no message with this id")

// Report reports a state of a message that the carrier has taken, whatever
// happened before: a test may let reports come in any order and any number.
// The update's ProviderID names the message; MessageID is filled in.
func (c *Carrier) Report(u channel.StatusUpdate, d Disturbance) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.taken[u.ProviderID]
	if o == nil {
		return ErrUnknownMessage
	}
	o.state = max(o.state, u.State)
	c.report(o, u, c.now(), d)
	return nil
}

// ReportConsent reports what has become of a customer's consent without a
// message: the customer has stopped what sells in their app, say. It changes
// nothing in what the carrier takes, see [Fault.Consent] for that. From and
// Change must be set; without an At it is the carrier's time.
func (c *Carrier) ReportConsent(u channel.ConsentUpdate, d Disturbance) error {
	var err error
	if u.From, err = channel.ParseAddress(string(u.From)); err != nil {
		return fmt.Errorf("simulated: ConsentUpdate.From: %w", err)
	}
	if u.To != "" {
		if u.To, err = channel.ParseAddress(string(u.To)); err != nil {
			return fmt.Errorf("simulated: ConsentUpdate.To: %w", err)
		}
	}
	if u.Change == channel.ConsentUnchanged {
		return errors.New("simulated: ConsentUpdate.Change is ConsentUnchanged; that is no news")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now()
	if u.At.IsZero() {
		u.At = at
	}
	if !d.Lost {
		c.enqueue(u.From, item{due: at, consent: &u}, d)
	}
	return nil
}
