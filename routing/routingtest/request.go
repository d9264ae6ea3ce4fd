package routingtest

import (
	"github.com/teaminbox/teaminbox/internal/kit"
	"github.com/teaminbox/teaminbox/routing"
)

// Request returns the request for a customer's first message, and lets each of
// change alter it. Dave, a customer, writes by SMS to an inbox behind which
// stands the team "support-0" with the licensed members alice, bob and carol,
// on a Wednesday at 15:00 UTC. Requests share no memory.
func Request(text string, change ...func(*routing.Request)) routing.Request {
	r := request(kit.Arrive(0, text))
	for _, c := range change {
		c(&r)
	}
	return r
}

func request(a kit.Arrival) routing.Request {
	return kit.Fresh(routing.Request{
		Inbox: a.Inbox, Conversation: a.Conversation, Contact: a.Contact, Message: a.Message,
		First: a.First, Reopened: a.Reopened, Candidates: a.Candidates, Now: a.Now,
	})
}
