package compliancetest

import (
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

func heldCases() []kit.Case[*env] {
	const rule = "While a message holds that may be a wish to stop, a person must decide about everything that we would send first and everything automatic."
	refused := func(name string, change func(*compliance.Outgoing)) kit.Case[*env] {
		return kit.Case[*env]{Name: "Decide/Held" + name, Rule: rule, Check: func(e *env) error {
			return e.eachHeld(func(s compliance.State, m compliance.Outgoing, at time.Time) error {
				change(&m)
				return e.refuses(s, m, at)
			})
		}}
	}
	return []kit.Case[*env]{
		refused("Responder", func(m *compliance.Outgoing) { m.Human = false }),
		refused("Marketing", func(m *compliance.Outgoing) { m.Purpose = compliance.Marketing }),
		refused("Transactional", func(m *compliance.Outgoing) { m.Purpose, m.Human = compliance.Transactional, false }),
		refused("NoPurpose", func(m *compliance.Outgoing) { m.Purpose, m.Human = "", false }),
		refused("Template", func(m *compliance.Outgoing) { m.Template, m.Human = true, false }),
		{
			Name: "Decide/HeldOver",
			Rule: "When the time for the decision has passed, the hold counts as an opt-out, whether or not the ledger has it as one already.",
			Check: func(e *env) error {
				return e.eachHeld(func(s compliance.State, m compliance.Outgoing, _ time.Time) error {
					if e.AnswersOptedOut {
						m.LastInbound = time.Time{}
					}
					for _, late := range []time.Duration{0, time.Hour, 20 * 365 * 24 * time.Hour} {
						if err := e.refuses(s, m, s.Held.Until.Add(late)); err != nil {
							return err
						}
					}
					return nil
				})
			},
		},
		{
			Name: "Decide/HeldHelp",
			Rule: "HELP is answered while a message holds, as it is at any other time. [CTIA Messaging Principles and Best Practices]",
			Check: func(e *env) error {
				return e.eachHeld(func(s compliance.State, m compliance.Outgoing, at time.Time) error {
					return e.verdict(s, confirming(m, compliance.Help, 0), at, compliance.Allow)
				})
			},
		},
		{
			Name:  "Classify/StartWhileHeld",
			Rule:  "START of a contact that is held is an opt-in: it says that the contact did not mean stop.",
			Check: classifyStartWhileHeld,
		},
	}
}

// held is what holds for a contact that wrote at a moment what may be a wish to
// stop.
func held(at time.Time) compliance.State {
	return compliance.State{Held: compliance.Hold{Entry: 9, Since: at, Until: at.Add(24 * time.Hour)}}
}

// eachHeld calls fn with a person's answer to a contact that is held since a
// minute, by SMS and WhatsApp, in each era; one that has never opted in, and one
// that has.
func (e *env) eachHeld(fn func(s compliance.State, m compliance.Outgoing, at time.Time) error) error {
	return e.eachAnswer(func(at time.Time, m compliance.Outgoing) error {
		s := held(at.Add(-time.Minute))
		if err := fn(s, m, at); err != nil {
			return err
		}
		again := optedIn(at.Add(-time.Hour))
		again.Held = s.Held
		return fn(again, m, at)
	})
}

func classifyStartWhileHeld(e *env) error {
	return e.want(inbound("START"), compliance.Context{Region: "US", State: held(kit.Noon().Add(-time.Minute))}, compliance.OptIn)
}
