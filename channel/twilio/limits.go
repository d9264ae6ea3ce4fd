package twilio

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// What Twilio takes in one message. Sources: Twilio, Message resource; Twilio,
// WhatsApp, messages outside the customer service window.
const (
	maxBodyRunes     = 1600
	maxMedia         = 10
	maxWhatsAppMedia = 1
	whatsAppWindow   = 24 * time.Hour
	maxValidity      = 36000 * time.Second
)

// Limits returns what Twilio takes in one message: 1,600 characters, and 10
// attachments, or on WhatsApp one attachment and free text only within 24
// hours of the customer's last message; and how fast, which is
// [Config.SegmentsPerSecond].
func (c *Channel) Limits(from, to channel.Address) channel.Limits {
	limits := channel.Limits{BodyRunes: maxBodyRunes, MediaCount: maxMedia, SegmentsPerSecond: c.rate(from)}
	if to.Family() == channel.WhatsApp {
		limits.MediaCount, limits.Window = maxWhatsAppMedia, whatsAppWindow
	}
	return limits
}
