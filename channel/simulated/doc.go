// Package simulated is a carrier in memory, with phones: for demonstrations,
// tests and simulations.
//
// A [Carrier] is a [channel.Channel] to the engine. On its other side every
// address has a [Phone], on which a customer writes and reads:
//
//	carrier, err := simulated.New(simulated.Config{})
//	...
//	in, err := inbox.New(inbox.Config{Channels: []channel.Channel{carrier}, ...})
//	go in.Run(ctx)
//
//	phone := carrier.Phone("+14155550123")
//	phone.Send("+14155550100", "Do you have a table for two?")
//	got, err := phone.Wait(ctx, 1) // the answer
//
// Numbers of ours need no set-up: the carrier takes messages from and to any
// address, SMS and WhatsApp alike. Whether a number belongs to an inbox is for
// the engine to know.
//
// # Two ways to drive it
//
// [Carrier.Listen] hands over inbound messages and status updates as they
// come, which is what the engine's Run calls. A demonstration needs no more.
//
// [Carrier.Step] hands over one item when it is called, and [Carrier.Deliver]
// all that are due. There is no goroutine and no clock but [Config.Now] then,
// and all chance comes from [Config.Seed], so that what one goroutine does with
// a carrier can be repeated exactly. [Carrier.Pending] tells how far the clock
// has to be moved.
//
// # What can go wrong
//
// A [Fault] is what becomes of one send: refused, rejected, lost, taken though
// the answer is lost, or never delivered. A [Disturbance] is what becomes of
// what the carrier hands over: late, twice, out of order, never, or before
// Send has returned. There are three ways to have them. For a send, the first
// that says something wins: in order, by [Carrier.FailNext]; by a rule,
// [Config.Hook]; by chance, [Faults]. [Carrier.DisturbNext] is for inbound
// messages. The chance that something is handed over late, twice or out of
// order comes on top of what was ordered.
//
// # What truly happened
//
// [Carrier.Sent] returns every send and whether the carrier has taken it, and
// [Carrier.Messages], [Phone.Messages] and [Carrier.Watch] what the phones
// have. A checker compares them with what the engine believes. A message that
// is sent twice arrives twice: the carrier forgives nothing.
//
// # What it is not
//
// It keeps everything in memory for ever, and nothing over a restart. It parses
// no webhooks; package channel/twilio does. It counts no segments.
package simulated
