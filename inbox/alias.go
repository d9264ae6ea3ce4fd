package inbox

import "github.com/teaminbox/teaminbox/store"

// The nouns that a host names most.
type (
	AccountID      = store.AccountID
	InboxID        = store.InboxID
	TeamID         = store.TeamID
	UserID         = store.UserID
	ConversationID = store.ConversationID
	MessageID      = store.MessageID
	Conversation   = store.Conversation
	Message        = store.Message
	Contact        = store.Contact
	User           = store.User
	Team           = store.Team
	Event          = store.Event
	Cursor         = store.Cursor
)

// DefaultAccount is the account of a host that has only one.
const DefaultAccount = store.DefaultAccount
