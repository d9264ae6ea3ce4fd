package routing

import (
	"context"

	"github.com/teaminbox/teaminbox/store"
)

// Team returns the router that concerns the inbox's whole team, and leaves
// alone those who were added to the conversation.
func Team() Router {
	return RouterFunc(func(_ context.Context, r Request) (Decision, error) { return ToTeam(r), nil })
}

// ToTeam is the decision of [Team], for routers that fall back to it.
func ToTeam(r Request) Decision {
	return Decision{
		Teams:  []store.TeamID{r.Inbox.Team},
		Keep:   true,
		Reason: "goes to the inbox's whole team",
	}
}

// To returns a router that concerns these users alone.
func To(users ...store.UserID) Router {
	users = append([]store.UserID(nil), users...)
	return RouterFunc(func(context.Context, Request) (Decision, error) {
		return Decision{Users: append([]store.UserID(nil), users...), Reason: "goes to fixed users"}, nil
	})
}
