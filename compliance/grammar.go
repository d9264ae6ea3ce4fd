package compliance

import (
	"fmt"
	"slices"
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
	words    []string // with a space between two words; a stem ends in *
	any      bool
	optional bool
}

// phrase is one statement.
type phrase struct {
	effect     effect
	language   string
	text       string
	steps      []step
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

// grammar is what one language's file says.
type grammar struct {
	phrases []phrase
	noise   []string
	common  []string
}

func parseGrammar(language, text string) (grammar, error) {
	var g grammar
	classes := map[string][]string{}
	for n, line := range strings.Split(text, "\n") {
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
			for _, w := range strings.Fields(words) {
				var whole []string
				if whole, err = classWord(w, classes); err != nil {
					break
				}
				classes[name] = append(classes[name], whole...)
			}
		case verb == "noise":
			for _, w := range strings.Fields(rest) {
				g.noise = append(g.noise, cutWords(strings.ReplaceAll(w, "_", " "))...)
			}
		case verb == "common":
			g.common = append(g.common, cutWords(rest)...)
		case effects[verb] != effectNone:
			var p phrase
			p, err = parsePhrase(rest, classes)
			p.effect, p.language, p.text = effects[verb], language, rest
			g.phrases = append(g.phrases, p)
		default:
			err = fmt.Errorf("%q is no statement", verb)
		}
		if err != nil {
			return g, fmt.Errorf("phrases of %s, line %d: %w", language, n+1, err)
		}
	}
	return g, nil
}

// classWord returns the words of an entry of a class: itself, or those of
// another class.
func classWord(w string, classes map[string][]string) ([]string, error) {
	if name, ok := strings.CutPrefix(w, "{"); ok {
		found := classes[strings.TrimSuffix(name, "}")]
		if found == nil {
			return nil, fmt.Errorf("there is no class %s above", w)
		}
		return found, nil
	}
	return []string{w}, nil
}

func parsePhrase(text string, classes map[string][]string) (phrase, error) {
	var p phrase
	required := false
	for rest := text; rest != ""; {
		var item string
		item, rest = cutItem(rest)
		switch {
		case item == "":
			return p, fmt.Errorf("%q has a bracket that is not closed", text)
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
				return p, fmt.Errorf("%q is no gap; write ~ or ~2 to ~9", item)
			}
			for range gap {
				p.steps = append(p.steps, step{any: true, optional: true})
			}
		default:
			words, err := itemWords(item, classes)
			if err != nil {
				return p, err
			}
			p.steps = append(p.steps, step{words: words, optional: item[0] == '['})
			required = required || item[0] != '['
		}
	}
	switch {
	case !required || len(p.steps) > longestPhrase:
		return p, fmt.Errorf("%q has %d words; it must have 1 to %d, and one that is no option", text, len(p.steps), longestPhrase)
	case p.steps[0].any:
		return p, fmt.Errorf("%q begins with a gap", text)
	}
	return p, nil
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

// itemWords returns what an item stands for: words, or several as one.
func itemWords(item string, classes map[string][]string) (all []string, err error) {
	alternatives := []string{item}
	if item[0] == '(' || item[0] == '[' {
		alternatives = strings.Split(item[1:len(item)-1], "|")
	}
	for _, a := range alternatives {
		sequences := []string{""}
		for _, part := range strings.Fields(a) {
			words := []string{part}
			if part[0] == '{' {
				if words = classes[strings.Trim(part, "{}")]; words == nil {
					return nil, fmt.Errorf("there is no class %s above", part)
				}
			}
			var longer []string
			for _, before := range sequences {
				for _, w := range words {
					longer = append(longer, strings.TrimSpace(before+" "+w))
				}
			}
			sequences = longer
		}
		for _, s := range sequences {
			folded := foldWords(s)
			if folded == "" {
				return nil, fmt.Errorf("%q of %q has no letters", s, item)
			}
			if n := strings.Count(folded, " ") + 1; n > longestStep {
				return nil, fmt.Errorf("%q has %d words, want at most %d", s, n, longestStep)
			}
			if i := strings.IndexByte(folded, '*'); i >= 0 && i < len(folded)-1 {
				return nil, fmt.Errorf("%q has a stem before another word", s)
			}
			all = append(all, folded)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// foldWords returns an entry as the recogniser reads it. An underscore stands
// for a space.
func foldWords(entry string) string {
	if simple(entry) {
		return entry
	}
	entry = strings.ReplaceAll(entry, "_", " ")
	parts := strings.Fields(entry)
	for i, p := range parts {
		stem := strings.HasSuffix(p, "*")
		if parts[i] = key(strings.TrimSuffix(p, "*")); stem && parts[i] != "" {
			parts[i] += "*"
		}
	}
	return strings.TrimSpace(strings.Join(parts, " "))
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
