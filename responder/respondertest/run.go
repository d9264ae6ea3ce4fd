package respondertest

import (
	"testing"

	"github.com/teaminbox/teaminbox/internal/kit"
)

// Run checks a responder against the contract of package responder.
func Run(t *testing.T, h Harness) {
	t.Helper()
	kit.Run(t, h.cases(), h.env)
}

func (h Harness) cases() []kit.Case[*env] {
	all := []kit.Case[*env]{{
		Name:  "Respond/Answers",
		Rule:  "The zero Reply is silence; an error is silence that somebody has to look into. [While its sources answer there is no reason for one.]",
		Check: (*env).Answers,
	}, {
		Name:  "Respond/Hostile",
		Rule:  "Respond returns an error rather than panic, whatever the customer wrote.",
		Check: (*env).Hostile,
	}, {
		Name:  "Respond/ContextEnded",
		Rule:  "Respond may block until its context ends.",
		Check: (*env).ContextEnded,
	}, {
		Name:  "Respond/Concurrent",
		Rule:  "The engine calls Respond from many goroutines at once.",
		Check: (*env).Concurrent,
	}, {
		Name:  "Respond/TurnUnchanged",
		Rule:  "Respond must not change what the turn points to.",
		Check: (*env).Unchanged,
	}, {
		Name:  "Respond/KeepsNothing",
		Rule:  "Respond must not keep what the turn points to.",
		Check: (*env).KeepsNothing,
	}, {
		Name:  "Reply/OneForm",
		Rule:  "Either Template is set or Text or Media is.",
		Check: replyOneForm,
	}, {
		Name:  "Reply/Text",
		Rule:  "Text is UTF-8 and says something; silence is the zero Reply.",
		Check: replyText,
	}, {
		Name:  "Reply/Media",
		Rule:  "Media: outbound, URL is where the provider fetches it.",
		Check: replyMedia,
	}, {
		Name:  "Reply/Template",
		Rule:  "Template.ID is the provider's id of the template.",
		Check: replyTemplate,
	}, {
		Name:  "Reply/Purpose",
		Rule:  "Purpose is \"\" or one that package compliance knows, but not compliance: the engine alone answers STOP, START and HELP.",
		Check: replyPurpose,
	}}
	if !h.Varies {
		all = append(all, kit.Case[*env]{
			Name:  "Respond/SameAgain",
			Rule:  "Respond may be called again for a message that it has seen. [Harness.Varies: a responder may answer otherwise then.]",
			Check: (*env).SameAgain,
		})
	}
	if h.Stuck != nil {
		all = append(all, kit.Case[*env]{
			Name:  "Respond/Stuck",
			Rule:  "Respond may block until its context ends; then it returns.",
			Check: func(e *env) error { return e.oracle(e.Harness.Stuck(e.t)).Stuck() },
		})
	}
	return all
}
