package twilio

import (
	"encoding/json"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// event is a CloudEvent of Twilio's Event Streams.
type event struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// inboundEvent is the type of an event about a customer's message. Source: Twilio,
// Event Streams, Inbound Message; schema Messaging.InboundMessageV1/6.
const inboundEvent = "com.twilio.messaging.inbound-message.received"

// inboundData is what is read of such an event.
type inboundData struct {
	AccountSID string `json:"accountSid"`
	MessageSID string `json:"messageSid"`
	From       string `json:"from"`
	To         string `json:"to"`
	OptOutType string `json:"optOutType"`
	Timestamp  string `json:"timestamp"`
}

// parseEvents reads a batch of Event Streams. All that is news is a STOP that
// Twilio has acted on: messages come by their own webhook, but one that Twilio
// handles as a keyword only if the messaging service does not drop it. A START is
// not taken from here, since an opt-in is an act of the customer's that has to be
// seen as they wrote it. Source: Twilio, how to track opt-out, opt-in and help
// messages using the OptOutType parameter.
func (c *Channel) parseEvents(body []byte) (channel.Delivery, error) {
	var events []event
	if json.Unmarshal(body, &events) != nil {
		return channel.Delivery{}, malformed("a JSON body is no message and no batch of Event Streams; is this the URL of another product of Twilio?")
	}
	var d channel.Delivery
	for _, e := range events {
		if e.Type != inboundEvent {
			continue
		}
		var m inboundData
		if json.Unmarshal(e.Data, &m) != nil {
			return channel.Delivery{}, malformed("an event about a message can't be read")
		}
		if m.AccountSID != c.accountSID || m.OptOutType != "STOP" {
			continue
		}
		u := channel.ConsentUpdate{
			ProviderID: m.MessageSID, Change: channel.ConsentStopped, Code: m.OptOutType,
			Reason: "the customer has written a word by which Twilio opts out",
		}
		var err error
		if u.From, err = channel.ParseAddress(m.From); err != nil {
			return channel.Delivery{}, malformed("an event's from is no address")
		}
		if u.To, err = channel.ParseAddress(m.To); err != nil {
			return channel.Delivery{}, malformed("an event's to is no address")
		}
		if at, err := time.Parse(time.RFC3339, m.Timestamp); err == nil {
			u.At = at.UTC()
		}
		d.Consent = append(d.Consent, u)
	}
	return d, nil
}
