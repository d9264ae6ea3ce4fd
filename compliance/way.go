package compliance

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// ways are the words by which messages that sell tell how to opt out. "End" alone
// tells nobody how; "Reply END" does.
type ways struct {
	reply   stems // verbs: reply, text, send
	between stems // what may stand between the verb and the word: with, the word
	clear   stems // words that are of no other use in such a message: unsubscribe
}

// stems are beginnings of words, and whole ones.
type stems struct {
	whole  map[string]bool
	starts []string
}

func (s *stems) add(words string) error {
	for word := range strings.FieldsSeq(words) {
		stem, begins := strings.CutSuffix(word, "*")
		if stem = strings.ReplaceAll(stem, "_", " "); key(stem) != stem {
			return fmt.Errorf("the word %q must be written %q", stem, key(stem))
		}
		if begins {
			s.starts = append(s.starts, stem)
		} else {
			s.whole[stem] = true
		}
	}
	return nil
}

func (s *stems) has(word string) bool {
	if s.whole[word] {
		return true
	}
	for _, start := range s.starts {
		if strings.HasPrefix(word, start) {
			return true
		}
	}
	return false
}

//go:embed tables/ways.tsv
var waysTSV string

func parseWays(text string) (*ways, error) {
	t, err := parseTSV(text, "language", "reply", "between", "clear")
	if err != nil {
		return nil, err
	}
	w := &ways{reply: stems{whole: map[string]bool{}}, between: stems{whole: map[string]bool{}}, clear: stems{whole: map[string]bool{}}}
	for _, row := range t.rows {
		for column, of := range map[string]*stems{"reply": &w.reply, "between": &w.between, "clear": &w.clear} {
			if err := of.add(row.cells[column]); err != nil {
				return nil, fmt.Errorf("line %d, %s: %w", row.line, column, err)
			}
		}
	}
	return w, nil
}

var theWays = sync.OnceValue(func() *ways {
	w, err := parseWays(waysTSV)
	if err != nil {
		panic("compliance: tables/ways.tsv: " + err.Error()) // it is part of the program, and a test has read it
	}
	return w
})

// tellsHowToStop reports whether a text says how to opt out, in any language: it
// tells to reply with a word that does, or has such a word at its end by itself, or
// before a number to send it to, or one that nobody writes for anything else.
func (t *Table) tellsHowToStop(text string) bool {
	s := takeSheet()
	defer returnSheet(s)
	s.begin()
	s.add(text)
	s.finish()
	h := hint{t, theWays(), s}
	for i := range s.words {
		for n := 1; n <= longestKeyword; n++ {
			if h.stops(i, n) && (h.clearly(i, n) || h.told(i, n) || h.byItself(i, n)) {
				return true
			}
		}
	}
	return false
}

// longestKeyword is how many words of a text may be one keyword. In a script
// without spaces each character is one.
const longestKeyword = 8

// hint is a text in which a word that opts out is looked for.
type hint struct {
	table *Table
	ways  *ways
	sheet *sheet
}

func (h *hint) word(i int) string {
	if i < 0 || i >= len(h.sheet.words) {
		return ""
	}
	return string(h.sheet.text(h.sheet.words[i]))
}

// words returns n words from the i-th, as the table has them.
func (h *hint) words(i, n int) string {
	words := make([]string, 0, n)
	for k := range n {
		words = append(words, h.word(i+k))
	}
	return strings.Join(words, " ")
}

// stops reports whether n words are a keyword that opts out.
func (h *hint) stops(i, n int) bool {
	if i+n > len(h.sheet.words) {
		return false
	}
	words := h.words(i, n)
	if f := h.table.words[words]; f != nil {
		for _, e := range f.entries {
			if e.Kind == OptOut {
				return true
			}
		}
	}
	return h.ways.clear.has(words)
}

// clearly reports whether a keyword has no other meaning: it is like unsubscribe, or
// of several words, or of a script in which words can't be told apart.
func (h *hint) clearly(i, n int) bool {
	return n > 1 || h.ways.clear.has(h.word(i)) || h.unspaced(i) || h.unspaced(i-1) || h.unspaced(i+n)
}

// unspaced reports whether a word is a character of a script without spaces.
func (h *hint) unspaced(i int) bool {
	return i >= 0 && i < len(h.sheet.words) && h.sheet.words[i].alone
}

// told reports whether a verb before the keyword tells to send it, or one after it,
// or a number to which.
func (h *hint) told(i, n int) bool {
	for k := i - 1; k >= max(0, i-4); k-- {
		if h.ways.reply.has(h.word(k)) {
			return true
		}
		if !h.ways.between.has(h.word(k)) {
			break
		}
	}
	// In German and in many others the verb is the last word.
	after := i + n
	if h.ways.reply.has(h.word(after)) {
		return true
	}
	if isNumber(h.word(after)) || isNumber(h.word(after+1)) && len(h.word(after)) <= 3 {
		return true
	}
	next := h.word(after)
	return (next == "to" || next == "2") && h.stops(after+1, 1) // STOP to end
}

// byItself reports whether a keyword is all that the last clause of a text says.
func (h *hint) byItself(i, n int) bool {
	words := h.sheet.words
	if i+n != len(words) {
		return false
	}
	return i == 0 || words[i-1].clause != words[i].clause
}

// isNumber reports whether a word is a number to which one can send a message.
func isNumber(word string) bool {
	return len(word) >= 3 && !strings.ContainsFunc(word, func(r rune) bool { return r < '0' || r > '9' })
}
