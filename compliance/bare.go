package compliance

import (
	"bytes"
	"slices"
)

// bare reads a text of keywords and fillers alone. An opt-out among several
// keywords wins (HELP STOP); otherwise all must mean the same.
func (t *Table) bare(s *sheet, c *context) reading {
	n := s.gather(s.words)
	if n == 0 && len(s.words) == 1 {
		s.essence, n = append(s.essence, s.words[0]), 1
	}
	if n == 0 || n > mostBare {
		return reading{}
	}
	words := s.essence
	fillers := len(s.words) - n
	var first reading
	mixed, bold, keywords := false, false, 0
	for len(words) > 0 {
		used, f := t.prefix(s, words)
		if used == 0 {
			return t.mistyped(s, c)
		}
		words = words[used:]
		r := t.choose(f, c)
		keywords++
		switch {
		case r.bold(f):
			if !bold {
				first, bold = r, true
			}
		case keywords == 1:
			first = r
		case r.kind != first.kind:
			mixed = true
		}
	}
	switch {
	case bold && s.laughing():
		first.kind = Ambiguous
	case bold:
	case mixed:
		return reading{}
	case fillers > 0 && (first.kind == OptOut || first.kind == OptIn):
		if first.kind == OptIn || !t.clear(s, c) {
			first.kind, first.flag = Ambiguous, ""
		}
	case fillers > 0 && first.kind == Help:
		return reading{}
	}
	return first
}

// clear reports whether a keyword that may mean something else is an opt-out
// with courtesies beside it, as the word means hardly anything else.
func (t *Table) clear(s *sheet, c *context) bool {
	n, f := t.prefix(s, s.essence)
	return !c.asked && n == len(s.essence) && slices.ContainsFunc(f.entries, func(e entry) bool {
		return c.applies(e.Keyword) && e.Kind == OptOut && e.Danger != "high" && e.Match == MatchContext
	})
}

// mostBare bounds the words of a text of keywords alone: a STOP that somebody
// pasted fifty times.
const mostBare = 100

// gather collects the words that are no fillers, and returns how many there
// are. It does not count much beyond mostBare.
func (s *sheet) gather(words []word) int {
	s.essence = s.essence[:0]
	for i := range words {
		if words[i].fillers == 0 {
			if s.essence = append(s.essence, words[i]); len(s.essence) > mostBare {
				break
			}
		}
	}
	return len(s.essence)
}

// prefix returns the longest keyword that words begin with, and how many words
// it has.
func (t *Table) prefix(s *sheet, words []word) (n int, f *family) {
	p := &t.phrases
	at := int32(0)
	for i, w := range words {
		if i > 0 {
			if at = p.child(at, ' '); at == 0 {
				return n, f
			}
		}
		for _, b := range s.text(w) {
			if at = p.child(at, b); at == 0 {
				return n, f
			}
		}
		if known := p.known[p.nodes[at].known].family; known != nil {
			n, f = i+1, known
		}
	}
	return n, f
}

// laughing reports whether somebody jokes.
func (s *sheet) laughing() bool {
	for i := range s.words {
		if laughter(s.text(s.words[i])) && (i+1 == len(s.words) || !digits(s.text(s.words[i+1]))) {
			return true
		}
	}
	return false
}

// laughter reports whether a word is a laugh: haha, jajaja, lol, 555 (Thai: hahaha).
func laughter(w []byte) bool {
	switch string(w) {
	case "lol", "lolol", "lmao", "lmfao", "rofl", "mdr":
		return true
	}
	if len(w) < 3 {
		return false
	}
	switch w[0] {
	case 'h', 'j', 'a', 'w':
		vowel := w[1]
		if w[0] == 'a' {
			vowel = w[0]
			w = w[1:]
		}
		return len(w) > 2 && w[0] != vowel && w[1] == vowel && (vowel == 'a' || vowel == 'e' || vowel == 'i' || vowel == 'k') && repeating(w, 2)
	case 'k', '5':
		return repeating(w, 1)
	case "х"[0]:
		return len(w) >= 6 && (bytes.HasPrefix(w, []byte("хаха")) || bytes.HasPrefix(w, []byte("хих"))) && repeating(w, 4)
	case "а"[0]:
		return bytes.HasPrefix(w, []byte("ахах"))
	}
	return false
}

// repeating reports whether a word is its first n bytes again and again.
func repeating(w []byte, n int) bool {
	for i := n; i < len(w); i++ {
		if w[i] != w[i-n] {
			return false
		}
	}
	return true
}

// digits reports whether a word begins as a number.
func digits(w []byte) bool { return '0' <= w[0] && w[0] <= '9' }

// mistyped reads one word that is no keyword, or a STOP with a space in it. S
// TOP is none: it may be a size.
func (t *Table) mistyped(s *sheet, c *context) reading {
	right := ""
	switch e := s.essence; {
	case len(e) == 1:
		right = t.corrected(s.text(e[0]))
	case len(e) == 2 && e[0].end-e[0].start > 1 && e[1].single:
		s.joined = append(append(s.joined[:0], s.text(e[0])...), s.text(e[1])...)
		if string(s.joined) == core {
			right = core
		}
	}
	if f := t.words[right]; f != nil {
		return t.choose(f, c)
	}
	return reading{}
}

// core is the word that people type most often, and in most ways.
const core = "stop"

// clause reads a text with a sentence, or a last clause, that is STOP alone, or
// a first one that is so politely: who is this? stop
func (t *Table) clause(s *sheet, c *context) reading {
	if len(s.words) == 0 {
		return reading{}
	}
	last := s.words[len(s.words)-1].clause
	for from := 0; from < len(s.words); {
		to := from + 1
		for to < len(s.words) && s.words[to].clause == s.words[from].clause {
			to++
		}
		words := s.words[from:to]
		sentence := (from == 0 || s.words[from-1].sentence != words[0].sentence) && (to == len(s.words) || s.words[to].sentence != words[0].sentence)
		from = to
		signed := words[0].clause == 0 && last == 1 && len(s.words)-to <= longestName
		polite := words[0].clause == 0 && slices.ContainsFunc(words, func(w word) bool { return w.fillers != 0 })
		if !sentence && !signed && !polite && words[0].clause != last || s.questioned(words[0]) || slices.ContainsFunc(words, func(w word) bool { return w.passed }) {
			continue
		}
		if n := s.gather(words); n == 0 || n > mostBare {
			continue
		}
		for rest := s.essence; len(rest) > 0; {
			used, f := t.prefix(s, rest)
			if used == 0 {
				break
			}
			r := t.choose(f, c)
			if !r.bold(f) || !slices.ContainsFunc(f.entries, func(e entry) bool { return e.Danger == "low" }) {
				break
			}
			if rest = rest[used:]; len(rest) > 0 {
				continue
			}
			if s.laughs || s.laughing() {
				r.kind = Ambiguous
			}
			return r
		}
	}
	return reading{}
}

// longestName is how many words a signature after a STOP may have: Stop - Carol
const longestName = 2
