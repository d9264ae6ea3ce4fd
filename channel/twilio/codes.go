package twilio

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// meaning is what one of Twilio's error codes says about a message.
type meaning struct {
	reason string // in plain words, for the team

	// outcome of a request to send that Twilio refused with the code. Codes
	// that come by status callback alone have one too, since Twilio moves
	// codes from the one to the other without notice. What may be tried once
	// more but not again and again is left to a person: it is Rejected.
	outcome    channel.Outcome
	retryAfter time.Duration         // for NotSent: how long waiting makes sense; 0: as the engine does
	consent    channel.ConsentChange // see the table of what says something about it
}

const (
	slowly  = 10 * time.Minute
	nextDay = 24 * time.Hour
)

// meaningOf returns what a code says. Of one that is not listed nothing is
// known but the number; its outcome is then that of the HTTP status.
func meaningOf(code int) meaning {
	if m, known := meanings[code]; known {
		return m
	}
	return meaning{reason: "Twilio gives a reason that is not known here; Twilio's error dictionary has it under the code"}
}

// meanings is looked up by code and never written. The texts are ours, since a
// callback may bring an empty one. Source: Twilio, error and warning
// dictionary.
//
// What codes say about consent, by the same dictionary. What it does not say
// for certain is left a failure:
//
//	21610  opted out of our number, sender or Messaging Service  stopped            certain
//	63014  blocked us, or "opted out or otherwise removed        stopped            certain; which of them is not
//	       consent", and messages stop until they "restore" it                     said, so it is all
//	63033  "opted out of receiving your marketing messages", of  marketing stopped  certain; is WhatsApp's 131050
//	       a template that is categorised as Marketing
//	63049  Meta "chose not to deliver" a marketing template      nothing            no act of the customer's
//	63032  WhatsApp does not deliver to this customer            nothing            no act of the customer's
//	63003, 63024  not found, or invalid, on the medium           nothing            may be a block (WhatsApp's 131026), is no proof
//	30003  handset unavailable, mostly for a while               nothing            no act of the customer's
//	30004  blocked, by whomever                                  nothing            may be the carrier
//	30005  unknown, and "may no longer exist"                    nothing            no proof: a wrong prefix has it too
//	30006, 21614, 21635  a landline, or a carrier out of reach   nothing            the number may be theirs all the same
//	21211  not a valid number                                    nothing            it may be misspelt
var meanings = map[int]meaning{
	20003: {reason: "Twilio refused our credentials; an administrator must check them", outcome: channel.NotSent, retryAfter: slowly},
	20429: {reason: "too many requests at once; the message was not processed", outcome: channel.NotSent},

	21211: {reason: "the customer's address is invalid", outcome: channel.Rejected},
	21212: {reason: "our sender address is invalid; an administrator must check it", outcome: channel.Rejected},
	21408: {reason: "sending to the customer's region is not enabled; an administrator must allow it at Twilio", outcome: channel.Rejected},
	21603: {reason: "our sender address is missing; an administrator must set it", outcome: channel.Rejected},
	21606: {reason: "our sender address can't send such messages; an administrator must check it", outcome: channel.Rejected},
	21610: {reason: "the customer has opted out of messages from this number", outcome: channel.Rejected, consent: channel.ConsentStopped},
	21611: {reason: "too many messages are waiting for our number", outcome: channel.NotSent, retryAfter: slowly},
	21614: {reason: "the customer's number is not a mobile number", outcome: channel.Rejected},
	21617: {reason: "the message is longer than 1,600 characters", outcome: channel.Rejected},
	21620: {reason: "the address of an attachment is invalid", outcome: channel.Rejected},
	21623: {reason: "the message has too many attachments", outcome: channel.Rejected},
	21635: {reason: "the customer's number is a landline", outcome: channel.Rejected},

	30001: {reason: "too many messages are waiting for our number", outcome: channel.NotSent, retryAfter: slowly},
	30003: {reason: "the customer's handset can't be reached; it may be switched off", outcome: channel.NotSent, retryAfter: slowly},
	30004: {reason: "the message was blocked by the customer or the carrier", outcome: channel.Rejected},
	30005: {reason: "the customer's number is unknown or no longer exists", outcome: channel.Rejected},
	30006: {reason: "the customer's number is a landline, or its carrier can't be reached", outcome: channel.Rejected},
	30007: {reason: "a carrier's filter stopped the message; the same text must not be sent again", outcome: channel.Rejected},
	30008: {reason: "the carrier gives no reason", outcome: channel.Rejected},
	30022: {reason: "the sending rate of our campaign (10DLC) is exceeded", outcome: channel.NotSent, retryAfter: slowly},
	30023: {reason: "the daily limit of our brand (10DLC) is reached", outcome: channel.NotSent, retryAfter: nextDay},
	30027: {reason: "the daily limit of our campaign (10DLC) at this carrier is reached", outcome: channel.NotSent, retryAfter: nextDay},
	30032: {reason: "our toll-free number is not verified; an administrator must have it verified", outcome: channel.Rejected},
	30034: {reason: "our number is in no registered campaign (10DLC); an administrator must register it", outcome: channel.Rejected},
	30410: {reason: "the carrier did not answer in time", outcome: channel.NotSent, retryAfter: slowly},
	30500: {reason: "something broke at Twilio", outcome: channel.NotSent, retryAfter: slowly},

	63001: {reason: "the messaging service refused our account; an administrator must check the sender", outcome: channel.Rejected},
	63003: {reason: "the customer can't be found on this medium", outcome: channel.Rejected},
	63007: {reason: "our sender is not set up for this medium; an administrator must check it", outcome: channel.Rejected},
	63013: {reason: "the message breaks a policy of the medium", outcome: channel.Rejected},
	63014: {reason: "the customer has blocked messages from us", outcome: channel.Rejected, consent: channel.ConsentStopped},
	63015: {reason: "the customer has not joined the sandbox", outcome: channel.Rejected},
	63016: {reason: "more than 24 hours have passed since the customer's last message; only an approved template may be sent", outcome: channel.Rejected},
	63017: {reason: "the sending rate of the medium is exceeded", outcome: channel.NotSent},
	63018: {reason: "a limit of the medium is reached", outcome: channel.NotSent, retryAfter: slowly},
	63019: {reason: "the medium could not load an attachment", outcome: channel.Rejected},
	63020: {reason: "our sender has not been accepted by the medium; an administrator must check it", outcome: channel.Rejected},
	63021: {reason: "the content of the message is invalid on this medium", outcome: channel.Rejected},
	63023: {reason: "the medium gives no reason", outcome: channel.Rejected},
	63024: {reason: "the customer's address is invalid on this medium", outcome: channel.Rejected},
	63032: {reason: "the medium does not deliver to this customer", outcome: channel.Rejected},
	63033: {reason: "the customer has stopped marketing messages from us", outcome: channel.Rejected, consent: channel.MarketingStopped},
	63038: {reason: "the daily limit of our account is reached", outcome: channel.NotSent, retryAfter: nextDay},
	63049: {reason: "the medium declined to deliver a marketing message; it must not be sent again", outcome: channel.Rejected},
	63051: {reason: "our account at the medium is locked; an administrator must see to it", outcome: channel.NotSent, retryAfter: nextDay},
}
