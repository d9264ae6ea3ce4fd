package routingtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/routing"
)

// longestID is the length that package store allows to ids.
const longestID = 128

func decisionIDs(e *env) error {
	return e.Each(func(_ routing.Request, d routing.Decision) error {
		for _, id := range d.Users {
			if id == "" || len(id) > longestID {
				return fmt.Errorf("the decision names a user with an id of %d bytes", len(id))
			}
		}
		for _, id := range d.Teams {
			if id == "" || len(id) > longestID {
				return fmt.Errorf("the decision names a team with an id of %d bytes", len(id))
			}
		}
		return nil
	})
}

func decisionReason(e *env) error {
	return e.Each(func(_ routing.Request, d routing.Decision) error {
		if strings.TrimSpace(d.Reason) == "" && len(d.Users)+len(d.Teams) > 0 {
			return fmt.Errorf("the decision names users %q and teams %q and gives no reason", d.Users, d.Teams)
		}
		return nil
	})
}

func decisionKnown(e *env) error {
	return e.Each(func(_ routing.Request, d routing.Decision) error {
		for _, id := range d.Users {
			if !slices.Contains(e.Users, id) {
				return fmt.Errorf("the decision names the user %q, who is not there", id)
			}
		}
		for _, id := range d.Teams {
			if !slices.Contains(e.Teams, id) {
				return fmt.Errorf("the decision names the team %q, which is not there", id)
			}
		}
		return nil
	})
}
