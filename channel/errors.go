package channel

import (
	"errors"
	"fmt"
	"time"
)

// Errors that a [Webhook] returns, wrapped with what was wrong.
var (
	// ErrSignature means that the request is not authentic. The engine
	// answers 403.
	ErrSignature = errors.New("channel: signature does not match")
	// ErrTooLarge means that the body is over the channel's limit. The engine
	// answers 413.
	ErrTooLarge = errors.New("channel: request body is too large")
	// ErrMalformed means that the request is not one that the provider makes.
	// The engine answers 400.
	ErrMalformed = errors.New("channel: malformed request")
)

// Outcome says what a failed send means for the message.
type Outcome uint8

// The outcomes. The zero value is the cautious one.
const (
	// Uncertain: the message may have been sent. It is not sent again; a
	// status update, a [Reconciler] or a person settles it.
	Uncertain Outcome = iota
	// NotSent: the message certainly was not sent and may be tried again.
	NotSent
	// Rejected: the provider will never send this message.
	Rejected
)

// String returns the outcome in lower case, like "not sent".
func (o Outcome) String() string {
	switch o {
	case NotSent:
		return "not sent"
	case Rejected:
		return "rejected"
	case Uncertain:
	}
	return "uncertain"
}

// SendError is a failed send. Its text holds no address, body or credential.
type SendError struct {
	Outcome    Outcome
	Code       string        // the provider's code, like "21610"
	Reason     string        // what the code means, in plain words, for the team
	RetryAfter time.Duration // for NotSent: wait at least this long; 0: the engine's backoff
	Consent    ConsentChange // what the refusal says about the customer's consent
	Err        error         // the cause, if any
}

// Error describes the failure.
func (e *SendError) Error() string {
	text := "channel: message " + e.Outcome.String()
	if e.Outcome == Uncertain {
		text = "channel: it is uncertain whether the message was sent"
	}
	if e.Code != "" {
		text += " (code " + e.Code + ")"
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Err != nil {
		text += fmt.Sprintf(": %v", e.Err)
	}
	return text
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// AsSendError returns err as a *SendError, or nil if it is nil. Any error that
// is none is [Uncertain], with err as its cause.
func AsSendError(err error) *SendError {
	if err == nil {
		return nil
	}
	var e *SendError
	if errors.As(err, &e) && e != nil {
		return e
	}
	if e, ok := err.(*SendError); ok && e == nil { //nolint:errorlint // asks what err itself is
		return &SendError{Outcome: Uncertain, Reason: "the channel returned an error that says nothing"}
	}
	return &SendError{Outcome: Uncertain, Err: err}
}
