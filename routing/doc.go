// Package routing decides who is concerned by a customer's message.
//
// The engine of package inbox calls a [Router] for every message in a
// conversation that nobody has claimed. The decision names users and teams:
// they take part in the conversation and are alerted. A router that fails,
// panics, is too slow or names nobody leaves the message with the inbox's
// whole team, so that no message is ever without people.
//
// [Team] is the router of a host that supplies none. A host's own rule is a
// function:
//
//	router := routing.RouterFunc(func(ctx context.Context, r routing.Request) (routing.Decision, error) {
//		if strings.Contains(strings.ToLower(r.Message.Text), "invoice") {
//			return routing.Decision{Teams: []store.TeamID{"billing"}, Reason: "asks about an invoice"}, nil
//		}
//		return routing.ToTeam(r), nil
//	})
package routing
