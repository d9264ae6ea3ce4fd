package compliance

import "slices"

// phrases are many phrases, compiled so that a text is read once for all of
// them. Each phrase is an automaton whose states are bits of one integer
// (Navarro and Raffinot, Flexible Pattern Matching in Strings, 4.2: Shift-And
// with optional characters): bit i says that the first i steps are done. So a
// text takes a time in proportion to its length, whatever it says.
type phrases struct {
	rules    []rule
	steps    []steps // of the rules
	nodes    []node  // the words of all steps and keywords, as a tree of their bytes
	branches [][256]int32
	lists    []postings

	languages []string
	everybody uint64 // languages whose courtesies are used in any other: English, and emoji's
}

// rule is a compiled phrase.
type rule struct {
	phrase *phrase
	rule   string // Classification.Rule
	first  uint32 // the states before any word
	clause bool   // it does not go across a comma
	steps
}

// steps is what moves a rule's states on. All of them together are small, as
// every word of a text needs many.
type steps struct {
	optional uint32 // the steps that may be left out
	any      uint32 // the steps that take any word
	final    uint32 // the state after the last step: nothing can follow
	filler   bool   // the phrase says nothing: its words are marked, and that is all
	language uint64 // one bit
}

// node is a byte of a word.
type node struct {
	child, sibling int32 // 0 is none
	branch         int32 // of phrases.branches, if there are many children; 0 is none
	stem           int32 // of phrases.lists: steps of words that begin with what leads here; 0 is none
	whole          int32 // of phrases.lists: steps of the word that leads here; 0 is none
	letter         byte
	noise          uint64  // the languages that may have this word anywhere, see steps.language
	common         uint64  // the languages in which everybody uses it
	family         *family // the keyword that leads here
}

// postings are the steps that take a word: those with which a rule may begin,
// and by language those that go on.
type postings struct {
	all   []posting // by rule
	begin []posting
	goOn  []ofLanguage
}

type ofLanguage struct {
	language uint64
	list     []posting
}

// posting says which steps of a rule take a word, and in which state the rule
// is if it begins with it.
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

// mostFound bounds the phrases that are looked at in one text, fillers aside.
// Who has written so many has said what they want.
const mostFound = 128

// runner is where the automata of one text stand: after each of the next few
// words, as a step may take several.
type runner struct {
	slots [longestStep + 1]slot
	found []found
	work  int // how often a rule has been put into a state
}

// mostWork bounds the work for one text. The densest texts that people write
// need a fifth of it; what needs more was made to.
const mostWork = 12_000

// spent reports whether a text was too much work to be read to its end.
func (run *runner) spent() bool { return run.work > mostWork }

// slot is where the automata stand between two words.
type slot struct {
	at        []standing // by rule
	active    []int32    // rules with a state
	languages uint64     // of these rules, and perhaps of others
}

// standing is where a rule stands: its states, and the word with which the
// first of them began.
type standing struct {
	state uint32
	start int32
}

func (p *phrases) add(ph *phrase, name string) {
	r := rule{phrase: ph, rule: name, clause: !ph.commas, steps: steps{language: p.bit(ph.language), final: 1 << len(ph.steps), filler: ph.effect == effectFiller}}
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
	p.rules, p.steps = append(p.rules, r), append(p.steps, r.steps)
}

func (p *phrases) insert(w string, rule int32, bit uint32) {
	stem := w[len(w)-1] == '*'
	if stem {
		w = w[:len(w)-1]
	}
	at := &p.nodes[p.path(w)]
	index := &at.whole
	if stem {
		index = &at.stem
	}
	if *index == 0 {
		if len(p.lists) == 0 {
			p.lists = make([]postings, 1, 8192) // 0 is none
		}
		*index = int32(len(p.lists))
		p.lists = append(p.lists, postings{})
	}
	list := &p.lists[*index].all
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

func (p *phrases) common(language, w string) {
	at := p.path(w)
	p.nodes[at].common |= p.bit(language)
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
func (r *steps) skip(state uint32) uint32 {
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
	p.everybody = p.bit("en") | p.bit("und")
	for i := range p.lists {
		p.divide(&p.lists[i])
	}
}

func (p *phrases) divide(list *postings) {
	for _, t := range list.all {
		r := &p.rules[t.rule]
		if t.begun = r.skip((r.first & t.steps) << 1); t.begun != 0 {
			list.begin = append(list.begin, t)
		}
		if t.steps&^1 == 0 {
			continue // its first step alone
		}
		if n := len(list.goOn); n == 0 || list.goOn[n-1].language != r.language {
			list.goOn = append(list.goOn, ofLanguage{language: r.language})
		}
		more := &list.goOn[len(list.goOn)-1]
		more.list = append(more.list, t)
	}
	list.all = nil
}

// run reads a sheet and notes which phrases are in it, and which words are
// noise.
func (p *phrases) run(s *sheet) {
	run := &s.runner
	if len(run.slots[0].at) < len(p.rules) {
		for i := range run.slots {
			run.slots[i].at = make([]standing, len(p.rules))
		}
	}
	run.found, run.work = run.found[:0], 0
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
		if len(run.found) == mostFound || run.spent() {
			run.clear()
			p.markNoise(s, i+1)
			return
		}
	}
	run.clear()
}

// markNoise marks the words from i on that are noise, where nothing else is
// looked for any more.
func (p *phrases) markNoise(s *sheet, i int) {
	for ; i < len(s.words); i++ {
		at := int32(0)
		for _, b := range s.text(s.words[i]) {
			if at = p.child(at, b); at == 0 {
				break
			}
		}
		s.words[i].fillers |= p.nodes[at].noise
	}
}

// clear forgets what has begun.
func (run *runner) clear() {
	for i := range run.slots {
		run.slots[i].clear()
	}
}

func (s *slot) clear() {
	for _, r := range s.active {
		s.at[r].state = 0
	}
	s.active, s.languages = s.active[:0], 0
}

// pause ends what does not go across a comma.
func (p *phrases) pause(s *slot) {
	kept := s.active[:0]
	for _, r := range s.active {
		if p.rules[r].clause {
			s.at[r].state = 0
		} else {
			kept = append(kept, r)
		}
	}
	s.active = kept
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
			if stem := p.nodes[at].stem; stem != 0 {
				p.take(s, &p.lists[stem], i, n)
			}
		}
		if at == 0 {
			break
		}
		if whole := p.nodes[at].whole; whole != 0 {
			p.take(s, &p.lists[whole], i, n)
		}
		if n == 1 {
			noise = p.nodes[at].noise
			w.fillers, w.common = w.fillers|noise, noise|p.nodes[at].common
		}
	}
	here, next := &run.slots[i%len(run.slots)], &run.slots[(i+1)%len(run.slots)]
	for _, r := range here.active {
		rule, stood := &p.steps[r], here.at[r]
		here.at[r].state = 0
		after := uint32(0)
		if taken := stood.state & rule.any; taken != 0 {
			after = rule.skip(taken << 1)
		}
		if noise&rule.language != 0 {
			after |= stood.state
		}
		if after != 0 {
			s.reach(next, rule, r, after, stood.start, i+1)
		}
	}
	here.active, here.languages = here.active[:0], 0
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

// knows reports whether a word is one of a phrase, or common.
func (p *phrases) knows(w []byte) bool {
	at := int32(0)
	for _, b := range w {
		if at = p.child(at, b); at == 0 {
			return false
		}
	}
	n := &p.nodes[at]
	return n.family != nil || n.whole != 0 || n.noise|n.common != 0
}

// take moves on the rules that take the n words from i on.
func (p *phrases) take(s *sheet, list *postings, i, n int) {
	run := &s.runner
	here, then := &run.slots[i%len(run.slots)], &run.slots[(i+n)%len(run.slots)]
	for _, t := range list.begin {
		s.reach(then, &p.steps[t.rule], t.rule, t.begun, int32(i), i+n)
	}
	if len(here.active) == 0 {
		return
	}
	for _, more := range list.goOn {
		if more.language&here.languages == 0 {
			continue
		}
		for _, t := range more.list {
			stood := here.at[t.rule]
			if state := stood.state & t.steps; state != 0 {
				r := &p.steps[t.rule]
				s.reach(then, r, t.rule, r.skip(state<<1), stood.start, i+n)
			}
		}
	}
}

// reach puts a rule into a state before the word end, and notes the phrase if
// it is complete.
func (s *sheet) reach(then *slot, r *steps, rule int32, state uint32, start int32, end int) {
	if state&r.final != 0 {
		if r.filler {
			for i := int(start); i < end; i++ {
				s.words[i].fillers |= r.language
			}
		} else {
			s.runner.note(rule, start, int32(end))
		}
	}
	if state &^= r.final; state == 0 {
		return
	}
	s.runner.work++
	at := &then.at[rule]
	if at.state == 0 {
		then.active = append(then.active, rule)
		then.languages |= r.language
		at.start = start
	}
	at.state |= state
	at.start = min(at.start, start)
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
