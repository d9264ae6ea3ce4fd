package compliancetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func optedOutCases() []kit.Case[*env] {
	const rule = "Nothing goes to a contact that has opted out but the one confirmation of the opt-out and the answer to HELP."
	refused := func(name string, change func(*compliance.Outgoing)) kit.Case[*env] {
		return kit.Case[*env]{Name: "Decide/OptedOut" + name, Rule: rule, Check: func(e *env) error {
			return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
				change(&m)
				return e.refuses(optedOut(at.Add(-time.Minute)), m, at)
			})
		}}
	}
	return []kit.Case[*env]{
		refused("Marketing", func(m *compliance.Outgoing) { m.Purpose = compliance.Marketing }),
		refused("Transactional", func(m *compliance.Outgoing) { m.Purpose = compliance.Transactional }),
		refused("NoPurpose", func(m *compliance.Outgoing) { m.Purpose, m.Human = "", false }),
		refused("UnknownPurpose", func(m *compliance.Outgoing) { m.Purpose, m.Human = "COMPLIANCE", false }),
		refused("Responder", func(m *compliance.Outgoing) { m.Human = false }),
		refused("Template", func(m *compliance.Outgoing) { m.Template, m.Human = true, false }),
		refused("Disguised", func(m *compliance.Outgoing) {
			m.Purpose, m.Answers, m.Confirms = compliance.Marketing, compliance.OptOut, optedOut(time.Time{}).Entry
		}),
		{
			Name: "Decide/OptedOutPerson",
			Rule: rule + " [Harness.AnswersOptedOut: a policy may let a person answer a contact that has just written.]",
			Check: func(e *env) error {
				return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
					if e.AnswersOptedOut {
						m.LastInbound = time.Time{}
					}
					return e.refuses(optedOut(at.Add(-time.Minute)), m, at)
				})
			},
		},
		{
			Name:  "Decide/OptedOutForLong",
			Rule:  "An opt-out does not end by itself.",
			Check: decideOptedOutForLong,
		},
		{
			Name:  "Decide/OptedOutByWhomever",
			Rule:  "An opt-out that a provider reports or an operator records is one like the contact's own.",
			Check: decideOptedOutByWhomever,
		},
	}
}

// eachAnswer calls fn with an answer to a message of a minute ago, by SMS and
// WhatsApp, in each era.
func (e *env) eachAnswer(fn func(at time.Time, m compliance.Outgoing) error) error {
	for _, at := range eras() {
		for _, m := range []compliance.Outgoing{sms(at, time.Minute), whatsApp(at, time.Minute)} {
			if err := fn(at, m); err != nil {
				return fmt.Errorf("at %v: %w", at.Format(time.DateOnly), err)
			}
		}
	}
	return nil
}

// refuses returns an error unless the policy says that neither waiting nor a
// template makes a difference.
func (e *env) refuses(s compliance.State, m compliance.Outgoing, at time.Time) error {
	return e.verdict(s, m, at, compliance.Deny, compliance.NeedsHuman)
}

// verdict returns an error unless Decide's verdict is one of these.
func (e *env) verdict(s compliance.State, m compliance.Outgoing, at time.Time, want ...compliance.Verdict) error {
	got := e.policy.Decide(s, m, at)
	if slices.Contains(want, got.Verdict) {
		return nil
	}
	return fmt.Errorf("Decide said %v (%q) to %s; it must say %v", got.Verdict, got.Reason, describeOutgoing(s, m, at), want)
}

func describeOutgoing(s compliance.State, m compliance.Outgoing, at time.Time) string {
	author := "a responder's"
	if m.Human {
		author = "a person's"
	}
	text := fmt.Sprintf("%s message on %s with purpose %q", author, m.Family, m.Purpose)
	if m.Template {
		text += ", a template,"
	}
	if m.Purpose == compliance.Compliance {
		text += fmt.Sprintf(" that answers %v and confirms entry %d", m.Answers, m.Confirms)
	}
	switch {
	case s.OptedOut:
		text += fmt.Sprintf(" to a contact that opted out %v before (entry %d)", at.Sub(s.Since), s.Entry)
	case s.Held.Stands():
		text += fmt.Sprintf(" to a contact that is held since %v, until %v,", at.Sub(s.Held.Since), s.Held.Until.Sub(at))
	case s.Entry != 0:
		text += fmt.Sprintf(" to a contact that opted in again %v before (entry %d)", at.Sub(s.Since), s.Entry)
	default:
		text += " to a contact of whom the ledger knows nothing"
	}
	if m.LastInbound.IsZero() {
		return text + " and that has never written"
	}
	return text + fmt.Sprintf(" and that wrote %v before", at.Sub(m.LastInbound))
}

func decideOptedOutForLong(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		m.Human = false
		for _, since := range []time.Duration{0, time.Hour, 48 * time.Hour, 20 * 365 * 24 * time.Hour} {
			if err := e.refuses(optedOut(at.Add(-since)), m, at); err != nil {
				return err
			}
		}
		return nil
	})
}

func decideOptedOutByWhomever(e *env) error {
	at := kit.Noon()
	m := sms(at, time.Minute)
	m.Human = false
	for _, source := range []compliance.Source{compliance.FromProvider, compliance.FromOperator, compliance.FromImport, compliance.FromContact, ""} {
		for _, family := range []channel.Family{channel.Telephony, channel.WhatsApp, "another"} {
			s := optedOut(at.Add(-time.Minute))
			s.Source, m.Family = source, family
			if err := e.refuses(s, m, at); err != nil {
				return err
			}
		}
	}
	return nil
}
