package compliance

import "slices"

// reading is what a text means, and by what.
type reading struct {
	kind     Kind
	rule     string
	language string
	flag     string

	// settled says that the table knows the bare word to depend on the context,
	// so that no phrase of that word alone changes its reading.
	settled bool
}

// stronger returns the reading that counts of two: an opt-out always does.
func stronger(a, b reading) reading {
	if weight[b.kind] > weight[a.kind] {
		return b
	}
	return a
}

var weight = [...]int{None: 0, Ambiguous: 1, Help: 2, OptIn: 3, OptOut: 4}

// sheets are kept for the next texts. A few are enough, as one is needed for
// some microseconds.
var sheets = make(chan *sheet, 8)

func takeSheet() *sheet {
	select {
	case s := <-sheets:
		return s
	default:
		return new(sheet)
	}
}

func returnSheet(s *sheet) {
	select {
	case sheets <- s:
	default:
	}
}

// recognise reads a text in these steps, of which each sees what the one
// before has left: what the contact has not written is taken out, see
// readMessage; the words are made plain, see add and respell; and then the
// text is a keyword, keywords and courtesies, or a sentence with a phrase, or a
// keyword with a slip of the finger.
func (t *Table) recognise(text string, c *context) reading {
	s := takeSheet()
	r := t.recogniseOn(s, text, c)
	returnSheet(s)
	return r
}

func (t *Table) recogniseOn(s *sheet, text string, c *context) reading {
	s.readMessage(text, c.LastOutbound, false)
	echo, alone, cut, within := s.echoed, len(s.words) == 0, s.cut, s.cutWithin
	r := t.readSheet(s, c)
	switch {
	case r.kind != None:
	case echo: // STOP to opt out
		s.readMessage(text, "", false)
		_, f := t.prefix(s, s.words)
		r = t.request(s, c, alone && f != nil)
	case cut: // you sent via SMS what I never asked for. STOP
		s.readMessage(text, c.LastOutbound, true)
		r = t.request(s, c, within)
	}
	return r
}

// request reads what was left out at first, as it may not be the contact's own.
// It counts if it is a request to stop, and if that is not clear, a person must
// read it.
func (t *Table) request(s *sheet, c *context, sure bool) reading {
	r := t.readSheet(s, c)
	switch {
	case r.kind != OptOut:
		return reading{}
	case !sure:
		r.kind, r.flag = Ambiguous, ""
	}
	return r
}

func (t *Table) readSheet(s *sheet, c *context) reading {
	if len(s.words) == 0 {
		return t.emojiOf(s, c)
	}
	whole := t.keyword(s, s.words, c)
	switch {
	case whole.kind == OptOut && whole.settled && s.questioned(s.words[0]): // enough?
		whole.kind = Ambiguous
		return whole
	case whole.kind == OptOut || whole.kind == OptIn || whole.kind == Help:
		return whole
	}
	t.respell(s)
	t.phrases.run(s)
	s.mark(&t.phrases)
	bare := t.bare(s, c)
	whole = stronger(whole, bare)
	whole = stronger(whole, s.read(&t.phrases, c, whole.settled || bare.settled))
	if whole.kind != OptOut {
		whole = stronger(whole, t.clause(s, c))
	}
	if whole.kind == None && s.runner.spent() {
		return reading{kind: Ambiguous, rule: "a text of too many such words to be read"}
	}
	return whole
}

// emojiOf reads a text without words: emoji that are keywords, and no others.
func (t *Table) emojiOf(s *sheet, c *context) (best reading) {
	for _, r := range s.emoji {
		f := t.emoji[r]
		if f == nil || len(s.emoji) > mostEmoji {
			return reading{}
		}
		best = stronger(best, t.choose(f, c))
	}
	return best
}

// keyword reads words as one keyword.
func (t *Table) keyword(s *sheet, words []word, c *context) reading {
	if n, f := t.prefix(s, words); n == len(words) {
		return t.choose(f, c)
	}
	return reading{}
}

// choose reads a keyword that several languages may have.
func (t *Table) choose(f *family, c *context) reading {
	if f.plain {
		e := &f.entries[0]
		for i := range f.entries {
			if f.entries[i].Language == c.language {
				e = &f.entries[i]
			}
		}
		return reading{kind: e.Kind, rule: e.rule, language: e.Language}
	}
	var best reading
	applied, settled := false, true
	for i, e := range f.entries {
		if !c.applies(e.Keyword) || t.overruled(f.entries, i, c) {
			continue
		}
		best = stronger(best, t.reading(e, c))
		applied, settled = true, settled && e.Match != MatchExact && e.Match != MatchPhrase
	}
	best.settled = applied && settled
	return best
}

// overruled reports whether another row of a word counts: one for the contact's
// region, or one of the thread's language. What the law fixes is not overruled
// by a language.
func (t *Table) overruled(entries []entry, i int, c *context) bool {
	e := entries[i]
	return slices.ContainsFunc(entries, func(other entry) bool {
		switch {
		case !c.applies(other.Keyword):
			return false
		case other.Language == e.Language && other.Region != "" && e.Region == "":
			return true
		}
		return other.Language == c.language && e.Language != c.language && e.Tier != TierLaw
	})
}

// reading returns what a keyword means that is the whole message.
func (t *Table) reading(e entry, c *context) reading {
	r := reading{rule: e.rule, language: e.Language}
	switch e.Match {
	case MatchExact, MatchPhrase:
		r.kind = e.Kind
		switch {
		case e.Kind != OptOut || e.Danger != "high" || !c.asked:
		case c.american: // where the law leaves no choice
			r.flag = "it may answer our question as well"
		default:
			r.kind = Ambiguous
		}
	case MatchContext:
		r.kind = e.Kind
		if c.asked || c.language != "" && c.language != e.Language { // acha is "okay" in Hindi
			r.kind = Ambiguous
		}
	case MatchOptedOut:
		if c.State.OptedOut || c.State.Held.Stands() || c.Asked == AskedConsent {
			r.kind = e.Kind
		}
	case MatchPrompted:
		if c.Asked == AskedConsent {
			r.kind = e.Kind
		}
	case MatchReview, MatchNever:
		switch {
		case e.Alone == AloneHeld, e.Alone == AloneRefuses && !c.asked, c.Asked == AskedConsent,
			e.Alone == AloneInThread && !c.asked && c.language == e.Language:
			r.kind = Ambiguous
		}
	case MatchOperator:
	}
	if r.kind == None {
		return reading{}
	}
	return r
}

// bold reports whether a keyword is an opt-out with other words beside it.
func (r reading) bold(f *family) bool {
	return r.kind == OptOut && slices.ContainsFunc(f.entries, func(e entry) bool {
		return e.rule == r.rule && e.Danger != "high" && (e.Match == MatchExact || e.Match == MatchPhrase)
	})
}
