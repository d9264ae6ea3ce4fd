// Package channel says what Team Inbox needs from a messaging provider.
//
// A [Channel] sends messages. Whatever else a provider can do is an optional
// interface that the engine finds by a type assertion: [Webhook] parses signed
// HTTP requests, [Listener] pushes what it receives, [Limiter] tells its
// limits, [MediaFetcher] downloads attachments, [Backfiller] lists what came
// in while nobody listened, and [Reconciler] finds out whether an uncertain
// send happened.
//
// The package also owns the nouns that cross the wire: [Address], [Inbound],
// [Outbound], [Media], [StatusUpdate], [Receipt] and [SendError]. It imports
// the standard library alone, so the author of a channel depends on little.
//
// Package channel/twilio talks to Twilio, package channel/simulated plays a
// carrier in process, and package channel/channeltest proves a new channel.
//
// What the package does not do: it keeps no state, retries nothing and decides
// nothing about consent. The engine of package inbox does.
package channel
