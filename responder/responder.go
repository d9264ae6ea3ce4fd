package responder

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// Responder answers inbound messages.
//
// The engine calls Respond from many goroutines at once, but one at a time for
// each conversation, with no transaction open. Respond may block until its
// context ends (by default after 5 seconds, see inbox.Config.RespondTimeout);
// what it answers later is discarded. It may be called again for a message
// that it has seen, after a crash; its answer is sent once all the same. It
// must not keep or change what the turn points to.
//
// An error or a panic is silence. The zero [Reply] is silence too.
//
// Test your implementation with package responder/respondertest.
type Responder interface {
	Respond(ctx context.Context, t Turn) (Reply, error)
}

// ResponderFunc makes a function a [Responder].
type ResponderFunc func(ctx context.Context, t Turn) (Reply, error)

// Respond calls f.
func (f ResponderFunc) Respond(ctx context.Context, t Turn) (Reply, error) { return f(ctx, t) }

// Turn is a message that could be answered.
type Turn struct {
	Inbox        store.Inbox
	Conversation store.Conversation // as it stands, this message included
	Contact      store.Contact
	Message      store.Message
	First        bool // the customer's first message in this conversation
	Reopened     bool // this message opened or reopened the conversation
	Now          time.Time
}

// Reply is what to answer. Either Template is set or Text or Media is.
type Reply struct {
	Text     string
	Media    []channel.Media
	Template *channel.Template

	// Purpose is why it is sent. "" is compliance.Conversational, since it
	// answers what the customer has just written.
	Purpose compliance.Purpose
}

// IsZero reports whether the reply is silence.
func (r Reply) IsZero() bool { return r.Text == "" && len(r.Media) == 0 && r.Template == nil }
