package compliancetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func keywordCases() []kit.Case[*env] {
	return []kit.Case[*env]{{
		Name:  "Classify/Stop",
		Rule:  "STOP is an opt-out everywhere. [CTIA Messaging Principles and Best Practices, 5.1.3]",
		Check: classifyStop,
	}, {
		Name:  "Classify/PerSeWords",
		Rule:  "For +1 numbers stop, quit, end, revoke, opt out, cancel and unsubscribe are opt-outs, and a host can't remove them. [47 CFR 64.1200(a)(10)]",
		Check: classifyPerSe,
	}, {
		Name:  "Classify/PerSeWordsAnswering",
		Rule:  "The per-se words are opt-outs although our last message asked something that they may answer; that a person should see them too is what Flag is for. [47 CFR 64.1200(a)(10)]",
		Check: classifyPerSeAnswering,
	}, {
		Name:  "Classify/Canada",
		Rule:  "Canada includes ARRET and AIDE. [Canadian Common Short Code Application Guidelines]",
		Check: classifyCanada,
	}, {
		Name:  "Classify/Help",
		Rule:  "HELP is recognised whether the contact has opted out or not. [CTIA Messaging Principles and Best Practices]",
		Check: classifyHelp,
	}, {
		Name:  "Classify/OptIn",
		Rule:  "START or UNSTOP from the handset ends an opt-out.",
		Check: classifyOptIn,
	}, {
		Name:  "Classify/StopAgain",
		Rule:  "An opt-out is idempotent and always logged: that the contact has opted out already makes STOP no ordinary message.",
		Check: classifyStopAgain,
	}, {
		Name:  "Classify/Keywords",
		Rule:  "Harness.Keywords are words that the policy recognises.",
		Check: func(e *env) error { return e.words(e.Keywords, asIs) },
	}, {
		Name:  "Classify/Examples",
		Rule:  "Harness.Examples are texts that the policy promises to read in one way.",
		Check: classifyExamples,
	}, {
		Name:  "Classify/Button",
		Rule:  "Button is the choice that the customer made: with STOP on it, it is a STOP.",
		Check: classifyButton,
	}}
}

// want returns an error if the policy reads a message in another way.
func (e *env) want(m channel.Inbound, c compliance.Context, want compliance.Kind) error {
	if got := e.policy.Classify(m, c); got.Kind != want {
		return fmt.Errorf("Classify read %s as %v (rule %q), want %v", describe(m, c), got.Kind, got.Rule, want)
	}
	return nil
}

// wantNot returns an error if the policy reads a message in that way.
func (e *env) wantNot(m channel.Inbound, c compliance.Context, not compliance.Kind) error {
	if got := e.policy.Classify(m, c); got.Kind == not {
		return fmt.Errorf("Classify read %s as %v (rule %q)", describe(m, c), got.Kind, got.Rule)
	}
	return nil
}

func describe(m channel.Inbound, c compliance.Context) string {
	const enough = 80
	text := fmt.Sprintf("%q", m.Text)
	if len(text) > enough {
		text = fmt.Sprintf("%.*q… (%d bytes)", enough, m.Text, len(m.Text))
	}
	if m.Button != nil {
		text += fmt.Sprintf(" with the button %q", m.Button.Text)
	}
	if m.Keyword != channel.NoKeyword {
		text += fmt.Sprintf(", which the provider takes for %q,", m.Keyword)
	}
	if c.Region != "" {
		text += " from " + c.Region
	}
	if c.State.OptedOut {
		text += " after an opt-out"
	}
	return text
}

// out is the context of a contact that has opted out.
func out() compliance.Context {
	return compliance.Context{State: optedOut(kit.Noon())}
}

func classifyStop(e *env) error {
	for _, region := range []string{"", "US", "CA", "GB", "FR", "DE", "TR", "JP"} {
		if err := e.want(inbound("STOP"), compliance.Context{Region: region}, compliance.OptOut); err != nil {
			return err
		}
	}
	m := inbound("STOP")
	m.From, m.To = "whatsapp:"+m.From, "whatsapp:"+m.To
	return e.want(m, compliance.Context{}, compliance.OptOut)
}

func classifyPerSe(e *env) error {
	for _, word := range []string{"stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"} {
		for _, region := range []string{"US", "CA"} {
			if err := e.want(inbound(word), compliance.Context{Region: region}, compliance.OptOut); err != nil {
				return err
			}
		}
	}
	return nil
}

// questions are what our last message may have asked.
func questions() []compliance.Context {
	return []compliance.Context{
		{Asked: compliance.AskedConfirmation}, {Asked: compliance.AskedOffer}, {Asked: compliance.AskedOther}, {Asked: compliance.AskedConsent},
		{LastOutbound: "Will you come to your appointment tomorrow?"},
	}
}

func classifyPerSeAnswering(e *env) error {
	for _, word := range []string{"stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"} {
		for _, c := range questions() {
			c.Region = "US"
			if err := e.want(inbound(word), c, compliance.OptOut); err != nil {
				return fmt.Errorf("asked %q %q: %w", c.Asked, c.LastOutbound, err)
			}
		}
	}
	return nil
}

func classifyCanada(e *env) error {
	canada := compliance.Context{Region: "CA"}
	return errors.Join(
		e.want(inbound("ARRET"), canada, compliance.OptOut),
		e.want(inbound("AIDE"), canada, compliance.Help),
	)
}

func classifyHelp(e *env) error {
	return errors.Join(
		e.want(inbound("HELP"), compliance.Context{}, compliance.Help),
		e.want(inbound("HELP"), out(), compliance.Help),
	)
}

func classifyOptIn(e *env) error {
	return errors.Join(
		e.want(inbound("START"), out(), compliance.OptIn),
		e.want(inbound("UNSTOP"), out(), compliance.OptIn),
	)
}

func classifyStopAgain(e *env) error { return e.want(inbound("STOP"), out(), compliance.OptOut) }

func classifyExamples(e *env) error {
	for _, x := range e.Examples {
		c := compliance.Context{Region: x.Region, Language: x.Language, Asked: x.Asked, LastOutbound: x.LastOutbound, Subject: x.Subject}
		if x.OptedOut {
			c.State = out().State
		}
		if err := e.want(inbound(x.Text), c, x.Want); err != nil {
			return err
		}
	}
	return nil
}

func classifyButton(e *env) error {
	m := inbound("")
	m.Button = &channel.Button{Text: "STOP"}
	return e.want(m, compliance.Context{}, compliance.OptOut)
}
