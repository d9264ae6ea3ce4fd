package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Range is a part of a text: its bytes from Start up to, and without, End.
type Range struct{ Start, End int }

// Marks returns the parts of a text that are what is looked for, for whoever
// shows why it was found: in their order, and none touching another. They are
// whole characters, with all that stands on them. Of a word that is found by its
// beginning it is the beginning.
func (q Query) Marks(text string) []Range {
	folded := foldTraced(cut(text, maxText))
	p := placesIn(folded.text)
	var found []Range
	for _, t := range q.Terms {
		for _, phrase := range t {
			found = p.appendFound(found, phrase)
		}
	}
	for i, r := range found {
		found[i] = whole(text, folded.origin(r))
	}
	return union(found)
}

// whole adds to a part of a text what belongs to its last character.
func whole(text string, r Range) Range {
	for r.End < len(text) {
		c, size := utf8.DecodeRuneInString(text[r.End:])
		if !unicode.IsMark(c) && !unicode.Is(unicode.Cf, c) {
			break
		}
		r.End += size
	}
	return r
}

// union joins ranges that overlap or touch.
func union(all []Range) []Range {
	slices.SortFunc(all, func(a, b Range) int { return a.Start - b.Start })
	joined := all[:0]
	for _, r := range all {
		if n := len(joined); n > 0 && r.Start <= joined[n-1].End {
			joined[n-1].End = max(joined[n-1].End, r.End)
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

// places is a document that knows where in the folded text its tokens are.
type places struct {
	document
	starts  []int // of the tokens in the row
	numbers []placedNumber
}

// placedNumber is a number that is not written as one word.
type placedNumber struct {
	text   string
	digits []int // where they are
}

func placesIn(folded string) places {
	words := wordsIn(folded)
	p := places{document: documentIn(words)}
	begins := make([]int, len(words))
	at := 0
	for i, w := range words {
		at += strings.Index(folded[at:], w.text) // before it is nothing that is part of a word
		begins[i] = at
		if w.dense {
			for j := range w.text {
				p.starts = append(p.starts, at+j)
			}
		} else {
			p.starts = append(p.starts, at)
		}
		at += len(w.text)
	}
	for i := 0; i < len(words) && len(p.numbers) < maxNumbers; {
		n := numberAt(words[i:])
		var digits []int
		for j, w := range words[i : i+n] {
			for k := range w.text {
				if !w.trunk {
					digits = append(digits, begins[i+j]+k)
				}
			}
		}
		for first, text := range numbers(words[i : i+n]) {
			p.numbers = append(p.numbers, placedNumber{text, digits[first : first+len(text)]})
		}
		i += max(n, 1)
	}
	p.numbers = p.numbers[:min(len(p.numbers), maxNumbers)]
	return p
}

// appendFound appends where a phrase is.
func (p places) appendFound(to []Range, phrase Phrase) []Range {
	last := phrase[len(phrase)-1].Text
	for i := range len(p.row) - len(phrase) + 1 {
		if phrase.isAt(p.row[i:]) {
			to = append(to, Range{p.starts[i], p.starts[i+len(phrase)-1] + len(last)})
		}
	}
	if len(phrase) > 1 {
		return to
	}
	for _, n := range p.numbers {
		if phrase[0].is(n.text) {
			to = append(to, Range{n.digits[0], n.digits[len(last)-1] + 1})
		}
	}
	return to
}
