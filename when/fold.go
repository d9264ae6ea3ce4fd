package when

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longestText bounds the text that is looked at, in bytes. No medium carries a
// longer one: WhatsApp allows 4096 characters.
const longestText = 4 * 4096

// fold returns the words of a text in lower case and without accents, with a space
// before, between and after them.
func fold(text string) string {
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "")
	}
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteByte(' ')
	space := true
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r), r == '\'', r == '’':
			// Accents, what can't be seen, and what stands within words: don't.
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mc, r), unicode.Is(unicode.So, r):
			b.WriteRune(unicode.ToLower(r))
			space = false
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	if !space {
		b.WriteByte(' ')
	}
	return b.String()
}

// unspaced are the scripts that put no spaces between words: any part of a text may
// be one.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// phrase is words to look for in a folded text, with the spaces that must be around
// them.
func phrase(words string) string {
	p := fold(words)
	if strings.ContainsFunc(p, func(r rune) bool { return unicode.In(r, unspaced...) }) {
		return strings.TrimSpace(p)
	}
	return p
}
