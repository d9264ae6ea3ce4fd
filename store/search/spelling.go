package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// In German ä, ö and ü may be written as ae, oe and ue, which not everybody
// does who types. Without accents they are a, o and u, so both are looked for.

// umlauts writes them out.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")

// writtenOut returns the words of what was typed with umlauts written out.
func writtenOut(typed string, words []word) []word {
	if isASCII(typed) {
		return words
	}
	written := wordsIn(fold(umlauts.Replace(norm.NFC.String(typed))))
	if len(written) != len(words) {
		return words
	}
	return written
}

// spellings looks for words in each way in which they may be spelled.
func spellings(words, written []word) Term {
	t := Term{phraseOf(words)}
	add := func(p Phrase) {
		if !slices.ContainsFunc(t, func(other Phrase) bool { return slices.Equal(other, p) }) {
			t = append(t, p)
		}
	}
	add(phraseOf(written))
	folded := slices.Clone(words)
	for i := range folded {
		folded[i].text = withoutE(words[i].text)
	}
	p := phraseOf(folded)
	// Few words are left that begin like it, and those of short ones are others:
	// "true" is no beginning of "trust".
	if end := &p[len(p)-1]; folded[len(folded)-1] != words[len(words)-1] && utf8.RuneCountInString(end.Text) < 5 {
		end.Prefix = false
	}
	add(p)
	return t
}

// withoutE returns a word with the umlauts that are written out as they are
// without accents. After a, e and q there is none.
func withoutE(word string) string {
	if !strings.Contains(word, "ae") && !strings.Contains(word, "oe") && !strings.Contains(word, "ue") {
		return word
	}
	short := make([]byte, 0, len(word))
	for i := range len(word) {
		if word[i] == 'e' && i > 0 {
			switch before := word[i-1]; {
			case before == 'a', before == 'o', before == 'u' && (i == 1 || strings.IndexByte("aeq", word[i-2]) < 0):
				continue
			}
		}
		short = append(short, word[i])
	}
	return string(short)
}
