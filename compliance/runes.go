package compliance

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"
)

// runeKind is what a character does to the words around it.
type runeKind uint8

const (
	parts     runeKind = iota // white space, symbols: what stands on both sides are two words
	forms                     // a letter, digit or vowel sign: a part of a word
	alone                     // a character of a script without spaces: a word by itself
	hidden                    // has no shape: leaves the word that it stands in as it is
	ends                      // ends a sentence
	asks                      // ends a question
	pauses                    // ends a clause
	joins                     // an apostrophe: may belong to the word
	pictures                  // an emoji
	vietnames                 // a letter that only Vietnamese has
)

// charted is how many characters have a row in the chart: two planes, in which
// nearly everything is written. Those above are looked up one by one.
const charted = 0x20000

// folded is how many characters fold by the chart: Latin, Greek, Cyrillic,
// Hebrew, Arabic and Devanagari are below it.
const folded = 0x2000

// chart knows the characters. It is built once, as looking them up in the
// tables of package unicode takes fifty times as long.
type chart struct {
	kind [charted]runeKind
	fold [folded]rune // in lower case and without accents

	lower [folded]rune
	latin [folded]bool

	// plain are the compatibility forms of the characters that have one, by
	// pages: finding them out takes ten times as long.
	plain [decomposed / page][]string
}

// decomposed is where the characters with a compatibility form end.
const decomposed = 0x30000

// page is how many characters are on a page of the chart.
const page = 256

// styled are the blocks of characters that have compatibility forms and that
// people write in, or write for show.
var styled = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00a0, Hi: 0x02ff, Stride: 1}, {Lo: 0x0e00, Hi: 0x0fff, Stride: 1}, {Lo: 0x1d00, Hi: 0x1dff, Stride: 1}, {Lo: 0x2000, Hi: 0x24ff, Stride: 1},
		{Lo: 0x3100, Hi: 0x33ff, Stride: 1}, {Lo: 0xa600, Hi: 0xa7ff, Stride: 1}, {Lo: 0xf900, Hi: 0xffef, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1d400, Hi: 0x1d7ff, Stride: 1}, {Lo: 0x1ee00, Hi: 0x1f2ff, Stride: 1}, {Lo: 0x2f800, Hi: 0x2fa1f, Stride: 1}},
}

// longestPlain is how many bytes a compatibility form has at most. Longer ones
// are whole sentences: there are some of eighteen letters, and with them a text
// that is eleven times as long as it seems.
const longestPlain = 6

var theChart = sync.OnceValue(newChart)

func newChart() *chart {
	c := new(chart)
	c.fillKinds()
	for r := range rune(folded) {
		c.fold[r], c.lower[r], c.latin[r] = foldOf(r), unicode.ToLower(r), unicode.Is(unicode.Latin, r)
		if c.kind[r] == forms && vietnamese(r) {
			c.kind[r] = vietnames
		}
	}
	rangetable.Visit(styled, c.addPlain)
	return c
}

// fillKinds notes what kindOf returns, in the reverse order of its questions. It
// takes a tenth of the time of asking for each character.
func (c *chart) fillKinds() {
	fill := func(k runeKind, tables ...*unicode.RangeTable) {
		for _, t := range tables {
			for _, r := range t.R16 {
				for i := rune(r.Lo); i <= rune(r.Hi); i += rune(r.Stride) {
					c.kind[i] = k
				}
			}
			for _, r := range t.R32 {
				for i := r.Lo; i <= r.Hi && i < charted; i += r.Stride {
					c.kind[i] = k
				}
			}
		}
	}
	fill(pictures, unicode.So)
	fill(forms, unicode.L, unicode.Nd, unicode.M)
	fill(alone, unspaced...)
	fill(hidden, invisible...)
	fill(hidden, marks)
	fill(parts, unicode.White_Space)
	for r := range rune(' ') {
		c.kind[r] = parts
	}
	for r := firstSkin; r <= lastSkin; r++ {
		c.kind[r] = hidden
	}
	for _, r := range shaped {
		c.kind[r] = kindOf(r)
	}
}

// shaped are the characters that kindOf knows one by one.
var shaped = []rune(".!;\n\u2028\u2029。।۔¡¿?؟,:—–،、|'’‘ʼ`\u2800")

const firstSkin, lastSkin rune = 0x1f3fb, 0x1f3ff

// invisible are characters that have no shape.
var invisible = []*unicode.RangeTable{unicode.Cf, unicode.Me, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector}

// addPlain notes the compatibility form of a character.
func (c *chart) addPlain(r rune) {
	var buf [utf8.UTFMax]byte
	bare := norm.NFKC.Properties(utf8.AppendRune(buf[:0], r)).Decomposition()
	if bare == nil {
		return
	}
	form := " "
	switch {
	case norm.NFC.QuickSpan(bare) < len(bare): // some are written as one again
		if form = norm.NFC.String(string(bare)); form == string(r) {
			return
		}
		if len(form) > longestPlain {
			form = " "
		}
	case len(bare) <= longestPlain:
		form = string(bare)
	}
	if c.plain[r/page] == nil {
		c.plain[r/page] = make([]string, page)
	}
	c.plain[r/page][r%page] = form
}

// unstyled appends a text with its characters in their compatibility forms, if
// they are in the chart.
func (c *chart) unstyled(dst []byte, text string) []byte {
	for _, r := range text {
		if r < decomposed {
			if on := c.plain[r/page]; on != nil && on[r%page] != "" {
				dst = append(dst, on[r%page]...)
				continue
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func (c *chart) kindOf(r rune) runeKind {
	if r < charted {
		return c.kind[r]
	}
	return kindOf(r)
}

// unspaced are the scripts that put no spaces between words, or few that can
// be relied on.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// marks are accents that are put on letters of any script; those of Indian and
// Thai letters are vowels and stay.
var marks = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0300, Hi: 0x036f, Stride: 1}, {Lo: 0x0483, Hi: 0x0489, Stride: 1}, {Lo: 0x0591, Hi: 0x05bd, Stride: 1},
	{Lo: 0x05bf, Hi: 0x05bf, Stride: 1}, {Lo: 0x05c1, Hi: 0x05c2, Stride: 1}, {Lo: 0x05c4, Hi: 0x05c5, Stride: 1},
	{Lo: 0x0610, Hi: 0x061a, Stride: 1}, {Lo: 0x0640, Hi: 0x0640, Stride: 1}, {Lo: 0x064b, Hi: 0x065f, Stride: 1},
	{Lo: 0x0670, Hi: 0x0670, Stride: 1}, {Lo: 0x06d6, Hi: 0x06dc, Stride: 1}, {Lo: 0x093c, Hi: 0x093c, Stride: 1},
	{Lo: 0x1ab0, Hi: 0x1aff, Stride: 1}, {Lo: 0x1dc0, Hi: 0x1dff, Stride: 1}, {Lo: 0x20d0, Hi: 0x20ff, Stride: 1},
	{Lo: 0xfe20, Hi: 0xfe2f, Stride: 1},
}}

func kindOf(r rune) runeKind {
	switch r {
	case '.', '!', ';', '\n', '\u2028', '\u2029', '。', '।', '۔', '¡', '¿':
		return ends
	case '?', '؟':
		return asks
	case ',', ':', '—', '–', '،', '、', '|':
		return pauses
	case '\'', '’', '‘', 'ʼ', '`':
		return joins
	case '\u2800': // the blank of Braille
		return parts
	}
	switch {
	case r < ' ' || unicode.IsSpace(r):
		return parts
	case unicode.Is(marks, r), unicode.In(r, invisible...):
		return hidden
	case firstSkin <= r && r <= lastSkin:
		return hidden
	case unicode.In(r, unspaced...):
		return alone
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
		return forms
	case unicode.Is(unicode.So, r):
		return pictures
	}
	return parts
}

// foldOf returns a character in lower case and without its accent. It is what
// people type who have no key for the accent, or no patience.
func foldOf(r rune) rune {
	switch r {
	case 'İ', 'ı':
		return 'i' // what a Turkish keyboard makes of QUIT and quit
	case 'й', 'Й', 'ї', 'Ї', 'ў', 'Ў':
		return unicode.ToLower(r) // letters of their own
	case 'ł', 'Ł':
		return 'l'
	case 'ø', 'Ø':
		return 'o'
	case 'đ', 'Đ':
		return 'đ'
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ى', 'ی', 'ئ':
		return 'ي'
	case 'ة':
		return 'ه'
	case 'ک':
		return 'ك'
	case 'ؤ':
		return 'و'
	case 'ς':
		return 'σ'
	case 'ँ':
		return 'ं'
	}
	r = unicode.ToLower(r)
	if unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		base, _ := utf8.DecodeRune(decompose(r))
		return base
	}
	return r
}

// decompose returns a letter and the accents that are on it.
func decompose(r rune) []byte {
	var buf [utf8.UTFMax]byte
	char := utf8.AppendRune(buf[:0], r)
	if apart := norm.NFD.Properties(char).Decomposition(); apart != nil {
		return apart
	}
	return slices.Clone(char)
}

// vietnamese reports whether a letter is one that only Vietnamese has. In its
// words accents tell meanings apart (dừng: stop, đúng: right), so they stay.
func vietnamese(r rune) bool {
	r = unicode.ToLower(r)
	switch r {
	case 'đ', 'ơ', 'ư':
		return true
	}
	if !unicode.Is(unicode.Latin, r) {
		return false
	}
	accents := 0
	for i, part := range string(decompose(r)) {
		switch {
		case i == 0:
		case part == 0x309 || part == 0x323 || part == 0x31b: // hook above, dot below, horn
			return true
		default:
			accents++
		}
	}
	return accents > 1
}

// ligature returns the letters that a letter is made of, or "" if it is one.
func ligature(r rune) string {
	switch r {
	case 'ß', 'ẞ':
		return "ss"
	case 'æ', 'Æ':
		return "ae"
	case 'œ', 'Œ':
		return "oe"
	}
	return ""
}
