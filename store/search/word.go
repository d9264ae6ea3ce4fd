package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bounds of what is looked at, so that no text takes long.
const (
	maxText       = 16 << 10    // bytes of a text
	maxDecomposed = 3 * maxText // bytes that they become; more do those of no script
	maxWord       = 64          // bytes of a word

	longestDecomposition = 11 // times as long as a character, of the worst of them
)

// word is one word of a folded text.
type word struct {
	text    string
	dense   bool // of a script without spaces between words
	digits  bool // of nothing but digits
	apart   bool // there is a space, a line break or a quotation mark before it, or nothing
	grouped bool // between it and the word before is what groups the digits of a number
	plus    bool // there is a plus sign right before it
	trunk   bool // the zero in parentheses of a number with its country code, which is dialled at home instead
	quoted  int  // which pair of quotation marks it is in, from 1; 0: in none
}

// cut returns the beginning of a text, in whole characters as far as it has any.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for end := limit; end > limit-utf8.UTFMax; end-- {
		if utf8.RuneStart(s[end]) {
			return s[:end]
		}
	}
	return s[:limit]
}

// bounded returns the beginning of a text that counts. A few characters are
// decomposed to many, so that less of a text of nothing else does.
func bounded(text string) string {
	text = cut(text, maxText)
	if longestDecomposition*len(text) <= maxDecomposed {
		return text
	}
	decomposed := 0
	for i := 0; i < len(text); {
		size, becomes := 1, 1
		if text[i] >= utf8.RuneSelf {
			p := norm.NFKD.PropertiesString(text[i:])
			size = max(p.Size(), 1)
			becomes = max(len(p.Decomposition()), size)
		}
		if decomposed += becomes; decomposed > maxDecomposed {
			return text[:i]
		}
		i += size
	}
	return text
}

// wordsOf takes a text apart.
func wordsOf(text string) []word { return wordsIn(fold(bounded(text))) }

// wordsIn takes a folded text apart.
func wordsIn(folded string) []word {
	words := make([]word, 0, len(folded)/6+1)
	quotes, open := 0, false
	for i := 0; i < len(folded); {
		gap, apart := i, false
		for i < len(folded) && isBetween(folded[i]) {
			switch {
			case folded[i] == ' ', folded[i] == '\n':
				apart = true
			case folded[i] != '"':
			case open:
				open, apart = false, true
			case !isInside(folded[:i]):
				open, apart = true, true
				quotes++
			}
			i++
		}
		if i == len(folded) {
			break
		}
		between := folded[gap:i]
		w := word{apart: apart || gap == 0, grouped: len(words) > 0 && groupsDigits(between), plus: strings.HasSuffix(between, "+")}
		if open {
			w.quoted = quotes
		}
		start := i
		w.dense, w.digits = isDense(folded[i:]), true
		for i < len(folded) && !isBetween(folded[i]) {
			_, size := utf8.DecodeRuneInString(folded[i:])
			if isDense(folded[i:]) != w.dense {
				break
			}
			w.digits = w.digits && '0' <= folded[i] && folded[i] <= '9'
			i += size
		}
		w.text = folded[start:i]
		w.trunk = w.text == "0" && w.grouped && endsFirstGroup(words) && strings.HasSuffix(between, "(") && strings.HasPrefix(folded[i:], ")")
		words = append(words, w)
	}
	for i := len(words) - 1; open && i >= 0 && words[i].quoted == quotes; i-- {
		words[i].quoted = 0 // without a partner the mark says nothing
	}
	return words
}

// isBetween reports whether a byte of a folded text is part of no word.
func isBetween(b byte) bool {
	return b < utf8.RuneSelf && (b < '0' || '9' < b) && (b < 'a' || 'z' < b)
}

// isInside reports whether a quotation mark after this is none: it stands on a
// word, as for inches and in Hebrew abbreviations.
func isInside(folded string) bool {
	if folded == "" || isBetween(folded[len(folded)-1]) {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(folded)
	return !unicode.Is(dense, r)
}

// endsFirstGroup reports whether the last of the words is the first group of a
// number.
func endsFirstGroup(words []word) bool {
	n := len(words)
	return n > 0 && words[n-1].digits && (n == 1 || !words[n-1].grouped || !words[n-2].digits)
}

// groupsDigits reports whether this can be between two groups of digits of one
// number.
func groupsDigits(between string) bool {
	return 0 < len(between) && len(between) <= 3 && !strings.ContainsAny(between, "\"+,\n")
}

// isDense reports whether a folded text begins with a character of a script
// that puts no spaces between words.
func isDense(s string) bool {
	if s[0] < 0xe0 { // below U+0800
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(dense, r)
}

// dense are the scripts without spaces between words, roughly: with what they
// share with each other. Source: the Unicode Standard, blocks.
var dense = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x0e00, 0x0eff, 1}, // Thai, Lao
		{0x1000, 0x109f, 1}, // Burmese
		{0x1100, 0x11ff, 1}, // Hangul
		{0x1780, 0x17ff, 1}, // Khmer
		{0x2e80, 0x2fdf, 1}, // radicals
		{0x3005, 0x3007, 1}, // Japanese
		{0x3040, 0x30ff, 1},
		{0x3100, 0x312f, 1}, // Bopomofo
		{0x3130, 0x318f, 1}, // Hangul
		{0x31a0, 0x31bf, 1},
		{0x31f0, 0x31ff, 1},
		{0x3400, 0x4dbf, 1}, // Han
		{0x4e00, 0x9fff, 1},
		{0xa960, 0xa97f, 1}, // Hangul
		{0xac00, 0xd7ff, 1},
		{0xf900, 0xfaff, 1}, // Han
	},
	R32: []unicode.Range32{{0x1b000, 0x1b16f, 1}, {0x20000, 0x3ffff, 1}},
}
