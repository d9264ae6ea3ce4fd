package compliance

import (
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// ConfirmationTerm is how long after an opt-out its confirmation may still be
// sent. Source: 47 CFR 64.1200(a)(12), which presumes a confirmation within
// five minutes to be allowed.
const ConfirmationTerm = 5 * time.Minute

// WhatsAppWindow is how long after a customer's last message free text may be
// sent on WhatsApp. Source: WhatsApp Business Platform, customer service
// window.
const WhatsAppWindow = 24 * time.Hour

// Standard is the policy of a host that supplies none. The zero value works.
// It recognises the keywords of its table, whatever their spelling, and
// requests to stop in plain words: see [Table].
type Standard struct {
	// Table is what is recognised. Nil is [StandardTable], which takes some
	// tens of milliseconds to make when it is first asked for.
	Table *Table
}

var _ OptOutPolicy = Standard{}

// byProvider is the rule of what a provider recognised.
const byProvider = "provider's keyword handling"

// Classify believes the provider's own verdict and the table; where they
// differ, an opt-out wins. A word that opts in does so only for a contact that
// has opted out or is held, or whom we have asked, as otherwise it is an
// ordinary word. A provider may take a bare YES for START; as it may as well
// answer a question, a person decides about it if the contact has opted out, and
// otherwise it is an ordinary word.
func (p Standard) Classify(m channel.Inbound, c Context) Classification {
	text := m.Text
	if strings.TrimSpace(text) == "" && m.Button != nil {
		text = m.Button.Text
	}
	t := p.Table
	if t == nil {
		t = StandardTable()
	}
	ctx := t.context(m, c)
	r := t.recognise(text, &ctx)
	if c.Subject != "" && (r.kind == None || r.kind == Ambiguous) {
		r = stronger(r, t.recognise(c.Subject, &ctx))
	}
	read := Classification{Kind: r.kind, Rule: r.rule, Language: r.language, Flag: r.flag, Version: t.version}
	switch {
	case r.kind == OptOut:
		return read
	case m.Keyword == channel.KeywordStop:
		return Classification{Kind: OptOut, Rule: byProvider}
	case m.Keyword == channel.KeywordHelp:
		return Classification{Kind: Help, Rule: byProvider}
	case m.Keyword == channel.KeywordStart && r.kind != OptIn && c.State.OptedOut && t.prompted(text):
		return Classification{Kind: Ambiguous, Rule: byProvider + " takes a bare yes for START"}
	case m.Keyword == channel.KeywordStart && (c.State.OptedOut || t.optsIn(text)):
		return Classification{Kind: OptIn, Rule: byProvider}
	case r.kind == None:
		return Classification{}
	}
	return read
}

// Decide lets everything through but messages to a contact that has opted out
// and free text outside WhatsApp's window. To a contact that has opted out go
// only the one confirmation of that opt-out, within [ConfirmationTerm], and
// the answer to HELP.
//
// While a message of the contact's holds, a person must decide about everything
// that we would send first and everything automatic. What a person writes in the
// talk goes, since they have the message before their eyes, and so do the answers
// to STOP, START and HELP. When the time for the decision has passed, it is denied
// like everything to a contact that has opted out.
func (Standard) Decide(s State, m Outgoing, at time.Time) Decision {
	d := decideConsent(s, m, at)
	if d.Verdict == Allow && m.Family == channel.WhatsApp && !m.Template && !at.Before(m.LastInbound.Add(WhatsAppWindow)) {
		return Decision{Verdict: NeedsTemplate, Reason: "more than 24 hours have passed since the customer's last WhatsApp message; only an approved template may be sent"}
	}
	return d
}

func decideConsent(s State, m Outgoing, at time.Time) Decision {
	switch {
	case m.Purpose == Compliance:
		return decideCompliance(s, m, at)
	case s.OptedOut:
		return Decision{Verdict: Deny, Reason: "the contact has opted out; they can text START to hear from you again"}
	case s.Held.Over(at):
		return Decision{Verdict: Deny, Reason: "the contact wrote what may be a wish to stop, and nobody decided in time; it counts as an opt-out"}
	case s.Held.Stands() && !m.answersInPerson():
		return Decision{Verdict: NeedsHuman, Reason: "the contact wrote what may be a wish to stop; a person must decide first"}
	}
	return Decision{Verdict: Allow, Reason: "the contact has not opted out"}
}

// answersInPerson reports whether a person has written a message as a part of a
// talk that the contact has begun.
func (m Outgoing) answersInPerson() bool {
	return m.Human && m.Purpose == Conversational && !m.LastInbound.IsZero()
}

func decideCompliance(s State, m Outgoing, at time.Time) Decision {
	stands := m.Confirms != 0 && m.Confirms == s.Entry
	switch m.Answers {
	case OptOut:
		switch {
		case !s.OptedOut || !stands:
			return Decision{Verdict: Deny, Reason: "the opt-out that this message confirms no longer stands"}
		case !at.Before(s.Since.Add(ConfirmationTerm)):
			return Decision{Verdict: Deny, Reason: "more than five minutes have passed since the opt-out; it stands without a confirmation"}
		}
		return Decision{Verdict: Allow, Reason: "the one confirmation of an opt-out"}
	case OptIn:
		switch {
		case s.OptedOut:
			return Decision{Verdict: Deny, Reason: "the contact has opted out again"}
		case !stands:
			return Decision{Verdict: Deny, Reason: "the opt-in that this message confirms no longer stands"}
		}
		return Decision{Verdict: Allow, Reason: "the one confirmation of an opt-in"}
	case Help:
		return Decision{Verdict: Allow, Reason: "the answer to HELP"}
	case None, Ambiguous, Released:
	}
	return Decision{Verdict: Deny, Reason: "a compliance message must answer STOP, START or HELP"}
}
