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
	folded := foldTraced(bounded(text))
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
	row     []string
	starts  []int // of the tokens in the row
	words   []word
	begins  []int // of the words
	numbers []number
}

func placesIn(folded string) places {
	words := wordsIn(folded)
	p := places{words: words, begins: make([]int, len(words)), numbers: slices.Collect(numbersIn(words))}
	at := 0
	for i, w := range words {
		p.row = appendTokens(p.row, w, true)
		at += strings.Index(folded[at:], w.text) // before it is nothing that is part of a word
		p.begins[i] = at
		if w.dense {
			for j := range w.text {
				p.starts = append(p.starts, at+j)
			}
		} else {
			p.starts = append(p.starts, at)
		}
		at += len(w.text)
	}
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
	var digits []int
	of := -1
	for _, n := range p.numbers {
		if !phrase[0].is(n.text) {
			continue
		}
		if n.start != of {
			digits, of = p.digits(digits[:0], n), n.start
		}
		to = append(to, Range{digits[n.first], digits[n.first+len(last)-1] + 1})
	}
	return to
}

// digits appends where the digits are of all groups that a number is in.
func (p places) digits(to []int, n number) []int {
	for i, w := range p.words[n.start:n.end] {
		if w.trunk {
			continue
		}
		for j := range w.text {
			to = append(to, p.begins[n.start+i]+j)
		}
	}
	return to
}
