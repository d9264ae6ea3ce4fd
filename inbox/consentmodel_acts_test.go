package inbox_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
)

// drawReach draws what a word is about.
func drawReach(draw int) compliance.Reach {
	return oneOf(draw, compliance.Reach{}, compliance.Reach{Purpose: compliance.Marketing}, compliance.Reach{Programme: "news"},
		compliance.Reach{Purpose: compliance.Marketing, Programme: "news"}, compliance.Reach{}, compliance.Reach{Programme: "tips"})
}

// drawAge draws how long ago something was said that we hear of.
func drawAge(draw int) time.Duration {
	return oneOf(draw, time.Second, time.Minute, 20*time.Minute, 5*time.Hour, 40*time.Hour, time.Second)
}

// drawStatement draws an opt-in.
func (w *consentWorld) drawStatement(s consentStep) compliance.Statement {
	w.ids++
	st := compliance.Statement{
		Address: customerAddresses[s.customer], Kind: compliance.OptIn, Reach: drawReach(s.draw[0]),
		Strength:   oneOf(s.draw[1], compliance.ExpressWritten, compliance.NotMarketing, compliance.Express, compliance.ExpressWritten),
		OccurredAt: w.Now().Add(-drawAge(s.draw[2])), Via: compliance.ViaWebForm, Text: "Send me news", Evidence: fmt.Sprintf("form %d", w.ids), Reason: "they asked for it",
	}
	if st.Strength == compliance.NotMarketing {
		st.Purpose = ""
	}
	switch s.draw[3] % 8 {
	case 0, 1:
		st.Until = w.Now().Add(oneOf(s.draw[4], time.Hour, 14*time.Hour, 50*time.Hour))
	case 2:
		st.Reason = ""
	case 3:
		st.Via = compliance.ViaSystem
	}
	return st
}

// against says whether the customer has stopped anything that an opt-in is about.
func (w *consentWorld) against(customer int, st compliance.Statement) tri {
	all, now := w.model.acts[customer], w.Now()
	worst := max(all.stopped(compliance.Reach{}, now), all.stopped(st.Reach, now))
	if st.Strength != compliance.NotMarketing {
		worst = max(worst, all.stopped(compliance.Reach{Purpose: compliance.Marketing, Programme: st.Programme}, now))
	}
	return worst
}

// agree records what somebody has agreed to elsewhere.
func (w *consentWorld) agree(s consentStep) {
	st := w.drawStatement(s)
	against := w.against(s.customer, st)
	ends := yes // it is an act of the customer's after every opt-out
	if st.Via == compliance.ViaSystem || st.Reason == "" {
		ends = no
	}
	a := &consentAct{kind: actAgree, by: compliance.FromOperator, reach: st.Reach, strength: st.Strength, at: st.OccurredAt, until: st.Until, learned: w.Now(), list: st.Via == compliance.ViaSystem}
	for _, out := range w.model.acts[s.customer] {
		if out.kind == actStop {
			ends = min(ends, max(a.after(out, true), out.known(w.Now()).not()))
		}
	}
	e, err := w.Admin().RecordConsent(w.t.Context(), inbox.ConsentRecord{Actor: "alice", Statement: st})
	w.tell("an opt-in is recorded: %+v: %v", st, err)
	may := max(against.not(), ends)
	var refused *inbox.OptedOutError
	switch {
	case err != nil && !errors.As(err, &refused):
		w.violate("an opt-in is not recorded: %v", err)
	case err == nil && may == no:
		w.violate("an opt-in of customer %d is recorded that ends no opt-out: %+v", s.customer, st)
	case err != nil && may == yes:
		w.violate("an opt-in of customer %d is refused: %v, %+v", s.customer, err, st)
	case err != nil:
		w.count("opt-in that was refused")
		return
	}
	if err == nil {
		w.count("opt-in that was recorded: " + string(st.Strength))
		a.entry = e.ID
		w.learn(s.customer, a)
	}
}

// stopSaid records an opt-out that came in elsewhere.
func (w *consentWorld) stopSaid(s consentStep) {
	c := inbox.ConsentRecord{Actor: "alice", Confirm: s.draw[2]%2 == 0 && drawReach(s.draw[0]) == compliance.Reach{}, Statement: compliance.Statement{
		Address: customerAddresses[s.customer], Kind: compliance.OptOut, Reach: drawReach(s.draw[0]), OccurredAt: w.Now().Add(-drawAge(s.draw[1])),
		Via: oneOf(s.draw[3], compliance.ViaVoice, compliance.ViaEmail), Text: "no more of this",
	}}
	before := w.model.acts[s.customer].stopped(compliance.Reach{}, w.Now())
	e, err := w.Admin().RecordConsent(w.t.Context(), c)
	if err != nil {
		w.violate("an opt-out is not recorded: %v", err)
		return
	}
	w.stopRecorded(s.customer, c, before, e.ID)
}

// stopHeard lets a user record one.
func (w *consentWorld) stopHeard(s consentStep) {
	k := w.talks[w.talkOf(s.customer, s.number)]
	if k.id == 0 {
		return
	}
	c := inbox.ConsentRecord{Confirm: s.draw[2]%2 == 0 && drawReach(s.draw[0]) == compliance.Reach{}, Statement: compliance.Statement{Reach: drawReach(s.draw[0]), Via: compliance.ViaVoice, Text: "leave me alone"}}
	before := w.model.acts[s.customer].stopped(compliance.Reach{}, w.Now())
	e, err := w.Agent(k.user).OptOut(w.t.Context(), k.id, c)
	if err != nil {
		w.violate("a user's opt-out is not recorded: %v", err)
		return
	}
	c.OccurredAt = w.Now()
	w.stopRecorded(s.customer, c, before, e.ID)
}

func (w *consentWorld) stopRecorded(customer int, c inbox.ConsentRecord, before tri, entry compliance.EntryID) {
	w.count("opt-out that was recorded: " + c.InWords())
	w.tell("an opt-out is recorded of customer %d, from %v: %+v, confirm %v", customer, c.OccurredAt.Format(time.TimeOnly), c.Reach, c.Confirm)
	now := w.Now()
	w.learn(customer, &consentAct{kind: actStop, by: compliance.FromOperator, reach: c.Reach, at: c.OccurredAt})
	if !c.Confirm || c.Reach != (compliance.Reach{}) {
		return
	}
	word := &owedWord{kind: compliance.OptOut, customer: customer, talk: -1, since: c.OccurredAt, entry: entry}
	word.owed = min(before.not(), w.model.acts[customer].stopped(compliance.Reach{}, now), isSo(now.Before(c.OccurredAt.Add(confirmTerm))))
	open, any := yes, no
	for i, k := range w.talks {
		if k.customer == customer && k.id != 0 {
			any = yes
			if w.model.laws[customer].family == channel.WhatsApp && !w.model.window(i, now, windowTerm) {
				open = perhaps
			}
		}
	}
	if word.owed = min(word.owed, any, open); word.owed == yes {
		w.count("recorded opt-out that is confirmed")
	}
	w.model.owe(word, now)
}

// voidNumber records that a number is somebody else's.
func (w *consentWorld) voidNumber(s consentStep) {
	st := compliance.Statement{Address: customerAddresses[s.customer], Kind: compliance.Voided, OccurredAt: w.Now().Add(-drawAge(s.draw[0])), Via: compliance.ViaSystem, Evidence: "list of numbers that were given up"}
	if _, err := w.Admin().RecordConsent(w.t.Context(), inbox.ConsentRecord{Actor: "alice", Statement: st}); err != nil {
		w.violate("a void number is not recorded: %v", err)
		return
	}
	w.count("number that is void")
	w.tell("the number of customer %d is void since %v", s.customer, st.OccurredAt)
	w.learn(s.customer, &consentAct{kind: actVoid, by: compliance.FromOperator, at: st.OccurredAt})
}

// imports takes a list in.
func (w *consentWorld) imports(s consentStep) {
	st := w.drawStatement(s)
	st.OccurredAt = st.OccurredAt.Truncate(time.Second)
	if s.draw[3]%4 == 0 {
		st.Kind, st.Strength, st.Until, st.Reason = compliance.OptOut, "", time.Time{}, "their list"
	}
	until := ""
	if !st.Until.IsZero() {
		st.Until = st.Until.Truncate(time.Second)
		until = st.Until.Format(time.RFC3339)
	}
	file := "address,kind,occurred_at,via,text,evidence,purpose,programme,strength,until\n" +
		fmt.Sprintf("%s,%v,%s,%s,Send me news,%s,%s,%s,%s,%s\n", st.Address, st.Kind, st.OccurredAt.Format(time.RFC3339), st.Via, st.Evidence, st.Purpose, st.Programme, st.Strength, until)
	against := w.against(s.customer, st)
	if st.Kind == compliance.OptIn {
		against = max(against, w.model.acts[s.customer].voided(w.Now())) // no list knows who has a number by now
	}
	report, err := w.Admin().ImportConsent(w.t.Context(), strings.NewReader(file), inbox.ImportConfig{Actor: "alice"})
	switch {
	case err != nil:
		w.violate("a list is not imported: %v", err)
		return
	case report.Known > 0:
		return
	case st.Kind == compliance.OptIn && against == yes && report.Added > 0:
		w.violate("a list makes an opt-out of customer %d a consent: %+v", s.customer, report)
	case (st.Kind == compliance.OptOut || against == no) && report.Added == 0:
		w.violate("a line is not imported: %+v of %s", report, file)
	}
	if report.Added == 0 {
		w.count("import that was refused")
		return
	}
	w.count("import: " + st.Kind.String())
	w.tell("an import: %+v", st)
	a := &consentAct{kind: actAgree, by: compliance.FromImport, reach: st.Reach, strength: st.Strength, at: st.OccurredAt, until: st.Until}
	if st.Kind == compliance.OptOut {
		a.kind = actStop
	}
	e, _ := w.entryOf(s.customer, func(e compliance.Entry) bool { return e.Evidence == st.Evidence })
	a.entry = e.ID
	w.learn(s.customer, a)
}

// provider lets the provider report what it knows by itself.
func (w *consentWorld) provider(s consentStep) {
	u := channel.ConsentUpdate{
		From: customerAddresses[s.customer], To: w.talks[w.talkOf(s.customer, s.number)].ours,
		Change: oneOf(s.draw[0], channel.MarketingStopped, channel.MarketingResumed, channel.ConsentStopped, channel.MarketingResumed, channel.NumberVoid, channel.MarketingStopped),
	}
	if s.draw[1]%2 == 0 || u.Change == channel.MarketingResumed {
		u.At = w.Now().Add(-drawAge(s.draw[2]))
	}
	if err := w.Inbox.Consent(w.t.Context(), "simulated", u); err != nil {
		w.violate("a provider's report is not taken: %v", err)
		return
	}
	w.count("provider's report: " + u.Change.String())
	w.tell("the provider reports of customer %d: %v at %v", s.customer, u.Change, u.At)
	w.reported(s.customer, u.Change, u.At, false)
}

// reported lets the model know what a provider said of a customer.
func (w *consentWorld) reported(customer int, c channel.ConsentChange, at time.Time, settling bool) {
	a := &consentAct{kind: actStop, by: compliance.FromProvider, at: at, learned: w.Now(), settling: settling}
	switch c {
	case channel.MarketingStopped:
		a.reach.Purpose = compliance.Marketing
	case channel.MarketingResumed:
		a.kind, a.reach.Purpose = actAgree, compliance.Marketing
	case channel.NumberVoid:
		a.kind = actVoid
	default:
	}
	again := w.model.acts[customer].stopped(a.reach, w.Now())
	if a.kind == actVoid {
		again = w.model.acts[customer].voided(w.Now())
	}
	if a.kind != actAgree && at.IsZero() && again != no {
		if again == yes && (!settling || c == channel.ConsentStopped) {
			return // which is no news, and no word of the customer's
		}
		a.maybe = true
	}
	w.learn(customer, a)
}
