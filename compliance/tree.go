package compliance

import "slices"

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
	asks  uint64 // the languages in which requests have the word
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
		if r.phrase.effect.asks() {
			list.asks |= r.language
		}
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
