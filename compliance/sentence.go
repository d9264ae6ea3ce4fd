package compliance

import (
	"math/bits"
	"slices"
)

// mark finds out which phrases are where they must be, and which words are a
// part of one that means nothing of the kind.
func (s *sheet) mark(p *phrases) {
	s.spoken.to = 0 // of another text
	for i := range s.runner.found {
		f := &s.runner.found[i]
		f.anchored = s.anchored(p, *f)
		if f.anchored && p.rules[f.rule].phrase.effect == effectPass && !s.foreign(p, *f) {
			for j := f.start; j < f.end; j++ {
				s.words[j].passed = true
			}
		}
	}
}

// mostFillers is how many fillers may stand between a phrase and the beginning
// or the end of its sentence.
const mostFillers = 20

// anchored reports whether a phrase that must begin or end a sentence does, but
// for fillers.
func (s *sheet) anchored(p *phrases, f found) bool {
	r := &p.rules[f.rule]
	silent := r.language | p.everybody
	if r.phrase.begin {
		for i := f.start - 1; i >= 0 && s.words[i].sentence == s.words[f.start].sentence; i-- {
			if s.words[i].fillers&silent == 0 || f.start-i > mostFillers {
				return false
			}
		}
	}
	if r.phrase.end {
		for i := int(f.end); i < len(s.words) && s.words[i].sentence == s.words[f.end-1].sentence; i++ {
			if s.words[i].fillers&silent == 0 || i-int(f.end) >= mostFillers {
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
		case effectOut, effectDemand:
			kind = OptOut
		case effectOpen:
			if kind = OptOut; s.rest(p, f) {
				kind = Ambiguous
			}
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
		case s.foreign(p, f), r.phrase.keyword != nil && !c.applies(r.phrase.keyword):
			continue
		case settled && r.phrase.begin && r.phrase.end, r.phrase.effect != effectBack && r.phrase.effect != effectDemand && s.passes(p, f) || !f.anchored || kind == OptOut && s.held(p, f):
			continue
		}
		if kind == OptOut && r.phrase.begin && r.phrase.end && s.laughing() {
			kind = Ambiguous // haha stop it
		}
		best = stronger(best, reading{kind: kind, rule: r.rule, language: r.phrase.language, flag: flag})
	}
	return best
}

// passes reports whether a phrase is a part of one that means nothing. One of
// another language counts if there is more of that language: its common words
// and the phrase itself. A complaint is not silenced by what it quotes.
func (s *sheet) passes(p *phrases, f found) bool {
	if !slices.ContainsFunc(s.words[f.start:f.end], func(w word) bool { return w.passed }) {
		return false
	}
	r := &p.rules[f.rule]
	own := s.common(r.language, f) + f.end - f.start
	return slices.ContainsFunc(s.runner.found, func(g found) bool {
		by := &p.rules[g.rule]
		switch {
		case by.phrase.effect != effectPass || g.end <= f.start || f.end <= g.start || !g.anchored:
			return false
		case by.language == r.language:
			return r.phrase.effect != effectComplaint || g.start < f.start || f.end < g.end
		}
		return s.common(by.language, g)+g.end-g.start >= own
	})
}

// rest reports whether a clause goes on after a phrase with a word that is
// neither common nor one of a request: it may say what we should stop doing.
// What comes later than the next words is said of something else.
func (s *sheet) rest(p *phrases, f found) bool {
	language := p.rules[f.rule].language
	for i := int(f.end); i < min(int(f.end)+restWords, len(s.words)) && s.words[i].clause == s.words[f.end-1].clause; i++ {
		if w := &s.words[i]; w.fillers&(language|p.everybody) == 0 && (w.common|w.asks)&language == 0 {
			return true
		}
	}
	return false
}

// restWords is how far after a phrase its object is looked for: an article, and
// a noun.
const restWords = 2

// held reports whether a phrase is a part of a longer one that a person must
// read.
func (s *sheet) held(p *phrases, f found) bool {
	return slices.ContainsFunc(s.runner.found, func(g found) bool {
		e := p.rules[g.rule].phrase.effect
		return (e == effectHold || e == effectRefuse) && g.start <= f.start && g.end >= f.end && g.end-g.start > f.end-f.start && g.anchored
	})
}

// spoken is which languages a sentence is in, by its common words.
type spoken struct {
	from, to int       // words
	words    [64]int16 // that are common, by language
	most     int16
}

// shortPhrase is how many words a phrase has at most that may be found by
// chance in a sentence of another language.
const shortPhrase = 3

// foreign reports whether a short phrase is in a sentence of another language:
// large is no Spanish request to go away. It is if that language has as many
// common words in the sentence as the phrase's own together with the phrase.
func (s *sheet) foreign(p *phrases, f found) bool {
	n := f.end - f.start
	if n > shortPhrase {
		return false
	}
	own := s.common(p.rules[f.rule].language, f)
	return int32(s.spoken.most) >= own+n && int32(s.spoken.most) > own
}

// common returns how many words that are common in a language there are in the
// sentence of a phrase.
func (s *sheet) common(language uint64, f found) int32 {
	if int(f.start) < s.spoken.from || int(f.start) >= s.spoken.to {
		s.listen(int(f.start))
	}
	return int32(s.spoken.words[bits.TrailingZeros64(language)])
}

// listen counts the common words of the sentence that a word is in.
func (s *sheet) listen(i int) {
	at := &s.spoken
	*at = spoken{from: i, to: i}
	for at.from > 0 && s.words[at.from-1].sentence == s.words[i].sentence {
		at.from--
	}
	for at.to = at.from; at.to < len(s.words) && s.words[at.to].sentence == s.words[i].sentence; at.to++ {
		for set := s.words[at.to].common; set != 0; set &= set - 1 {
			n := &at.words[bits.TrailingZeros64(set)]
			*n++
			at.most = max(at.most, *n)
		}
	}
}
