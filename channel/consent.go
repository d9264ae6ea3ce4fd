package channel

import "time"

// ConsentChange is what a provider says has become of a customer's consent,
// beside what the customer writes to us.
//
// None of the changes ends an opt-out of everything, or is a consent: that is
// for the customer's own words, which come as an [Inbound].
type ConsentChange uint8

// The changes.
const (
	// ConsentUnchanged: the provider says nothing about consent.
	ConsentUnchanged ConsentChange = iota
	// ConsentStopped: the customer wants nothing from us any more. They have
	// blocked us, or are on the provider's list of those who have opted out.
	ConsentStopped
	// MarketingStopped: the customer wants nothing more that sells. Everything
	// else still reaches them.
	MarketingStopped
	// MarketingResumed: the customer has taken a MarketingStopped back.
	MarketingResumed
	// NumberVoid: the address is not the customer's any more. It was given up, or
	// belongs to somebody else. That a message can't be delivered is no proof of
	// it.
	NumberVoid
)

// String returns the change in lower case, like "marketing stopped".
func (c ConsentChange) String() string {
	switch c {
	case ConsentStopped:
		return "stopped"
	case MarketingStopped:
		return "marketing stopped"
	case MarketingResumed:
		return "marketing resumed"
	case NumberVoid:
		return "number void"
	case ConsentUnchanged:
	}
	return "unchanged"
}

// ConsentUpdate reports a change that the provider knows of by itself and not
// by a message: a switch in the customer's app, a number that was given up.
// From and Change are always there.
type ConsentUpdate struct {
	From   Address // the customer
	UserID string  // the medium's own id of the customer, where it is not the address

	// ProviderID is the provider's id of the message by which the customer did it,
	// or "" if it was none. If that message has come in, it says all by itself.
	ProviderID string

	// To is our number that the customer has done it to, or "" if it is about
	// all of ours. A MarketingResumed always has one.
	To Address

	Change ConsentChange

	// At is when the customer did it, or the provider found out, by the
	// provider's clock. Updates may come twice and in any order, and it is At that
	// tells which is the last; without one an update counts from its arrival. A
	// MarketingResumed always has one, so that a late one undoes no later stop.
	At time.Time

	Code   string // the provider's own word for it, like "stop"
	Reason string // what it means, in plain words
}
