package compliance

import "slices"

// mark finds out which words are a part of a phrase that means nothing of the
// kind.
func (s *sheet) mark(p *phrases) {
	for _, f := range s.runner.found {
		if ph := p.rules[f.rule].phrase; ph.effect == effectPass && s.anchored(ph, f) {
			for i := f.start; i < f.end; i++ {
				s.words[i].passed = true
			}
		}
	}
}

// anchored reports whether a phrase that must begin or end a sentence does, but
// for fillers.
func (s *sheet) anchored(p *phrase, f found) bool {
	if p.begin {
		for i := f.start - 1; i >= 0 && s.words[i].sentence == s.words[f.start].sentence; i-- {
			if !s.words[i].filler {
				return false
			}
		}
	}
	if p.end {
		for i := int(f.end); i < len(s.words) && s.words[i].sentence == s.words[f.end-1].sentence; i++ {
			if !s.words[i].filler {
				return false
			}
		}
	}
	return true
}

// read reads the phrases of a text. If it is settled, none that is a bare word
// counts.
func (s *sheet) read(p *phrases, c *context, settled bool) reading {
	var best reading
	for _, f := range s.runner.found {
		r := &p.rules[f.rule]
		var kind Kind
		flag := ""
		switch r.phrase.effect {
		case effectOut:
			kind = OptOut
		case effectComplaint:
			kind, flag = OptOut, "the contact says that they have asked before"
		case effectErase:
			kind, flag = OptOut, "the contact may want their data erased"
		case effectNarrow:
			kind, flag = OptOut, "the contact wants less, and perhaps not nothing"
		case effectHold:
			kind = Ambiguous
		case effectRefuse:
			if !c.asked {
				kind = Ambiguous
			}
		case effectBack:
			if c.State.OptedOut {
				kind = Ambiguous
			}
		case effectNone, effectPass, effectFiller:
		}
		switch {
		case weight[kind] <= weight[best.kind] && (kind != best.kind || best.flag != "" || flag == ""):
			continue
		case settled && r.phrase.begin && r.phrase.end, r.phrase.effect != effectBack && s.passes(f) || !s.anchored(r.phrase, f) || kind == OptOut && s.held(p, f):
			continue
		}
		if kind == OptOut && r.phrase.begin && r.phrase.end && s.laughing() {
			kind = Ambiguous // haha stop it
		}
		best = stronger(best, reading{kind: kind, rule: r.rule, language: r.phrase.language, flag: flag})
	}
	return best
}

// passes reports whether a phrase is a part of one that means nothing.
func (s *sheet) passes(f found) bool {
	return slices.ContainsFunc(s.words[f.start:f.end], func(w word) bool { return w.passed })
}

// held reports whether a phrase is a part of a longer one that a person must
// read.
func (s *sheet) held(p *phrases, f found) bool {
	return slices.ContainsFunc(s.runner.found, func(g found) bool {
		e := p.rules[g.rule].phrase.effect
		return (e == effectHold || e == effectRefuse) && g.start <= f.start && g.end >= f.end && g.end-g.start > f.end-f.start && s.anchored(p.rules[g.rule].phrase, g)
	})
}
