package compliance

import (
	"slices"
	"time"
)

// Strength is how strong an opt-in is as a consent to what sells. It is stated, not
// guessed: the same box on a form may or may not have been about that.
type Strength string

// The strengths.
const (
	// NotMarketing is an opt-in that is enough for what does not sell: the contact
	// may be written to again, or at all.
	NotMarketing Strength = ""

	// Express is a consent that the contact has said or ticked, knowing that it is
	// about marketing.
	Express Strength = "express"

	// ExpressWritten is one that they have signed, on paper or electronically: a
	// form, a text, a key pressed, with the disclosure that the law asks for. It is
	// prior express written consent in the sense of 47 CFR 64.1200(f)(9).
	ExpressWritten Strength = "express_written"
)

var strengths = []Strength{NotMarketing, Express, ExpressWritten}

// AtLeast reports whether a strength is another or more.
func (s Strength) AtLeast(other Strength) bool {
	return slices.Index(strengths, s) >= slices.Index(strengths, other)
}

// asked is the least strength that a model of consent lets marketing go with. It
// is never nothing: that a contact has not refused, or is a customer, is no consent
// that anybody could show.
func (m ConsentModel) asked() Strength {
	if m == ConsentExpressWritten {
		return ExpressWritten
	}
	return Express
}

// Consent is an opt-in to what sells that nothing has ended but, perhaps, time.
type Consent struct {
	Reach
	Entry    EntryID   `json:"entry"`
	Strength Strength  `json:"strength"`
	Source   Source    `json:"source"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until,omitzero"` // or zero
}

// Live reports whether a consent holds at a moment.
func (c Consent) Live(at time.Time) bool { return c.Until.IsZero() || at.Before(c.Until) }

// Consent returns the consent that a marketing message of a programme could rely on
// at a moment: the strongest, and of those of one strength the oldest. It reports
// false if there is none. Whether the contact has opted out is not its question.
func (s State) Consent(programme string, at time.Time) (Consent, bool) {
	var best Consent
	for _, c := range s.Consents {
		switch {
		case !c.Live(at) || !c.Covers(Reach{Marketing, programme}):
		case best.Entry == 0, best.Strength != c.Strength && c.Strength.AtLeast(best.Strength), best.Strength == c.Strength && c.Since.Before(best.Since):
			best = c
		}
	}
	return best, best.Entry != 0
}
