package compliance

import "time"

// Record is a [Decision] as it is kept with the message that it was about: why
// this text was sent, or was not.
type Record struct {
	At      time.Time `json:"at"` // by the clock of the engine that asked
	Verdict Verdict   `json:"verdict"`
	Reason  string    `json:"reason"`
	Until   time.Time `json:"until,omitzero"`  // for Defer and NeedsHuman, see Decision.Until
	Entry   EntryID   `json:"entry,omitempty"` // the ledger entry that decided what stood, or 0 if there was none
}

// RecordOf returns a decision as it is kept: what was decided at a moment while
// a state stood.
func RecordOf(d Decision, s State, at time.Time) *Record {
	r := &Record{At: at, Verdict: d.Verdict, Reason: d.Reason, Until: d.Until, Entry: s.Entry}
	if s.Held.Stands() {
		r.Entry = s.Held.Entry
	}
	return r
}
