package twilio_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
)

// A host gives the channel to inbox.New and mounts inbox.Inbox.Webhook. This is
// what the two do with it.
func Example() {
	ch, err := twilio.New(twilio.Config{
		AccountSID: os.Getenv("TWILIO_ACCOUNT_SID"),
		AuthTokens: []string{os.Getenv("TWILIO_AUTH_TOKEN")},
		PublicURL:  "https://inbox.example.com/webhooks/twilio",
	})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /webhooks/twilio", func(w http.ResponseWriter, r *http.Request) {
		delivery, err := ch.ParseWebhook(r)
		if err != nil {
			http.Error(w, "refused", http.StatusForbidden)
			return
		}
		for _, m := range delivery.Inbound {
			fmt.Printf("%s wrote: %s\n", m.From.Masked(), m.Text)
		}
		ch.Acknowledge(w)
	})
	receipt, err := ch.Send(context.Background(), channel.Outbound{
		ID: "710001", From: "+14155550100", To: "+14155550123", Text: "Your table is ready.",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Twilio has it as", receipt.ProviderID)
}

// An account whose support has switched Twilio's own opt-out handling off for
// one number.
func ExampleConfig_defaultOptOut() {
	cfg := twilio.Config{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		AuthTokens: []string{"primary", "secondary"},
		PublicURL:  "https://inbox.example.com/webhooks/twilio",
		DefaultOptOut: func(ours channel.Address) bool {
			return ours.Medium() == "" && ours != "+14155550101"
		},
	}
	ch, err := twilio.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ch)
	fmt.Println(cfg)
	// Output:
	// twilio.Channel{Name: "twilio", AccountSID: "AC0123456789abcdef0123456789abcdef"}
	// twilio.Config{Name: "", AccountSID: "AC0123456789abcdef0123456789abcdef", PublicURL: "https://inbox.example.com/webhooks/twilio", StatusURL: "", APIURL: "", with 2 auth tokens}
}
