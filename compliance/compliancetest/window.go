package compliancetest

import (
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func windowCases() []kit.Case[*env] {
	const window = "On WhatsApp free text goes within 24 hours of the customer's last message; afterwards only an approved template may. [WhatsApp Business Platform, customer service window]"
	return []kit.Case[*env]{{
		Name:  "Decide/Answer",
		Rule:  "A person may answer what a contact has just written, whether the ledger knows the contact or not.",
		Check: decideAnswer,
	}, {
		Name:  "Decide/AnswerAfterOptIn",
		Rule:  "After an opt-in a person may answer again.",
		Check: decideAnswerAfterOptIn,
	}, {
		Name:  "Decide/WindowOpen",
		Rule:  window,
		Check: func(e *env) error { return e.window(compliance.WhatsAppWindow-time.Second, compliance.Allow) },
	}, {
		Name:  "Decide/WindowClosed",
		Rule:  window,
		Check: func(e *env) error { return e.window(compliance.WhatsAppWindow+time.Second, compliance.NeedsTemplate) },
	}, {
		Name:  "Decide/WindowNeverOpened",
		Rule:  window + " LastInbound is zero if the contact never wrote.",
		Check: decideWindowNeverOpened,
	}, {
		Name:  "Decide/WindowTemplate",
		Rule:  "NeedsTemplate: only an approved template may be sent. A template is one.",
		Check: decideWindowTemplate,
	}, {
		Name:  "Decide/WindowHelp",
		Rule:  window + " The answer to HELP is free text like any other.",
		Check: decideWindowHelp,
	}}
}

func decideAnswer(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		return e.verdict(compliance.State{}, m, at, compliance.Allow)
	})
}

func decideAnswerAfterOptIn(e *env) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		return e.verdict(optedIn(at.Add(-time.Minute)), m, at, compliance.Allow)
	})
}

// window checks a person's answer on WhatsApp to a message of a while ago.
func (e *env) window(ago time.Duration, want compliance.Verdict) error {
	for _, at := range eras() {
		if err := e.verdict(optedIn(at.Add(-ago)), whatsApp(at, ago), at, want); err != nil {
			return err
		}
	}
	return nil
}

func decideWindowNeverOpened(e *env) error {
	for _, at := range eras() {
		m := whatsApp(at, 0)
		m.LastInbound = time.Time{}
		if err := e.verdict(optedIn(at.Add(-time.Hour)), m, at, compliance.NeedsTemplate); err != nil {
			return err
		}
	}
	return nil
}

func decideWindowTemplate(e *env) error {
	others := []compliance.Verdict{compliance.Deny, compliance.Allow, compliance.Defer, compliance.NeedsHuman}
	for _, at := range eras() {
		m := whatsApp(at, 2*compliance.WhatsAppWindow)
		m.Template = true
		if err := e.verdict(optedIn(at.Add(-time.Hour)), m, at, others...); err != nil {
			return err
		}
	}
	return nil
}

func decideWindowHelp(e *env) error {
	for _, at := range eras() {
		m := confirming(whatsApp(at, 2*compliance.WhatsAppWindow), compliance.Help, 0)
		if err := e.verdict(optedIn(at.Add(-time.Hour)), m, at, compliance.NeedsTemplate, compliance.Deny); err != nil {
			return err
		}
	}
	return nil
}
