package compliancetest

import (
	"strings"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func spellingCases() []kit.Case[*env] {
	const rule = "A keyword acts when it is the whole message: "
	spelling := func(name, whatever string, spellings func(word string) []string) kit.Case[*env] {
		return kit.Case[*env]{Name: "Classify/" + name, Rule: rule + whatever + " makes no difference.", Check: func(e *env) error {
			return e.words(append(everywhere(), e.Keywords...), spellings)
		}}
	}
	around := func(pairs ...string) func(string) []string {
		return func(word string) (all []string) {
			for i := 0; i < len(pairs); i += 2 {
				all = append(all, pairs[i]+word+pairs[i+1])
			}
			return all
		}
	}
	return []kit.Case[*env]{
		spelling("Case", "its case", func(word string) []string {
			first := firstRune(word)
			return []string{word, strings.ToLower(word), first + strings.ToLower(word[len(first):])}
		}),
		spelling("WhiteSpace", "white space around it", around(" ", "", "", " ", "\n", "\r\n", "\t", "\n\n", "\u00a0", "\u00a0", "\u3000", "\u2003")),
		spelling("Punctuation", "punctuation around it", around("", ".", "", "!", "", "!!!", "", " .", "(", ")", "*", "*", "- ", "", "#", "", "", "…", "", "。")),
		spelling("Quotes", "the quotes of our own instruction", around(`"`, `"`, "'", "'", "“", "”", "‘", "’", "«", "»", "« ", " »", "„", "“", "「", "」")),
		spelling("Emoji", "an emoji beside it", around("", " 🛑", "", "😡", "🙏 ", "", "", " ✋\ufe0f", "", " 👩‍👩‍👧‍👦")),
		spelling("FullWidth", "a compatibility form of its letters (NFKC)", func(word string) []string {
			return []string{fullWidth(word), mathBold(word)}
		}),
		spelling("Invisible", "a character that can't be seen, in it or around it,", func(word string) (all []string) {
			for _, c := range []string{"\u200b", "\ufeff", "\u2060", "\u200d", "\u00ad", "\u200f", "\u202c"} {
				first := firstRune(word)
				all = append(all, c+word, word+c, first+c+word[len(first):])
			}
			return all
		}),
	}
}

// everywhere are words that every policy knows, whatever the country.
func everywhere() []compliance.Keyword {
	return []compliance.Keyword{
		{Word: "STOP", Kind: compliance.OptOut},
		{Word: "HELP", Kind: compliance.Help},
		{Word: "START", Kind: compliance.OptIn},
	}
}

// firstRune returns the first character of a word.
func firstRune(word string) string {
	_, size := utf8.DecodeRuneInString(word)
	return word[:size]
}

func asIs(word string) []string { return []string{word} }

// words returns an error if the policy does not recognise words in all
// spellings.
func (e *env) words(words []compliance.Keyword, spellings func(string) []string) error {
	for _, k := range words {
		var c compliance.Context
		if k.Kind == compliance.OptIn {
			c = out()
		}
		for _, text := range spellings(k.Word) {
			if err := e.want(inbound(text), c, k.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// fullWidth and mathBold change the letters A to Z.
func fullWidth(word string) string { return shift(word, 'Ａ') }
func mathBold(word string) string  { return shift(word, '𝐀') }

func shift(word string, a rune) string {
	return strings.Map(func(r rune) rune {
		if r < 'A' || r > 'Z' {
			return r
		}
		return r - 'A' + a
	}, word)
}
