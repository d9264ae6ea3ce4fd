package compliance

import "strings"

// Reach is what a contact's word is about, or what a message is: a purpose and a
// programme. The zero Reach of a word is everything that an account sends to a
// key; a STOP has it unless the contact names less.
type Reach struct {
	// Purpose is Marketing, for a word that is about what sells alone, or "" for
	// every purpose.
	Purpose Purpose `json:"purpose,omitempty"`

	// Programme names what the contact has subscribed to, in the host's own words,
	// like "newsletter", or is "" for every programme. Whether its letters are
	// capitals makes no difference.
	Programme string `json:"programme,omitempty"`
}

// Covers reports whether all that another reach is about is a part of what r is
// about.
func (r Reach) Covers(other Reach) bool {
	return (r.Purpose == "" || r.Purpose == other.Purpose) && (r.Programme == "" || strings.EqualFold(r.Programme, other.Programme))
}

// Same reports whether reaches are about the same.
func (r Reach) Same(other Reach) bool {
	return r.Purpose == other.Purpose && strings.EqualFold(r.Programme, other.Programme)
}

// InWords says it for people.
func (r Reach) InWords() string {
	what := "everything"
	if r.Purpose != "" {
		what = string(r.Purpose)
	}
	if r.Programme != "" {
		what += " of " + r.Programme
	}
	return what
}

// reachOf is what a message with a purpose is about: of purposes, words tell apart
// only what sells and the rest.
func reachOf(p Purpose, programme string) Reach {
	r := Reach{Programme: programme}
	if p == Marketing {
		r.Purpose = Marketing
	}
	return r
}
