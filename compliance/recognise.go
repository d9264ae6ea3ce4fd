package compliance

import (
	"bytes"
	"strings"
	"unicode"
)

// recognise returns the keyword that a text is, or the zero keyword. The text
// may be the keyword alone, its letters one by one (S T O P), several keywords
// (STOP STOP) or an opt-out between courtesies (STOP please).
func recognise(text string) keyword {
	var buf [longestWords]byte
	words, ok := appendWords(buf[:0], text)
	switch {
	case !ok:
		return keyword{}
	case len(words) == 0 && onlyStopSigns(text):
		return keywords[stopSign]
	case len(words) == 0:
		return keyword{}
	}
	if k, found := keywords[string(words)]; found {
		return k
	}
	if k, found := spelledOut(words); found {
		return k
	}
	polite := trimCourtesies(words)
	k, found := keywords[string(polite)]
	if !found {
		k = strongest(polite)
	}
	if len(polite) < len(words) && (k.Kind != OptOut || k.curt) {
		return keyword{}
	}
	return k
}

// affirms reports whether a text is a bare yes.
func affirms(text string) bool {
	var buf [longestWords]byte
	words, ok := appendWords(buf[:0], text)
	return ok && affirmatives[string(words)]
}

// spelledOut reads words of one letter each as one word.
func spelledOut(words []byte) (keyword, bool) {
	var buf [longestWords]byte
	joined := buf[:0]
	for len(words) > 0 {
		var word []byte
		word, words = cutWord(words)
		if len(word) != 1 {
			return keyword{}, false
		}
		joined = append(joined, word[0])
	}
	k, found := keywords[string(joined)]
	return k, found
}

// strongest reads a text in which every word is a keyword. An opt-out among
// them wins (HELP STOP), but for the curt ones (HELP CANCEL); otherwise all
// must mean the same.
func strongest(words []byte) keyword {
	var first keyword
	mixed := false
	for len(words) > 0 {
		var word []byte
		word, words = cutWord(words)
		k, found := keywords[string(word)]
		if !found {
			return keyword{}
		}
		switch {
		case first.Kind == None:
			first = k
		case first.Kind == OptOut && !first.curt:
		case k.Kind == OptOut && !k.curt:
			first, mixed = k, false
		case k.Kind != first.Kind:
			mixed = true
		}
	}
	if mixed {
		return keyword{}
	}
	return first
}

// trimCourtesies returns the words without the courtesies around them.
func trimCourtesies(words []byte) []byte {
	for {
		word, rest := cutWord(words)
		if !courtesies[string(word)] {
			break
		}
		words = rest
	}
	for {
		i := bytes.LastIndexByte(words, ' ')
		if i < 0 || !courtesies[string(words[i+1:])] {
			return words
		}
		words = words[:i]
	}
}

// cutWord returns the first word and the others.
func cutWord(words []byte) (word, rest []byte) {
	word, rest, _ = bytes.Cut(words, []byte(" "))
	return word, rest
}

// stopSign is the one emoji that stops by itself.
const stopSign = "🛑"

// onlyStopSigns reports whether a text without words shows stop signs and no
// other picture.
func onlyStopSigns(text string) bool {
	if len(text) > longestText || !strings.Contains(text, stopSign) {
		return false
	}
	rest := strings.ReplaceAll(text, stopSign, "")
	return strings.IndexFunc(rest, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.IsPunct(r) && !invisible(r)
	}) < 0
}
