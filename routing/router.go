package routing

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Router decides who is concerned by an inbound message.
//
// The engine calls Route from many goroutines at once, but one at a time for
// each conversation, with no transaction open. Route may block, on a CRM say,
// until its context ends (by default after 5 seconds, see
// inbox.Config.RouteTimeout); what it answers later is discarded. It may be
// called again for a message that it has seen, after a crash. It must not keep
// or change what the request points to.
//
// An error, a panic, and a decision that names no licensed user leave the
// message with the inbox's team; the conversation's record says why.
//
// Test your implementation with package routing/routingtest.
type Router interface {
	Route(ctx context.Context, r Request) (Decision, error)
}

// RouterFunc makes a function a [Router].
type RouterFunc func(ctx context.Context, r Request) (Decision, error)

// Route calls f.
func (f RouterFunc) Route(ctx context.Context, r Request) (Decision, error) { return f(ctx, r) }

// Request is a message that wants people.
type Request struct {
	Inbox        store.Inbox
	Conversation store.Conversation // as it stands, this message included
	Contact      store.Contact
	Message      store.Message
	First        bool // the customer's first message in this conversation
	Reopened     bool // this message opened or reopened the conversation

	// Candidates are the licensed members of the inbox's team, by id. A
	// decision may name others.
	Candidates []store.User

	Now time.Time
}

// Decision names those who are concerned.
type Decision struct {
	Users []store.UserID
	Teams []store.TeamID

	// Keep leaves those who take part already, whoever is named besides.
	// Otherwise the named replace them.
	Keep bool

	Reason string // in plain words, for the team
}
