package store

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// Message is one entry of a conversation: what the customer wrote, what was
// written to the customer, or a note among the team.
type Message struct {
	ID           MessageID
	Account      AccountID
	Conversation ConversationID
	Seq          int64 // place in the conversation, from 1, without gaps
	Direction    Direction
	Author       Author
	Text         string
	Extras       *Extras // nil if the message is text alone

	Channel    string // the channel's name; "" for a note
	ProviderID string // the provider's id, "" until known; unique within the channel
	From, To   channel.Address

	InboundCount int64 // how many messages the customer had written, this one included
	Opened       bool  // inbound: it opened or reopened the conversation

	Kind     compliance.Kind    // inbound: what it meant for consent; outbound: what it answers
	Rule     string             // inbound: what recognised it
	Purpose  compliance.Purpose // outbound: why it is sent
	Confirms compliance.EntryID // outbound: the ledger entry that it confirms
	Decision *compliance.Record // outbound: what the gate decided last, when it was queued or begun to be sent; nil if it was not asked

	State       State     // of an outbound message; "" otherwise
	StateAt     time.Time // since when
	DueAt       time.Time // for StateRetrying and StateDeferred: when next; for StateUnconfirmed: until when it may be settled by itself
	Attempts    int       // how often Channel.Send was called
	AttemptedAt time.Time // when it was called last, or zero
	Code        string    // the provider's error code
	Reason      string    // why it is in this state, in plain words
	Segments    int       // how many parts it had, 0 if unknown

	RequestKey string // the caller's own key of an outbound message or note; unique within the account if not ""
	CreatedAt  time.Time
	ErasedAt   time.Time // when Text, Extras and whatever else is personal was erased, or zero
	Version    int64
}

// Direction is which way a message goes.
type Direction string

// The directions.
const (
	Inbound  Direction = "in"
	Outbound Direction = "out"
	Note     Direction = "note" // stays with the team; no channel ever sees it
)

// Author is who wrote a message.
type Author struct {
	Kind AuthorKind
	User UserID // for ByUser
}

// AuthorKind is what kind of author wrote a message.
type AuthorKind string

// The kinds of authors.
const (
	ByCustomer  AuthorKind = "customer"
	ByUser      AuthorKind = "user"
	ByResponder AuthorKind = "responder"
	BySystem    AuthorKind = "system"
)

// Extras is what most messages don't have.
type Extras struct {
	Media     []channel.Media   `json:"media,omitempty"`
	Template  *channel.Template `json:"template,omitempty"`
	Location  *channel.Location `json:"location,omitempty"`
	Button    *channel.Button   `json:"button,omitempty"`
	ReplyTo   *channel.ReplyTo  `json:"reply_to,omitempty"`
	Referral  *channel.Referral `json:"referral,omitempty"`
	Forwarded bool              `json:"forwarded,omitempty"`
	Late      bool              `json:"late,omitempty"` // fetched by a backfill
	SentAt    time.Time         `json:"sent_at,omitzero"`
	Problems  []string          `json:"problems,omitempty"` // parts that could not be understood
	Raw       map[string]string `json:"raw,omitempty"`      // the provider's other parameters
	Plan                        // of an outbound message

	// Answerable is why the message goes though its customer may not want it, in
	// the words of whoever answers for it, its author; or "".
	Answerable string `json:"answerable,omitempty"`
}

// Plan is what a message is a part of, and when it is to be sent. The zero Plan is
// at once, and of nothing.
type Plan struct {
	// Programme is what the message is a part of that the contact can subscribe
	// to, see compliance.Reach; or "".
	Programme string `json:"programme,omitempty"`

	// NotBefore is the moment before which the message is not sent, or zero.
	NotBefore time.Time `json:"not_before,omitzero"`

	// Expires is the moment from which on it is of no use and not sent any more,
	// or zero.
	Expires time.Time `json:"expires,omitzero"`
}

// State is how far an outbound message has come.
type State string

// The states of an outbound message.
const (
	StateQueued      State = "queued"      // waits for its turn
	StateAttempting  State = "attempting"  // is being handed to the provider
	StateRetrying    State = "retrying"    // was certainly not sent; tried again at DueAt
	StateDeferred    State = "deferred"    // may not be sent before DueAt, or before a person has decided about the customer, which is done by DueAt
	StateUnconfirmed State = "unconfirmed" // may have been sent; not sent again unless somebody finds out or decides
	StateAccepted    State = "accepted"    // the provider has it
	StateSent        State = "sent"        // handed to the next carrier
	StateDelivered   State = "delivered"   // on the handset
	StateRead        State = "read"        // seen by the customer
	StateRejected    State = "rejected"    // the provider refused it
	StateFailed      State = "failed"      // did not arrive
	StateBlocked     State = "blocked"     // the gate refused it
	StateCanceled    State = "canceled"    // withdrawn before it was sent
)

// ProviderRef is a message as its provider names it.
type ProviderRef struct {
	Channel    string
	ProviderID string
}

// RequestRef is a message or note as its caller names it.
type RequestRef struct {
	Account AccountID
	Key     string
}

// MessageQuery selects messages of one conversation. With After they come in
// order of Seq ascending, otherwise descending from Before.
type MessageQuery struct {
	Conversation ConversationID
	After        int64 // only Seq above this; 0: not given
	Before       int64 // only Seq below this; 0: from the newest
	Limit        int   // at most so many, 1 or more
}

// Messages holds what was written.
type Messages interface {
	Messages(ids ...MessageID) ([]Message, error)
	MessagesFrom(refs ...ProviderRef) ([]Message, error)
	MessagesByRequest(account AccountID, keys ...string) ([]Message, error)
	ListMessages(q MessageQuery) ([]Message, error)
	// SearchMessages returns the newest first: by ID, descending. It is meant
	// for a View; an Update that searches holds up those that write.
	SearchMessages(q SearchQuery) ([]Message, error)
	// PutMessages fails with ErrDuplicate if another message has the same
	// place in its conversation, provider's id or request key.
	PutMessages(ms ...Message) error
}
