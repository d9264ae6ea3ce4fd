package compliancetest

import (
	"errors"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/kit"
)

// Harness says what the kit needs to know of a policy. Only New is mandatory.
type Harness struct {
	// New makes a policy. It is called once for each case.
	New func(t testing.TB) compliance.OptOutPolicy

	// Keywords are words that the policy recognises besides those that every
	// policy must. The kit tries them in all spellings; those that opt in
	// come from a contact that has opted out.
	Keywords []compliance.Keyword

	// Examples are texts that the policy promises to read in one way.
	Examples []Example

	// NoConfirmation says that the policy never lets a confirmation of an
	// opt-out go.
	NoConfirmation bool

	// AnswersOptedOut says that the policy may let a person, but no
	// responder, answer a contact that has opted out and has just written.
	AnswersOptedOut bool

	// Patience is how long a case may take before it fails. Defaults to 10
	// seconds.
	Patience time.Duration
}

// Example is a message and what it means.
type Example struct {
	Text     string
	Region   string // ISO 3166-1 code of the contact's country, or ""
	OptedOut bool   // the contact has opted out before

	Language     string              // of the thread, or ""
	Asked        compliance.Question // what our last message asked, or ""
	LastOutbound string              // our last message, or ""
	Subject      string              // of an MMS, or ""

	Want compliance.Kind
}

// env is what a case works with.
type env struct {
	Harness
	policy compliance.OptOutPolicy
}

func (h Harness) env(t testing.TB) (*env, error) {
	if h.New == nil {
		return nil, errors.New("harness: New is nil; set it to a function that makes the policy")
	}
	if h.Patience <= 0 {
		h.Patience = kit.Patience
	}
	e := &env{Harness: h, policy: h.New(t)}
	if e.policy == nil {
		return nil, errors.New("harness: New returned nil")
	}
	return e, nil
}

const (
	customer = channel.Address("+14155550123")
	ours     = channel.Address("+14155550100")
)

// inbound is a text message of the kit's customer.
func inbound(text string) channel.Inbound {
	return channel.Inbound{ProviderID: "kit-1", From: customer, To: ours, Text: text}
}

// optedOut is what holds for a contact that opted out at a moment.
func optedOut(at time.Time) compliance.State {
	return compliance.State{OptedOut: true, Since: at, Entry: 7, Source: compliance.FromContact}
}

// optedIn is what holds for a contact that opted in again at a moment.
func optedIn(at time.Time) compliance.State {
	return compliance.State{Since: at, Entry: 8, Source: compliance.FromContact}
}

// sms and whatsApp are a person's answer to what the customer wrote a while
// ago. They are changed by the cases.
func sms(at time.Time, ago time.Duration) compliance.Outgoing {
	return compliance.Outgoing{
		Purpose: compliance.Conversational, Family: channel.Telephony, To: customer, Human: true, LastInbound: at.Add(-ago),
	}
}

func whatsApp(at time.Time, ago time.Duration) compliance.Outgoing {
	m := sms(at, ago)
	m.Family, m.To = channel.WhatsApp, "whatsapp:"+customer
	return m
}

// eras returns moments decades apart, on the same weekday and hour, so that a
// policy with a clock of its own can be right about one of them only.
func eras() []time.Time {
	const quarterCentury = 1300 * 7 * 24 * time.Hour
	noon := kit.Noon()
	return []time.Time{noon, noon.Add(-quarterCentury), noon.Add(quarterCentury)}
}
