package compliance

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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

// mentions reports whether a text has a name in it, however it is written: as whole
// words, and not within others.
func mentions(text, name string) bool {
	if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
		return false
	}
	text = strings.ToLower(text)
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			break
		}
		i += from
		if parted(text[:i], name) && parted(name, text[i+len(name):]) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		from = i + size
	}
	words, of := cutWords(text), cutWords(name)
	for i := range words {
		if len(of) > 0 && len(words)-i >= len(of) && slices.Equal(words[i:i+len(of)], of) {
			return true
		}
	}
	return false
}

// parted reports whether words end between two texts.
func parted(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	inWord := func(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	return before == "" || after == "" || !inWord(last) || !inWord(first) || spaceless(last) || spaceless(first)
}

// spaceless reports whether a letter is of a script that has no spaces between words.
func spaceless(r rune) bool {
	return unicode.In(r, unspaced...)
}
