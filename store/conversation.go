package store

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Conversation is the thread between one customer's address and one inbox. It
// goes on for ever: closed, it is opened again by the customer's next message.
type Conversation struct {
	ID      ConversationID
	Account AccountID
	Inbox   InboxID
	Contact ContactID

	Channel string          // of the last inbound message
	Ours    channel.Address // where the customer wrote to last
	Theirs  channel.Address // the customer

	Status       Status
	SnoozedUntil time.Time // for Snoozed

	Users     []UserID // take part as persons
	Teams     []TeamID // take part as a whole
	ClaimedBy UserID   // who answers, or ""
	ClaimedAt time.Time

	LastSeq      int64     // number of the last message, 0 for none
	InboundCount int64     // how many messages the customer wrote
	LastAt       time.Time // when the last message came or was written
	LastInbound  time.Time // when the customer last wrote
	WaitingSince time.Time // since when the customer waits for a person, or zero
	Preview      string    // the beginning of the last message that was not a note

	CreatedAt time.Time
	Version   int64
}

// Thread is the unique key of a conversation.
func (c Conversation) Thread() Thread {
	return Thread{Account: c.Account, Inbox: c.Inbox, Family: c.Theirs.Family(), Identity: c.Theirs.Identity()}
}

// Thread is the unique key of a conversation: one customer in one inbox on one
// family of media.
type Thread struct {
	Account  AccountID
	Inbox    InboxID
	Family   channel.Family
	Identity string
}

// Status is where a conversation stands.
type Status string

// The statuses.
const (
	Open    Status = "open"
	Snoozed Status = "snoozed" // comes back by itself, or with the customer's next message
	Closed  Status = "closed"
)

// Position is a place in a list of conversations, newest first.
type Position struct {
	LastAt time.Time
	ID     ConversationID
}

// ConversationQuery selects conversations. Inboxes, User and Teams are
// alternatives: a conversation is selected if it is in one of the inboxes, or
// if the user or one of the teams takes part. If all three are empty, none is.
type ConversationQuery struct {
	Account AccountID
	Inboxes []InboxID
	User    UserID
	Teams   []TeamID

	Claimants []UserID // claimed by one of these, "" being nobody; nil: whoever
	Statuses  []Status // nil: any
	Before    Position // only what comes after this place; zero: from the newest
	Limit     int      // at most so many, 1 or more
}

// UnreadQuery selects conversations in which a user may have something to read.
// Inboxes, User and Teams are alternatives, as in a [ConversationQuery].
type UnreadQuery struct {
	Account AccountID
	Inboxes []InboxID
	User    UserID // whose marks count, too
	Teams   []TeamID

	Claimants []UserID  // claimed by one of these, "" being nobody; nil: whoever
	Shared    []InboxID // whose conversations are selected whoever has claimed them
	Status    Status    // only those that stand so
}

// ReadMark is how far a user has read a conversation.
type ReadMark struct {
	User         UserID
	Conversation ConversationID
	Seq          int64 // the last message read
	InboundCount int64 // the conversation's InboundCount at that message
}

// MarkRef is the key of a read mark.
type MarkRef struct {
	Account      AccountID
	User         UserID
	Conversation ConversationID
}

// Conversations holds threads and who has read what.
type Conversations interface {
	Conversations(ids ...ConversationID) ([]Conversation, error)
	ConversationsIn(threads ...Thread) ([]Conversation, error)
	// ListConversations returns the newest first: by LastAt, then ID, both
	// descending.
	ListConversations(q ConversationQuery) ([]Conversation, error)
	// PutConversations fails with ErrDuplicate for a second conversation of
	// one thread.
	PutConversations(cs ...Conversation) error

	// ReadMarks returns the user's marks in the conversations.
	ReadMarks(account AccountID, user UserID, cs ...ConversationID) ([]ReadMark, error)
	// CountUnread returns how many of the conversations have messages of the
	// customer that the user has not read: their InboundCount is larger than
	// that of the user's mark, or than 0 if there is none.
	CountUnread(q UnreadQuery) (int, error)
	// PutReadMarks sets marks, whatever was there.
	PutReadMarks(account AccountID, ms ...ReadMark) error
}
