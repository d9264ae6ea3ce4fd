package twilio

import (
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// defaultOptOut is Config.DefaultOptOut unless a host has another: standalone
// short codes, WhatsApp and RCS have no default handling.
func defaultOptOut(ours channel.Address) bool {
	return strings.HasPrefix(string(ours), "+")
}

// inferKeyword returns what Twilio made of a message whose webhook has no
// OptOutType, and whether Twilio has answered it.
//
// STOP and HELP are always acted on, so they are Twilio's verdict. The words
// that undo a STOP are no verdict: Twilio acts on them only for numbers on its
// block list, which nobody here can see, and from any other customer START is
// but a word. So the policy decides what it means, and all that is known is
// that a confirmation of ours would be the second one.
func (c *Channel) inferKeyword(ours channel.Address, text string) (keyword channel.Keyword, replied bool) {
	word := strings.ToUpper(strings.TrimSpace(text))
	switch {
	case c.defaultOptOut(ours):
		return defaultKeyword(word)
	case isTollFree(ours):
		return tollFreeKeyword(word)
	}
	return channel.NoKeyword, false
}

// defaultKeyword reads a whole message as Twilio's default opt-out handling
// does. Twilio answers, keeps a block list by pair of numbers, and hands the
// message on without saying so. YES lifts a block too, but it is left out,
// since mostly it is the answer to a question. Source: Twilio, support for
// opt-out keywords (SMS STOP filtering).
func defaultKeyword(word string) (keyword channel.Keyword, replied bool) {
	switch word {
	case "STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL":
		return channel.KeywordStop, true
	case "HELP", "INFO":
		return channel.KeywordHelp, true
	case "START", "UNSTOP":
		return channel.NoKeyword, true
	}
	return channel.NoKeyword, false
}

// tollFreeKeyword reads a whole message as the network of toll-free numbers
// does, whatever is set up at Twilio. Source: Twilio, opt-out keyword handling
// for toll-free SMS.
func tollFreeKeyword(word string) (keyword channel.Keyword, replied bool) {
	switch word {
	case "STOP":
		return channel.KeywordStop, true
	case "START", "UNSTOP":
		return channel.NoKeyword, true
	}
	return channel.NoKeyword, false
}

// isTollFree reports whether an address is a North American toll-free number.
func isTollFree(a channel.Address) bool {
	digits, found := strings.CutPrefix(string(a), "+1")
	if !found || len(digits) != 10 {
		return false
	}
	switch digits[:3] {
	case "800", "833", "844", "855", "866", "877", "888":
		return true
	}
	return false
}
