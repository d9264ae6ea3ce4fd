package compliance

import "time"

// Record is a [Decision] as it is kept with the message that it was about: why
// this text was sent, or was not.
type Record struct {
	At        time.Time `json:"at"`           // by the clock of the engine that asked
	For       time.Time `json:"for,omitzero"` // the moment that was decided about, if it is not At: of what is to be sent later
	Verdict   Verdict   `json:"verdict"`
	Reason    string    `json:"reason"`
	Until     time.Time `json:"until,omitzero"`      // for Defer and NeedsHuman, see Decision.Until
	Entry     EntryID   `json:"entry,omitempty"`     // the ledger entry that decided what stood, or 0 if there was none
	Purpose   Purpose   `json:"purpose,omitempty"`   // that the message counted as, if that is not the one that it was given
	Consent   EntryID   `json:"consent,omitempty"`   // the consent that it went with, or 0
	Version   string    `json:"version,omitempty"`   // of the tables that were read
	Local     string    `json:"local,omitempty"`     // the recipient's time, and where that is known from
	Registers []Listing `json:"registers,omitempty"` // what registers have answered
}

// RecordOf returns a decision as it is kept: what was decided about a message at a
// moment while a state stood.
func RecordOf(d Decision, s State, m Outgoing, at time.Time) *Record {
	r := &Record{At: at, Verdict: d.Verdict, Reason: d.Reason, Until: d.Until, Consent: d.Consent, Version: d.Version, Local: d.Local, Registers: m.Listings}
	if d.Purpose != m.Purpose {
		r.Purpose = d.Purpose
	}
	p := d.Purpose
	if p == "" {
		p = m.Purpose
	}
	r.Entry = s.About(p, m.Programme).Entry
	if s.Held.Stands() {
		r.Entry = s.Held.Entry
	}
	return r
}
