// Package twiliotest plays Twilio for tests.
//
// [NewServer] starts an HTTP server on the loopback interface that answers
// like Twilio's REST API: it takes messages, lists them, keeps media, refuses
// wrong credentials and customers who have opted out, and fails in the ways in
// which a provider does (see [Server.Behave] and [Server.BehaveEach]). It also
// makes the requests that Twilio sends, signed with the account's token:
//
//	fake := twiliotest.NewServer(t)
//	ch, err := twilio.New(twilio.Config{
//		AccountSID: fake.AccountSID,
//		AuthTokens: []string{fake.AuthToken},
//		PublicURL:  "https://inbox.example.com/webhooks/twilio",
//		APIURL:     fake.URL,
//	})
//	…
//	sid := fake.Receive(twiliotest.Message{From: "+14155550123", To: "+14155550100", Body: "Hello?"})
//	r := fake.Request("https://inbox.example.com/webhooks/twilio", fake.WebhookForm(sid))
//	delivery, err := ch.ParseWebhook(r)
//
// [Server.Request] is for handlers in the same process; [Server.Post] sends
// the same over the network to a program under test, and [Server.Report] calls
// back the URL that came with a message. Since the fake moves no message on by
// itself, a test that wants callbacks makes them, with [Server.OnTake] for each
// message as it is taken. [Server.Calls] is the truth about what was sent.
//
// The package knows nothing of package channel/twilio and shares no code with
// it, so that a mistake in the one does not hide in the other. It is written
// from Twilio's documentation, and it is a fake: it delivers nothing, moves no
// message on by itself, and knows no phone numbers, so any sender is ours.
package twiliotest
