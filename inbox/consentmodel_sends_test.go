package inbox_test

import (
	"errors"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// wrote keeps a message that somebody has written.
func (w *consentWorld) wrote(o *outMessage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages[o.id] = o
	w.order = append(w.order, o.id)
}

// reply lets a user write.
func (w *consentWorld) reply(s consentStep) {
	talk := w.talkOf(s.customer, s.number)
	k, now := w.talks[talk], w.Now()
	if k.id == 0 {
		return
	}
	o := &outMessage{
		talk: talk, customer: s.customer, human: true, queued: now, complete: s.draw[1]%9 != 0,
		purpose:   oneOf(s.draw[0], "", compliance.Conversational, compliance.Transactional, compliance.Marketing, compliance.Marketing),
		programme: oneOf(s.draw[1], "", "news", "", "tips", ""),
		template:  customerAddresses[s.customer].Family() == channel.WhatsApp && s.draw[2]%2 == 0,
	}
	d := inbox.Draft{Purpose: o.purpose, Plan: store.Plan{Programme: o.programme}}
	switch s.draw[3] % 12 {
	case 0, 1:
		o.notBefore = now.Add(oneOf(s.draw[4], time.Minute, 3*time.Hour, 9*time.Hour, 30*time.Hour))
	case 2:
		o.expires = now.Add(oneOf(s.draw[4], 2*time.Minute, 2*time.Hour, 20*time.Hour))
	case 3:
		o.notBefore = now.Add(time.Hour)
		o.expires = now.Add(oneOf(s.draw[4], 61*time.Minute, 20*time.Hour))
	}
	d.NotBefore, d.Expires = o.notBefore, o.expires
	switch {
	case o.template:
		d.Template = &channel.Template{ID: "HX1"}
	case o.complete:
		d.Text = w.offer()
	default:
		d.Text = "All tyres half price!"
	}
	at := now
	if o.notBefore.After(now) {
		at = o.notBefore
	}
	says := w.model.rule(o, at)
	held := w.model.acts[s.customer].held(now) != no
	m, err := w.Agent(k.user).Reply(w.t.Context(), k.id, d)
	w.tell("%s writes to customer %d from %s, purpose %q, programme %q, template %v, complete %v, not before %v, until %v: message %v %s, %v", k.user, s.customer, k.ours, o.purpose, o.programme, o.template, o.complete, o.notBefore, o.expires, m.ID, m.State, err)
	var blocked *inbox.BlockedError
	switch {
	case errors.As(err, &blocked):
		w.count("reply refused: " + blocked.Decision.Verdict.String())
		if says.kind == mayGo && (!held || at.Equal(now)) {
			w.violate("a reply of purpose %q to customer %d is refused that may go: %v", o.purpose, s.customer, err)
		}
		return
	case err != nil:
		w.violate("a reply is not taken: %v", err)
		return
	}
	w.count("reply of purpose " + string(o.purpose) + ": " + string(m.State))
	o.id = m.ID
	w.wrote(o)
}

// ask asks a customer to opt in.
func (w *consentWorld) ask(s consentStep) {
	talk := w.talkOf(s.customer, s.number)
	k, now := w.talks[talk], w.Now()
	if k.id == 0 {
		return
	}
	q := inbox.ConsentQuestion{
		Text: w.brand + ": reply YES to hear from us, 4 a month. Reply STOP to opt out.", Reach: drawReach(s.draw[0]),
		Strength: oneOf(s.draw[1], compliance.ExpressWritten, compliance.ExpressWritten, compliance.NotMarketing, compliance.Express),
	}
	if q.Strength == compliance.NotMarketing {
		q.Purpose = ""
	}
	_, open := w.model.acts[s.customer].question(now)
	a := &consentAct{
		kind: actAsk, by: compliance.FromOperator, reach: q.Reach, strength: q.Strength, at: now, learned: now, until: now.Add(7 * 24 * time.Hour), talk: talk,
	}
	o := &outMessage{talk: talk, customer: s.customer, programme: q.Programme, human: true, queued: now, question: a}
	before := w.model.acts[s.customer]
	w.model.acts[s.customer] = append(before[:len(before):len(before)], a)
	says := w.model.ruleQuestion(o, now)
	m, err := w.Agent(k.user).AskConsent(w.t.Context(), k.id, q)
	w.tell("customer %d is asked from %s about %+v, strength %q: message %v %s, %v", s.customer, k.ours, q.Reach, q.Strength, m.ID, m.State, err)
	if err != nil {
		w.model.acts[s.customer] = before
	}
	var blocked *inbox.BlockedError
	var asked *inbox.AskedError
	switch {
	case errors.As(err, &asked):
		w.count("question refused, as one is open")
		if open == no {
			w.violate("a question to customer %d is refused for one that is not open", s.customer)
		}
	case errors.As(err, &blocked):
		w.count("question refused: " + blocked.Decision.Verdict.String())
		if says.kind == mayGo && open == no {
			w.violate("a question to customer %d is refused that may be asked: %v", s.customer, err)
		}
	case err != nil:
		w.violate("a question is not taken: %v", err)
	default:
		w.count("question")
		if open == yes {
			w.violate("customer %d has two open questions", s.customer)
		}
		if says.kind == forbidden {
			w.violate("customer %d is asked, which is forbidden: %s", s.customer, says.why)
		}
		o.id, a.message = m.ID, m.ID
		w.wrote(o)
	}
}

// release lets a user decide that what holds was no wish to stop.
func (w *consentWorld) release(s consentStep) {
	talk := w.talkOf(s.customer, s.number)
	k, now := w.talks[talk], w.Now()
	if k.id == 0 {
		return
	}
	all := w.model.acts[s.customer]
	stopped := all.stopped(compliance.Reach{}, now)
	err := w.Agent(k.user).ReleaseHold(w.t.Context(), k.id, 0, "they meant the parcel")
	w.tell("%s releases what holds of customer %d in %s: %v", k.user, s.customer, k.ours, err)
	for _, h := range all {
		if h.kind != actHold || h.talk != talk || all.holds(h, now) == no {
			continue
		}
		if err != nil && stopped == no && all.holds(h, now) == yes {
			w.violate("a hold of customer %d is not released: %v", s.customer, err)
		}
		if err == nil {
			w.count("hold that was released")
			w.learn(s.customer, &consentAct{kind: actRelease, by: compliance.FromOperator, message: h.message})
		}
	}
}

// confirmHold lets a user decide that it was one.
func (w *consentWorld) confirmHold(s consentStep) {
	k, now := w.talks[w.talkOf(s.customer, s.number)], w.Now()
	if k.id == 0 {
		return
	}
	all := w.model.acts[s.customer]
	held, stopped := all.held(now), all.stopped(compliance.Reach{}, now)
	err := w.Agent(k.user).ConfirmOptOut(w.t.Context(), k.id, "they said so")
	w.tell("%s confirms an opt-out of customer %d: %v", k.user, s.customer, err)
	switch {
	case err == nil && held == no && stopped == no, err != nil && held == yes, err != nil && !errors.Is(err, inbox.ErrNotHeld):
		w.violate("to confirm an opt-out of customer %d gives %v, though held is %v", s.customer, err, held)
	case err == nil && stopped != yes:
		// Where it was not sure that anything holds, it may have been an opt-out by now.
		_, wrote := w.entryOf(s.customer, func(e compliance.Entry) bool { return e.Kind == compliance.OptOut && e.RecordedAt.Equal(now) })
		w.count("hold that was confirmed")
		w.learn(s.customer, &consentAct{kind: actStop, by: compliance.FromOperator, maybe: !wrote})
	}
}

// cancel withdraws what waits.
func (w *consentWorld) cancel(s consentStep) {
	w.mu.Lock()
	var waiting []*outMessage
	for _, id := range w.order {
		if o := w.messages[id]; o != nil && !w.final[id] {
			waiting = append(waiting, o)
		}
	}
	w.mu.Unlock()
	if len(waiting) == 0 {
		return
	}
	o := waiting[s.draw[0]%len(waiting)]
	err := w.Agent(w.talks[o.talk].user).Cancel(w.t.Context(), o.id)
	w.tell("message %v is withdrawn: %v", o.id, err)
	var settled *inbox.SettledError
	switch {
	case err == nil:
		w.count("message that was withdrawn")
		w.withdrawn = w.Now()
		if o.question != nil {
			o.question.void = true
		}
	case !errors.As(err, &settled):
		w.violate("a message is not withdrawn: %v", err)
	}
}

// emergency warns a customer.
func (w *consentWorld) emergency(s consentStep) {
	talk := w.talkOf(s.customer, s.number)
	k := w.talks[talk]
	if k.id == 0 {
		return
	}
	o := &outMessage{talk: talk, customer: s.customer, human: true, purpose: compliance.Emergency, queued: w.Now()}
	e := inbox.EmergencyMessage{Conversation: k.id, Actor: "alice", Reason: "the brakes may fail", Text: "Do not ride your bike."}
	if o.template = s.draw[0]%3 == 0; o.template {
		e.Text, e.Template = "", &channel.Template{ID: "HX1"}
	}
	says := w.model.rule(o, w.Now())
	m, err := w.Admin().SendEmergency(w.t.Context(), e)
	w.tell("an emergency to customer %d from %s, template %v: message %v %s, %v", s.customer, k.ours, o.template, m.ID, m.State, err)
	var blocked *inbox.BlockedError
	switch {
	case errors.As(err, &blocked):
		w.count("emergency refused")
		if says.kind == mayGo {
			w.violate("an emergency to customer %d is refused that may go: %v", s.customer, err)
		}
	case err != nil:
		w.violate("an emergency is not taken: %v", err)
	default:
		w.count("emergency")
		o.id = m.ID
		w.wrote(o)
	}
}

// orderFault orders what goes wrong with the next send.
func (w *consentWorld) orderFault(s consentStep) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = oneOf(s.draw[0],
		simulated.Fault{Kind: simulated.Rejected, Consent: channel.ConsentStopped}, simulated.Fault{Kind: simulated.Refused},
		simulated.Fault{Kind: simulated.Refused, RetryAfter: 2 * time.Minute}, simulated.Fault{Kind: simulated.Rejected},
		simulated.Fault{Kind: simulated.Lost}, simulated.Fault{Kind: simulated.AnswerLost}, simulated.Fault{Kind: simulated.Undelivered},
		simulated.Fault{Kind: simulated.Rejected, Consent: channel.MarketingStopped}, simulated.Fault{Kind: simulated.Rejected, Consent: channel.NumberVoid},
		simulated.Fault{Kind: simulated.Undelivered, Consent: channel.ConsentStopped}, simulated.Fault{Kind: simulated.Undelivered, Consent: channel.MarketingStopped},
		simulated.Fault{Kind: simulated.Refused, RetryAfter: 10 * time.Minute},
	)
}

// orderBot says what the responder answers from now on.
func (w *consentWorld) orderBot(s consentStep) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bot = oneOf(s.draw[0], "", compliance.Conversational, compliance.Transactional, compliance.Marketing)
	w.botSilent = s.draw[1]%4 == 0
}

// waits are how long a step waits.
var waits = []time.Duration{
	time.Second, time.Minute, 61 * time.Second, 4 * time.Minute, 6 * time.Minute, 30 * time.Minute, 3 * time.Hour, 9 * time.Hour, 13 * time.Hour, 25 * time.Hour,
	37 * time.Hour, 8 * 24 * time.Hour, 91 * 24 * time.Hour, time.Hour, 2 * time.Hour,
}
