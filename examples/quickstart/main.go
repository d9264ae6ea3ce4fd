// Quickstart embeds a shared inbox: a customer writes, an agent answers.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

func main() {
	if err := talk(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func talk(ctx context.Context) error {
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		return err
	}
	in, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{carrier}})
	if err != nil {
		return err
	}

	// One agent with a seat, a team, and an inbox with a number.
	admin := in.Admin(inbox.DefaultAccount)
	if err := errors.Join(
		admin.SaveUser(ctx, inbox.User{ID: "alice", Name: "Alice", Licensed: true}),
		admin.SaveTeam(ctx, inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}),
		admin.SaveInbox(ctx, store.Inbox{
			ID: "support", Name: "Acme Support", Team: "support",
			Endpoints: []store.Endpoint{{Channel: carrier.Name(), Address: "+14155550100"}},
			Settings:  store.Settings{FirstReply: "Thanks for writing to Acme. We answer soon."},
		}),
	); err != nil {
		return err
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- in.Run(ctx) }()

	// The customer writes; alice is alerted and answers.
	phone := carrier.Phone("+14155550123")
	if _, err := phone.Send("+14155550100", "Where is my order?"); err != nil {
		return err
	}
	alice := in.Agent(inbox.DefaultAccount, "alice")
	for event, err := range alice.Events(ctx, 0) {
		if err != nil {
			return err
		}
		if event.Type != store.Alerted {
			continue
		}
		if _, err := alice.Reply(ctx, event.Conversation, inbox.Draft{Text: "It left this morning."}); err != nil {
			return err
		}
		break
	}
	// The automatic answer and alice's have come.
	if _, err := phone.Wait(ctx, 2); err != nil {
		return err
	}
	for _, m := range phone.Messages() {
		fmt.Printf("%s: %s\n", map[bool]string{true: "Acme", false: "customer"}[m.Received], m.Text)
	}
	stop()
	return <-ran
}
