package compliance

import (
	"fmt"
	"strings"
)

// effect is what a phrase does to the text that it is found in.
type effect uint8

const (
	effectNone      effect = iota
	effectOut              // asks us to stop
	effectOpen             // asks us to stop doing what follows, see sheet.rest
	effectDemand           // asks us to stop, whatever passes
	effectComplaint        // asked us before, and complains
	effectErase            // asks us to stop, and perhaps to erase
	effectNarrow           // asks us to stop a part
	effectHold             // a person must read it
	effectRefuse           // as hold, unless it answers a question of ours
	effectBack             // asks us to write again
	effectPass             // contains the words of a request and is none
	effectFiller           // says nothing beside a keyword
)

// asks reports whether a phrase asks us to stop.
func (e effect) asks() bool { return effectOut <= e && e <= effectNarrow }

var effects = map[string]effect{
	"out": effectOut, "open": effectOpen, "demand": effectDemand, "complaint": effectComplaint, "erase": effectErase, "narrow": effectNarrow,
	"hold": effectHold, "refuse": effectRefuse, "back": effectBack, "pass": effectPass, "filler": effectFiller,
}

// step is one word of a phrase, or one of a few words that count as one.
type step struct {
	choices  []sequence
	any      bool
	optional bool
}

// sequence is what a step takes in place of one word: a word of each part, one
// after the other. Written out, the sequences of all phrases are many times as
// long as the phrases, so nobody writes them out: the tree of words is made of
// their parts, see phrases.spread.
type sequence [][]string

// phrase is one statement, without its words.
type phrase struct {
	effect     effect
	language   string
	text       string
	begin, end bool     // anchored to the beginning or the end of a sentence
	commas     bool     // may go across commas
	keyword    *Keyword // the row that it is of, or nil
}

// longestPhrase is how many steps a phrase may have: one bit each, and one for
// its end. longestStep is how many words a step may have.
const (
	longestPhrase = 30
	longestStep   = 15
)

// grammar reads what the file of a language says into a tree of words.
type grammar struct {
	language string
	into     *phrases
	classes  map[string][]string

	// What a phrase is made of, until the next one is read.
	steps   []step
	choices []sequence
	parts   [][]string
	words   []string
}

// newGrammar returns a grammar of a language.
func newGrammar(language string, into *phrases) *grammar {
	return &grammar{language: language, into: into, classes: map[string][]string{}}
}

func (g *grammar) read(text string) error {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		line, _, _ = strings.Cut(line, "#")
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		var err error
		switch {
		case verb == "":
		case rest == "":
			err = fmt.Errorf("%q says nothing", verb)
		case verb == "class":
			name, words, _ := strings.Cut(rest, " ")
			for w := range strings.FieldsSeq(words) {
				var whole []string
				if whole, err = g.classWord(w); err != nil {
					break
				}
				g.classes[name] = append(g.classes[name], whole...)
			}
		case verb == "noise":
			for w := range strings.FieldsSeq(rest) {
				for _, w := range cutWords(strings.ReplaceAll(w, "_", " ")) {
					g.into.noise(g.language, w)
				}
			}
		case verb == "common":
			for _, w := range cutWords(rest) {
				g.into.common(g.language, w)
			}
		case effects[verb] != effectNone:
			p := &phrase{effect: effects[verb], language: g.language, text: rest}
			if err = g.readPhrase(p); err == nil {
				g.into.add(p, g.steps, "phrase "+rest)
			}
		default:
			err = fmt.Errorf("%q is no statement", verb)
		}
		if err != nil {
			return fmt.Errorf("phrases of %s, line %d: %w", g.language, n, err)
		}
	}
	return nil
}

// classWord returns the words of an entry of a class as the recogniser reads
// them: itself, or those of another class.
func (g *grammar) classWord(w string) ([]string, error) {
	if name, ok := strings.CutPrefix(w, "{"); ok {
		found := g.classes[strings.TrimSuffix(name, "}")]
		if found == nil {
			return nil, fmt.Errorf("there is no class %s above", w)
		}
		return found, nil
	}
	return []string{foldWords(w)}, nil
}

// readPhrase reads the text of a phrase into its anchors and the grammar's
// steps.
func (g *grammar) readPhrase(p *phrase) error {
	g.steps, g.choices, g.parts, g.words = g.steps[:0], g.choices[:0], g.parts[:0], g.words[:0]
	required := false
	for rest := p.text; rest != ""; {
		var item string
		item, rest = cutItem(rest)
		switch {
		case item == "":
			return fmt.Errorf("%q has a bracket that is not closed", p.text)
		case item == "^":
			p.begin = true
		case item == "$":
			p.end = true
		case item == ",":
			p.commas = true
		case item[0] == '~':
			gap := 1
			if len(item) == 2 && '1' <= item[1] && item[1] <= '9' {
				gap = int(item[1] - '0')
			} else if len(item) > 1 {
				return fmt.Errorf("%q is no gap; write ~ or ~2 to ~9", item)
			}
			for range gap {
				g.steps = append(g.steps, step{any: true, optional: true})
			}
		default:
			choices, err := g.itemChoices(item)
			if err != nil {
				return err
			}
			g.steps = append(g.steps, step{choices: choices, optional: item[0] == '['})
			required = required || item[0] != '['
		}
	}
	switch {
	case !required || len(g.steps) > longestPhrase:
		return fmt.Errorf("%q has %d words; it must have 1 to %d, and one that is no option", p.text, len(g.steps), longestPhrase)
	case g.steps[0].any:
		return fmt.Errorf("%q begins with a gap", p.text)
	}
	return nil
}

// cutItem returns the first item of a phrase and the others.
func cutItem(text string) (item, rest string) {
	closing := map[byte]byte{'(': ')', '[': ']', '{': '}'}[text[0]]
	i := strings.IndexByte(text, ' ')
	if closing != 0 {
		if i = strings.IndexByte(text, closing) + 1; i == 0 {
			return "", ""
		}
	}
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimLeft(text[i:], " ")
}

// itemChoices returns what an item stands for: words, or several as one.
func (g *grammar) itemChoices(item string) ([]sequence, error) {
	inner := item
	if item[0] == '(' || item[0] == '[' {
		inner = item[1 : len(item)-1]
	}
	first := len(g.choices)
	for a := range strings.SplitSeq(inner, "|") {
		s, err := g.sequence(a)
		if err != nil {
			return nil, fmt.Errorf("%q of %q %w", a, item, err)
		}
		g.choices = append(g.choices, s)
	}
	return g.choices[first:], nil
}

// sequence returns the parts of an alternative. Its words are checked by
// themselves, as any of one part may stand beside any of the next.
func (g *grammar) sequence(alternative string) (sequence, error) {
	first := len(g.parts)
	letters, stem, length := false, false, 0
	for part := range strings.FieldsSeq(alternative) {
		var words []string
		if part[0] == '{' {
			if words = g.classes[strings.Trim(part, "{}")]; words == nil {
				return nil, fmt.Errorf("needs a class above, and there is no %s", part)
			}
		} else {
			g.words = append(g.words, foldWords(part))
			words = g.words[len(g.words)-1:]
		}
		empty, longest, stems := false, 0, false
		for _, w := range words {
			if w == "" {
				empty = true
				continue
			}
			i := strings.IndexByte(w, '*')
			if stem || i >= 0 && i < len(w)-1 {
				return nil, fmt.Errorf("has a stem before another word")
			}
			stems = stems || i >= 0
			longest = max(longest, strings.Count(w, " ")+1)
		}
		letters, stem, length = letters || !empty, stem || stems, length+longest
		g.parts = append(g.parts, words)
	}
	switch {
	case !letters:
		return nil, fmt.Errorf("has no letters")
	case length > longestStep:
		return nil, fmt.Errorf("has %d words, want at most %d", length, longestStep)
	}
	return g.parts[first:], nil
}

// foldWords returns an entry as the recogniser reads it. An underscore stands
// for a space.
func foldWords(entry string) string {
	if simple(entry) {
		return entry
	}
	if !strings.ContainsAny(entry, "_ *") {
		return key(entry)
	}
	var words []string
	for part := range strings.FieldsSeq(strings.ReplaceAll(entry, "_", " ")) {
		if w := key(strings.TrimSuffix(part, "*")); w == "" {
			continue
		} else if strings.HasSuffix(part, "*") {
			words = append(words, w+"*")
		} else {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// simple reports whether an entry is read as it is written: most are, and
// there are many.
func simple(entry string) bool {
	for i := range len(entry) {
		switch b := entry[i]; {
		case 'a' <= b && b <= 'z', b == ' ' && i > 0 && entry[i-1] != ' ' && i < len(entry)-1:
		case b == '*' && i == len(entry)-1 && i > 0 && entry[i-1] != ' ':
		default:
			return false
		}
	}
	return entry != ""
}
