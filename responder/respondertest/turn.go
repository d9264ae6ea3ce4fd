package respondertest

import (
	"github.com/teaminbox/teaminbox/internal/kit"
	"github.com/teaminbox/teaminbox/responder"
)

// Turn returns the turn of a customer's first message, and lets each of change
// alter it. Dave, a customer, writes by SMS to an inbox whose FirstReply is
// "Thanks for writing to shop 0.", on a Wednesday at 15:00 UTC. Turns share no
// memory.
func Turn(text string, change ...func(*responder.Turn)) responder.Turn {
	t := turn(kit.Arrive(0, text))
	for _, c := range change {
		c(&t)
	}
	return t
}

func turn(a kit.Arrival) responder.Turn {
	return kit.Fresh(responder.Turn{
		Inbox: a.Inbox, Conversation: a.Conversation, Contact: a.Contact, Message: a.Message,
		First: a.First, Reopened: a.Reopened, Now: a.Now,
	})
}
