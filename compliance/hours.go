package compliance

import (
	"fmt"
	"sync"
	"time"
)

// CarefulHours are the quiet hours that [Standard] keeps everywhere: daily
// 20:00-09:00. They cover what the law of the United States and of most states
// asks (47 CFR 64.1200(c)(1): 21:00-08:00), and what careful senders do elsewhere.
func CarefulHours() QuietHours { return carefulHours() }

var carefulHours = sync.OnceValue(func() QuietHours {
	q, err := ParseQuietHours("daily 20:00-09:00")
	if err != nil {
		panic(err) // it is a constant, and a test has read it
	}
	return q
})

// defaultGuard is Standard.QuietGuard unless a host has another.
const defaultGuard = 5 * time.Minute

// hours are quiet hours at a place.
type hours struct {
	QuietHours
	Place
}

// hoursAt returns the quiet hours at all places where the contact may be.
func (g *gate) hoursAt(rows []Jurisdiction) []hours {
	own := g.Quiet
	if own.IsZero() {
		own = CarefulHours()
	}
	var all []hours
	for _, p := range g.places {
		all = append(all, hours{own, p})
		for _, j := range rows {
			if law, ok := g.jurisdictions().For(p.Code, ScopeMarketing, g.at); ok && law.Code == j.Code && !j.Quiet.IsZero() {
				all = append(all, hours{j.Quiet, p})
			}
		}
	}
	return all
}

// quiet lets a message wait until it is quiet nowhere where the contact may be. It
// reports whether it need not.
func (g *gate) quiet(rows []Jurisdiction) (wait Decision, ok bool) {
	if g.within(g.m.LastTalk, AnswerTerm) {
		return Decision{}, true
	}
	if len(g.places) == 0 {
		return deny("it is not known where the contact is, whose clock tells when it is quiet"), false
	}
	guard := g.QuietGuard
	if guard <= 0 {
		guard = defaultGuard
	}
	open, found := openAt(g.at, guard, g.Holidays, g.hoursAt(rows))
	switch {
	case !found:
		return deny("there is no moment within a month at which it is quiet nowhere where the contact may be (" + g.codes() + ")"), false
	case open.After(g.at):
		return Decision{Verdict: Defer, Until: open, Reason: g.quietUntil(open)}, false
	}
	return Decision{}, true
}

// quietUntil says until when it is quiet, by the clock where it is so longest.
func (g *gate) quietUntil(open time.Time) string {
	west := g.places[0]
	for _, p := range g.places[1:] {
		if offset(p, open) < offset(west, open) {
			west = p
		}
	}
	layout := "15:04"
	if local := open.In(west.Zone); local.YearDay() != g.at.In(west.Zone).YearDay() {
		layout = "15:04 on Monday"
	}
	return fmt.Sprintf("it is quiet hours where the contact is, until %s in %s (by %s)", open.In(west.Zone).Format(layout), west.Zone, g.evidence)
}

// late warns of writing at an hour at which nobody expects an answer.
func (g *gate) late() string {
	if len(g.places) == 0 || g.wroteWithin(AnswerTerm) {
		return ""
	}
	for _, h := range g.hoursAt(nil) {
		if local := g.at.In(h.Zone); h.At(local, false) {
			return fmt.Sprintf("it may be %s where the contact is (%s, by %s)", local.Format("15:04"), h.Zone, g.evidence)
		}
	}
	return ""
}
