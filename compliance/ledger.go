package compliance

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Key is whose consent a ledger entry is about: a contact's identity within
// one account and one family of media. Spellings of one number have one key.
type Key struct {
	Account  string         `json:"account"`
	Family   channel.Family `json:"family"`
	Identity string         `json:"identity"` // see channel.Address.Identity
}

// KeyOf returns the key of an address within an account.
func KeyOf(account string, a channel.Address) Key {
	return Key{Account: account, Family: a.Family(), Identity: a.Identity()}
}

// EntryID identifies a ledger entry.
type EntryID int64

// Source is who or what brought a ledger entry about.
type Source string

// The sources.
const (
	FromContact  Source = "contact"  // the contact wrote it
	FromProvider Source = "provider" // the provider reported it
	FromOperator Source = "operator" // a person recorded it, with evidence
	FromImport   Source = "import"   // a file had it, see [StatementReader]
	FromDeadline Source = "deadline" // nobody decided in time about a message that held
)

// Entry is one fact about consent. Entries are only ever added.
type Entry struct {
	ID         EntryID   `json:"id"`
	Key        Key       `json:"key"`
	Kind       Kind      `json:"kind"` // all but None and Help
	Source     Source    `json:"source"`
	Reach                // what an opt-out, an opt-in or a question is about; zero is everything
	Strength   Strength  `json:"strength,omitempty"`   // of an opt-in, or of the one that is asked for
	OccurredAt time.Time `json:"occurred_at"`          // when the contact did it
	RecordedAt time.Time `json:"recorded_at"`          // when it was written down
	SentAt     time.Time `json:"sent_at,omitzero"`     // when the contact wrote it by the provider's clock, or zero
	Text       string    `json:"text,omitempty"`       // the contact's own words, or the provider's code
	Disclosure string    `json:"disclosure,omitempty"` // what the contact was told and asked, word for word, if that is known
	Via        Via       `json:"via,omitempty"`        // how they reached us, if not in a message on a channel of ours
	Evidence   string    `json:"evidence,omitempty"`   // where the proof is, for what a person or a file has stated
	Reason     string    `json:"reason,omitempty"`     // why it was recorded, in the words of whoever did, or of the provider
	Request    string    `json:"request,omitempty"`    // by which a repetition of the record is known, or ""
	Rule       string    `json:"rule,omitempty"`       // what recognised them, in words of ours: it is kept when what is personal is erased
	Channel    string    `json:"channel,omitempty"`    // the channel's name
	Message    string    `json:"message,omitempty"`    // our id of the message that brought it, or ""
	Actor      string    `json:"actor,omitempty"`      // the operator's user id, or ""
	Until      time.Time `json:"until,omitzero"`       // when what holds is an opt-out unless somebody has decided, an opt-in ends by itself, or a question is not open any more; or zero
	Link       Link      `json:"link"`
}

// before reports whether an entry was recorded before another of the same key:
// ids alone don't tell if processes draw them side by side.
func (e *Entry) before(other *Entry) bool {
	if e.Key == other.Key && e.Link.Seq != other.Link.Seq {
		return e.Link.Seq < other.Link.Seq // the older ones have no place
	}
	return e.ID < other.ID
}
