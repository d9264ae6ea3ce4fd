// Package kit holds what the conformance kits for policies, routers and
// responders share: cases that carry their rule ([Case]), calls into code that
// may hang or panic ([Call]), a look at what such code did to what it was
// given ([Fresh], [Watch], [Poison]), and the records of a message that has
// just come in ([Arrive]).
package kit
