package search

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Rarest returns what an index had better be asked for: of the terms so many as
// are likely in the fewest texts, and of their phrases so many of the tokens, in
// any order. Whatever matches the query has these; [Find] looks at the rest in
// the texts. Two or three are enough. More narrow little, while each costs the
// index the same again, most of all the beginnings of common words.
func (q Query) Rarest(n int) Query {
	rarest := Query{Terms: heaviest(q.Terms, n, Term.weight)}
	for i, t := range rarest.Terms {
		term := make(Term, len(t))
		for j, p := range t {
			term[j] = heaviest(p, n, Token.weight)
		}
		rarest.Terms[i] = term
	}
	return rarest
}

// heaviest returns so many of the elements as weigh the most.
func heaviest[S ~[]E, E any](all S, n int, weight func(E) int) S {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b E) int { return cmp.Compare(weight(b), weight(a)) })
	return sorted[:min(n, len(sorted))]
}

// weight estimates how much a term narrows, which is as much as the widest of
// its alternatives does.
func (t Term) weight() int {
	weights := make([]int, len(t))
	for i, p := range t {
		for _, token := range p {
			weights[i] = max(weights[i], token.weight())
		}
	}
	return slices.Min(weights)
}

// weight estimates how much a token narrows. Long words are rare, and so are
// numbers, and neighbours of a script that has thousands of characters.
func (t Token) weight() int {
	weight := utf8.RuneCountInString(t.Text)
	switch {
	case isDense(t.Text):
		weight *= 3
	case '0' <= t.Text[0] && t.Text[0] <= '9':
		weight *= 2
	}
	if !t.Prefix {
		weight++
	}
	return weight
}
