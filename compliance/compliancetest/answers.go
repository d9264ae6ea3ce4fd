package compliancetest

import (
	"errors"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func answerCases() []kit.Case[*env] {
	const confirmation = "At most one confirmation per opt-out, bound to it, within five minutes or not at all. [47 CFR 64.1200(a)(12)]"
	return []kit.Case[*env]{{
		Name:  "Decide/Confirmation",
		Rule:  "The confirmation of an opt-out may go within its term.",
		Check: decideConfirmation,
	}, {
		Name:  "Decide/ConfirmationLate",
		Rule:  confirmation,
		Check: decideConfirmationLate,
	}, {
		Name:  "Decide/ConfirmationOfAnother",
		Rule:  confirmation,
		Check: decideConfirmationOfAnother,
	}, {
		Name:  "Decide/ConfirmationAfterOptIn",
		Rule:  confirmation + " An opt-out that has ended is confirmed no more.",
		Check: decideConfirmationAfterOptIn,
	}, {
		Name:  "Decide/OptInConfirmationOptedOut",
		Rule:  "The confirmation of an opt-in does not go to a contact that has opted out again.",
		Check: decideOptInConfirmationOptedOut,
	}, {
		Name:  "Decide/HelpOptedOut",
		Rule:  "HELP is answered even when the contact has opted out. [CTIA Messaging Principles and Best Practices]",
		Check: decideHelpOptedOut,
	}, {
		Name:  "Decide/ComplianceAnswersNothing",
		Rule:  "A message with purpose compliance answers STOP, START or HELP; one that doesn't is no way around an opt-out.",
		Check: decideAnswersNothing,
	}}
}

// confirming makes a message the confirmation of a ledger entry.
func confirming(m compliance.Outgoing, answers compliance.Kind, entry compliance.EntryID) compliance.Outgoing {
	m.Purpose, m.Human, m.Answers, m.Confirms = compliance.Compliance, false, answers, entry
	return m
}

func decideConfirmation(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := optedOut(at.Add(-time.Second))
		m.LastInbound = s.Since
		if e.NoConfirmation {
			return e.refuses(s, confirming(m, compliance.OptOut, s.Entry), at)
		}
		return e.verdict(s, confirming(m, compliance.OptOut, s.Entry), at, compliance.Allow)
	})
}

func decideConfirmationLate(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := optedOut(at.Add(-compliance.ConfirmationTerm - time.Second))
		return e.refuses(s, confirming(m, compliance.OptOut, s.Entry), at)
	})
}

func decideConfirmationOfAnother(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := optedOut(at.Add(-time.Second))
		return errors.Join(
			e.refuses(s, confirming(m, compliance.OptOut, s.Entry-1), at),
			e.refuses(s, confirming(m, compliance.OptOut, 0), at),
		)
	})
}

func decideConfirmationAfterOptIn(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := optedIn(at.Add(-time.Second))
		return e.refuses(s, confirming(m, compliance.OptOut, s.Entry-1), at)
	})
}

func decideOptInConfirmationOptedOut(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := optedOut(at.Add(-time.Second))
		return e.refuses(s, confirming(m, compliance.OptIn, s.Entry-1), at)
	})
}

func decideHelpOptedOut(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		return e.verdict(optedOut(at.Add(-time.Hour)), confirming(m, compliance.Help, 0), at, compliance.Allow)
	})
}

func decideAnswersNothing(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := optedOut(at.Add(-time.Second))
		return errors.Join(
			e.refuses(s, confirming(m, compliance.None, s.Entry), at),
			e.refuses(s, confirming(m, compliance.Ambiguous, s.Entry), at),
		)
	})
}
