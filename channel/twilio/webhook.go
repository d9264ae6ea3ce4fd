package twilio

import (
	"fmt"
	"net/http"

	"github.com/teaminbox/teaminbox/channel"
)

// ParseWebhook verifies and parses a request of Twilio's: a customer's message
// or a report on one of ours. Both may come to the same URL.
//
// It accepts POST requests with a form and GET requests with a query. What it
// returns for a message holds one [channel.Inbound], for a report one
// [channel.StatusUpdate]. A webhook sink of Event Streams may post to the same URL,
// too: of its JSON a [channel.ConsentUpdate] is returned for each STOP. Its errors hold neither addresses nor texts.
func (c *Channel) ParseWebhook(r *http.Request) (channel.Delivery, error) {
	v, err := c.verify(r)
	if err != nil {
		return channel.Delivery{}, err
	}
	if v.method != http.MethodPost && v.method != http.MethodGet {
		return channel.Delivery{}, malformed("Twilio asks with POST or GET")
	}
	if v.json != nil {
		return c.parseEvents(v.json)
	}
	p, ok := v.params.single()
	if !ok {
		return channel.Delivery{}, malformed("a parameter has two different values")
	}
	switch account := p["AccountSid"]; {
	case account == "":
		return channel.Delivery{}, malformed("there is no AccountSid")
	case account != c.accountSID:
		return channel.Delivery{}, malformed("the AccountSid is that of another account")
	case !isSID(p["MessageSid"], "SM") && !isSID(p["MessageSid"], "MM"):
		return channel.Delivery{}, malformed("there is no MessageSid of Twilio's form")
	}
	switch _, isMessage := p["Body"]; p["MessageStatus"] {
	case "":
		return c.parseInbound(p)
	case "receiving", "received":
		if isMessage {
			return c.parseInbound(p)
		}
		// How far a customer's message has come is no news: it comes itself.
		return channel.Delivery{}, nil
	default:
		return c.parseStatus(p, v.query)
	}
}

func malformed(why string) error {
	return fmt.Errorf("twilio: %s: %w", why, channel.ErrMalformed)
}

// emptyTwiML tells Twilio to do nothing. An answer without a content type is
// Twilio's error 11200.
const emptyTwiML = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

// Acknowledge answers a webhook with an empty TwiML document.
func (c *Channel) Acknowledge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml")
	_, _ = w.Write([]byte(emptyTwiML)) // nobody is left to tell that Twilio hung up
}
