package inbox_test

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
)

// phrase is what a customer writes, and what it is.
type phrase struct {
	text string
	kind compliance.Kind // OptIn for what is one only if it may be
	yes  bool            // it opts in only as an answer
}

var phrases = []phrase{
	{text: "Where is my order?"}, {text: "Are you open tomorrow?"}, {text: "Thank you, that is kind"}, {text: "Where is my order?"}, {text: "hello again"},
	{text: "STOP", kind: compliance.OptOut}, {text: "please stop texting me", kind: compliance.OptOut}, {text: "STOP MARKETING", kind: compliance.OptOut},
	{text: "STOP", kind: compliance.OptOut},
	{text: "START", kind: compliance.OptIn}, {text: "START", kind: compliance.OptIn}, {text: "UNSTOP", kind: compliance.OptIn},
	{text: "HELP", kind: compliance.Help},
	{text: "BLOCK", kind: compliance.Ambiguous}, {text: "delete", kind: compliance.Ambiguous},
	{text: "YES", kind: compliance.OptIn, yes: true}, {text: "YES", kind: compliance.OptIn, yes: true}, {text: "yes!", kind: compliance.OptIn, yes: true},
}

// answerPhrase is the index of the answer to a question.
const answerPhrase = 15

// expected is what the model expects of a message.
type expected struct {
	kinds  []compliance.Kind // more than one if it is open
	answer tri               // it is a yes to our question
	q      *consentAct
}

// text lets a customer write.
func (w *consentWorld) text(s consentStep) {
	what := phrases[s.draw[0]%len(phrases)]
	talk := w.talkOf(s.customer, s.number)
	k, now := w.talks[talk], w.Now()
	w.ids++
	m := channel.Inbound{ProviderID: fmt.Sprintf("SM%d", w.ids), From: customerAddresses[s.customer], To: k.ours, Text: what.text}
	switch mode := s.draw[1] % 20; {
	case mode < 8: // in time, and nobody says when it was sent
	case mode < 14:
		m.SentAt = now
	case mode < 16:
		w.count("text that was on its way for a while")
		m.SentAt = now.Add(-time.Duration(1+s.draw[2]%200) * time.Second)
	case mode < 18:
		w.count("text that came late")
		m.Late, m.SentAt = true, now.Add(-oneOf(s.draw[2], 30*time.Second, 10*time.Minute, time.Hour, 7*time.Hour, 30*time.Hour))
	case what.kind == compliance.OptOut:
		w.count("keyword that the provider has answered")
		m.ProviderReplied, m.Keyword = true, channel.KeywordStop
	case what.kind == compliance.Help:
		m.ProviderReplied, m.Keyword = true, channel.KeywordHelp
	}
	all := w.model.acts[s.customer]
	before, want := all.stopped(compliance.Reach{}, now), w.expect(what, m, talk)
	got, err := w.Inbox.Receive(w.t.Context(), "simulated", m)
	if err != nil || got.Message == 0 {
		w.violate("a text is not taken: %+v, %v", got, err)
		return
	}
	k.id = got.Conversation
	w.count("text: " + what.kind.String())
	kind := w.stored(got.Message).Kind
	w.tell("customer %d to %s: %q, sent %v, late %v, answered by the provider %v: message %v is %v", s.customer, k.ours, m.Text, m.SentAt.Format("Jan 2 15:04:05.000"), m.Late, m.ProviderReplied, got.Message, kind)
	open := true
	for _, possible := range want.kinds {
		open = open && possible != kind
	}
	if open {
		w.violate("%q of customer %d is read as %v, want one of %v", what.text, s.customer, kind, want.kinds)
	}
	w.heard(what, m, talk, got.Message, kind, before, want)
	if s.draw[3]%10 == 0 { // again
		w.count("text that came twice")
		if m.Late {
			m.Late = s.draw[4]%2 == 0 // by its webhook after all
		}
		if again, err := w.Inbox.Receive(w.t.Context(), "simulated", m); err != nil || !again.Duplicate {
			w.violate("a text that comes twice is %+v, %v", again, err)
		}
	}
}

// expect says what a message means.
func (w *consentWorld) expect(what phrase, m channel.Inbound, talk int) expected {
	e := expected{kinds: []compliance.Kind{what.kind}}
	if what.kind != compliance.OptIn {
		return e
	}
	now, all := w.Now(), w.model.acts[w.talks[talk].customer]
	e.answer, e.q = w.answers(m, talk)
	plain := no
	if !what.yes {
		plain = max(all.stopped(compliance.Reach{}, now), all.held(now))
	}
	switch agrees := max(e.answer, plain); agrees {
	case yes:
	case no:
		e.kinds = []compliance.Kind{compliance.None}
	default:
		e.kinds = append(e.kinds, compliance.None)
	}
	for _, out := range all {
		near := m.SentAt.Sub(out.wrote()).Abs() <= clockError
		if out.kind == actStop && m.Late && near && (out.sent.IsZero() || out.by != compliance.FromContact) {
			e.kinds = append(e.kinds, compliance.Ambiguous) // nobody can tell which was first
		}
	}
	return e
}

// answers says whether a message is in the place of an answer to our question.
func (w *consentWorld) answers(m channel.Inbound, talk int) (tri, *consentAct) {
	now := w.Now()
	q, open := w.model.acts[w.talks[talk].customer].question(now)
	if open == no || q.asked.IsZero() && !q.doubt || q.talk != talk {
		return no, nil
	}
	k := w.talks[talk]
	sure := open
	if k.last != q.message {
		sure = no
	}
	if sure == no && !k.unclear {
		return no, nil
	}
	if k.unclear || q.doubt || m.Late {
		sure = perhaps
	}
	sent := m.SentAt
	if sent.IsZero() {
		sent = now
	}
	switch {
	case q.asked.IsZero():
	case sent.Before(q.asked.Add(-clockError)):
		return no, nil
	case !sent.After(q.asked): // by two clocks
		sure = min(sure, perhaps)
	}
	return sure, q
}

// heard lets the model know of a message. Where the model leaves open what it means,
// it takes the engine's word.
func (w *consentWorld) heard(what phrase, m channel.Inbound, talk int, id inbox.MessageID, kind compliance.Kind, before tri, want expected) {
	k, now := w.talks[talk], w.Now()
	wrote := written{at: now, sent: m.SentAt}
	if m.Late {
		wrote.at = m.SentAt
	}
	switch {
	case kind == compliance.None && what.kind == compliance.None:
		wrote.ordinary = yes
	case kind == compliance.None, kind == compliance.Ambiguous:
		wrote.ordinary = perhaps
	}
	w.model.talks[talk] = append(w.model.talks[talk], wrote)
	a := &consentAct{by: compliance.FromContact, at: now, sent: m.SentAt, late: m.Late, talk: talk, message: id}
	entry, recorded := w.entryOf(k.customer, func(e compliance.Entry) bool { return e.Message == id.String() })
	word := &owedWord{kind: kind, customer: k.customer, talk: talk, since: now, entry: entry.ID, reach: entry.Reach}
	inTime := yes
	if m.Late {
		inTime = perhaps
	}
	switch kind {
	case compliance.OptOut:
		a.kind = actStop
		w.learn(k.customer, a)
		word.owed = before.not()
		if m.Late {
			word.owed = no
		}
	case compliance.OptIn:
		a.kind, a.reach, a.strength, a.entry = actAgree, entry.Reach, entry.Strength, entry.ID
		switch agreed := want.q != nil && (entry.Strength == want.q.strength && entry.Reach == want.q.reach); {
		case !recorded:
			w.violate("an opt-in is not in the ledger")
		case want.answer == yes && !agreed:
			w.violate("an answer is an opt-in to %v %v, want that of the question: %v %v", entry.Reach, entry.Strength, want.q.reach, want.q.strength)
		case want.answer == no && (entry.Strength != "" || entry.Reach != compliance.Reach{}):
			w.violate("a bare word is an opt-in to %v %v", entry.Reach, entry.Strength)
		}
		w.learn(k.customer, a)
		after := w.model.acts[k.customer].stopped(compliance.Reach{}, now)
		word.owed = min(before, after.not(), inTime)
		if want.answer != no {
			word.agreed = true
			word.owed = min(max(word.owed, want.answer), inTime)
		}
		word.owed = min(word.owed, w.model.acts[k.customer].voided(now).not())
		w.count(fmt.Sprintf("opt-in by a word, to a question %v", want.answer == yes))
	case compliance.Ambiguous:
		if before == yes || before == perhaps && !recorded {
			break
		}
		a.kind, a.until = actHold, now.Add(holdTerm)
		w.learn(k.customer, a)
		w.count("hold")
	case compliance.Help:
		word.owed = inTime
		for _, earlier := range w.model.owed {
			if earlier.kind == compliance.Help && earlier.talk == talk {
				switch gap := now.Sub(earlier.since); {
				case gap < time.Minute:
					word.owed = min(word.owed, earlier.owed.not())
				case gap == time.Minute:
					word.owed = min(word.owed, perhaps)
				}
			}
		}
	default:
		return
	}
	if m.ProviderReplied {
		word.owed = no
	}
	if kind != compliance.Ambiguous {
		w.model.owe(word, now)
	}
}
