package store

import (
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

// Event is something that happened. The live stream, the alerts, the audit
// trail and the reports come from events.
type Event struct {
	Cursor       Cursor // given by the Store
	Account      AccountID
	Type         EventType
	At           time.Time
	Inbox        InboxID
	Conversation ConversationID
	Message      MessageID
	Actor        Author // who did it
	Detail       Detail
}

// Detail is what only some events have.
type Detail struct {
	Users   []UserID  `json:"users,omitempty"`   // whom it concerns
	Teams   []TeamID  `json:"teams,omitempty"`   // which teams it concerns
	Removed []UserID  `json:"removed,omitempty"` // whom it concerns no longer
	State   State     `json:"state,omitempty"`   // a message's state
	Status  Status    `json:"status,omitempty"`  // a conversation's status
	Seq     int64     `json:"seq,omitempty"`     // a message's place, or how far was read
	Code    string    `json:"code,omitempty"`    // a provider's error code
	Reason  string    `json:"reason,omitempty"`  // why, in plain words
	Until   time.Time `json:"until,omitzero"`    // when it ends by itself

	// What a word about consent is about, if it is not everything.
	Purpose   compliance.Purpose `json:"purpose,omitempty"`
	Programme string             `json:"programme,omitempty"`

	Trace []RouteStep `json:"trace,omitempty"` // of ConversationRouted: what was tried
}

// RouteStep is a step on the way to the decision who is concerned by a message.
type RouteStep struct {
	Tried  string `json:"tried"`  // in plain words: a rule, a condition, a router
	Result string `json:"result"` // what came of it
}

// EventType says what happened.
type EventType string

// The types of events. Detail fields are named where one is always set.
const (
	MessageReceived  EventType = "message.received"  // Seq
	MessageCompleted EventType = "message.completed" // Seq: its webhook came after it was fetched
	MessageQueued    EventType = "message.queued"    // Seq, State: somebody answered
	MessageState     EventType = "message.state"     // State
	NoteAdded        EventType = "note.added"        // Seq
	Alerted          EventType = "alert"             // Users: who should look now

	ConversationOpened   EventType = "conversation.opened"   // the customer's first message
	ConversationReopened EventType = "conversation.reopened" // by the customer or a person
	ConversationClosed   EventType = "conversation.closed"
	ConversationSnoozed  EventType = "conversation.snoozed"  // Until
	ConversationRouted   EventType = "conversation.routed"   // Users, Teams, Reason, Trace
	ConversationAssigned EventType = "conversation.assigned" // Users, Teams, Removed: by a person
	ConversationClaimed  EventType = "conversation.claimed"  // Users: who was removed by it
	ConversationReleased EventType = "conversation.released" // Users: who can take it again
	ConversationRead     EventType = "conversation.read"     // Seq
	ConversationErased   EventType = "conversation.erased"   // its words are gone, which were kept for as long as they had to be

	ContactOptedOut    EventType = "contact.opted_out"    // Reason: of everything
	ContactOptedIn     EventType = "contact.opted_in"     // Reason: to everything again, but what is stopped apart
	ContactPartStopped EventType = "contact.part_stopped" // Reason, Purpose or Programme: of what we send, this alone
	ContactPartResumed EventType = "contact.part_resumed" // Reason, Purpose or Programme; it is no consent by itself
	ContactVoided      EventType = "contact.voided"       // Reason: the address is not the contact's any more
	ContactHeld        EventType = "contact.held"         // Reason, Until: a person has to decide whether Message is an opt-out
	ContactReleased    EventType = "contact.released"     // Reason: it is none; Until: of another message that still waits
	ContactErased      EventType = "contact.erased"       // what is personal is gone from the conversation, or about to go

	StrayReceived EventType = "stray.received" // Reason
	StrayResolved EventType = "stray.resolved"

	TaskSetAside EventType = "task.set_aside" // Reason
	TaskRequeued EventType = "task.requeued"
)

// EventQuery selects events of an account, or of one of its conversations.
type EventQuery struct {
	Account      AccountID
	Conversation ConversationID // 0: all
	After        Cursor
	Limit        int // at most so many, 1 or more
}

// Events holds what happened, in the order of commits. A reader that goes on
// from the cursor of the last event it got misses none and gets none twice,
// and is not held up by a transaction that writes no events.
type Events interface {
	// AppendEvents adds events. Their cursors are given at the commit.
	AppendEvents(es ...Event) error
	// Events returns events after a cursor, in order. It fails with
	// ErrExpired if events of the account after the cursor have been deleted,
	// whichever conversation they were of.
	Events(q EventQuery) ([]Event, error)
	// LastEvent returns the cursor of the account's last event, even if it has
	// been deleted since, or 0.
	LastEvent(account AccountID) (Cursor, error)
	// DeleteEvents deletes the account's events up to a cursor.
	DeleteEvents(account AccountID, through Cursor) error
	// EraseReasons takes the Reason and the Trace, which may quote somebody, out of the details
	// of the events that a query selects, and returns the cursor of the last of
	// them, or 0 if it selects none. That events have been deleted is no error.
	EraseReasons(q EventQuery) (Cursor, error)
}
