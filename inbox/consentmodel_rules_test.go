package inbox_test

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
)

// What follows is the law of consent once more, by somebody who has read what the
// package compliance promises and not how it keeps it: a list of what has happened,
// and questions to it that read the whole list each time. It shares the package's
// nouns and none of its rules.

// tri is an answer that may not be known: what the promises leave open is perhaps, and
// the engine may do either.
type tri int8

const (
	no tri = iota
	perhaps
	yes
)

func isSo(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri { return yes - t }

// actKind is what somebody has done.
type actKind uint8

const (
	actStop    actKind = iota // wants no more of something
	actAgree                  // wants it, or wants it again
	actHold                   // wrote what may be a wish to stop
	actRelease                // a person has found that it was none
	actAsk                    // was asked to opt in
	actVoid                   // is not who has the number any more
)

// consentAct is something that has happened to the consent of one customer.
type consentAct struct {
	kind     actKind
	by       compliance.Source
	reach    compliance.Reach
	strength compliance.Strength
	at       time.Time // when it was done, as far as whoever told it knows
	sent     time.Time // when the customer wrote it by the provider's clock, or zero
	learned  time.Time // when it reached us
	late     bool      // by a backfill
	until    time.Time // when an agreement, a hold or a question ends by itself

	// settling says that it reached us while we were at work, so that what happens
	// at the very moment may be before it or after it.
	settling bool

	// list says that another system said so, and not the customer.
	list bool

	// maybe says that it may be no word of the customer's, but a repetition.
	maybe bool

	talk    int  // the conversation, of holds and questions
	over    bool // of a hold: the time for a decision has passed
	message inbox.MessageID
	entry   compliance.EntryID // of agreements, if it is known
	void    bool               // of a question: its message will never be sent
	asked   time.Time          // of a question: when the carrier had it, or zero
	doubt   bool               // of a question: nobody knows whether the carrier had it
}

// covers reports whether a word about one reach is about all of another.
func covers(a, b compliance.Reach) bool {
	return (a.Purpose == "" || a.Purpose == b.Purpose) && (a.Programme == "" || a.Programme == b.Programme)
}

// clockError is by how much the clocks of a provider and of ours may differ.
const clockError = 5 * time.Minute

// wrote is when a customer did it, by the best clock there is.
func (a *consentAct) wrote() time.Time {
	if !a.sent.IsZero() {
		return a.sent
	}
	return a.at
}

// after says whether an agreement was given after something that speaks against
// it, which is before it in the list of what we know or not.
func (a *consentAct) after(out *consentAct, learnedFirst bool) tri {
	gap := a.wrote().Sub(out.wrote())
	near := gap.Abs() <= clockError
	switch {
	case a.by == compliance.FromContact && out.by == compliance.FromContact && !a.sent.IsZero() && !out.sent.IsZero():
		if a.sent.After(out.sent) && (!learnedFirst || a.late && out.late) {
			return perhaps // an older stop that comes after may stand, too
		}
		return isSo(a.sent.After(out.sent)) // one clock
	case a.by == compliance.FromProvider: // whoever resumes has said when
		return isSo(gap > 0)
	case out.by == compliance.FromProvider && !learnedFirst: // a late report, by another clock
		if near && gap > 0 {
			return perhaps
		}
		return isSo(gap > 0)
	case out.kind == actVoid && a.at.Equal(out.at): // of two at one moment
		return perhaps
	case out.by == compliance.FromProvider && a.by != compliance.FromContact && near && gap > 0: // by two clocks
		return perhaps
	case a.by == compliance.FromContact && a.late:
		if near {
			return perhaps
		}
		return isSo(gap > 0)
	case a.by == compliance.FromContact && learnedFirst: // it came in after it
		if a.wrote().Before(out.at) { // and was on its way
			return perhaps
		}
		return yes
	case out.by == compliance.FromContact:
		// An opt-out counts from when it came a.
		switch {
		case a.wrote().After(out.at):
			return yes
		case a.at.After(out.wrote()):
			return perhaps
		}
		return no
	case a.wrote() != a.at && a.wrote().After(out.at) != a.at.After(out.at):
		return perhaps
	}
	return isSo(a.at.After(out.at))
}

// acts are those of one customer, in the order in which we learned of them.
type acts []*consentAct

// known reports whether an act counts at a moment.
func (a *consentAct) known(at time.Time) tri {
	switch {
	case a.learned.After(at):
		return no
	case a.maybe, a.settling && a.learned.Equal(at):
		return perhaps
	}
	return yes
}

// stopped says whether the customer has stopped what a message with a reach is.
func (all acts) stopped(r compliance.Reach, at time.Time) tri {
	worst := all.stops(r, at)
	for _, h := range all {
		if h.kind == actHold && !at.Before(h.until) {
			worst = max(worst, all.undecided(h, at))
		}
	}
	return worst
}

// stops is stopped by the customer's own words.
func (all acts) stops(r compliance.Reach, at time.Time) tri {
	worst := no
	for i, out := range all {
		if out.kind == actStop && covers(out.reach, r) {
			worst = max(worst, min(out.known(at), all.ended(i, r, at).not()))
		}
	}
	return worst
}

// undecided says whether a message holds about which nobody has decided in time, so
// that it is an opt-out. Nothing holds beside an opt-out of everything; what becomes
// then of what the customer wants in part all the same, nobody has promised.
func (all acts) undecided(h *consentAct, at time.Time) tri {
	stands := all.holds(h, at)
	if all.stops(compliance.Reach{}, at) != no {
		stands = min(stands, perhaps)
	}
	return stands
}

// ended says whether the customer has taken a stop back.
func (all acts) ended(out int, r compliance.Reach, at time.Time) tri {
	best := no
	for i, in := range all {
		if in.kind != actAgree || in.by == compliance.FromImport || !covers(in.reach, r) {
			continue
		}
		of := all[out].reach
		if in.by == compliance.FromProvider && in.reach != of {
			continue // no provider takes back what is wider
		}
		// What is wider than the stop, such as START, restores what stood before.
		if in.reach != of && covers(in.reach, of) && in.strength == compliance.NotMarketing {
			continue
		}
		sure := yes
		if !covers(of, in.reach) && !covers(in.reach, of) && in.strength == compliance.NotMarketing {
			sure = perhaps // they cross
		}
		best = max(best, min(sure, in.known(at), in.after(all[out], out < i)))
	}
	return best
}

// holds says whether a message that may be a wish to stop waits for a decision. That
// the time for one has passed does not matter here.
func (all acts) holds(h *consentAct, at time.Time) tri {
	stands := h.known(at)
	seen := false
	for _, a := range all {
		seen = seen || a == h
		switch {
		case a.known(at) == no:
		case a.kind == actRelease && a.message == h.message:
			return no
		case a.kind == actStop && a.reach == compliance.Reach{} && !a.at.Before(h.at):
			stands = min(stands, a.known(at).not())
		case a.kind == actAgree && a.by == compliance.FromContact && a.reach == compliance.Reach{}:
			after := a.after(h, seen)
			if a.late && h.sent.IsZero() {
				after = min(after, perhaps) // by two clocks
			}
			stands = min(stands, after.not())
		}
	}
	return stands
}

// held says whether anything does.
func (all acts) held(at time.Time) tri {
	worst := no
	for _, h := range all {
		if h.kind == actHold {
			worst = max(worst, all.holds(h, at))
		}
	}
	return min(worst, all.stopped(compliance.Reach{}, at).not())
}

// voids says of each report that the number is somebody else's whether it stands.
func (all acts) voids(at time.Time, visit func(v *consentAct, stands tri)) {
	for i, v := range all {
		if v.kind != actVoid || v.known(at) == no {
			continue
		}
		lifted := no
		for j, in := range all {
			if in.kind != actAgree || in.known(at) == no || in.by == compliance.FromImport || in.by == compliance.FromProvider {
				continue
			}
			after := in.after(v, i < j)
			if in.list || in.reach != (compliance.Reach{}) || in.strength == compliance.NotMarketing && in.by != compliance.FromContact {
				after = min(after, perhaps) // whether a little is enough is not said
			}
			lifted = max(lifted, min(after, in.known(at)))
		}
		visit(v, min(v.known(at), lifted.not()))
	}
}

// voided says whether the number is somebody else's.
func (all acts) voided(at time.Time) tri {
	worst := no
	all.voids(at, func(_ *consentAct, stands tri) { worst = max(worst, stands) })
	return worst
}

// agreement is one that counts, surely or perhaps.
type agreement struct {
	*consentAct
	sure tri
}

// agreements returns what the customer has agreed to that still counts.
func (all acts) agreements(at time.Time) []agreement {
	var found []agreement
	for j, in := range all {
		if in.kind != actAgree || in.by == compliance.FromProvider || !in.until.IsZero() && !at.Before(in.until) {
			continue
		}
		sure := in.known(at)
		for i, v := range all {
			if v.kind == actVoid && v.known(at) != no {
				sure = min(sure, max(in.after(v, i < j), v.known(at).not()))
				if in.list || in.by == compliance.FromImport {
					sure = min(sure, perhaps) // whoever has the number by now is not in a list
				}
			}
		}
		if sure != no {
			found = append(found, agreement{in, sure})
		}
	}
	return found
}

// question returns the last that is open, or nil.
func (all acts) question(at time.Time) (q *consentAct, open tri) {
	for i, a := range all {
		if a.kind != actAsk || a.known(at) == no {
			continue
		}
		q, open = a, isSo(!a.void && at.Before(a.until))
		if a.doubt {
			open = min(open, perhaps)
		}
		for _, later := range all[i+1:] {
			switch {
			case later.known(at) == no, later.kind == actHold, later.kind == actRelease, later.kind == actAsk:
			case later.known(at) == perhaps:
				open = min(open, perhaps)
			case later.kind == actStop && !later.at.After(a.at): // they have answered since, or at that moment
				open = min(open, perhaps)
			case later.kind == actStop && later.reach == (compliance.Reach{}), later.kind == actAgree && later.by == compliance.FromContact && later.strength == a.strength && later.reach == a.reach:
				open = no
			case later.kind == actStop, later.kind == actAgree, later.kind == actVoid:
				open = min(open, perhaps)
			}
		}
	}
	if q == nil || open == no {
		return nil, no
	}
	return q, open
}

// customerLaw is what the law where a customer is asks of what sells.
type customerLaw struct {
	zone     *time.Location
	strength compliance.Strength
	family   channel.Family
}

// quiet reports whether nothing that sells is sent at a moment: from eight in the
// evening, and five minutes before, until nine in the morning.
func (l customerLaw) quiet(at time.Time) bool {
	local := at.In(l.zone)
	minute := local.Hour()*60 + local.Minute()
	return minute < 9*60 || minute >= 20*60-5
}
