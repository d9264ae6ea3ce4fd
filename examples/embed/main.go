package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

func main() {
	ctx := context.Background()
	db := must(sqlite.Open(ctx, "inbox.db", sqlite.Config{}))
	carrier := must(twilio.New(twilio.Config{
		AccountSID: os.Getenv("TWILIO_ACCOUNT_SID"),
		AuthTokens: []string{os.Getenv("TWILIO_AUTH_TOKEN")},
		PublicURL:  "https://inbox.example.com/webhooks/twilio",
	}))
	in := must(inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{carrier}}))
	http.Handle("POST /webhooks/twilio", must(in.Webhook(carrier.Name()))) // beside your own handlers
	go func() { log.Fatal(in.Run(ctx)) }()                                 // routes, answers, sends, keeps the time
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
