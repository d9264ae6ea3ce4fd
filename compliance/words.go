package compliance

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// longestText bounds the text that is looked at, in bytes. No medium
	// carries a longer one: WhatsApp allows 4096 characters.
	longestText = 4 * 4096

	// longestWords bounds the words of a text that may be keywords, in bytes:
	// a STOP that somebody pasted fifty times.
	longestWords = 256
)

// appendWords appends the words of a text to dst, as the keyword table has
// them: in lower case, with one space between two. It reports false if there
// are too many words for dst's capacity, so that the text is no keyword.
//
// A word is a run of letters and digits. What can't be seen (zero width,
// direction marks, fillers) does not part it, and neither do marks that belong
// to no letter, like those of a struck-out text; everything else does.
// Letters with an accent stay what they are: stóp is Polish for "of feet".
func appendWords(dst []byte, text string) ([]byte, bool) {
	if len(text) > longestText {
		return dst, false
	}
	text = norm.NFKC.String(text) // the same string if nothing changes
	gap := false
	for first := true; text != ""; first = false {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if quoted(line) {
			continue
		}
		if !first && signs(line) {
			break
		}
		gap = true
		for _, r := range line {
			switch {
			case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			case 'A' <= r && r <= 'Z':
				r += 'a' - 'A'
			case r < utf8.RuneSelf:
				gap = true
				continue
			case invisible(r):
				continue
			case r == 'İ' || r == 'ı':
				r = 'i' // what a Turkish keyboard makes of QUIT and quit
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				r = unicode.ToLower(r)
			default:
				gap = true
				continue
			}
			if len(dst)+1+utf8.UTFMax > cap(dst) {
				return dst, false
			}
			if gap && len(dst) > 0 {
				dst = append(dst, ' ')
			}
			gap = false
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst, true
}

// invisible reports whether a character leaves the word that it stands in as
// it is: it has no shape, or marks a letter that has no such accent.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point)
}

// quoted reports whether a line repeats what somebody else wrote.
func quoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), ">") }

// signs reports whether a line begins a signature.
func signs(line string) bool {
	line = strings.TrimSpace(line)
	for _, prefix := range []string{"sent from my ", "envoyé de mon "} {
		if len(line) >= len(prefix) && strings.EqualFold(line[:len(prefix)], prefix) {
			return true
		}
	}
	return line == "--" || line == "—"
}
