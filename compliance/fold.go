package compliance

import (
	"cmp"
	"slices"
	"time"
)

// Fold reads what holds from all entries about one contact, in any order: those
// of one key, or of several that are known to be the same contact's. The entry
// that occurred last decides whether the contact has opted out; of two at the
// same moment the opt-out wins. So a START that is delivered late does not
// undo a STOP written after it.
//
// An opt-in that was imported ends no opt-out, whichever is older: what somebody
// else has noted is no act of the contact's.
//
// Saying the same again changes nothing: the state names the entry that was
// recorded first since the contact last said the opposite. So the confirmation
// of a STOP still confirms what stands after a second STOP.
//
// Of a [Reach] that is named, what stands is told by all entries that cover it. A
// later opt-in to a part of what was stopped counts for that part alone. An opt-in
// to more than what was stopped, such as START, restores what stood before: it ends
// no narrower opt-out, unless it is a consent with a [Strength] of its own.
//
// A [FromProvider] opt-in ends what was stopped in the same way, and nothing wider:
// who takes a stop of marketing back in their app has not taken back their STOP.
//
// Consents to what sells are those since the number was last found to be somebody
// else's. An opt-out does not take them away: it stands above them, and if the
// contact ends it, they are there again.
//
// Erasure takes no opt-out away, since nothing personal is needed to keep one. It
// ends consents, which nobody can prove any more, and questions.
//
// A message that a person has to decide about changes nothing of this. It is a
// [Hold] beside it, and never weakens an opt-out; see [Undecided] for what ends it.
func Fold(entries []Entry) State {
	w := wordsOf(entries)
	whole := w.about(Reach{})
	s := State{OptedOut: whole.OptedOut, Since: whole.Since, Entry: whole.Entry, Source: whole.Source, Voided: w.voided(), Asked: w.asked()}
	if !s.OptedOut {
		s.Held = holdOf(entries)
	}
	for _, r := range w.reaches() {
		s.Parts = append(s.Parts, Part{r, w.about(r)})
	}
	s.Consents = w.consents(s.Voided)
	return s
}

// words are the entries that say what a contact wants, by kind.
type words struct {
	outs, ins []*Entry // without imported opt-ins where there is an opt-out
	all       []*Entry // opt-ins, imported ones too
	asks      []*Entry
	voids     []*Entry
	erasures  []*Entry
}

func wordsOf(entries []Entry) words {
	var w words
	for i := range entries {
		e := &entries[i]
		switch e.Kind {
		case OptOut:
			w.outs = append(w.outs, e)
		case OptIn:
			w.all = append(w.all, e)
		case Asked:
			w.asks = append(w.asks, e)
		case Voided:
			w.voids = append(w.voids, e)
		case Erased:
			w.erasures = append(w.erasures, e)
		case None, Help, Ambiguous, Released:
		}
	}
	w.ins = w.all
	if len(w.outs) > 0 {
		w.ins = slices.DeleteFunc(slices.Clone(w.all), func(e *Entry) bool { return e.Source == FromImport })
	}
	return w
}

// about returns what stands about a reach.
func (w *words) about(r Reach) Standing {
	var out, in *Entry // that was recorded first of those that count
	var lastOut latest
	for _, o := range w.outs {
		if !o.Covers(r) {
			continue
		}
		lastOut.add(o.OccurredAt)
		if !w.ended(o, r) && (out == nil || o.before(out)) {
			out = o
		}
	}
	if out != nil {
		return out.standing()
	}
	for _, i := range w.ins {
		if i.Covers(r) && (!lastOut.any || i.OccurredAt.After(lastOut.at)) && (in == nil || i.before(in)) {
			in = i
		}
	}
	if in == nil {
		// All that was stopped goes again, but by words of different reach.
		for _, i := range w.ins {
			if i.Covers(r) && (in == nil || i.OccurredAt.After(in.OccurredAt) || i.OccurredAt.Equal(in.OccurredAt) && i.before(in)) {
				in = i
			}
		}
	}
	if in == nil {
		return Standing{}
	}
	return in.standing()
}

func (e *Entry) standing() Standing {
	return Standing{OptedOut: e.Kind == OptOut, Since: e.OccurredAt, Entry: e.ID, Source: e.Source}
}

// ended reports whether an opt-in has ended what an opt-out says about a reach that
// it covers.
func (w *words) ended(out *Entry, r Reach) bool {
	return slices.ContainsFunc(w.ins, func(in *Entry) bool {
		if in.Source == FromProvider && in.Reach != out.Reach {
			return false
		}
		wider := in.Reach != out.Reach && in.Covers(out.Reach)
		return in.Covers(r) && in.OccurredAt.After(out.OccurredAt) && (!wider || in.Strength != NotMarketing)
	})
}

// reaches returns those about which something else may stand than about
// everything: with each programme that is named, and what sells apart from the rest.
func (w *words) reaches() []Reach {
	var programmes []string
	narrow := false
	for _, of := range [][]*Entry{w.outs, w.ins} {
		for _, e := range of {
			narrow = narrow || e.Reach != Reach{}
			programmes = append(programmes, e.Programme)
		}
	}
	if !narrow {
		return nil
	}
	programmes = append(programmes, "")
	slices.Sort(programmes)
	var all []Reach
	for _, p := range slices.Compact(programmes) {
		for _, purpose := range []Purpose{"", Marketing} {
			if r := (Reach{purpose, p}); r != (Reach{}) {
				all = append(all, r)
			}
		}
	}
	return all
}

// consents returns those to what sells that were given since a number was last
// void, the oldest first.
func (w *words) consents(void Void) []Consent {
	voided := void.Since
	for _, v := range slices.Concat(w.voids, w.erasures) {
		if v.OccurredAt.After(voided) {
			voided = v.OccurredAt
		}
	}
	var all []Consent
	for _, e := range w.all {
		if e.Strength == NotMarketing || !voided.IsZero() && !e.OccurredAt.After(voided) {
			continue
		}
		all = append(all, Consent{e.Reach, e.ID, e.Strength, e.Source, e.OccurredAt, e.Until})
	}
	slices.SortFunc(all, func(a, b Consent) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Entry, b.Entry)) })
	return all
}

// voided returns what says that the number is not the contact's, unless they, or
// whoever has it now, have opted in since.
func (w *words) voided() Void {
	var last *Entry
	for _, v := range w.voids {
		if last == nil || v.OccurredAt.After(last.OccurredAt) || v.OccurredAt.Equal(last.OccurredAt) && v.before(last) {
			last = v
		}
	}
	if last == nil || slices.ContainsFunc(w.all, func(in *Entry) bool { return in.OccurredAt.After(last.OccurredAt) }) {
		return Void{}
	}
	return Void{Entry: last.ID, Since: last.OccurredAt}
}

// asked returns the last question that nothing has answered. Whether it is open
// still is for Ask.Open.
func (w *words) asked() Ask {
	var last *Entry
	for _, a := range w.asks {
		if last == nil || a.OccurredAt.After(last.OccurredAt) || a.OccurredAt.Equal(last.OccurredAt) && last.before(a) {
			last = a
		}
	}
	if last == nil {
		return Ask{}
	}
	for _, of := range [][]*Entry{w.outs, w.all, w.voids, w.erasures} {
		if slices.ContainsFunc(of, func(e *Entry) bool { return !e.OccurredAt.Before(last.OccurredAt) }) {
			return Ask{}
		}
	}
	return Ask{Reach: last.Reach, Entry: last.ID, Strength: last.Strength, Since: last.OccurredAt, Until: last.Until}
}

// latest is the last of some moments.
type latest struct {
	at  time.Time
	any bool
}

func (l *latest) add(at time.Time) {
	if !l.any || at.After(l.at) {
		*l = latest{at, true}
	}
}
