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
	var q Query
	words := wordsOf(typed)
	var whole Term // the number that the words before end are
	end := 0
	for i, terms := 0, 0; i < len(words) && terms < maxTerms; terms++ {
		if i >= end {
			n := number(words[i:])
			whole, end = wholeNumber(words[i:i+n]), i+n
		}
		n := chunk(words[i:])
		p := phraseOf(words[i : i+n])
		i += n
		if i < end { // the groups of a number are whole, but for the last
			p[len(p)-1].Prefix = false
		}
		t := append(Term{p}, whole...)
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

// number returns how many words at the beginning are a number that may be
// grouped in another way, or 0.
func number(words []word) int {
	n := numberAt(words)
	digits := 0
	for _, w := range words[:n] {
		digits += len(w.text)
	}
	if n == 0 || words[0].quoted != 0 || digits < shortestNumber || digits > longestNumber {
		return 0
	}
	if n < len(words) && !words[n].apart { // it goes on
		return 0
	}
	return n
}

// wholeNumber looks for the digits of a number, if there is one.
func wholeNumber(groups []word) Term {
	if len(groups) == 0 {
		return nil
	}
	var digits strings.Builder
	for _, g := range groups {
		digits.WriteString(g.text)
	}
	whole := Token{Text: digits.String(), Prefix: true}
	term := Term{{whole}}
	// Between countries the zeros in front are left out.
	if whole.Text = strings.TrimLeft(whole.Text, "0"); len(whole.Text) >= shortestNumber && len(whole.Text) < digits.Len() {
		term = append(term, Phrase{whole})
	}
	return term
}

// Plain reports whether a text matches as soon as it has the tokens.
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
	d := documentOf(text)
	for _, t := range q.Terms {
		if !slices.ContainsFunc(t, d.has) {
			return false
		}
	}
	return len(q.Terms) > 0
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
