package twilio

import (
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// defaultRate is Config.SegmentsPerSecond unless a host has another. Source:
// Twilio, Understanding Twilio rate limits and message queues. What a 10DLC
// campaign may send depends on the campaign: the default is that of a number
// without one.
func defaultRate(ours channel.Address) float64 {
	number := string(ours)
	switch {
	case ours.Medium() == "whatsapp":
		return 80 // messages
	case ours.Medium() != "":
		return 0
	case !strings.HasPrefix(number, "+"):
		if strings.Trim(number, "0123456789") == "" {
			return 100 // a short code
		}
		return 10 // a name
	case isTollFree(ours):
		return 3
	case strings.HasPrefix(number, "+1"):
		return 1
	}
	return 10
}
