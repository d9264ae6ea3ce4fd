package inbox_test

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
)

// rulingKind is what the model says of a message at a moment.
type rulingKind uint8

const (
	undecided rulingKind = iota // the promises leave it open, or what has happened does
	forbidden
	mustWait
	mayGo
)

func (k rulingKind) String() string {
	return [...]string{"undecided", "forbidden", "must wait", "may go"}[k]
}

// ruling is that and why.
type ruling struct {
	kind rulingKind
	why  string
	with map[compliance.EntryID]bool // agreements of which it may name one, for what sells
}

// written is what a customer wrote in a conversation.
type written struct {
	at       time.Time
	sent     time.Time // by the provider's clock, or zero
	ordinary tri       // and no word like STOP, START or HELP
}

// outMessage is an outbound message as whoever wrote it knows it.
type outMessage struct {
	id        inbox.MessageID
	talk      int
	customer  int
	purpose   compliance.Purpose // "" is nobody said
	programme string
	template  bool
	human     bool
	complete  bool // its text says what the law asks of what sells
	queued    time.Time
	notBefore time.Time
	expires   time.Time
	question  *consentAct // that it asks
}

// consentModel is all that the model knows.
type consentModel struct {
	laws         []customerLaw
	acts         []acts      // by customer
	talks        [][]written // by conversation
	answersStops bool        // Standard.AnswerOptedOut
	quietOrders  bool        // Standard.QuietTransactional
	owed         []*owedWord
}

// lately says whether the customer wrote within a term, and whether that was more
// than a keyword.
func (m *consentModel) lately(talk int, at time.Time, term time.Duration) (wrote tri) {
	for _, w := range m.talks[talk] {
		if !w.at.After(at) && at.Before(w.at.Add(term)) {
			wrote = max(wrote, perhaps, w.ordinary)
		}
	}
	return wrote
}

// window reports whether the customer wrote anything at all within a term.
func (m *consentModel) window(talk int, at time.Time, term time.Duration) bool {
	return m.lately(talk, at, term) != no
}

// wroteSince says whether the customer wrote more than a keyword after a moment. For
// what a keyword counts is for the caller to say.
func (m *consentModel) wroteSince(talk int, since, at time.Time, keyword tri) tri {
	best := no
	for _, w := range m.talks[talk] {
		switch wrote := max(w.ordinary, keyword); {
		case w.at.After(at) || w.at.Before(since):
		case w.at.Equal(since), !w.sent.IsZero() && !w.sent.After(since): // it was on its way
			best = max(best, min(perhaps, wrote))
		default:
			best = max(best, wrote)
		}
	}
	return best
}

// wroteAfter is wroteSince for what speaks against the customer.
func (m *consentModel) wroteAfter(talk int, a *consentAct, at time.Time, keyword tri) tri {
	wrote := m.wroteSince(talk, a.at, at, keyword)
	if a.by == compliance.FromProvider { // by another clock
		wrote = min(wrote, max(perhaps, m.wroteSince(talk, a.at.Add(clockError), at, keyword)))
	}
	return wrote
}

const (
	impliedTerm = 90 * 24 * time.Hour
	windowTerm  = 24 * time.Hour
	answerTerm  = 2 * time.Hour
)

// doubts collects what is not sure on the way to a ruling.
type doubts struct{ any bool }

// so reports whether something surely is. If it may be, the rest of the way is
// gone as if it were not.
func (d *doubts) so(t tri) bool {
	d.any = d.any || t == perhaps
	return t == yes
}

// rule says whether a message may be handed to the channel at a moment.
func (m *consentModel) rule(o *outMessage, at time.Time) ruling {
	kinds := m.counts(o, at)
	first := m.ruleAs(o, kinds[0], at)
	for _, k := range kinds[1:] {
		if other := m.ruleAs(o, k, at); other.kind != first.kind {
			return ruling{kind: undecided, why: "it may count as " + string(kinds[0]) + " or as " + string(k)}
		}
	}
	return first
}

// counts returns as what purposes a message may count.
func (m *consentModel) counts(o *outMessage, at time.Time) []compliance.Purpose {
	as := func(answers tri) []compliance.Purpose {
		switch answers {
		case yes:
			return []compliance.Purpose{compliance.Conversational}
		case no:
			return []compliance.Purpose{compliance.Marketing}
		default:
			return []compliance.Purpose{compliance.Conversational, compliance.Marketing}
		}
	}
	switch o.purpose {
	case compliance.Conversational:
		return as(max(m.lately(o.talk, at, impliedTerm), m.optedIn(o, compliance.Conversational, at)))
	case "":
		// Whether it is read when it is queued or when it is sent is not said.
		now, then, before := m.lately(o.talk, at, impliedTerm), m.lately(o.talk, o.queued, impliedTerm), m.lately(o.talk, o.queued.Add(-1), impliedTerm)
		if now != then || then != before || !o.human && m.lately(o.talk, at, windowTerm) != yes {
			return as(perhaps) // what a responder says answers within a day; how long after is not clear
		}
		return as(now)
	default:
		return []compliance.Purpose{o.purpose}
	}
}

// optedIn says whether the customer has agreed to get what a message is, or more.
func (m *consentModel) optedIn(o *outMessage, p compliance.Purpose, at time.Time) tri {
	best := no
	for _, a := range m.acts[o.customer].agreements(at) {
		switch {
		case a.reach.Programme != "" && a.reach.Programme != o.programme:
			if o.programme == "" { // it is a part of nothing that has a name
				best = max(best, min(a.sure, perhaps))
			}
		case a.strength == compliance.NotMarketing && (a.reach.Purpose == compliance.Marketing || a.by == compliance.FromContact || a.by == compliance.FromImport):
			best = max(best, min(a.sure, perhaps)) // START is no proof of much, nor is a list
		default:
			best = max(best, a.sure)
		}
	}
	return best
}

// ruleAs is rule for a message that counts as a purpose.
func (m *consentModel) ruleAs(o *outMessage, p compliance.Purpose, at time.Time) ruling {
	var d doubts
	r := m.decide(o, p, at, &d)
	if d.any && r.kind != forbidden {
		return ruling{kind: undecided, why: "it is not certain what stands", with: r.with}
	}
	return r
}

func (m *consentModel) decide(o *outMessage, p compliance.Purpose, at time.Time, d *doubts) ruling {
	all, law := m.acts[o.customer], m.laws[o.customer]
	refuse := func(why string) ruling { return ruling{kind: forbidden, why: why} }
	if !o.expires.IsZero() && !at.Before(o.expires) {
		return refuse("it is of no use any more")
	}
	if at.Before(o.notBefore) {
		return ruling{kind: mustWait, why: "it is to be sent later"}
	}
	void := all.voided(at)
	reach := compliance.Reach{Programme: o.programme}
	if p == compliance.Marketing {
		reach.Purpose = compliance.Marketing
	}
	switch {
	case p == compliance.Emergency:
		if d.so(void) {
			return refuse("an emergency of somebody else's")
		}
	case d.so(all.stopped(reach, at)):
		if !m.answersStops || !o.human || p != compliance.Conversational {
			return refuse("they have stopped it")
		}
		if !d.so(m.mayAnswerStopped(o, reach, at)) {
			if d.any {
				return ruling{kind: undecided}
			}
			return refuse("they have stopped it, and written nothing since")
		}
		if d.so(void) {
			return ruling{kind: undecided, why: "they have stopped it, written since, and the number is somebody else's"}
		}
	default:
		if d.so(all.held(at)) && (!o.human || p != compliance.Conversational) {
			return ruling{kind: mustWait, why: "a person must decide what they meant"}
		}
		if p != compliance.Conversational && d.so(void) {
			return refuse("the number is somebody else's")
		}
		if p == compliance.Conversational && void != no {
			answers := yes // whoever has the number by now
			all.voids(at, func(v *consentAct, stands tri) {
				answers = min(answers, max(stands.not(), m.wroteAfter(o.talk, v, at, perhaps)))
			})
			if answers == no {
				return refuse("the number is somebody else's, who has not written")
			}
			d.so(answers)
		}
	}
	if law.family == channel.WhatsApp && !m.window(o.talk, at, windowTerm) {
		if !o.template {
			return refuse("WhatsApp's window is closed")
		}
		if p == compliance.Transactional {
			switch m.optedIn(o, p, at) {
			case no:
				return refuse("nobody has agreed to templates")
			case perhaps:
				d.any = true
			case yes:
			}
		}
	}
	switch {
	case p == compliance.Marketing:
		return m.decideSale(o, at, d)
	case p == compliance.Transactional && m.quietOrders || o.question != nil:
		return m.waitForMorning(o, at, d)
	}
	return ruling{kind: mayGo}
}

// mayAnswerStopped says whether a person may answer somebody who has opted out,
// where the host allows that: what they wrote since.
func (m *consentModel) mayAnswerStopped(o *outMessage, r compliance.Reach, at time.Time) tri {
	all := m.acts[o.customer]
	best := yes
	first := no
	for i, out := range all {
		if out.kind != actStop || !covers(out.reach, r) || out.known(at) == no || all.ended(i, r, at) == yes {
			continue
		}
		since := m.wroteAfter(o.talk, out, at, no)
		best, first = min(best, since), max(first, since)
	}
	for _, h := range all { // whose time has passed, which nobody has written down yet
		if h.kind == actHold && !at.Before(h.until) && all.holds(h, at) != no {
			best = min(best, perhaps)
		}
	}
	if best != first {
		best = min(perhaps, first) // they have said it again meanwhile
	}
	fresh := m.lately(o.talk, at, windowTerm)
	if fresh == no && m.laws[o.customer].family == channel.Telephony {
		fresh = min(perhaps, m.lately(o.talk, at, impliedTerm))
	}
	return min(best, fresh)
}

// decideSale decides about what sells.
func (m *consentModel) decideSale(o *outMessage, at time.Time, d *doubts) ruling {
	law := m.laws[o.customer]
	best := no
	with := make(map[compliance.EntryID]bool)
	for _, a := range m.acts[o.customer].agreements(at) {
		strong := a.strength == compliance.ExpressWritten || a.strength == compliance.Express && law.strength == compliance.Express
		if !strong || !covers(a.reach, compliance.Reach{Purpose: compliance.Marketing, Programme: o.programme}) {
			continue
		}
		best = max(best, a.sure)
		with[a.entry] = true
	}
	switch {
	case best == no:
		return ruling{kind: forbidden, why: "they have not agreed to what sells"}
	case !o.template && !o.complete:
		return ruling{kind: forbidden, why: "its text lacks what the law asks for"}
	}
	d.so(best)
	r := m.waitForMorning(o, at, d)
	r.with = with
	return r
}

// waitForMorning lets a message wait until it is not quiet, unless it may answer.
func (m *consentModel) waitForMorning(o *outMessage, at time.Time, d *doubts) ruling {
	if !m.laws[o.customer].quiet(at) {
		return ruling{kind: mayGo}
	}
	switch m.ordinaryLately(o.talk, at, answerTerm) {
	case yes, perhaps: // whether it answers is not said by anybody
		d.any = true
		return ruling{kind: mustWait}
	default:
		return ruling{kind: mustWait, why: "it is quiet hours where they are"}
	}
}

// ordinaryLately is lately without the keywords.
func (m *consentModel) ordinaryLately(talk int, at time.Time, term time.Duration) tri {
	best := no
	for _, w := range m.talks[talk] {
		if !w.at.After(at) && at.Before(w.at.Add(term)) {
			best = max(best, w.ordinary)
		}
	}
	return best
}

// ruleQuestion decides about a message that asks somebody to opt in.
func (m *consentModel) ruleQuestion(o *outMessage, at time.Time) ruling {
	q, all := o.question, m.acts[o.customer]
	open, stands := all.question(at)
	asks := q.reach
	if q.strength != compliance.NotMarketing {
		asks.Purpose = compliance.Marketing
	}
	stopped := max(all.stopped(asks, at), all.stopped(q.reach, at), all.stopped(compliance.Reach{}, at))
	switch {
	case stands == no || open != q:
		return ruling{kind: forbidden, why: "the question is not open any more"}
	case stopped == yes:
		return ruling{kind: forbidden, why: "nobody who has stopped is asked back"}
	case all.voided(at) == yes:
		return ruling{kind: forbidden, why: "the number is somebody else's"}
	}
	rest := *o
	rest.programme = ""                                // of which it was asked above
	r := m.ruleAs(&rest, compliance.Transactional, at) // hold, window and hours
	if stands == perhaps || stopped == perhaps || all.voided(at) == perhaps {
		if r.kind != forbidden {
			r.kind = undecided
		}
	}
	return r
}
