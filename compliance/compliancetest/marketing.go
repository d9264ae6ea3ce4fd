package compliancetest

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func marketingCases() []kit.Case[*env] {
	return []kit.Case[*env]{{
		Name:  "Decide/MarketingWithoutConsent",
		Rule:  "What sells needs the contact's consent. That they have written, or have opted in to something else, is none. [47 CFR 64.1200(a)(2); Directive 2002/58/EC, article 13]",
		Check: decideMarketingWithoutConsent,
	}, {
		Name:  "Decide/UnknownPurpose",
		Rule:  "A message with a purpose that there is not counts as what sells.",
		Check: decideUnknownPurpose,
	}, {
		Name:  "Decide/NoPurposeUnasked",
		Rule:  "A message without a purpose counts as what sells, unless it answers.",
		Check: decideNoPurposeUnasked,
	}, {
		Name:  "Decide/OptedOutOfMarketing",
		Rule:  "Nothing that sells goes to a contact that has opted out of what sells, or of all of the programme that it is of.",
		Check: decideOptedOutOfMarketing,
	}, {
		Name:  "Decide/Voided",
		Rule:  "Nothing that we would send first goes to a number that is not the contact's any more.",
		Check: decideVoided,
	}, {
		Name:  "Decide/AskedBack",
		Rule:  "Nobody who has opted out is asked to opt in again.",
		Check: decideAskedBack,
	}, {
		Name:  "Decide/AskedTwice",
		Rule:  "The question to opt in is asked once, and not after it was answered or its time was over.",
		Check: decideAskedTwice,
	}}
}

// consent is the word of a contact that agreed in writing to everything.
func consent(at time.Time) compliance.Entry {
	return compliance.Entry{ID: 11, Kind: compliance.OptIn, Source: compliance.FromOperator, OccurredAt: at, Strength: compliance.ExpressWritten}
}

// sale is a message that sells, to a contact in London that has just written.
func sale(m compliance.Outgoing) compliance.Outgoing {
	m.Purpose, m.Human, m.Brand, m.Text, m.Region, m.Zone = compliance.Marketing, false, "Acme", "Acme: all half price. Reply STOP to opt out.", "GB", time.UTC
	return m
}

func decideMarketingWithoutConsent(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		for _, s := range []compliance.State{{}, optedIn(at.Add(-time.Hour))} {
			for _, template := range []bool{false, true} {
				m := sale(m)
				m.Template = template
				if err := e.refuses(s, m, at); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func decideUnknownPurpose(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		m = sale(m)
		for _, p := range []compliance.Purpose{"bulk", "Marketing", "CONVERSATIONAL"} {
			if m.Purpose = p; e.policy.Decide(compliance.State{}, m, at).Verdict == compliance.Allow {
				return fmt.Errorf("Decide said allow to a %s", describeOutgoing(compliance.State{}, m, at))
			}
		}
		return nil
	})
}

func decideNoPurposeUnasked(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		m = sale(m)
		m.Purpose, m.LastInbound, m.Template = "", time.Time{}, true
		return e.refuses(compliance.State{}, m, at)
	})
}

func decideOptedOutOfMarketing(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		m = sale(m)
		m.Programme = "offers"
		for _, r := range []compliance.Reach{{Purpose: compliance.Marketing}, {Programme: "offers"}, {Purpose: compliance.Marketing, Programme: "offers"}} {
			s := compliance.Fold([]compliance.Entry{
				consent(at.Add(-48 * time.Hour)), {ID: 12, Kind: compliance.OptOut, Source: compliance.FromContact, OccurredAt: at.Add(-time.Hour), Reach: r},
			})
			if err := e.refuses(s, m, at); err != nil {
				return fmt.Errorf("of %s: %w", r.InWords(), err)
			}
		}
		return nil
	})
}

func decideVoided(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := compliance.Fold([]compliance.Entry{
			consent(at.Add(-48 * time.Hour)), {ID: 12, Kind: compliance.Voided, Source: compliance.FromProvider, OccurredAt: at.Add(-time.Second)},
		})
		for _, p := range []compliance.Purpose{compliance.Marketing, compliance.Transactional} {
			m := sale(m)
			if m.Purpose = p; p == compliance.Transactional {
				m.Template = true
			}
			if err := e.refuses(s, m, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// question is our question to opt in, which the ledger has as an entry.
func question(m compliance.Outgoing, asked compliance.Entry) compliance.Outgoing {
	m.Purpose, m.Human, m.Answers, m.Confirms, m.Region, m.Zone = compliance.Compliance, false, compliance.Asked, asked.ID, "GB", time.UTC
	return m
}

func asked(at time.Time) compliance.Entry {
	return compliance.Entry{ID: 12, Kind: compliance.Asked, Source: compliance.FromOperator, OccurredAt: at, Strength: compliance.Express, Until: at.Add(time.Hour)}
}

func decideAskedBack(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		ask := asked(at)
		out := compliance.Entry{ID: 7, Kind: compliance.OptOut, Source: compliance.FromContact, OccurredAt: at.Add(-time.Hour)}
		return e.refuses(compliance.Fold([]compliance.Entry{out, ask}), question(m, ask), at)
	})
}

func decideAskedTwice(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		ask := asked(at)
		answers := [][]compliance.Entry{{ask, {ID: 13, Kind: compliance.OptIn, Source: compliance.FromContact, OccurredAt: at.Add(time.Second)}}, {ask}, nil}
		for i, entries := range answers {
			when := at
			if i == 1 {
				when = ask.Until
			}
			if err := e.refuses(compliance.Fold(entries), question(m, ask), when); err != nil {
				return err
			}
		}
		return nil
	})
}
