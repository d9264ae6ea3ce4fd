package search

import (
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/store"
)

// Version says how [Tokens] makes them. A store keeps it beside its index; what
// was indexed by another version may not be found, and is to be indexed anew.
const Version = 2

// The digits of a number that is a token of its own.
const (
	shortestNumber = 7
	longestNumber  = 15   // Source: ITU-T E.164, the longest telephone number
	maxNumbers     = 4096 // of a text
)

// document is a text as it is searched.
type document struct {
	row     []string // the tokens of its words in their order
	numbers []string // numbers that are not written as one word
}

func documentOf(text string) document { return documentIn(wordsOf(text)) }

func documentIn(words []word) document {
	d := document{row: make([]string, 0, len(words))}
	for i := 0; i < len(words); i++ {
		d.row = appendTokens(d.row, words[i], true)
	}
	for n := range numbersIn(words) {
		d.numbers = append(d.numbers, n.text)
	}
	return d
}

// number is one that is not written as one word.
type number struct {
	text       string
	start, end int // of the words that are its groups, and of others beside it
	first      int // which of their digits is its first
}

// numbersIn returns the numbers of a text, as far as they count.
func numbersIn(words []word) iter.Seq[number] {
	return func(yield func(number) bool) {
		left := maxNumbers
		for i := 0; i < len(words) && left > 0; {
			n := numberAt(words[i:])
			for first, text := range numbers(words[i : i+n]) {
				if left == 0 || !yield(number{text, i, i + n, first}) {
					return
				}
				left--
			}
			i += max(n, 1)
		}
	}
}

// appendTokens appends the tokens of a word. In a script without spaces they
// are the neighbouring characters, and the last one alone if the word ends
// there.
func appendTokens(to []string, w word, ends bool) []string {
	if !w.dense {
		return append(to, cut(w.text, maxWord))
	}
	s := w.text
	for {
		_, first := utf8.DecodeRuneInString(s)
		if first == len(s) {
			break
		}
		_, second := utf8.DecodeRuneInString(s[first:])
		to = append(to, s[:first+second])
		s = s[first:]
	}
	if ends || len(s) == len(w.text) {
		to = append(to, s)
	}
	return to
}

// numberAt returns how many words at the beginning are the groups of one
// number.
func numberAt(words []word) int {
	n := 0
	for n < len(words) && words[n].digits && (n == 0 || words[n].grouped) {
		n++
	}
	return n
}

// numbers returns every number that ends with a group, as long as it is not a
// word itself, and which of the digits of the groups is its first.
func numbers(groups []word) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		all, end := digitsOf(groups), 0
		if all == "" {
			return
		}
		for _, g := range groups {
			if g.trunk {
				continue
			}
			end += len(g.text)
			for size := shortestNumber; size <= min(end, longestNumber); size++ {
				if size != len(g.text) && !yield(end-size, all[end-size:end]) {
					return
				}
			}
		}
	}
}

// digitsOf returns the digits of groups, or nothing if there are too few for a
// number.
func digitsOf(groups []word) string {
	n := 0
	for _, g := range groups {
		n += len(g.text)
	}
	if n < shortestNumber {
		return ""
	}
	if len(groups) == 1 {
		return groups[0].text
	}
	digits := make([]byte, 0, n)
	for _, g := range groups {
		if !g.trunk {
			digits = append(digits, g.text...)
		}
	}
	return string(digits)
}

// Tokens returns what a text is indexed with, sorted and each once. There are
// at most some ten thousand, of at most 64 bytes, and they are letters, digits
// and marks.
func Tokens(text string) []string {
	d := documentOf(text)
	all := append(d.row, d.numbers...)
	slices.Sort(all)
	return slices.Compact(all)
}

// An index that knows nothing but tokens has account and conversation of a
// message among them. They begin with characters for private use, which no token
// of a text has.
const (
	accountMark      = "\ue000"
	conversationMark = "\ue001"
)

// AccountToken returns a token for the messages of an account, for an index
// that has no other way to tell them apart. Two accounts may have the same.
func AccountToken(id store.AccountID) string {
	h := fnv.New64a()
	h.Write([]byte(id))
	return fmt.Sprintf("%s%x", accountMark, h.Sum64())
}

// ConversationToken returns a token for the messages of a conversation.
func ConversationToken(id store.ConversationID) string { return conversationMark + id.String() }
