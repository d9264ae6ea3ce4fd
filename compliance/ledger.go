package compliance

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Key is whose consent a ledger entry is about: a contact's identity within
// one account and one family of media. Spellings of one number have one key.
type Key struct {
	Account  string
	Family   channel.Family
	Identity string // see channel.Address.Identity
}

// KeyOf returns the key of an address within an account.
func KeyOf(account string, a channel.Address) Key {
	return Key{Account: account, Family: a.Family(), Identity: a.Identity()}
}

// EntryID identifies a ledger entry. Later entries have larger ids.
type EntryID int64

// Source is who or what brought a ledger entry about.
type Source string

// The sources.
const (
	FromContact  Source = "contact"  // the contact wrote it
	FromProvider Source = "provider" // the provider reported it
	FromOperator Source = "operator" // a person recorded it, with evidence
)

// Entry is one fact about consent. Entries are only ever added.
type Entry struct {
	ID         EntryID
	Key        Key
	Kind       Kind // OptOut or OptIn
	Source     Source
	OccurredAt time.Time // when the contact did it
	RecordedAt time.Time // when it was written down
	Text       string    // the contact's own words, or the provider's code
	Rule       string    // what recognised them
	Channel    string    // the channel's name
	Message    string    // our id of the message that brought it, or ""
	Actor      string    // the operator's user id, or ""
}

// State is what the ledger says about a key at one moment.
type State struct {
	OptedOut bool
	Since    time.Time // when the contact opted out, or in again; zero if neither ever happened
	Entry    EntryID   // the entry that decided it, or 0
	Source   Source
}

// Fold reads what holds from all entries of one key, in any order. The entry
// that occurred last decides; of two at the same moment the opt-out wins. So
// a START that is delivered late does not undo a STOP written after it.
func Fold(entries []Entry) State {
	var s State
	for _, e := range entries {
		if e.Kind != OptOut && e.Kind != OptIn {
			continue
		}
		out := e.Kind == OptOut
		switch {
		case s.Entry == 0, e.OccurredAt.After(s.Since):
		case e.OccurredAt.Before(s.Since):
			continue
		case out == s.OptedOut && e.ID < s.Entry: // the first of equals stands
		case out && !s.OptedOut:
		default:
			continue
		}
		s = State{OptedOut: out, Since: e.OccurredAt, Entry: e.ID, Source: e.Source}
	}
	return s
}
