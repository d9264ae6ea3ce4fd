package routingtest

import (
	"testing"

	"github.com/teaminbox/teaminbox/internal/kit"
)

// Run checks a router against the contract of package routing.
func Run(t *testing.T, h Harness) {
	t.Helper()
	kit.Run(t, h.cases(), h.env)
}

func (h Harness) cases() []kit.Case[*env] {
	all := []kit.Case[*env]{{
		Name:  "Route/Decides",
		Rule:  "Route decides who is concerned by a message. [While its sources answer, an error is one fault more that the team has to live with.]",
		Check: (*env).Answers,
	}, {
		Name:  "Route/Hostile",
		Rule:  "Route returns an error rather than panic, whatever the customer wrote.",
		Check: (*env).Hostile,
	}, {
		Name:  "Route/ContextEnded",
		Rule:  "Route may block until its context ends.",
		Check: (*env).ContextEnded,
	}, {
		Name:  "Route/Concurrent",
		Rule:  "The engine calls Route from many goroutines at once.",
		Check: (*env).Concurrent,
	}, {
		Name:  "Route/RequestUnchanged",
		Rule:  "Route must not change what the request points to.",
		Check: (*env).Unchanged,
	}, {
		Name:  "Route/KeepsNothing",
		Rule:  "Route must not keep what the request points to.",
		Check: (*env).KeepsNothing,
	}, {
		Name:  "Decision/IDs",
		Rule:  "Ids are not empty and at most 128 bytes long.",
		Check: decisionIDs,
	}, {
		Name:  "Decision/Reason",
		Rule:  "Reason says in plain words, for the team, why these are concerned.",
		Check: decisionReason,
	}}
	if !h.Varies {
		all = append(all, kit.Case[*env]{
			Name:  "Route/SameAgain",
			Rule:  "Route may be called again for a message that it has seen. [Harness.Varies: a router may answer otherwise then.]",
			Check: (*env).SameAgain,
		})
	}
	if len(h.Users) > 0 || len(h.Teams) > 0 {
		all = append(all, kit.Case[*env]{
			Name:  "Decision/Known",
			Rule:  "The engine passes over users and teams that it does not know. [Harness.Users and Harness.Teams are all that there are.]",
			Check: decisionKnown,
		})
	}
	if h.Stuck != nil {
		all = append(all, kit.Case[*env]{
			Name:  "Route/Stuck",
			Rule:  "Route may block, on a CRM say, until its context ends; then it returns.",
			Check: func(e *env) error { return e.oracle(e.Harness.Stuck(e.t)).Stuck() },
		})
	}
	return all
}
