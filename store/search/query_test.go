package search

import (
	"math/rand/v2"
	"testing"
)

// No text that matches is passed over before it is taken apart.
func TestMatchesPassesOverNoHit(t *testing.T) {
	parts := []string{
		"Grüße", "GRUESSE", "grusse", "Straße", "strasse", "don't", "e-mail", "a.b@example.com", `"exactly`, `so"`, "№", "ﬁne", "ＦＵＬＬ",
		"東京都", "京", "ภาษาไทย", "한국어", "שלום", "צה\"ל", "إستعلام", "+1 415", "555-0123", "(0)79", "0041", "123 45 67", "1234567", "000123456789", "x1y2", "", " ", "\n", ",",
	}
	random := rand.New(rand.NewPCG(7, 11))
	phrase := func(n int) (s string) {
		for range random.IntN(n) {
			s += parts[random.IntN(len(parts))]
			if random.IntN(3) > 0 {
				s += " "
			}
		}
		return s
	}
	hits := 0
	for range 50_000 {
		text := phrase(8)
		typed := phrase(3)
		if random.IntN(3) == 0 && len(text) > 0 { // some of what is there
			typed = text[random.IntN(len(text)):]
		}
		q := Parse(typed)
		want := q.matches(documentOf(text))
		if got := q.Matches(text); got != want {
			t.Fatalf("%q in %q: %t, and by all of its words %t", typed, text, got, want)
		}
		if want {
			hits++
		}
	}
	if hits < 5000 {
		t.Errorf("%d hits show little", hits)
	}
}
