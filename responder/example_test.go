package responder_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/responder/respondertest"
)

// A responder of the host's own answers one question and leaves all others to
// the team.
func ExampleResponderFunc() {
	hours := responder.ResponderFunc(func(_ context.Context, t responder.Turn) (responder.Reply, error) {
		if !strings.Contains(strings.ToLower(t.Message.Text), "open") {
			return responder.Reply{}, nil
		}
		return responder.Reply{Text: "We are open from 9 to 5, Monday to Friday."}, nil
	})

	for _, text := range []string{"When do you open?", "My lamp is broken"} {
		reply, err := hours.Respond(context.Background(), respondertest.Turn(text))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q silent: %v\n", reply.Text, reply.IsZero())
	}
	// Output:
	// "We are open from 9 to 5, Monday to Friday." silent: false
	// "" silent: true
}

func ExampleFirstMessage() {
	reply, err := responder.FirstMessage().Respond(context.Background(), respondertest.Turn("Hello"))
	fmt.Println(reply.Text, err)
	// Output: Thanks for writing to shop 0. <nil>
}
