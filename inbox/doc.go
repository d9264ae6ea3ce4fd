// Package inbox is the engine: a shared inbox for SMS, MMS and WhatsApp inside
// a Go service.
//
// An engine takes in what customers write, finds people for it, answers by
// itself where it should, sends what people answer, and keeps the law of
// consent. It is made of parts that a host can choose or write: a
// [store.Store], [channel.Channel]s, a [routing.Router], a
// [responder.Responder] and a [compliance.OptOutPolicy].
//
//	in, err := inbox.New(inbox.Config{
//		Store:    db,                          // of store/sqlite, say
//		Channels: []channel.Channel{carrier}, // of channel/twilio, say
//	})
//	if err != nil {
//		return err
//	}
//	hook, err := in.Webhook("twilio")
//	if err != nil {
//		return err
//	}
//	http.Handle("POST /webhooks/twilio", hook)
//	go in.Run(ctx)
//
// People act through a handle, [Inbox.Agent], which checks on every call what
// they may do; inboxes, teams and users are managed through [Inbox.Admin]. The
// library authenticates nobody: who is asking is for the host to find out.
//
// # What it promises
//
// A provider hears that we have a message only when it is durable, and a
// message is there once, however often it is delivered. What belongs to no
// inbox is kept and shown, see [Agent.Strays].
//
// What happens to a conversation happens in order, one thing at a time. A
// router or responder that is slow, fails or panics holds up that conversation
// alone, and the message goes to the inbox's team.
//
// A message is sent at most once. When it is not known whether a provider has
// taken it over, it is unconfirmed and shown as such: a status update, or a
// channel that can ask its provider ([channel.Reconciler]), settles it. What
// stays open a person decides ([Agent.Resend], [Agent.MarkSent]), or the host's
// policy (Config.Unconfirmed); nothing else sends it again.
//
// What came in while nobody listened is fetched from providers that can list
// it ([channel.Backfiller]), once, in its order, and marked late.
//
// A number sends no faster than it may ([channel.Limits]). What waits for its
// turn goes out by precedence: answers to STOP, START and HELP, then the talk
// with customers, then what is sent in bulk; within each in order, one message
// of a conversation at a time.
//
// What can't be taken in for want of room is refused before memory grows:
// webhooks with 503 and Retry-After, calls with [ErrOverloaded].
//
// A customer who opts out is opted out before any router or responder sees
// the text, and no send is begun afterwards but the one confirmation. Every
// send passes the gate twice: when it is queued, and in the transaction that
// marks it as being sent.
//
// Everything that people do or see is an event, in one order, from which
// streams, alerts and audits come; see [Agent.Events].
//
// # In a transaction of the host's
//
// With store/postgres and store/sqlite, what happens in the inbox and in the
// host's own tables can be one transaction, see [Inbox.Within]: an order is
// marked as sent and the customer is told, or neither.
//
// # What it does not do
//
// It starts no goroutine before [Inbox.Run], which blocks. All other methods
// work without it: webhooks are taken in and replies are queued, for whichever
// engine on the same store runs. It fetches no media, serves no page and knows
// no password.
package inbox
