package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold returns a text in the form in which texts are compared. Whatever is
// part of no word is ASCII in it: a quotation mark, one of the characters that
// group the digits of a number, a space, a line break, or a comma for all
// others.
func fold(text string) string {
	if isASCII(text) {
		return foldASCII(text)
	}
	text = strings.ToValidUTF8(text, ",")
	if hasLetteredSymbol(text) {
		text = letteredSymbols.Replace(text)
	}
	decomposed := norm.NFKD.String(text)
	folded := make([]byte, 0, len(decomposed))
	for _, r := range decomposed {
		folded = appendFolded(folded, r)
	}
	return norm.NFC.String(string(folded))
}

// letteredSymbols are symbols that would be decomposed to letters of the word
// that they stand on.
var letteredSymbols = strings.NewReplacer("™", ",", "℠", ",")

func hasLetteredSymbol(s string) bool { return strings.Contains(s, "™"[:2]) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func foldASCII(text string) string {
	folded := make([]byte, len(text))
	for i := range len(text) {
		folded[i] = ascii[text[i]]
	}
	return string(folded)
}

// ascii is the fold of ASCII.
var ascii = func() (table [utf8.RuneSelf]byte) {
	for c := range table {
		switch b := byte(c); {
		case 'A' <= b && b <= 'Z':
			table[c] = b + 'a' - 'A'
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9', strings.IndexByte(`"-()/.+`, b) >= 0:
			table[c] = b
		case '\n' <= b && b <= '\r':
			table[c] = '\n'
		case b == '\t', b == ' ':
			table[c] = ' '
		default:
			table[c] = ','
		}
	}
	return table
}()

func appendFolded(to []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		return append(to, ascii[r])
	}
	if s, ok := alike[r]; ok {
		return append(to, s...)
	}
	switch {
	case unicode.IsLetter(r):
		return utf8.AppendRune(to, unicode.ToLower(unicode.ToUpper(r)))
	case unicode.Is(accents, r) || unicode.Is(unicode.Cf, r): // part of what is before it
		return to
	case unicode.IsMark(r):
		return utf8.AppendRune(to, r)
	case unicode.Is(unicode.Nd, r):
		return append(to, digit(r))
	case unicode.Is(unicode.Nl, r):
		return utf8.AppendRune(to, unicode.ToLower(r))
	case r == '\u0085', r == '\u2028', r == '\u2029': // next line, line and paragraph separator
		return append(to, '\n')
	case unicode.IsSpace(r):
		return append(to, ' ')
	case unicode.Is(unicode.Quotation_Mark, r) && !unicode.Is(singleQuotes, r):
		return append(to, '"')
	case unicode.Is(unicode.Pd, r), r == '\u2212': // the minus sign
		return append(to, '-')
	}
	return append(to, ',')
}

// alike are letters that people type in place of each other, and that have no
// decomposition.
var alike = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l",
	'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d", 'þ': "th", 'Þ': "th", 'ħ': "h", 'Ħ': "h", 'ŧ': "t", 'Ŧ': "t", 'ı': "i", 'ȷ': "j",
	'ي': "ی", 'ى': "ی", 'ك': "ک", 'ة': "ه", 'ـ': "", // by the keyboards of Arabic and Persian, and the letter that only stretches
	'ʼ': ",", 'ʻ': ",", // apostrophes, though they are letters
}

// accents are the marks that people leave out. Marks of other scripts are
// vowels and the like, without which a word is another one.
var accents = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x0300, 0x036f, 1}, // of Latin, Greek and Cyrillic
		{0x0483, 0x0489, 1},
		{0x0591, 0x05bd, 1}, // of Hebrew
		{0x05bf, 0x05bf, 1},
		{0x05c1, 0x05c2, 1},
		{0x05c4, 0x05c5, 1},
		{0x05c7, 0x05c7, 1},
		{0x0610, 0x061a, 1}, // of Arabic
		{0x064b, 0x065f, 1},
		{0x0670, 0x0670, 1},
		{0x06d6, 0x06dc, 1},
		{0x06df, 0x06e4, 1},
		{0x06e7, 0x06e8, 1},
		{0x06ea, 0x06ed, 1},
		{0x1ab0, 0x1aff, 1},
		{0x1dc0, 0x1dff, 1},
		{0x20d0, 0x20ff, 1}, // around symbols
		{0xfe00, 0xfe0f, 1}, // choose how a character looks
		{0xfe20, 0xfe2f, 1},
	},
	R32: []unicode.Range32{{0xe0100, 0xe01ef, 1}},
}

// singleQuotes are quotation marks that stand in words too.
var singleQuotes = &unicode.RangeTable{R16: []unicode.Range16{{0x2018, 0x201b, 1}, {0x2039, 0x203a, 1}, {0xff07, 0xff07, 1}}}

// digit returns a decimal digit of any script in ASCII. Those of a script are
// in order, from zero.
func digit(r rune) byte {
	for _, x := range unicode.Nd.R16 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return '0' + byte((r-rune(x.Lo))%10)
		}
	}
	for _, x := range unicode.Nd.R32 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return '0' + byte((r-rune(x.Lo))%10)
		}
	}
	return '0'
}
