package compliance

import "slices"

// node is a byte of a word. There are tens of thousands.
type node struct {
	child   int32 // the newest; if there are many, less than 0: of phrases.branches; 0 is none
	sibling int32 // the next older; 0 is none
	stem    int32 // of phrases.lists: steps of words that begin with what leads here; 0 is none
	whole   int32 // of phrases.lists: steps of the word that leads here; 0 is none
	known   int32 // of phrases.known: what else is known of this word; 0 is nothing
	letter  byte
}

// knowledge is what is known of a word by itself.
type knowledge struct {
	noise  uint64  // the languages that may have this word anywhere, see steps.language
	common uint64  // the languages in which everybody uses it
	family *family // the keyword that it is
}

// postings are the steps that take a word: those with which a rule may begin,
// and by language those that go on.
type postings struct {
	begin []posting // by rule
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

// making is what the tree needs until it is finished: the postings of each list,
// in the order in which they were added. All of them are in one slice, as most
// lists have very few.
type making struct {
	chains []chain // by list
	added  []added // the first is none
}

type chain struct{ first, last int32 } // of making.added

type added struct {
	posting
	next int32 // of the same list; 0 is none
}

// begin makes an empty tree, with room for the words of the standard table.
func (p *phrases) begin() {
	p.nodes = make([]node, 1, 37_000)
	p.branches = make([][256]int32, 1, 400)
	p.lists = make([]postings, 1, 8_600)
	p.known = make([]knowledge, 1, 2_600)
	p.making = making{chains: make([]chain, 1, 8_600), added: make([]added, 1, 26_000)}
}

func (p *phrases) add(ph *phrase, words []step, name string) {
	r := rule{phrase: ph, rule: name, clause: !ph.commas, steps: steps{language: p.bit(ph.language), final: 1 << len(words), filler: ph.effect == effectFiller}}
	n := int32(len(p.rules))
	for i, s := range words {
		bit := uint32(1) << i
		if s.optional {
			r.optional |= bit
		}
		if s.any {
			r.any |= bit
		}
		for _, c := range s.choices {
			p.spread(0, false, c, posting{rule: n, steps: bit})
		}
	}
	r.first = r.skip(1)
	p.rules, p.steps = append(p.rules, r), append(p.steps, r.steps)
}

// spread adds a posting to every word that a sequence takes, from a node on.
// What two of them begin with is looked up once.
func (p *phrases) spread(at int32, stem bool, rest sequence, posts posting) {
	if len(rest) == 0 {
		p.post(at, stem, posts)
		return
	}
	for _, w := range rest[0] {
		next, stem := at, stem
		if w != "" {
			if at != 0 {
				next = p.extend(at, " ")
			}
			if stem = w[len(w)-1] == '*'; stem {
				w = w[:len(w)-1]
			}
			next = p.extend(next, w)
		}
		p.spread(next, stem, rest[1:], posts)
	}
}

// post adds a posting to the list of a word, or of what begins with it.
func (p *phrases) post(at int32, stem bool, posts posting) {
	index := &p.nodes[at].whole
	if stem {
		index = &p.nodes[at].stem
	}
	m := &p.making
	if *index == 0 {
		*index = int32(len(p.lists))
		p.lists, m.chains = append(p.lists, postings{}), append(m.chains, chain{})
	}
	c := &m.chains[*index]
	switch last := &m.added[c.last]; {
	case c.last != 0 && last.rule == posts.rule:
		last.steps |= posts.steps
		return
	case c.last != 0:
		last.next = int32(len(m.added))
	default:
		c.first = int32(len(m.added))
	}
	c.last = int32(len(m.added))
	m.added = append(m.added, added{posting: posts})
}

// extend returns the node to which letters lead from another. It makes what is
// not there, and so the nodes may move.
func (p *phrases) extend(at int32, letters string) int32 {
	for i := range len(letters) {
		next := p.child(at, letters[i])
		if next == 0 {
			next = int32(len(p.nodes))
			p.nodes = append(p.nodes, node{letter: letters[i]})
			p.adopt(at, next)
		}
		at = next
	}
	return at
}

// adopt makes a node a child of another. If that has many, a table leads to
// them.
func (p *phrases) adopt(at, child int32) {
	n := &p.nodes[at]
	if n.child < 0 {
		p.branches[-n.child][p.nodes[child].letter] = child
		return
	}
	p.nodes[child].sibling, n.child = n.child, child
	children := 0
	for c := child; c != 0; c = p.nodes[c].sibling {
		children++
	}
	const many = 4
	if children <= many {
		return
	}
	p.branches = append(p.branches, [256]int32{})
	branch := len(p.branches) - 1
	for c := child; c != 0; c = p.nodes[c].sibling {
		p.branches[branch][p.nodes[c].letter] = c
	}
	n.child = -int32(branch)
}

// about returns what is known of a word, to add to it.
func (p *phrases) about(w string) *knowledge {
	n := &p.nodes[p.extend(0, w)]
	if n.known == 0 {
		n.known = int32(len(p.known))
		p.known = append(p.known, knowledge{})
	}
	return &p.known[n.known]
}

func (p *phrases) noise(language, w string)  { p.about(w).noise |= p.bit(language) }
func (p *phrases) common(language, w string) { p.about(w).common |= p.bit(language) }

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

// finish prepares what has been added for reading: the postings of a list lie
// side by side.
func (p *phrases) finish() {
	p.everybody = p.bit("en") | p.bit("und")
	begins, goesOn := 0, 0
	for i := range p.making.added[1:] {
		a := &p.making.added[i+1]
		r := &p.rules[a.rule]
		if a.begun = r.skip((r.first & a.steps) << 1); a.begun != 0 {
			begins++
		}
		if a.goesOn() {
			goesOn++
		}
	}
	begin, goOn := make([]posting, 0, begins), make([]posting, 0, goesOn)
	languages := make([]ofLanguage, 0, 6_100) // by list; those of the standard table
	for i := range p.lists[1:] {
		list := &p.lists[i+1]
		firstBegin, firstLanguage := len(begin), len(languages)
		for at := p.making.chains[i+1].first; at != 0; at = p.making.added[at].next {
			a := &p.making.added[at]
			r := &p.rules[a.rule]
			if r.phrase.effect.asks() {
				list.asks |= r.language
			}
			if a.begun != 0 {
				begin = append(begin, a.posting)
			}
			if !a.goesOn() {
				continue
			}
			goOn = append(goOn, a.posting)
			if n := len(languages); n == firstLanguage || languages[n-1].language != r.language {
				languages = append(languages, ofLanguage{language: r.language, list: goOn[len(goOn)-1:]})
			} else {
				languages[n-1].list = languages[n-1].list[:len(languages[n-1].list)+1]
			}
		}
		list.begin = begin[firstBegin:len(begin):len(begin)]
		list.goOn = languages[firstLanguage:len(languages):len(languages)]
	}
	p.making = making{}
}

// goesOn reports whether a rule takes a word as another than its first step.
func (p posting) goesOn() bool { return p.steps&^1 != 0 }

// child returns where a letter leads from a node, or 0.
func (p *phrases) child(at int32, letter byte) int32 {
	next := p.nodes[at].child
	if next < 0 {
		return p.branches[-next][letter]
	}
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
	return p.nodes[at].known != 0 || p.nodes[at].whole != 0
}
