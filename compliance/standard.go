package compliance

import (
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
// It recognises a whole message that is one of the customary keywords, see
// [StandardKeywords].
type Standard struct{}

var _ OptOutPolicy = Standard{}

// Classify believes the provider's own verdict first, then the keyword table.
// A word that opts in does so only for a contact that has opted out, as
// otherwise it is an ordinary word.
func (Standard) Classify(m channel.Inbound, c Context) Classification {
	switch m.Keyword {
	case channel.KeywordStop:
		return Classification{OptOut, "provider's keyword handling"}
	case channel.KeywordStart:
		return Classification{OptIn, "provider's keyword handling"}
	case channel.KeywordHelp:
		return Classification{Help, "provider's keyword handling"}
	case channel.NoKeyword:
	}
	text := m.Text
	if text == "" && m.Button != nil {
		text = m.Button.Text
	}
	kind, word := lookup(text)
	if kind == None || kind == OptIn && !c.State.OptedOut {
		return Classification{}
	}
	return Classification{kind, "keyword " + word}
}

// Decide lets everything through but messages to a contact that has opted out
// and free text outside WhatsApp's window. To a contact that has opted out go
// only the one confirmation of that opt-out, within [ConfirmationTerm], and
// the answer to HELP.
func (Standard) Decide(s State, m Outgoing, at time.Time) Decision {
	if m.Purpose == Compliance {
		return decideCompliance(s, m, at)
	}
	if s.OptedOut {
		return Decision{Verdict: Deny, Reason: "the contact has opted out; they can text START to hear from you again"}
	}
	if m.Family == channel.WhatsApp && !m.Template && !at.Before(m.LastInbound.Add(WhatsAppWindow)) {
		return Decision{Verdict: NeedsTemplate, Reason: "more than 24 hours have passed since the customer's last WhatsApp message; only an approved template may be sent"}
	}
	return Decision{Verdict: Allow, Reason: "the contact has not opted out"}
}

func decideCompliance(s State, m Outgoing, at time.Time) Decision {
	switch m.Answers {
	case OptOut:
		switch {
		case !s.OptedOut || m.Confirms == 0 || m.Confirms != s.Entry:
			return Decision{Verdict: Deny, Reason: "the opt-out that this message confirms no longer stands"}
		case !at.Before(s.Since.Add(ConfirmationTerm)):
			return Decision{Verdict: Deny, Reason: "more than five minutes have passed since the opt-out; it stands without a confirmation"}
		}
		return Decision{Verdict: Allow, Reason: "the one confirmation of an opt-out"}
	case OptIn:
		if s.OptedOut {
			return Decision{Verdict: Deny, Reason: "the contact has opted out again"}
		}
		return Decision{Verdict: Allow, Reason: "the confirmation of an opt-in"}
	case Help:
		return Decision{Verdict: Allow, Reason: "the answer to HELP"}
	case None, Ambiguous:
	}
	return Decision{Verdict: Deny, Reason: "a compliance message must answer STOP, START or HELP"}
}
