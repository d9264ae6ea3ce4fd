package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// traced is a text that was made of another one, piece by piece.
type traced struct {
	text   string
	pieces []piece // in their order; nil: each byte was made of one
}

// piece says where a piece ends in the text, and what it was made of.
type piece struct {
	end    int
	origin Range
}

// foldTraced is fold, slower, for whoever needs to know what the result was made
// of.
func foldTraced(text string) traced {
	if isASCII(text) {
		return traced{text: foldASCII(text)}
	}
	t := traced{text: text}
	if !utf8.ValidString(text) {
		t = t.change(runeOrGarbage, func(to []byte, s string) []byte { return append(to, strings.ToValidUTF8(s, ",")...) })
	}
	if hasLetteredSymbol(t.text) {
		t = t.change(runeOrGarbage, func(to []byte, s string) []byte { return append(to, letteredSymbols.Replace(s)...) })
	}
	t = t.normal(norm.NFKD, func(to, decomposed []byte) []byte {
		for len(decomposed) > 0 {
			r, size := utf8.DecodeRune(decomposed)
			to = appendFolded(to, r)
			decomposed = decomposed[size:]
		}
		return to
	})
	return t.normal(norm.NFC, func(to, composed []byte) []byte { return append(to, composed...) })
}

// normal changes a text to what is made of a form of it.
func (t traced) normal(f norm.Form, result func(to, normal []byte) []byte) traced {
	text := make([]byte, 0, len(t.text))
	pieces := make([]piece, 0, len(t.text))
	var i norm.Iter
	i.InitString(f, t.text)
	for at := 0; !i.Done(); {
		text = result(text, i.Next())
		if next := i.Pos(); next > at { // what is made of one segment may come in parts
			pieces = append(pieces, piece{len(text), t.origin(Range{at, next})})
			at = next
		}
	}
	return traced{string(text), pieces}
}

// runeOrGarbage returns the length of the character with which a text begins,
// or of what is none, up to the first one.
func runeOrGarbage(s string) int {
	garbage := 0
	for garbage < len(s) {
		r, size := utf8.DecodeRuneInString(s[garbage:])
		if r == utf8.RuneError && size == 1 {
			garbage++
			continue
		}
		if garbage == 0 {
			return size
		}
		break
	}
	return garbage
}

// change changes a text piece by piece: with the length of the first one, and
// what appends the result of one.
func (t traced) change(length func(string) int, result func([]byte, string) []byte) traced {
	text := make([]byte, 0, len(t.text))
	pieces := make([]piece, 0, len(t.text))
	for at := 0; at < len(t.text); {
		n := length(t.text[at:])
		text = result(text, t.text[at:at+n])
		pieces = append(pieces, piece{len(text), t.origin(Range{at, at + n})})
		at += n
	}
	return traced{string(text), pieces}
}

// origin returns what a part of the text, which is not empty, was made of.
func (t traced) origin(r Range) Range {
	if t.pieces == nil {
		return r
	}
	return Range{t.pieceAt(r.Start).origin.Start, t.pieceAt(r.End - 1).origin.End}
}

// pieceAt returns the piece that a byte of the text is in.
func (t traced) pieceAt(i int) piece {
	at, _ := slices.BinarySearchFunc(t.pieces, i+1, func(p piece, end int) int { return p.end - end })
	return t.pieces[at]
}
