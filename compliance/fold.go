package compliance

import (
	"cmp"
	"slices"
	"strings"
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
// Saying the same again changes nothing but when the contact last did: the state names
// the entry that was recorded first since they last said the opposite. So the confirmation
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
// That a number is somebody else's stands until whoever has it opts in: in a message,
// or before a person who records it. A list or a provider can't end it. Opt-ins and
// consents from before are over.
//
// An opt-out does not take consents to what sells away: it stands above them, and if
// the contact ends it, they are there again.
//
// Erasure takes no opt-out away, since nothing personal is needed to keep one. It
// ends opt-ins and consents, which nobody can prove any more, and questions.
//
// A question that ends when it was asked was withdrawn, since it never reached the
// contact.
//
// A message that a person has to decide about changes nothing of this. It is a
// [Hold] beside it, and never weakens an opt-out; see [Undecided] for what ends it.
func Fold(entries []Entry) State {
	w := wordsOf(entries)
	whole := w.about(Reach{})
	s := State{
		OptedOut: whole.OptedOut, Since: whole.Since, Entry: whole.Entry, Source: whole.Source, Last: whole.Last, Until: whole.Until,
		Voided: w.voided(), Asked: w.asked(),
	}
	if !s.OptedOut {
		s.Held = holdOf(entries)
	}
	for _, r := range w.reaches() {
		s.Parts = append(s.Parts, Part{r, w.about(r)})
	}
	s.Consents = w.consents()
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
	var last latest // of those that stand
	for _, o := range w.outs {
		if !o.Covers(r) {
			continue
		}
		lastOut.add(o.OccurredAt)
		if w.ended(o, r) {
			continue
		}
		last.add(o.OccurredAt)
		if out == nil || o.before(out) {
			out = o
		}
	}
	if out != nil {
		return Standing{OptedOut: true, Since: out.OccurredAt, Entry: out.ID, Source: out.Source, Last: last.at}
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
	s := Standing{Since: in.OccurredAt, Entry: in.ID, Source: in.Source}
	s.Last, s.Until = w.lasts(r, in.OccurredAt)
	return s
}

// lasts returns when the last of the opt-ins since a moment that cover a reach was,
// and when the last of them to end does, or zero if one never does.
func (w *words) lasts(r Reach, since time.Time) (last, until time.Time) {
	var said, ends latest
	forever := false
	for _, i := range w.ins {
		if !i.Covers(r) || i.OccurredAt.Before(since) {
			continue
		}
		said.add(i.OccurredAt)
		end := w.endOf(i)
		forever = forever || end.IsZero()
		ends.add(end)
	}
	if forever {
		return said.at, time.Time{}
	}
	return said.at, ends.at
}

// endOf is when an opt-in ends: by itself, or since the number was found to be
// somebody else's or what is personal was erased. It is zero if never.
func (w *words) endOf(in *Entry) time.Time {
	end := in.Until
	for _, of := range [][]*Entry{w.voids, w.erasures} {
		for _, e := range of {
			if !e.OccurredAt.Before(in.OccurredAt) && (end.IsZero() || e.OccurredAt.Before(end)) {
				end = e.OccurredAt
			}
		}
	}
	return end
}

// ended reports whether an opt-in has ended what an opt-out says about a reach that
// it covers.
func (w *words) ended(out *Entry, r Reach) bool {
	return slices.ContainsFunc(w.ins, func(in *Entry) bool {
		same := in.Same(out.Reach)
		if in.Source == FromProvider && !same {
			return false
		}
		wider := !same && in.Covers(out.Reach)
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
	slices.SortFunc(programmes, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	var all []Reach
	for _, p := range slices.CompactFunc(programmes, strings.EqualFold) {
		for _, purpose := range []Purpose{"", Marketing} {
			if r := (Reach{purpose, p}); r != (Reach{}) {
				all = append(all, r)
			}
		}
	}
	return all
}

// consents returns those to what sells that nothing has ended, the oldest first:
// given since what is personal was last erased, and since whoever has a number that
// was void opted in.
func (w *words) consents() []Consent {
	void := w.lastVoid()
	back := w.back(void)
	var erased latest
	for _, e := range w.erasures {
		erased.add(e.OccurredAt)
	}
	var all []Consent
	for _, e := range w.all {
		switch {
		case e.Strength == NotMarketing, erased.any && !e.OccurredAt.After(erased.at):
			continue
		case void != nil && (back == nil || e.OccurredAt.Before(back.OccurredAt)):
			continue
		}
		all = append(all, Consent{e.Reach, e.ID, e.Strength, e.Source, e.OccurredAt, e.Until})
	}
	slices.SortFunc(all, func(a, b Consent) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Entry, b.Entry)) })
	return all
}

// voided returns what says that the number is not the contact's, unless they, or
// whoever has it, have opted in since.
func (w *words) voided() Void {
	last := w.lastVoid()
	if last == nil || w.back(last) != nil {
		return Void{}
	}
	return Void{Entry: last.ID, Since: last.OccurredAt}
}

// lastVoid returns the last entry of kind Voided, or nil.
func (w *words) lastVoid() *Entry {
	var last *Entry
	for _, v := range w.voids {
		if last == nil || v.OccurredAt.After(last.OccurredAt) || v.OccurredAt.Equal(last.OccurredAt) && v.before(last) {
			last = v
		}
	}
	return last
}

// back returns the first opt-in after a void that is an act of whoever has the
// number, or nil.
func (w *words) back(void *Entry) *Entry {
	var first *Entry
	for _, in := range w.all {
		act := in.Source == FromContact || in.Source == FromOperator && in.Via != ViaSystem
		if void != nil && act && in.OccurredAt.After(void.OccurredAt) && (first == nil || in.OccurredAt.Before(first.OccurredAt)) {
			first = in
		}
	}
	return first
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
