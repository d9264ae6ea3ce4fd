package compliance

import (
	"slices"
	"strings"
)

// Say is what a message that sells must have in its text.
type Say string

// What there is to say.
const (
	SayName     Say = "name"      // who it is from
	SayStop     Say = "stop"      // how to opt out
	SayTag      Say = "tag"       // what it is marked with, see Jurisdiction.Tag
	SayTagFirst Say = "tag-first" // the same, at the beginning
)

var says = []Say{SayName, SayStop, SayTag, SayTagFirst}

// unsaid returns what a text lacks of what a row asks for, in words, or "".
func (j *Jurisdiction) unsaid(t *Table, m *Outgoing) string {
	for _, say := range j.MustSay {
		switch say {
		case SayName:
			if !mentions(m.Text, m.Brand) {
				return "the name of who it is from, " + quoted(m.Brand)
			}
		case SayStop:
			if !t.tellsHowToStop(m.Text) {
				return "how to opt out, like Reply STOP to opt out"
			}
		case SayTag:
			if !mentions(m.Text, j.Tag) {
				return "the tag " + j.Tag
			}
		case SayTagFirst:
			if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(m.Text)), strings.ToLower(j.Tag)) {
				return "the tag " + j.Tag + " at its beginning"
			}
		}
	}
	return ""
}

func quoted(name string) string {
	if name == "" {
		return "which is not set"
	}
	return name
}

// mentions reports whether a text has a name in it, however it is written.
func mentions(text, name string) bool {
	if name = strings.TrimSpace(name); name == "" {
		return false
	}
	if strings.Contains(strings.ToLower(text), strings.ToLower(name)) {
		return true
	}
	words, of := cutWords(text), cutWords(name)
	for i := range words {
		if len(of) > 0 && len(words)-i >= len(of) && slices.Equal(words[i:i+len(of)], of) {
			return true
		}
	}
	return false
}

// tellsHowToStop reports whether a text names a word that opts out, in any
// language, or two words that do, like opt out.
func (t *Table) tellsHowToStop(text string) bool {
	words := cutWords(text)
	for i, w := range words {
		if t.stops(w) || i+1 < len(words) && t.stops(w+" "+words[i+1]) {
			return true
		}
	}
	return false
}

// stops reports whether a keyword opts out.
func (t *Table) stops(name string) bool {
	f := t.words[name]
	return f != nil && slices.ContainsFunc(f.entries, func(e entry) bool { return e.Kind == OptOut })
}
