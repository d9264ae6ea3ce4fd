package inbox_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

// owedWord is the one word that we owe a customer for a word of theirs: that they
// have opted out, that they have opted in, or how to get help.
type owedWord struct {
	kind     compliance.Kind
	customer int
	talk     int // -1 if it may be said in any conversation with them
	since    time.Time
	entry    compliance.EntryID // of what it confirms
	reach    compliance.Reach
	owed     tri // perhaps: it may be said, and need not
	said     int // how often the carrier took it
	excused  bool
	agreed   bool      // it is a yes to our question
	due      time.Time // when it is missing
}

// confirmTerm is within what time an opt-out is confirmed, or not at all.
const confirmTerm = 5 * time.Minute

// owe notes that a word is owed, or may be.
func (m *consentModel) owe(w *owedWord, at time.Time) {
	if w.owed != no {
		w.due = at.Add(lateAfter)
		m.owed = append(m.owed, w)
	}
}

// ruleWord says whether one of those words may be handed to the channel, and which
// it is.
func (m *consentModel) ruleWord(kind compliance.Kind, confirms compliance.EntryID, customer, talk int, at time.Time) (*owedWord, ruling) {
	why := "no word of kind " + kind.String() + " is owed to them"
	for _, w := range slices.Backward(m.owed) {
		if w.kind != kind || w.entry != confirms || w.customer != customer || w.talk >= 0 && w.talk != talk || w.since.After(at) {
			continue
		}
		stopped := m.acts[customer].stopped(w.reach, at)
		switch {
		case w.said > 0:
			why = "it has been said"
		case kind == compliance.OptOut && stopped == no:
			why = "the opt-out that is confirmed does not stand"
		case kind == compliance.OptOut && !at.Before(w.since.Add(confirmTerm)):
			why = "it is too late to confirm an opt-out"
		case kind == compliance.OptIn && stopped == yes:
			why = "the opt-in that is confirmed does not stand"
		default:
			return w, ruling{kind: mayGo}
		}
	}
	return nil, ruling{kind: forbidden, why: why}
}

// lateAfter is how long what is owed may take: a process that died keeps its
// conversations for a quarter of a minute.
const lateAfter = 20 * time.Second

// missing returns the words that should have been said by a moment, and were not.
func (m *consentModel) missing(at time.Time) []string {
	var all []string
	for _, w := range m.owed {
		if w.owed != yes || w.said > 0 || w.excused || at.Before(w.due) {
			continue
		}
		w.excused = true // said once is enough
		all = append(all, fmt.Sprintf("customer %d is owed a word of kind %v since %v (agreed %v), and it was never said", w.customer, w.kind, w.since, w.agreed))
	}
	return all
}

// excuse notes that a customer's words that are owed need not be said any more,
// since the customer has said the opposite.
func (m *consentModel) excuse(customer int, kind compliance.Kind, at time.Time) {
	for _, w := range m.owed {
		if w.customer == customer && w.kind == kind && at.Before(w.due) {
			w.excused = true
		}
	}
}
