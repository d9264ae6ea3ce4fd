package routing

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/when"
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

	// Directory knows the account's other users and its teams. Nil knows nobody but
	// the candidates.
	Directory Directory

	Now time.Time
}

// Directory looks users and teams up. What it returns belongs to the caller.
type Directory interface {
	User(id store.UserID) (u store.User, known bool)
	Team(id store.TeamID) (t store.Team, known bool)
}

// User returns a user of the account: a candidate, or one that the Directory knows.
func (r Request) User(id store.UserID) (u store.User, known bool) {
	for _, c := range r.Candidates {
		if c.ID == id {
			return c, true
		}
	}
	if r.Directory == nil {
		return store.User{}, false
	}
	return r.Directory.User(id)
}

// Facts are what the conditions of package when look at.
func (r Request) Facts() *when.Facts {
	return &when.Facts{
		Inbox: r.Inbox, Conversation: r.Conversation, Contact: r.Contact, Message: r.Message, First: r.First, Reopened: r.Reopened, Now: r.Now,
	}
}

// Decision names those who are concerned. One that names nobody has no opinion: in
// [First] the next router is asked.
type Decision struct {
	Users []store.UserID
	Teams []store.TeamID

	// Keep leaves those who take part already, whoever is named besides.
	// Otherwise the named replace them.
	Keep bool

	Reason string // in plain words, for the team

	// Trace says what was tried on the way to the decision, in order. The engine
	// keeps the first [LongestTrace] steps with the conversation.
	Trace []store.RouteStep
}

// Named reports whether the decision names anybody.
func (d Decision) Named() bool { return len(d.Users)+len(d.Teams) > 0 }

// LongestTrace is how many steps of a Decision's Trace are kept.
const LongestTrace = 200
