// Package twilio connects Team Inbox with Twilio: SMS, MMS, WhatsApp and RCS.
//
// A [Channel] works for one Twilio account or subaccount. It sends, verifies
// and reads webhooks, and implements every optional interface of package
// channel but Listener:
//
//	ch, err := twilio.New(twilio.Config{
//		AccountSID: os.Getenv("TWILIO_ACCOUNT_SID"),
//		AuthTokens: []string{os.Getenv("TWILIO_AUTH_TOKEN")},
//		PublicURL:  "https://inbox.example.com/webhooks/twilio",
//	})
//
// # Setting up Twilio
//
// Mount the webhook at one path, and enter its URL in Twilio's console for each
// number, messaging service or WhatsApp sender, under "a message comes in":
//
//	https://inbox.example.com/webhooks/twilio#rc=3&rp=5xx,ct,rt
//
// The fragment matters. By default Twilio asks once, waits 15 seconds, and asks
// again only if no connection came about: a message that was answered with an
// error is then delivered by [Channel.Backfill] alone. With the fragment it
// asks up to three times more after a server error or a time-out. Status
// callbacks go to [Config].StatusURL, which is sent along with each message and
// need not be entered anywhere; it takes the same fragment.
//
// Twilio signs the URL that was entered, so it must be the one that PublicURL
// says, to the letter: scheme, host, port and path. A proxy may strip a prefix
// of the path, but must leave the rest as it is.
//
// # Rotating the auth token
//
// Create the secondary token in Twilio's console and configure both, the
// primary first. Promote the secondary; webhooks are signed with it from then
// on and are believed already. Then configure the new token alone, or first.
// With an APIKey our own requests don't depend on the order.
//
// # Opt-outs
//
// What happens at Twilio when a customer writes STOP depends on our address:
//
//   - Telephone numbers have Twilio's default handling: Twilio blocks, answers
//     by itself, and hands the message on without saying so. The channel knows
//     the words and sets Keyword and ProviderReplied, since a confirmation of
//     ours would be refused (error 21610) or be the second one. If Twilio's
//     support has switched the default handling off, say so in
//     [Config].DefaultOptOut.
//   - With Advanced Opt-Out of a messaging service the webhook says what Twilio
//     made of the message, and Twilio has answered. Words that were taken out
//     of the service's list must not be taken for keywords: let DefaultOptOut
//     return false for the service's addresses.
//     A service can be set to drop such messages instead of handing them on: then
//     subscribe a webhook sink of Event Streams at PublicURL to
//     com.twilio.messaging.inbound-message.received, or nobody here hears of a STOP.
//   - Toll-free numbers have a network that acts on STOP, START and UNSTOP and
//     answers them, whatever is configured.
//   - Standalone short codes, WhatsApp and RCS have none of this: Team Inbox
//     recognises the words and confirms.
//
// A refusal because of an opt-out (21610, 63014) is reported as such, whether
// it comes as the answer to a send or later as a failed status callback. On
// WhatsApp a customer can also stop marketing alone, in their app. Twilio makes no
// webhook of that: it tells with the first marketing template that is refused
// (63033), and then what sells is stopped and everything else goes on. That they
// have resumed it Twilio does not tell at all, so a stop stands until the customer
// opts in to marketing again.
//
// That a message can't be delivered (30003, 30005, 30006, 21614) is no proof that
// a number is not the customer's any more. Twilio's Deactivations resource has the
// numbers that carriers in the United States have deactivated, day by day; a host
// that reads it reports those of its contacts with inbox.Inbox.Consent, as
// [channel.NumberVoid].
//
// # What a send means
//
// Twilio's create call knows no idempotency key, so a send of which nobody
// knows what became of it is never repeated. [Channel.Send] says that nothing
// was sent only if no connection came about, or if Twilio refused the message.
// A time-out, a dropped connection, a server error and a success that can't be
// read are uncertain. Our id of the message in the URL of its status callback
// settles most of them, and [Channel.Reconcile] some of the rest.
//
// # Limits
//
// A text has at most 1,600 characters, see [Channel.Limits]. What is sent
// faster than a number may (see [Config].SegmentsPerSecond) Twilio would queue,
// for ten hours at most; ValidFor shortens that. The engine does not let it come
// to that, so that a reply waits behind no broadcast. The size of attachments is for Twilio to judge: 5 MB in one
// MMS, 500 KB of types other than JPEG, PNG and GIF, 16 MB on WhatsApp. Twilio
// fetches them with GET and HEAD, and the Content-Type must be right.
//
// Package channel/twilio/twiliotest plays Twilio in tests.
package twilio
