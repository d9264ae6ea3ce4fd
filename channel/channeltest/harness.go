package channeltest

import (
	"net/http"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Harness connects the kit to a channel and to the fake provider that its
// author controls.
type Harness struct {
	// New makes a channel that is connected to a fresh fake of its provider.
	// It is called at least once for each case and must name the channel the
	// same each time. What has to be closed is registered with t.Cleanup.
	New func(t testing.TB) Instance

	// Patience is how long the kit waits for a call that must return soon,
	// before it fails the case. Defaults to 10 seconds.
	Patience time.Duration
}

// Instance is a channel with its fake provider. Channel, From, To and Requests
// are mandatory; a case that needs more than there is prints what is missing
// and is skipped. The functions may be called from several goroutines.
type Instance struct {
	Channel channel.Channel

	// From is our number and To a customer's.
	From, To channel.Address

	// Customer returns the address of the nth other customer, n from 0 to
	// 49. Defaults to To with its last two digits replaced, but for From and
	// To themselves.
	Customer func(n int) channel.Address

	// Requests returns every request to send a message that has reached the
	// fake provider, in order, whether the provider took the message or not.
	Requests func() []Request

	// Behave makes the fake provider treat all following requests to send in
	// the given way. It reports whether the provider can show the behaviour.
	// A fresh provider accepts. Nil: it can only accept.
	Behave func(b Behaviour) bool

	// Secrets are the credentials that the channel was made with. They must
	// appear in no error and in no printed form of the channel.
	Secrets []string

	// Media is an attachment that the provider takes. Without a URL, cases
	// about outbound media are skipped.
	Media channel.Media

	// Template is a template that the provider knows. Nil: cases about
	// templates are skipped.
	Template *channel.Template

	// ProviderID returns the nth message id in the provider's own form, for
	// the requests of Webhook. Defaults to "channeltest-" and n.
	ProviderID func(n int) string

	// Now is the time by the fake provider's clock. Defaults to time.Now.
	Now func() time.Time

	// Webhook makes the provider's requests. Mandatory for a
	// [channel.Webhook].
	Webhook *Webhook

	// Deliver makes a customer's message arrive at the provider and returns
	// the provider's id of it. The kit sets From, To and Text. Mandatory for
	// a [channel.Listener] and a [channel.Backfiller].
	Deliver func(m channel.Inbound) (providerID string)

	// Report makes the provider report to a [channel.Listener] how far a
	// message that it took has come. Nil: it does so by itself after each
	// message that it has accepted.
	Report func(u channel.StatusUpdate)

	// ReportConsent makes the provider report to a [channel.Listener] what has
	// become of a customer's consent. Nil: the provider makes no such reports.
	ReportConsent func(u channel.ConsentUpdate)

	// HostMedia puts content on the provider's host and returns the
	// attachment that refers to it, as an inbound message would. Mandatory
	// for a [channel.MediaFetcher].
	HostMedia func(content []byte, contentType string) channel.Media

	// RedirectMedia returns an attachment on the provider's host that answers
	// with a redirect to the URL. Nil: the case about redirects is skipped.
	RedirectMedia func(url string) channel.Media
}

// Request is one request to send a message as the fake provider saw it.
type Request struct {
	// Taken says that the provider has taken the message over, even if the
	// channel never learns of it.
	Taken bool

	// ProviderID is the id that the provider gave to the message that it
	// took.
	ProviderID string

	// MessageID is our id ([channel.Outbound.ID]), read from wherever the
	// channel has put it to get it back with status updates.
	MessageID string

	From, To channel.Address
	Text     string
	Media    []channel.Media // only URLs are compared
	Template *channel.Template
}

// Behaviour is a way in which a provider treats a request to send.
type Behaviour uint8

// The behaviours. Where the doc says that the provider takes the message, the
// fake must list it as [Request.Taken].
const (
	// Accept takes the message and says so.
	Accept Behaviour = iota
	// Reject refuses the message for good, like one to an invalid number.
	Reject
	// RejectOptOut refuses it because the customer has opted out.
	RejectOptOut
	// RejectMarketing refuses it because it sells something and the customer has
	// stopped that.
	RejectMarketing
	// TooManyRequests refuses it for the moment and does not say until when
	// (HTTP 429).
	TooManyRequests
	// RetryLater refuses it for the moment and asks to wait [RetryDelay]
	// (HTTP 429 with Retry-After).
	RetryLater
	// ServerError takes the message and answers that something broke (HTTP
	// 500 or 503, best with a body in HTML).
	ServerError
	// UnreadableSuccess takes the message and answers success in a form that
	// can't be read, so that its id is lost.
	UnreadableSuccess
	// ResetAfterWrite takes the message and drops the connection before it
	// has answered.
	ResetAfterWrite
	// Unreachable lets no connection come about.
	Unreachable
	// Hang takes the message and does not answer before the channel gives up.
	Hang

	behaviours
)

// RetryDelay is how long a provider that behaves as [RetryLater] asks to wait.
const RetryDelay = 7 * time.Second

// String returns the behaviour's name, like "ServerError".
func (b Behaviour) String() string {
	names := [behaviours]string{
		"Accept", "Reject", "RejectOptOut", "RejectMarketing", "TooManyRequests", "RetryLater",
		"ServerError", "UnreadableSuccess", "ResetAfterWrite", "Unreachable", "Hang",
	}
	if b < behaviours {
		return names[b]
	}
	return "unknown behaviour"
}

// Webhook makes the requests by which the fake provider reports. They are as
// a server gets them (see [net/http/httptest.NewRequest]) and signed with the
// key that the channel expects.
type Webhook struct {
	// Inbound makes the request that hands over a customer's message with
	// all fields of it that are set. The entries of Raw are parameters that
	// the channel has never heard of. It returns nil if the provider can't
	// say that.
	Inbound func(m channel.Inbound) *http.Request

	// Status makes the request that reports how far a message has come. It
	// returns nil if the provider can't say that. Nil: the provider reports
	// nothing.
	Status func(u channel.StatusUpdate) *http.Request

	// Consent makes the request that reports what has become of a customer's
	// consent. It returns nil if the provider can't say that. Nil: the provider
	// makes no such reports.
	Consent func(u channel.ConsentUpdate) *http.Request

	// Malformed makes requests that are signed well but that the provider
	// would never make, like one that lacks the message's id.
	Malformed func() []*http.Request

	// SignatureHeader is the name of the header with the signature. The kit
	// removes, changes and swaps its value.
	SignatureHeader string

	// MaxBody is the channel's limit for a request's body in bytes.
	MaxBody int64
}
