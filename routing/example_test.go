package routing_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/routing/routingtest"
	"github.com/teaminbox/teaminbox/store"
)

// A rule of the host's own: questions about money are for another team.
func ExampleRouterFunc() {
	router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
		if strings.Contains(strings.ToLower(r.Message.Text), "invoice") {
			return routing.Decision{Teams: []store.TeamID{"billing"}, Reason: "asks about an invoice"}, nil
		}
		return routing.ToTeam(r), nil
	})

	for _, text := range []string{"Where is my invoice?", "When do you open?"} {
		d, err := router.Route(context.Background(), routingtest.Request(text))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(d.Teams, d.Reason)
	}
	// Output:
	// [billing] asks about an invoice
	// [support-0] goes to the inbox's whole team
}

func ExampleTo() {
	d, err := routing.To("alice", "bob").Route(context.Background(), routingtest.Request("Hello"))
	fmt.Println(d.Users, d.Keep, err)
	// Output: [alice bob] false <nil>
}
