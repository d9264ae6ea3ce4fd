// Package responder decides what an inbox answers by itself.
//
// The engine of package inbox calls a [Responder] after the router, for every
// ordinary inbound message in a conversation that nobody has claimed. STOP,
// START and HELP are answered by the engine and never come here, so there are
// never two automatic answers to one message. What a responder says goes
// through the same gate as what a person says.
//
// [FirstMessage] is the responder of a host that supplies none: it answers a
// customer's first message with the inbox's own text.
package responder
