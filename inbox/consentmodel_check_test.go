package inbox_test

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// sending is what the carrier asks at each send, which is where the model has its
// say.
func (w *consentWorld) sending(_ context.Context, wire channel.Outbound) simulated.Fault {
	id, err := strconv.ParseInt(wire.ID, 10, 64)
	if err != nil {
		w.violate("the message %q is none of ours", wire.ID)
		return simulated.Fault{}
	}
	m := w.stored(inbox.MessageID(id))
	w.mu.Lock()
	defer w.mu.Unlock()
	fault := w.fault
	w.fault = simulated.Fault{}
	now := w.Now()
	w.tick()
	talk := w.talkAt(wire.From, wire.To)
	if talk < 0 {
		w.violate("a message goes from %s to %s, who have no conversation", wire.From, wire.To)
		return fault
	}
	k := w.talks[talk]
	o := w.messages[m.ID]
	if o == nil { // a responder's, or a word of the library's own
		o = &outMessage{id: m.ID, talk: talk, customer: k.customer, purpose: m.Purpose, queued: m.CreatedAt, complete: true}
		if w.messages[m.ID] = o; m.Author.Kind == store.ByResponder {
			o.purpose = w.botSaid(m)
		}
	}
	if o.talk != talk {
		w.violate("a message for conversation %d goes out in %d", o.talk, talk)
	}
	word, says := w.says(o, m, now)
	if says.kind == forbidden || says.kind == mustWait {
		w.violate("message %v to customer %d, of purpose %q and kind %v, goes out though it %v: %s", m.ID, k.customer, m.Purpose, m.Kind, says.kind, says.why)
	}
	w.tell("message %v to customer %d from %s, purpose %q, kind %v, by %s: %v %s; fault %v, consent %v", m.ID, k.customer, k.ours, m.Purpose, m.Kind, m.Author.Kind, says.kind, says.why, fault.Kind, fault.Consent)
	w.count("the model says of a send: " + says.kind.String())
	w.checkRecord(o, m, says)
	w.count("sent: " + string(m.Purpose) + " " + m.Kind.String() + " by " + string(m.Author.Kind))
	w.fail(o, word, fault, now)
	return fault
}

// botSaid is the purpose that a responder gave its answer.
func (w *consentWorld) botSaid(m inbox.Message) compliance.Purpose {
	if m.Purpose == compliance.Conversational {
		return "" // it may have said none
	}
	return m.Purpose
}

// says is what the model says of a message.
func (w *consentWorld) says(o *outMessage, m inbox.Message, at time.Time) (*owedWord, ruling) {
	switch {
	case m.Purpose != compliance.Compliance:
		return nil, w.model.rule(o, at)
	case m.Kind == compliance.Asked:
		if o.question == nil {
			return nil, ruling{kind: forbidden, why: "nobody has asked this"}
		}
		return nil, w.model.ruleQuestion(o, at)
	default:
		return w.model.ruleWord(m.Kind, m.Confirms, o.customer, o.talk, at)
	}
}

// checkRecord checks what is kept of the decision.
func (w *consentWorld) checkRecord(o *outMessage, m inbox.Message, says ruling) {
	d := m.Decision
	switch {
	case d == nil:
		w.violate("message %v is sent, and no decision is kept", m.ID)
	case d.Verdict != compliance.Allow || d.Reason == "":
		w.violate("message %v is sent, and the decision that is kept is %+v", m.ID, d)
	case says.kind == mayGo && len(says.with) > 0 && !says.with[d.Consent]:
		w.violate("message %v to customer %d goes with entry %d, want one of %v", m.ID, o.customer, d.Consent, says.with)
	case len(says.with) > 0 && says.kind == mayGo && (d.Version == "" || d.Local == ""):
		w.violate("the decision about message %v says nothing of the law or of the hour: %+v", m.ID, d)
	}
	if len(says.with) > 0 {
		w.count("sent with a consent that the record names")
	}
}

// fail lets the model know what becomes of a send.
func (w *consentWorld) fail(o *outMessage, word *owedWord, f simulated.Fault, now time.Time) {
	k := w.talks[o.talk]
	taken := f.Kind == simulated.NoFault || f.Kind == simulated.AnswerLost || f.Kind == simulated.Undelivered
	if f.Kind != simulated.NoFault {
		w.count("fault: " + f.Kind.String() + ", consent " + f.Consent.String())
	}
	if taken {
		k.sent = append(k.sent, o)
	}
	if word != nil {
		switch {
		case taken:
			word.said++
			w.count("word said: " + word.kind.String())
		case f.Kind != simulated.Refused || f.RetryAfter > 0:
			word.excused = true
		}
	}
	switch f.Kind {
	case simulated.NoFault:
		k.last, k.unclear = o.id, false
	case simulated.Refused:
	default: // Rejected, Lost, AnswerLost, Undelivered: what the customer saw last is not sure
		k.unclear = true
		if f.Kind == simulated.AnswerLost {
			k.last = o.id
		}
	}
	if q := o.question; q != nil {
		switch f.Kind {
		case simulated.NoFault:
			q.asked = now
		case simulated.Refused:
		case simulated.Rejected:
			q.void, q.doubt = true, true
		default:
			q.doubt = true
		}
	}
	if f.Consent != channel.ConsentUnchanged {
		w.reported(k.customer, f.Consent, time.Time{}, true)
	}
}

// rest checks what must hold when there is nothing to do at a moment.
func (w *consentWorld) rest(end bool) {
	w.tick()
	now := w.Now()
	for _, text := range w.model.missing(now) {
		w.violate("%s", text)
	}
	// A process that has died keeps its work for a while; and what waits for one that is
	// tried again still waits for its time if that is withdrawn.
	recovering := now.Before(w.restarted.Add(lateAfter)) || now.Before(w.withdrawn.Add(longestWait))
	for talk, k := range w.talks {
		if k.id == 0 {
			continue
		}
		all := w.outboundOf(k.id)
		// What comes after one that is tried again waits for it.
		busy := recovering || slices.ContainsFunc(all, func(m inbox.Message) bool { return m.State == store.StateRetrying })
		for _, m := range all {
			w.atRest(talk, m, end, busy)
		}
	}
}

// longestWait is how long what is tried again may hold back what comes after it.
const longestWait = 5 * time.Minute

// outboundOf returns the newest messages of a conversation that are not known to be at
// their end.
func (w *consentWorld) outboundOf(id inbox.ConversationID) (all []inbox.Message) {
	w.read(func(tx store.Tx) error {
		newest, err := tx.ListMessages(store.MessageQuery{Conversation: id, Limit: 100})
		for _, m := range newest {
			if m.Direction == store.Outbound && !w.final[m.ID] {
				all = append(all, m)
			}
		}
		return err
	})
	return all
}

// atRest checks one message.
func (w *consentWorld) atRest(talk int, m inbox.Message, end, busy bool) {
	o := w.messages[m.ID]
	if o == nil {
		o = &outMessage{id: m.ID, talk: talk, customer: w.talks[talk].customer, purpose: m.Purpose, queued: m.CreatedAt, complete: true}
		if m.Author.Kind == store.ByResponder {
			o.purpose = w.botSaid(m)
		}
		w.messages[m.ID] = o
	}
	switch m.State {
	case store.StateQueued, store.StateAttempting:
		if !busy {
			w.violate("message %v to customer %d is %s at rest", m.ID, o.customer, m.State)
		}
	case store.StateDeferred:
		w.waiting(o, m, busy)
	case store.StateBlocked:
		w.final[m.ID] = true
		w.count("blocked")
		if o.question != nil {
			o.question.void = true
		}
		if m.Purpose == compliance.Compliance && m.Kind != compliance.Asked {
			return // see missing
		}
		if _, says := w.says(o, m, m.StateAt); says.kind == mayGo {
			w.violate("message %v of purpose %q to customer %d is blocked (%s), and may go", m.ID, m.Purpose, o.customer, m.Reason)
		}
	case store.StateCanceled, store.StateRejected:
		w.final[m.ID] = true
		if o.question != nil {
			o.question.void = true
		}
	case store.StateUnconfirmed, store.StateRetrying:
	default:
		w.final[m.ID] = true
	}
	if end && (m.State == store.StateQueued || m.State == store.StateDeferred || m.State == store.StateRetrying) {
		w.violate("message %v to customer %d waits for ever: it is %s (%s) until %v", m.ID, o.customer, m.State, m.Reason, m.DueAt)
	}
}

// waiting checks a message that has to wait.
func (w *consentWorld) waiting(o *outMessage, m inbox.Message, busy bool) {
	now := w.Now()
	w.count("deferred")
	if !busy && !m.DueAt.After(now) {
		w.violate("message %v to customer %d is deferred until %v, which has passed", m.ID, o.customer, m.DueAt)
	}
	byHold := m.Decision != nil && m.Decision.Verdict == compliance.NeedsHuman
	if _, says := w.says(o, m, now); byHold && says.kind == mayGo && !busy {
		w.violate("message %v to customer %d waits for a person's decision that nobody owes", m.ID, o.customer)
	}
	if byHold {
		w.count("deferred until a person decides")
	}
}
