package compliance

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
	known    []knowledge // of words; the first is none
	making   making

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

// found is a phrase in a text.
type found struct {
	rule       int32
	start, end int32 // words, end excluded
	anchored   bool  // it is where it must be in a sentence, see sheet.mark
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
		s.words[i].fillers |= p.known[p.nodes[at].known].noise
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
				if n == 1 {
					w.asks |= p.lists[stem].asks
				}
				p.take(s, &p.lists[stem], i, n)
			}
		}
		if at == 0 {
			break
		}
		if whole := p.nodes[at].whole; whole != 0 {
			if n == 1 {
				w.asks |= p.lists[whole].asks
			}
			p.take(s, &p.lists[whole], i, n)
		}
		if n == 1 {
			k := &p.known[p.nodes[at].known]
			noise = k.noise
			w.fillers, w.common = w.fillers|noise, noise|k.common
		}
	}
	if laughter(s.text(s.words[i])) {
		s.words[i].fillers |= p.everybody
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
		run.found = append(run.found, found{rule: rule, start: start, end: end})
	}
}
