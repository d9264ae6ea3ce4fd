package channel

import "time"

// Outbound is one message to a customer. Either Template is set or Text or
// Media is.
type Outbound struct {
	// ID is our own id of the message. A channel makes it come back with
	// every status update (see [StatusUpdate.MessageID]), so that an uncertain
	// send can be settled.
	ID   string
	From Address // our number
	To   Address // the customer

	Text     string
	Media    []Media
	Template *Template

	// ValidFor is how long the provider may go on trying. Zero is the
	// provider's default.
	ValidFor time.Duration
}

// Template is a message that the provider has approved beforehand.
type Template struct {
	ID        string            `json:"id"`                  // the provider's id of it
	Variables map[string]string `json:"variables,omitempty"` // values by placeholder
}

// Receipt is a provider's word that it has taken a message over.
type Receipt struct {
	ProviderID string
	State      DeliveryState // DeliveryAccepted if the provider says no more
	Segments   int           // 0 if the provider does not say
}

// DeliveryState is how far a message has come. States are ordered: a later
// one is never undone by an earlier one, whatever the order of the reports.
type DeliveryState uint8

// The states of delivery, in order. Delivered messages may become read;
// failed and canceled are ends.
const (
	DeliveryUnknown   DeliveryState = iota
	DeliveryAccepted                // the provider has it
	DeliverySent                    // handed to the next carrier
	DeliveryDelivered               // on the handset
	DeliveryRead                    // seen by the customer
	DeliveryFailed                  // will never arrive
	DeliveryCanceled                // withdrawn before it was sent
)

// String returns the state in lower case, like "delivered".
func (s DeliveryState) String() string {
	switch s {
	case DeliveryAccepted:
		return "accepted"
	case DeliverySent:
		return "sent"
	case DeliveryDelivered:
		return "delivered"
	case DeliveryRead:
		return "read"
	case DeliveryFailed:
		return "failed"
	case DeliveryCanceled:
		return "canceled"
	case DeliveryUnknown:
	}
	return "unknown"
}

// StatusUpdate reports how far an outbound message has come. At least one of
// ProviderID and MessageID is set.
type StatusUpdate struct {
	ProviderID string
	MessageID  string // our own id, from [Outbound.ID]
	State      DeliveryState
	Code       string        // the provider's error code, like "30003"
	Reason     string        // what the code means, in plain words
	Consent    ConsentChange // what the failure says about the customer's consent
	At         time.Time     // by the provider's clock, or zero if it does not say
}
