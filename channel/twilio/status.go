package twilio

import (
	"strconv"

	"github.com/teaminbox/teaminbox/channel"
)

// messageIDParameter is the query parameter of a status callback's URL that
// holds our own id of the message. Being part of the URL it is signed.
const messageIDParameter = "teaminbox-message"

// parseStatus reads a report on a message of ours.
func (c *Channel) parseStatus(p map[string]string, query form) (channel.Delivery, error) {
	ids := query[messageIDParameter]
	if len(ids) > 1 {
		return channel.Delivery{}, malformed("the URL holds more than one id of ours")
	}
	u := channel.StatusUpdate{ProviderID: p["MessageSid"], State: stateOf(p["MessageStatus"])}
	if len(ids) == 1 {
		u.MessageID = ids[0]
	}
	if p["EventType"] == "READ" {
		u.State = channel.DeliveryRead
	}
	if code, err := strconv.Atoi(p["ErrorCode"]); err == nil && code != 0 {
		known := meaningOf(code)
		u.Code, u.Reason = strconv.Itoa(code), known.reason
		u.Consent = known.consent
	} else if u.State == channel.DeliveryFailed {
		u.Reason = "Twilio does not say why"
	}
	return channel.Delivery{Status: []channel.StatusUpdate{u}}, nil
}

// stateOf translates Twilio's word for how far a message has come. A word that
// is not known here proves all the same that Twilio has the message. A message
// that was delivered in part counts as sent: it is neither lost nor there.
func stateOf(status string) channel.DeliveryState {
	switch status {
	case "sent", "partially_delivered":
		return channel.DeliverySent
	case "delivered":
		return channel.DeliveryDelivered
	case "read":
		return channel.DeliveryRead
	case "failed", "undelivered":
		return channel.DeliveryFailed
	case "canceled":
		return channel.DeliveryCanceled
	default: // accepted, scheduled, queued, sending
		return channel.DeliveryAccepted
	}
}
