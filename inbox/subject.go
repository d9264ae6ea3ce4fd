package inbox

import (
	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// subject is one of the things that changes are about: a conversation, a message,
// or a customer. Two changes that have one in common need the same records.
type subject struct {
	id       int64 // of a conversation or a message
	family   channel.Family
	identity string
}

func aboutConversation(id store.ConversationID) subject { return subject{id: int64(id)} }
func aboutMessage(id store.MessageID) subject           { return subject{id: int64(id)} }
func aboutCustomer(a channel.Address) subject {
	return subject{family: a.Family(), identity: a.Identity()}
}

// subjects are those of a change.
func (ch *change) subjects(yield func(subject) bool) {
	for _, e := range ch.expects {
		for _, s := range e.about {
			if !yield(s) {
				return
			}
		}
	}
}
