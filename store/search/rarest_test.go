package search

import (
	"slices"
	"strings"
	"testing"
)

func TestRarest(t *testing.T) {
	for _, tt := range []struct {
		typed string
		n     int
		want  string
	}{
		{"is the invoice here", 2, "invoice* here*"},
		{"is the invoice here", 1, "invoice*"},
		{"is", 3, "is"},
		{"order 4471 of alice", 2, "4471* order*"},
		{`inv "inv"`, 1, "inv"},
		{`house "xylophone is"`, 1, "xylophone"},
		{"我 北京大学 hello", 1, "北京"},
		{`"this is the house that jack built" to`, 1, "house"},
		{`"this is the house that jack built" to`, 3, "house&built&this to"},
	} {
		var terms []string
		for _, term := range Parse(tt.typed).Rarest(tt.n).Terms {
			tokens := make([]string, len(term[0]))
			for i, token := range term[0] {
				tokens[i] = token.Text + map[bool]string{true: "*"}[token.Prefix]
			}
			terms = append(terms, strings.Join(tokens, "&"))
		}
		if got := strings.Join(terms, " "); got != tt.want {
			t.Errorf("%d of %s are %s, want %s", tt.n, tt.typed, got, tt.want)
		}
	}
}

// Asking for less never loses a text.
func FuzzRarest(f *testing.F) {
	f.Add("the invoice of alice", "Alice has the invoice of May")
	f.Add("+41 79 555 01 23", "call 0795550123")
	f.Add(`"北京大学" Grüße`, "北京大学 gruesse")
	f.Fuzz(func(t *testing.T, typed, text string) {
		for _, q := range []Query{Parse(typed), Parse(text)} {
			before := slices.Clone(q.Terms)
			if r := q.Rarest(2); q.Matches(text) && !r.accepts(Tokens(text)) {
				t.Errorf("%q is found in %q, but not asked for: %v", typed, text, r)
			}
			if !slices.EqualFunc(before, q.Terms, func(a, b Term) bool { return slices.EqualFunc(a, b, slices.Equal) }) {
				t.Error("the query has changed")
			}
		}
	})
}
