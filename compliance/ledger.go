package compliance

import (
	"slices"
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
	Kind       Kind      `json:"kind"` // OptOut or OptIn; Ambiguous for what holds, Released for what holds no more
	Source     Source    `json:"source"`
	OccurredAt time.Time `json:"occurred_at"`        // when the contact did it
	RecordedAt time.Time `json:"recorded_at"`        // when it was written down
	SentAt     time.Time `json:"sent_at,omitzero"`   // when the contact wrote it by the provider's clock, or zero
	Text       string    `json:"text,omitempty"`     // the contact's own words, or the provider's code
	Via        Via       `json:"via,omitempty"`      // how they reached us, if not in a message on a channel of ours
	Evidence   string    `json:"evidence,omitempty"` // where the proof is, for what a person or a file has stated
	Reason     string    `json:"reason,omitempty"`   // why it was recorded, in the words of whoever did
	Request    string    `json:"request,omitempty"`  // by which a repetition of the record is known, or ""
	Rule       string    `json:"rule,omitempty"`     // what recognised them
	Channel    string    `json:"channel,omitempty"`  // the channel's name
	Message    string    `json:"message,omitempty"`  // our id of the message that brought it, or ""
	Actor      string    `json:"actor,omitempty"`    // the operator's user id, or ""
	Until      time.Time `json:"until,omitzero"`     // of what holds: when it is an opt-out unless somebody has decided; or zero
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

// State is what the ledger says about a key at one moment.
type State struct {
	OptedOut bool      `json:"opted_out"`
	Since    time.Time `json:"since,omitzero"`  // when the contact opted out, or in again; zero if neither ever happened
	Entry    EntryID   `json:"entry,omitempty"` // the entry that decided it, or 0
	Source   Source    `json:"source,omitempty"`
	Held     Hold      `json:"held,omitzero"` // none while the contact has opted out
}

// Fold reads what holds from all entries about one contact, in any order: those
// of one key, or of several that are known to be the same contact's. The entry
// that occurred last decides whether the contact has opted out; of two at the
// same moment the opt-out wins. So a START that is delivered late does not
// undo a STOP written after it.
//
// An opt-in that was imported ends no opt-out, whichever is older: what somebody
// else has noted is no act of the contact's.
//
// Saying the same again changes nothing: the state names the entry that was
// recorded first since the contact last said the opposite. So the confirmation
// of a STOP still confirms what stands after a second STOP.
//
// A message that a person has to decide about changes nothing of this. It is a
// [Hold] beside it, and never weakens an opt-out; see [Undecided] for what ends it.
func Fold(entries []Entry) State {
	entries = withoutVain(entries)
	var outs, ins latest
	for _, e := range entries {
		switch e.Kind {
		case OptOut:
			outs.add(e.OccurredAt)
		case OptIn:
			ins.add(e.OccurredAt)
		case None, Help, Ambiguous, Released:
		}
	}
	if !outs.any && !ins.any {
		return State{Held: holdOf(entries)}
	}
	kind := OptIn
	if outs.any && (!ins.any || !outs.at.Before(ins.at)) {
		kind = OptOut
	}
	var first *Entry
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Kind != kind:
		case kind == OptOut && ins.any && e.OccurredAt.Before(ins.at):
		case kind == OptIn && outs.any && !e.OccurredAt.After(outs.at):
		case first == nil, e.before(first):
			first = e
		}
	}
	s := State{OptedOut: kind == OptOut, Since: first.OccurredAt, Entry: first.ID, Source: first.Source}
	if !s.OptedOut {
		s.Held = holdOf(entries)
	}
	return s
}

// latest is the last of some moments.
type latest struct {
	at  time.Time
	any bool
}

func (l *latest) add(at time.Time) {
	if !l.any || at.After(l.at) {
		*l = latest{at, true}
	}
}

// withoutVain returns the entries without those opt-ins that were imported, if
// there is an opt-out.
func withoutVain(entries []Entry) []Entry {
	vain := func(e Entry) bool { return e.Kind == OptIn && e.Source == FromImport }
	if !slices.ContainsFunc(entries, vain) || !slices.ContainsFunc(entries, func(e Entry) bool { return e.Kind == OptOut }) {
		return entries
	}
	return slices.DeleteFunc(slices.Clone(entries), vain)
}
