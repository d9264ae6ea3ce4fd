package simulated

import (
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// keyword returns what a carrier makes of a text that is one word. The words
// are those that Twilio handles by default (Twilio, "Twilio support for opt-out
// keywords (SMS STOP filtering)").
func keyword(text string) channel.Keyword {
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE":
		return channel.KeywordStop
	case "START", "YES", "UNSTOP":
		return channel.KeywordStart
	case "HELP", "INFO":
		return channel.KeywordHelp
	}
	return channel.NoKeyword
}

// handleKeyword does what a carrier does by itself with STOP, START and HELP
// on the telephone network: it marks the message, blocks or unblocks the
// number for the phone, and answers. A phone that has stopped the number gets
// no second answer to STOP.
func (c *Carrier) handleKeyword(m *channel.Inbound) {
	if m.From.Family() != channel.Telephony {
		return
	}
	m.Keyword = keyword(m.Text)
	link := pair{ours: m.To, theirs: m.From}
	var answer string
	switch m.Keyword {
	case channel.KeywordStop:
		if !c.stopped[link] {
			answer = "You will get no more messages from this number. Reply START to get them again."
		}
		c.stopped[link] = true
	case channel.KeywordStart:
		if c.stopped[link] {
			answer = "You will get messages from this number again. Reply STOP to stop them."
		}
		delete(c.stopped, link)
	case channel.KeywordHelp:
		answer = "Reply STOP to get no more messages from this number. Message and data rates may apply."
	case channel.NoKeyword:
	}
	if answer == "" {
		return
	}
	m.ProviderReplied = true
	c.append(Message{
		ProviderID: c.newID(), At: m.SentAt, Phone: m.From, Number: m.To,
		Received: true, Service: true, Text: answer,
	})
}
