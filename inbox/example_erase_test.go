package inbox_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store/memory"
)

// A customer who has opted out wants to be forgotten. That they have opted out is
// known all the same when their number appears again.
func ExampleAdmin_EraseContact() {
	ctx := context.Background()
	secret := make([]byte, compliance.MinPseudonymSecret) // a host keeps it, outside of the database
	_, _ = rand.Read(secret)
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	in, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{carrier}, PseudonymSecrets: [][]byte{secret}})
	if err != nil {
		fmt.Println(err)
		return
	}
	admin := in.Admin(inbox.DefaultAccount)
	_, err = admin.RecordConsent(ctx, inbox.ConsentRecord{
		Statement: compliance.Statement{
			Address: "+14155550123", Kind: compliance.OptOut, OccurredAt: time.Date(2025, time.November, 23, 14, 5, 0, 0, time.UTC),
			Via: compliance.ViaVoice, Text: "Take me off your list, and forget my number.", Evidence: "call 4711",
		},
		Actor: "bob",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := admin.EraseContact(ctx, inbox.Erasure{Address: "+14155550123", Actor: "carol", Reason: "their request, ticket 4711"}); err != nil {
		fmt.Println(err)
		return
	}
	known, err := admin.Evidence(ctx, "+14155550123")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range known.Consent {
		for _, e := range c.Entries {
			fmt.Printf("%s %q opted out: %t\n", e.Kind, e.Text, c.State.OptedOut)
		}
	}
	fmt.Println(known.Verify())
	// Output:
	// opt_out "" opted out: true
	// erased "" opted out: true
	// <nil>
}
