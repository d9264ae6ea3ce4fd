package compliance

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Decide lets a message go if what the contact wants, the law where they are, and
// the rules of the medium allow it. In this order:
//
// A message counts as what its Purpose says; as marketing, if that is none that
// there is. One without a purpose is conversational if it answers what the contact
// has written: within ImpliedTerm if a person writes it, and within [FreshTerm] if
// not. Else it is marketing. So is one that says it is conversational to a contact
// who has never written, or not within ImpliedTerm, and has not opted in.
//
// To a contact that has opted out go only the one confirmation of that opt-out,
// within [ConfirmationTerm], and the answer to HELP; and what a person answers to
// what they have written since, if AnswerOptedOut says so. An emergency goes, which
// somebody answers for, but to no number that is somebody else's.
//
// While a message of the contact's holds, a person must decide about everything
// that we would send first and everything automatic. What a person writes in the
// talk goes, since they have the message before their eyes, and so do the answers
// to STOP, START and HELP. When the time for the decision has passed, it is denied
// like everything to a contact that has opted out.
//
// To a number that is not the contact's any more goes only what answers whoever has
// it now.
//
// Marketing needs a consent that is as strong as the law asks where the contact is,
// and never less than express. Its text must say what the law there asks for. The
// registers must have been asked, and it waits until it is quiet nowhere where the
// contact may be, unless it answers what they wrote within [AnswerTerm]: STOP, START
// and HELP are nothing that it could answer.
//
// On WhatsApp, free text goes within [WhatsAppWindow] of what the contact wrote;
// then only a template, which needs an opt-in unless a person goes on with the talk.
//
// The question to opt in goes once, to a contact that has not opted out of what it
// asks about, and not at quiet hours.
func (p Standard) Decide(s State, m Outgoing, at time.Time) Decision {
	g := gate{Standard: p, s: s, m: m, at: at}
	g.purpose = g.counts()
	g.places, g.evidence = p.whereabouts(&m)
	d := g.decide()
	d.Purpose = g.purpose
	d.Local = g.local()
	if g.law != nil {
		d.Version = "jurisdictions " + g.law.version
	}
	return d
}

// gate is one question to a Standard.
type gate struct {
	Standard
	s        State
	m        Outgoing
	at       time.Time
	purpose  Purpose // that the message counts as
	places   []Place // where the contact may be
	evidence string  // of the places
	law      *Jurisdictions
}

func deny(reason string) Decision { return Decision{Verdict: Deny, Reason: reason} }

func (g *gate) decide() Decision {
	d := g.decideConsent()
	if d.Verdict != Allow {
		return d
	}
	if refused, ok := g.decideWhatsApp(); !ok {
		return refused
	}
	switch {
	case g.purpose == Marketing:
		return g.decideMarketing()
	case g.purpose == Compliance && g.m.Answers == Asked, g.purpose == Transactional && g.QuietTransactional:
		if wait, ok := g.quiet(nil); !ok {
			return wait
		}
	case g.purpose == Conversational && g.m.Human:
		d.Warning = g.late()
	}
	return d
}

// decideConsent decides by what the contact has said.
func (g *gate) decideConsent() Decision {
	s, m, at := &g.s, &g.m, g.at
	if g.purpose == Compliance {
		return g.decideCompliance()
	}
	about := s.About(g.purpose, m.Programme)
	switch {
	case g.purpose == Emergency && s.Voided.Stands():
		return deny("the number is not the contact's any more; whom it would warn is not known")
	case g.purpose == Emergency:
		return Decision{Verdict: Allow, Reason: "an emergency, which somebody answers for"}
	case about.OptedOut && g.AnswerOptedOut && m.Human && g.purpose == Conversational && m.LastTalk.After(about.Last) && g.within(m.LastTalk, g.answerableFor()):
		return Decision{Verdict: Allow, Reason: "the contact has opted out, and a person answers what they have written since"}
	case s.OptedOut && about.OptedOut:
		return deny("the contact has opted out; they can text START to hear from you again")
	case about.OptedOut:
		return deny("the contact has opted out of " + g.optedOutOf())
	case s.Held.Over(at):
		return deny("the contact wrote what may be a wish to stop, and nobody decided in time; it counts as an opt-out")
	case s.Held.Stands() && !g.answersInPerson():
		return Decision{Verdict: NeedsHuman, Reason: "the contact wrote what may be a wish to stop; a person must decide first"}
	case s.Voided.Stands() && (g.purpose != Conversational || !m.LastInbound.After(s.Voided.Since)):
		return deny("the number is not the contact's any more; what they agreed to does not count")
	}
	return Decision{Verdict: Allow, Reason: "the contact has not opted out"}
}

// optedOutOf says what the contact has opted out of that this message is.
func (g *gate) optedOutOf() string {
	if g.m.Programme != "" && g.s.About(g.purpose, "").Entry != g.s.About(g.purpose, g.m.Programme).Entry {
		return g.m.Programme
	}
	return string(g.purpose)
}

// answersInPerson reports whether a person has written a message as a part of a
// talk that the contact has begun.
func (g *gate) answersInPerson() bool {
	return g.m.Human && g.purpose == Conversational && !g.m.LastInbound.IsZero()
}

func (g *gate) decideCompliance() Decision {
	s, m, at := &g.s, &g.m, g.at
	stands := m.Confirms != 0 && m.Confirms == s.Entry
	switch m.Answers {
	case OptOut:
		switch {
		case !s.OptedOut || !stands:
			return deny("the opt-out that this message confirms no longer stands")
		case !at.Before(s.Since.Add(ConfirmationTerm)):
			return deny("more than five minutes have passed since the opt-out; it stands without a confirmation")
		}
		return Decision{Verdict: Allow, Reason: "the one confirmation of an opt-out"}
	case OptIn:
		switch {
		case m.Confirms == 0:
			return deny("it confirms no opt-in")
		case s.Voided.Stands():
			return deny("the number is not the contact's any more")
		case g.stopped(m.Confirms):
			return deny("the contact has opted out again")
		}
		return Decision{Verdict: Allow, Reason: "the one confirmation of an opt-in", Consent: m.Confirms}
	case Help:
		return Decision{Verdict: Allow, Reason: "the answer to HELP"}
	case Asked:
		return g.decideQuestion()
	case None, Ambiguous, Released, Voided, Erased:
	}
	return deny("a compliance message must answer STOP, START or HELP, or ask for an opt-in")
}

// stopped reports whether the contact has opted out again of what an opt-in was
// about that a message confirms.
func (g *gate) stopped(id EntryID) bool {
	for _, c := range g.s.Consents {
		if c.Entry == id {
			return g.s.About(Marketing, c.Programme).OptedOut
		}
	}
	for _, part := range g.s.Parts {
		if part.Entry == id {
			return part.OptedOut
		}
	}
	// What stands names the first opt-in since the last opt-out.
	about := g.s.About(Conversational, g.m.Programme)
	return about.OptedOut || about.Entry == 0 || id < about.Entry
}

// decideQuestion decides about the question to opt in.
func (g *gate) decideQuestion() Decision {
	s, m := &g.s, &g.m
	ask := s.Asked
	switch {
	case m.Confirms == 0 || m.Confirms != ask.Entry || !ask.Open(g.at):
		return deny("the question that this message asks is not open any more")
	case s.OptedOut, s.About(ask.Purpose, ask.Programme).OptedOut, ask.Strength != NotMarketing && s.About(Marketing, ask.Programme).OptedOut:
		return deny("the contact has opted out; nobody who has is asked to opt in again")
	case s.Held.Over(g.at):
		return deny("the contact wrote what may be a wish to stop, and nobody decided in time; it counts as an opt-out")
	case s.Held.Stands():
		return Decision{Verdict: NeedsHuman, Reason: "the contact wrote what may be a wish to stop; a person must decide first"}
	case s.Voided.Stands():
		return deny("the number is not the contact's any more")
	}
	return Decision{Verdict: Allow, Reason: "the one question to opt in"}
}

// decideWhatsApp keeps the rules of the medium. It reports whether the message may
// go by them.
func (g *gate) decideWhatsApp() (refused Decision, ok bool) {
	m := &g.m
	switch {
	case m.Family != channel.WhatsApp, g.at.Before(m.LastInbound.Add(WhatsAppWindow)):
		return Decision{}, true
	case !m.Template:
		return Decision{Verdict: NeedsTemplate, Reason: "more than 24 hours have passed since the customer's last WhatsApp message; only an approved template may be sent"}, false
	case (g.purpose == Transactional || g.purpose == Conversational && !m.Human) && !g.optedIn(g.purpose):
		return deny("WhatsApp asks for an opt-in before a template is sent; record how the contact has agreed"), false
	}
	return Decision{}, true
}

// optedIn reports whether the contact has agreed to be written to for a purpose, or
// to what sells of the same.
func (g *gate) optedIn(p Purpose) bool {
	about := g.s.About(p, g.m.Programme)
	if about.OptedOut {
		return false
	}
	if about.OptedIn(g.at) {
		return true
	}
	_, agreed := g.s.Consent(g.m.Programme, g.at)
	return agreed
}

// The terms of answers.
const (
	// InquiryTerm is for how long after a contact wrote an answer is no message
	// that we send first. Source: 47 CFR 64.1200(f)(5), by which an inquiry makes a
	// business relationship for three months.
	InquiryTerm = 90 * 24 * time.Hour

	// FreshTerm is for how long after a contact wrote what no person has written
	// answers it without saying so. It is that of WhatsApp's window.
	FreshTerm = WhatsAppWindow

	// AnswerTerm is for how long after a contact wrote quiet hours don't keep
	// anything back. It is a practice; no source gives a number.
	AnswerTerm = 2 * time.Hour
)

// counts returns as what purpose a message counts.
func (g *gate) counts() Purpose {
	switch p := g.m.Purpose; p {
	case Transactional, Marketing, Compliance, Emergency:
		return p
	case Conversational:
		// What goes on with a talk may come late on WhatsApp, as a template. And to
		// a contact that has opted out it makes no difference what else it is called.
		if g.wroteWithin(g.impliedTerm()) || g.optedIn(p) || g.s.About(p, g.m.Programme).OptedOut && !g.m.LastInbound.IsZero() {
			return p
		}
	case "":
		if g.m.Human && g.wroteWithin(g.impliedTerm()) || g.wroteWithin(min(FreshTerm, g.impliedTerm())) {
			return Conversational
		}
	}
	return Marketing
}

func (g *gate) wroteWithin(term time.Duration) bool { return g.within(g.m.LastInbound, term) }

func (g *gate) within(when time.Time, term time.Duration) bool {
	return !when.IsZero() && g.at.Before(when.Add(term))
}

func (g *gate) impliedTerm() time.Duration {
	if g.ImpliedTerm > 0 {
		return g.ImpliedTerm
	}
	return InquiryTerm
}

// answerableFor is for how long a person may answer a contact that has opted out.
func (g *gate) answerableFor() time.Duration {
	if g.m.Family == channel.WhatsApp {
		return WhatsAppWindow
	}
	return g.impliedTerm()
}

// days says a time in days.
func days(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "a day"
}
