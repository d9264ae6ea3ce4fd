package compliance

import (
	"slices"
	"time"
)

// State is what the ledger says about a key at one moment. The zero State is that
// of a contact of whom it knows nothing.
type State struct {
	// Whether the contact has opted out of everything, and since when, or when they
	// opted in again. See Standing for each.
	OptedOut bool      `json:"opted_out"`
	Since    time.Time `json:"since,omitzero"`
	Entry    EntryID   `json:"entry,omitempty"`
	Source   Source    `json:"source,omitempty"`
	Last     time.Time `json:"last,omitzero"`
	Until    time.Time `json:"until,omitzero"`

	Held     Hold      `json:"held,omitzero"`      // none while the contact has opted out
	Voided   Void      `json:"voided,omitzero"`    // the number is somebody else's by now, or nobody's
	Asked    Ask       `json:"asked,omitzero"`     // we have asked the contact to opt in, and they have not answered
	Parts    []Part    `json:"parts,omitempty"`    // where a narrower word stands differently from the above, or may
	Consents []Consent `json:"consents,omitempty"` // to what sells, the oldest first
}

// Standing is whether a contact has opted out of something, and since when, or when
// they opted in again.
type Standing struct {
	OptedOut bool      `json:"opted_out"`
	Since    time.Time `json:"since,omitzero"`  // zero if neither ever happened
	Entry    EntryID   `json:"entry,omitempty"` // the entry that decided it, or 0
	Source   Source    `json:"source,omitempty"`

	// Last is when the contact last said so, who may have said it more than once.
	Last time.Time `json:"last,omitzero"`

	// Until is when an opt-in ends, or has ended, or zero if it does not end. Of
	// several it is that of the last to end.
	Until time.Time `json:"until,omitzero"`
}

// OptedIn reports whether the contact has opted in, and that holds at a moment.
func (s Standing) OptedIn(at time.Time) bool {
	return !s.OptedOut && s.Entry != 0 && (s.Until.IsZero() || at.Before(s.Until))
}

// Part is what stands about a part of what an account sends.
type Part struct {
	Reach
	Standing
}

// Void says that what was consented to at a number does not count any more, since
// the number is not the contact's: a wrong number, one that was given up. The zero
// Void is none.
type Void struct {
	Entry EntryID   `json:"entry"`
	Since time.Time `json:"since"`
}

// Stands reports whether there is one.
func (v Void) Stands() bool { return v.Entry != 0 }

// Ask is a question to opt in that is not answered. The zero Ask is none.
type Ask struct {
	Reach
	Entry    EntryID   `json:"entry"`
	Strength Strength  `json:"strength,omitempty"` // that the answer has
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"` // when a yes does not answer it any more
}

// Open reports whether a yes answers the question at a moment.
func (a Ask) Open(at time.Time) bool {
	return a.Entry != 0 && a.Since.Before(a.Until) && at.Before(a.Until)
}

// About returns what stands about a message with a purpose and of a programme,
// which may be "".
func (s State) About(p Purpose, programme string) Standing {
	about := reachOf(p, programme)
	for _, r := range []Reach{about, {Purpose: about.Purpose}} { // a programme that no word names is like those of no name
		if i := slices.IndexFunc(s.Parts, func(part Part) bool { return part.Same(r) }); i >= 0 {
			return s.Parts[i].Standing
		}
	}
	return s.whole()
}

// whole is what stands about everything.
func (s State) whole() Standing {
	return Standing{s.OptedOut, s.Since, s.Entry, s.Source, s.Last, s.Until}
}

// Equal reports whether states are the same, whatever the location of their times.
func (s State) Equal(other State) bool {
	return s.wholeEqual(other) &&
		slices.EqualFunc(s.Parts, other.Parts, func(a, b Part) bool { return a.Reach == b.Reach && a.equal(b.Standing) }) &&
		slices.EqualFunc(s.Consents, other.Consents, func(a, b Consent) bool {
			return a.Reach == b.Reach && a.Entry == b.Entry && a.Strength == b.Strength && a.Source == b.Source && a.Since.Equal(b.Since) && a.Until.Equal(b.Until)
		})
}

// wholeEqual compares all but parts and consents.
func (s State) wholeEqual(other State) bool {
	a, b := s.Asked, other.Asked
	return s.whole().equal(other.whole()) &&
		s.Held.Entry == other.Held.Entry && s.Held.Since.Equal(other.Held.Since) && s.Held.Until.Equal(other.Held.Until) &&
		s.Voided.Entry == other.Voided.Entry && s.Voided.Since.Equal(other.Voided.Since) &&
		a.Reach == b.Reach && a.Entry == b.Entry && a.Strength == b.Strength && a.Since.Equal(b.Since) && a.Until.Equal(b.Until)
}

func (s Standing) equal(other Standing) bool {
	return s.OptedOut == other.OptedOut && s.Entry == other.Entry && s.Source == other.Source &&
		s.Since.Equal(other.Since) && s.Last.Equal(other.Last) && s.Until.Equal(other.Until)
}
