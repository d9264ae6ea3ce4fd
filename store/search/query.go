package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of a query.
const (
	maxTerms  = 32 // of a query
	maxPhrase = 32 // tokens of a phrase
	minPrefix = 3  // characters of a word that may be the beginning of another
)

// Query is what a person looks for: all of the terms.
type Query struct{ Terms []Term }

// Term is found if one of the phrases is.
type Term []Phrase

// Phrase is a row of tokens that follow each other.
type Phrase []Token

// Token is one token that a text must have.
type Token struct {
	Text   string
	Prefix bool // one that begins with it will do
}

// Parse returns what a person means by what they have typed. Any text will do;
// one without words looks for nothing.
func Parse(typed string) Query {
	typed = bounded(typed)
	words := wordsIn(fold(typed))
	written := writtenOut(typed, words)
	var q Query
	var numbers typedNumbers
	for i, terms := 0, 0; i < len(words) && terms < maxTerms; terms++ {
		if i >= numbers.end {
			numbers = typedNumbersAt(words, i)
		}
		n := chunk(words[i:])
		t := spellings(words[i:i+n], written[i:i+n])
		if i+n < numbers.end { // the groups of a number are whole, but for the last
			end := t[0]
			end[len(end)-1].Prefix = false
		}
		for _, token := range numbers.of(i, i+n) {
			if p := (Phrase{token}); !slices.ContainsFunc(t, func(other Phrase) bool { return slices.Equal(other, p) }) {
				t = append(t, p)
			}
		}
		i += n
		if !slices.ContainsFunc(q.Terms, func(u Term) bool { return slices.EqualFunc(t, u, slices.Equal) }) { // each costs the index the same again
			q.Terms = append(q.Terms, t)
		}
	}
	return q
}

// chunk returns how many words at the beginning belong together: those within
// quotation marks, or without a space between.
func chunk(words []word) int {
	n := 1
	for n < len(words) && words[n].quoted == words[0].quoted && (words[0].quoted != 0 || !words[n].apart) {
		n++
	}
	return n
}

func phraseOf(words []word) Phrase {
	var tokens []string
	for i, w := range words {
		if tokens = appendTokens(tokens, w, i < len(words)-1); len(tokens) > maxPhrase {
			break
		}
	}
	p := make(Phrase, min(len(tokens), maxPhrase))
	for i := range p {
		p[i].Text = tokens[i]
	}
	if len(tokens) > maxPhrase {
		return p
	}
	last, end := words[len(words)-1], &p[len(p)-1]
	switch length := utf8.RuneCountInString(end.Text); {
	case last.dense:
		end.Prefix = length == 1
	case last.quoted == 0:
		end.Prefix = length >= minPrefix
	}
	return p
}

// Plain reports whether a text matches as soon as it has the tokens. The text
// of such a candidate is not worth handing over, if the index was asked for all
// terms.
func (q Query) Plain() bool {
	for _, t := range q.Terms {
		for _, p := range t {
			if len(p) > 1 {
				return false
			}
		}
	}
	return true
}

// Whole reports whether nothing is looked for by its beginning.
func (q Query) Whole() bool {
	for _, t := range q.Terms {
		for _, p := range t {
			if p[len(p)-1].Prefix {
				return false
			}
		}
	}
	return true
}

// Matches reports whether a text has what is looked for.
func (q Query) Matches(text string) bool {
	folded := fold(bounded(text))
	if !q.mayMatch(folded) {
		return false
	}
	return q.matches(documentIn(wordsIn(folded)))
}

func (q Query) matches(d document) bool {
	for _, t := range q.Terms {
		if !slices.ContainsFunc(t, d.has) {
			return false
		}
	}
	return len(q.Terms) > 0
}

// mayMatch reports whether a folded text has the letters that are looked for. Most
// texts that don't match are passed over by that, before they are taken apart.
func (q Query) mayMatch(folded string) bool {
	lacks := func(t Token) bool {
		isNumber := '0' <= t.Text[0] && t.Text[0] <= '9' // which may be written in groups
		return !isNumber && !strings.Contains(folded, t.Text)
	}
	for _, t := range q.Terms {
		if !slices.ContainsFunc(t, func(p Phrase) bool { return !slices.ContainsFunc(p, lacks) }) {
			return false
		}
	}
	return true
}

func (d document) has(p Phrase) bool {
	for i := range len(d.row) - len(p) + 1 {
		if p.isAt(d.row[i:]) {
			return true
		}
	}
	return len(p) == 1 && slices.ContainsFunc(d.numbers, p[0].is)
}

func (p Phrase) isAt(row []string) bool {
	for i, t := range p {
		if !t.is(row[i]) {
			return false
		}
	}
	return true
}

func (t Token) is(s string) bool {
	return s == t.Text || t.Prefix && strings.HasPrefix(s, t.Text)
}
