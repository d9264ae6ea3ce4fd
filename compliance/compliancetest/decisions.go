package compliancetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func decisionCases() []kit.Case[*env] {
	return []kit.Case[*env]{{
		Name:  "Decide/Verdict",
		Rule:  "Verdict is one of the verdicts. Registers: the codes of the jurisdictions whose registers must be asked, for NeedsRegister.",
		Check: decideVerdict,
	}, {
		Name:  "Decide/Reason",
		Rule:  "Reason says why in plain words, for the agent and the record, whatever the verdict.",
		Check: decideReason,
	}, {
		Name:  "Decide/Until",
		Rule:  "Until: for Defer, when to ask again. [Later than the moment of the decision, or the engine denies.]",
		Check: decideUntil,
	}}
}

// outgoing is an outbound message with what holds for its contact.
type outgoing struct {
	s  compliance.State
	m  compliance.Outgoing
	at time.Time
}

func (x outgoing) String() string { return describeOutgoing(x.s, x.m, x.at) }

// outgoings is every combination of what a policy can see.
func outgoings() (all []outgoing) {
	at := kit.Noon()
	for _, s := range []compliance.State{{}, optedOut(at.Add(-time.Minute)), optedOut(at.Add(-time.Hour)), optedIn(at.Add(-time.Minute)), held(at.Add(-time.Minute)), held(at.Add(-25 * time.Hour))} {
		for _, ago := range []time.Duration{0, time.Hour, 25 * time.Hour} {
			for _, base := range []compliance.Outgoing{sms(at, ago), whatsApp(at, ago)} {
				for _, human := range []bool{true, false} {
					for _, template := range []bool{true, false} {
						m := base
						m.Human, m.Template = human, template
						for _, purpose := range []compliance.Purpose{"", "unheard of", compliance.Conversational, compliance.Transactional, compliance.Marketing, compliance.Emergency} {
							m.Purpose = purpose
							all = append(all, outgoing{s, m, at})
						}
						for answers := compliance.None; answers <= compliance.Voided; answers++ {
							all = append(all, outgoing{s, confirming(m, answers, s.Entry), at}, outgoing{s, confirming(m, answers, 0), at})
						}
					}
				}
			}
		}
	}
	never := whatsApp(at, 0)
	never.LastInbound = time.Time{}
	return append(all,
		outgoing{compliance.State{}, never, at},
		outgoing{compliance.State{}, compliance.Outgoing{}, time.Time{}},
		outgoing{optedOut(at), compliance.Outgoing{Family: channel.Family("another")}, at.Add(-time.Hour)},
	)
}

// decisions calls check with the policy's word on every outgoing message.
func (e *env) decisions(check func(compliance.Decision, time.Time) error) error {
	for _, x := range outgoings() {
		if err := check(e.policy.Decide(x.s, x.m, x.at), x.at); err != nil {
			return fmt.Errorf("about %v: %w", x, err)
		}
	}
	return nil
}

func decideVerdict(e *env) error {
	return e.decisions(func(d compliance.Decision, _ time.Time) error {
		switch {
		case d.Verdict > compliance.NeedsRegister:
			return fmt.Errorf("Decide said verdict %d, which does not exist", d.Verdict)
		case d.Verdict == compliance.NeedsRegister && len(d.Registers) == 0:
			return errors.New("Decide said that registers must be asked, and not which")
		}
		return nil
	})
}

func decideReason(e *env) error {
	return e.decisions(func(d compliance.Decision, _ time.Time) error {
		if d.Reason == "" {
			return fmt.Errorf("Decide said %v and no reason", d.Verdict)
		}
		return nil
	})
}

func decideUntil(e *env) error {
	return e.decisions(func(d compliance.Decision, at time.Time) error {
		if d.Verdict == compliance.Defer && !d.Until.After(at) {
			return fmt.Errorf("Decide deferred a message at %v until %v", at, d.Until)
		}
		return nil
	})
}
