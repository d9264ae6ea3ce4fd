package simulated

import (
	"context"
	"iter"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Message is what a phone shows: a message that it has received or sent.
type Message struct {
	Seq        int    // its place among all messages of the carrier, from 1
	ProviderID string // the carrier's id
	MessageID  string // [channel.Outbound.ID], if it is one of ours
	At         time.Time

	Phone    channel.Address // the phone that shows it
	Number   channel.Address // the other end
	Received bool            // by the phone; otherwise the phone has sent it
	Service  bool            // received from the carrier itself, see [Config.Keywords]
	Read     bool            // received and opened

	Text     string
	Media    []channel.Media
	Template *channel.Template
	Location *channel.Location
	Button   *channel.Button
}

// append adds a message to the log.
func (c *Carrier) append(m Message) {
	m = m.clone()
	m.Seq = len(c.log) + 1
	c.logs[m.Phone] = append(c.logs[m.Phone], len(c.log))
	c.log = append(c.log, m)
}

// Messages returns what all phones have sent and received, in order.
func (c *Carrier) Messages() []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Message, 0, len(c.log))
	for _, m := range c.log {
		all = append(all, m.clone())
	}
	return all
}

// Watch yields the messages of all phones as they come, until the context
// ends: first those that are there already with a Seq above after, then each
// that follows. It misses none and never holds up the carrier. A page that
// shows phones begins with 0 and goes on, when it has lost its connection,
// with the last Seq that it has seen.
func (c *Carrier) Watch(ctx context.Context, after int) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		for next := max(after, 0); ; next++ {
			var m Message
			err := c.await(ctx, func() bool {
				if next >= len(c.log) {
					return false
				}
				m = c.log[next].clone()
				return true
			})
			if err != nil || ctx.Err() != nil || !yield(m) {
				return
			}
		}
	}
}
