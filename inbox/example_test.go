package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// exampleCompany returns an engine with one agent, one team and one inbox, and the
// carrier that it is connected to.
func exampleCompany(ctx context.Context) (*inbox.Inbox, *simulated.Carrier, error) {
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		return nil, nil, err
	}
	in, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{carrier}})
	if err != nil {
		return nil, nil, err
	}
	admin := in.Admin(inbox.DefaultAccount)
	return in, carrier, errors.Join(
		admin.SaveUser(ctx, inbox.User{ID: "alice", Name: "Alice", Licensed: true}),
		admin.SaveTeam(ctx, inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}),
		admin.SaveInbox(ctx, store.Inbox{
			ID: "support", Name: "Acme Support", Team: "support",
			Endpoints: []store.Endpoint{{Channel: carrier.Name(), Address: "+14155550100"}},
		}),
	)
}

// A customer writes, alice is alerted, claims the conversation and answers.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	in, carrier, err := exampleCompany(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { _ = in.Run(ctx) }()

	phone := carrier.Phone("+14155550123")
	if _, err := phone.Send("+14155550100", "Where is my order?"); err != nil {
		fmt.Println(err)
		return
	}
	alice := in.Agent(inbox.DefaultAccount, "alice")
	for event, err := range alice.Events(ctx, 0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if event.Type != store.Alerted {
			continue
		}
		if err := alice.Claim(ctx, event.Conversation); err != nil {
			fmt.Println(err)
		}
		if _, err := alice.Reply(ctx, event.Conversation, inbox.Draft{Text: "On its way."}); err != nil {
			fmt.Println(err)
		}
		break
	}
	got, err := phone.Wait(ctx, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got[0].Text)
	// Output: On its way.
}

// The error names every bad field at once.
func ExampleNew() {
	_, err := inbox.New(inbox.Config{SendTimeout: -1})
	fmt.Println(err)
	// Output:
	// inbox: Config.Store is nil; set it to a store, like one of store/sqlite
	// inbox: Config.Channels is empty; add at least one channel, like one of channel/twilio
	// inbox: Config.SendTimeout is negative; leave it 0 for the default
}

// Errors say why, for people and for programs.
func ExampleAgent_Reply() {
	ctx := context.Background()
	in, carrier, err := exampleCompany(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	stop, err := in.Receive(ctx, carrier.Name(), channel.Inbound{ProviderID: "1", From: "+14155550123", To: "+14155550100", Text: "STOP"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = in.Agent(inbox.DefaultAccount, "alice").Reply(ctx, stop.Conversation, inbox.Draft{Text: "But wait!"})
	var blocked *inbox.BlockedError
	if errors.As(err, &blocked) {
		fmt.Println(blocked.Decision.Verdict, "-", blocked.Decision.Reason)
	}
	// Output: deny - the contact has opted out; they can text START to hear from you again
}

// A provider's webhooks are mounted like any handler.
func ExampleInbox_Webhook() {
	in, carrier, err := exampleCompany(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	hook, err := in.Webhook(carrier.Name())
	if err != nil {
		fmt.Println(err) // a simulated carrier pushes by itself
		return
	}
	http.Handle("POST /webhooks/twilio", hook)
	// Output: inbox: channel "simulated" has no webhooks
}
