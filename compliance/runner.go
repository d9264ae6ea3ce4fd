package compliance

import "slices"

// phrases are many phrases, compiled so that a text is read once for all of
// them. Each phrase is an automaton whose states are bits of one integer
// (Navarro and Raffinot, Flexible Pattern Matching in Strings, 4.2: Shift-And
// with optional characters): bit i says that the first i steps are done. So a
// text takes a time in proportion to its length, whatever it says.
type phrases struct {
	rules    []rule
	nodes    []node // the words of all steps and keywords, as a tree of their bytes
	branches [][256]int32

	languages []string
}

// rule is a compiled phrase.
type rule struct {
	phrase   *phrase
	rule     string // Classification.Rule
	first    uint32 // the states before any word
	optional uint32 // the steps that may be left out
	any      uint32 // the steps that take any word
	final    uint32
	language uint64 // one bit
	clause   bool   // it does not go across a comma
}

// node is a byte of a word.
type node struct {
	child, sibling int32 // 0 is none
	branch         int32 // of phrases.branches, if there are many children; 0 is none
	letter         byte
	noise          uint64    // the languages that may have this word anywhere, see rule.language
	family         *family   // the keyword that leads here
	stem           []posting // steps of words that begin with what leads here
	whole          []posting // steps of the word that leads here
}

// posting says which steps of a rule take a word, and where the rule stands if
// it begins with it.
type posting struct {
	rule  int32
	steps uint32
	begun uint32
}

// found is a phrase in a text.
type found struct {
	rule       int32
	start, end int32 // words, end excluded
}

// mostFound bounds the phrases that are looked at in one text. Those of one
// rule that overlap count once.
const mostFound = 128

// runner is where the automata of one text stand: after each of the next few
// words, as a step may take several.
type runner struct {
	slots [longestStep + 1]slot
	found []found
}

// slot is where the automata stand between two words.
type slot struct {
	state  []uint32 // by rule
	start  []int32
	active []int32 // rules with a state
}

func (p *phrases) add(ph *phrase, name string) {
	r := rule{phrase: ph, rule: name, language: p.bit(ph.language), final: 1 << len(ph.steps), clause: !ph.commas}
	n := int32(len(p.rules))
	for i, s := range ph.steps {
		bit := uint32(1) << i
		if s.optional {
			r.optional |= bit
		}
		if s.any {
			r.any |= bit
		}
		for _, w := range s.words {
			p.insert(w, n, bit)
		}
	}
	r.first = r.skip(1)
	p.rules = append(p.rules, r)
}

func (p *phrases) insert(w string, rule int32, bit uint32) {
	stem := w[len(w)-1] == '*'
	if stem {
		w = w[:len(w)-1]
	}
	at := &p.nodes[p.path(w)]
	list := &at.whole
	if stem {
		list = &at.stem
	}
	if n := len(*list); n > 0 && (*list)[n-1].rule == rule {
		(*list)[n-1].steps |= bit
		return
	}
	*list = append(*list, posting{rule: rule, steps: bit})
}

// path returns the node of a word, which it makes if there is none.
func (p *phrases) path(w string) int32 {
	if len(p.nodes) == 0 {
		p.nodes = append(p.nodes, node{})
	}
	at := int32(0)
	for i := range len(w) {
		next := p.child(at, w[i])
		if next == 0 {
			next = int32(len(p.nodes))
			p.nodes = append(p.nodes, node{letter: w[i], sibling: p.nodes[at].child})
			p.nodes[at].child = next
			p.fork(at, next)
		}
		at = next
	}
	return at
}

// fork notes a node's newest child. If there are many, a table leads to them.
func (p *phrases) fork(at, child int32) {
	const many = 4
	n := &p.nodes[at]
	if n.branch == 0 {
		children := 0
		for c := n.child; c != 0; c = p.nodes[c].sibling {
			children++
		}
		if children <= many {
			return
		}
		if len(p.branches) == 0 {
			p.branches = make([][256]int32, 1, 512) // 0 is none
		}
		n.branch = int32(len(p.branches))
		p.branches = append(p.branches, [256]int32{})
		for c := n.child; c != 0; c = p.nodes[c].sibling {
			p.branches[n.branch][p.nodes[c].letter] = c
		}
		return
	}
	p.branches[n.branch][p.nodes[child].letter] = child
}

func (p *phrases) noise(language, w string) {
	at := p.path(w) // before the slice is indexed, as it may grow
	p.nodes[at].noise |= p.bit(language)
}

// bit returns the bit of a language. Those after the sixty-third share one.
func (p *phrases) bit(language string) uint64 {
	i := slices.Index(p.languages, language)
	if i < 0 {
		i = len(p.languages)
		p.languages = append(p.languages, language)
	}
	return 1 << min(i, 63)
}

// skip adds the states that optional steps lead to.
func (r *rule) skip(state uint32) uint32 {
	for {
		next := state | (state&r.optional)<<1
		if next == state {
			return state
		}
		state = next
	}
}

// finish prepares what has been added for reading.
func (p *phrases) finish() {
	for i := range p.nodes {
		n := &p.nodes[i]
		for _, list := range [][]posting{n.stem, n.whole} {
			for j := range list {
				r := &p.rules[list[j].rule]
				list[j].begun = r.skip((r.first & list[j].steps) << 1)
			}
		}
	}
}

// run reads a sheet and notes which phrases are in it, and which words are
// noise.
func (p *phrases) run(s *sheet) {
	run := &s.runner
	if len(run.slots[0].state) < len(p.rules) {
		for i := range run.slots {
			run.slots[i].state, run.slots[i].start = make([]uint32, len(p.rules)), make([]int32, len(p.rules))
		}
	}
	run.found = run.found[:0]
	for i := range s.words {
		w := &s.words[i]
		switch {
		case i == 0:
		case w.sentence != s.words[i-1].sentence:
			run.clear()
		case w.clause != s.words[i-1].clause:
			p.pause(&run.slots[i%len(run.slots)])
		}
		p.advance(s, i)
	}
	run.clear()
}

// clear forgets what has begun.
func (run *runner) clear() {
	for i := range run.slots {
		run.slots[i].clear()
	}
}

func (s *slot) clear() {
	for _, r := range s.active {
		s.state[r] = 0
	}
	s.active = s.active[:0]
}

// pause ends what does not go across a comma.
func (p *phrases) pause(s *slot) {
	kept := s.active[:0]
	for _, r := range s.active {
		if p.rules[r].clause {
			s.state[r] = 0
		} else {
			kept = append(kept, r)
		}
	}
	s.active = kept
}

// add puts a rule into a state.
func (s *slot) add(rule int32, state uint32, start int32) {
	if s.state[rule] == 0 {
		s.active = append(s.active, rule)
		s.start[rule] = start
	}
	s.state[rule] |= state
	s.start[rule] = min(s.start[rule], start)
}

// advance moves the automata that stand before a word on: by that word, and by
// what begins with it.
func (p *phrases) advance(s *sheet, i int) {
	run := &s.runner
	at, noise := int32(0), uint64(0)
	for n := 1; n <= longestStep && i+n <= len(s.words) && s.words[i+n-1].sentence == s.words[i].sentence; n++ {
		w := &s.words[i+n-1]
		if n > 1 {
			if at = p.child(at, ' '); at == 0 {
				break
			}
		}
		for _, b := range s.text(*w) {
			if at = p.child(at, b); at == 0 {
				break
			}
			p.take(run, p.nodes[at].stem, i, n)
		}
		if at == 0 {
			break
		}
		p.take(run, p.nodes[at].whole, i, n)
		if n == 1 {
			noise = p.nodes[at].noise
			w.filler = w.filler || noise != 0
		}
	}
	here, next := &run.slots[i%len(run.slots)], &run.slots[(i+1)%len(run.slots)]
	for _, r := range here.active {
		rule := &p.rules[r]
		state := here.state[r]
		after := rule.skip((state & rule.any) << 1)
		if noise&rule.language != 0 {
			after |= state
		}
		if after != 0 {
			next.add(r, after, here.start[r])
			if after&rule.final != 0 {
				run.note(r, here.start[r], int32(i+1))
			}
		}
	}
	here.clear()
}

// child returns where a letter leads from a node, or 0.
func (p *phrases) child(at int32, letter byte) int32 {
	n := &p.nodes[at]
	if n.branch != 0 {
		return p.branches[n.branch][letter]
	}
	next := n.child
	for next != 0 && p.nodes[next].letter != letter {
		next = p.nodes[next].sibling
	}
	return next
}

// take moves on the rules that take the n words from i on.
func (p *phrases) take(run *runner, list []posting, i, n int) {
	here, then := &run.slots[i%len(run.slots)], &run.slots[(i+n)%len(run.slots)]
	for _, t := range list {
		state := here.state[t.rule] & t.steps
		if state|t.begun == 0 {
			continue
		}
		r := &p.rules[t.rule]
		if state != 0 {
			after := r.skip(state << 1)
			then.add(t.rule, after, here.start[t.rule])
			if after&r.final != 0 {
				run.note(t.rule, here.start[t.rule], int32(i+n))
			}
		}
		if t.begun != 0 {
			then.add(t.rule, t.begun, int32(i))
			if t.begun&r.final != 0 {
				run.note(t.rule, int32(i), int32(i+n))
			}
		}
	}
}

// note records a phrase. A longer form of one that was found before replaces
// it.
func (run *runner) note(rule, start, end int32) {
	for j := len(run.found) - 1; j >= 0 && j >= len(run.found)-8; j-- {
		if f := &run.found[j]; f.rule == rule && f.start == start {
			f.end = max(f.end, end)
			return
		}
	}
	if len(run.found) < mostFound {
		run.found = append(run.found, found{rule, start, end})
	}
}
