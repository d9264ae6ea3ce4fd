package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Config says which account a [Channel] works for and how it is reached.
//
// Its credentials appear in no printed form of it: package fmt, encoding/json
// and log/slog show what [Config.String] returns. Only inside an unexported
// field of another struct package fmt calls no methods, so don't print what
// keeps a Config there; a [Channel] keeps its secrets even so.
type Config struct {
	// Name is the channel's name, stored with every message. Defaults to
	// "twilio".
	Name string

	// AccountSID is the account or subaccount that owns our addresses: AC and
	// 32 hexadecimal digits, shown in Twilio's console.
	AccountSID string

	// AuthTokens are the account's auth tokens. All of them verify webhooks,
	// so that both are believed while a token is rotated; the first one
	// authenticates our own requests, unless there is an APIKey. A subaccount
	// has tokens of its own.
	AuthTokens []string

	// APIKey and APISecret authenticate our own requests. Twilio signs
	// webhooks with the auth token all the same. Defaults to none: the
	// AccountSID and the first of AuthTokens are used.
	APIKey    string
	APISecret string

	// PublicURL is where Twilio reaches the host: the webhook's whole URL as
	// it stands in Twilio's console, https://inbox.example.com/webhooks/twilio,
	// or a base that the host's paths follow, https://inbox.example.com. What
	// Twilio has signed is rebuilt from it and from the request URI as it was
	// received; headers of the request are never believed. A path that both
	// have in common counts once, so that it makes no difference whether a
	// proxy strips a prefix. User info, query and fragment are dropped, as
	// Twilio does before it signs or as they come with the request.
	PublicURL string

	// StatusURL is where Twilio reports how far a message has come. It has
	// the scheme, host and port of PublicURL, and its requests go to
	// [Channel.ParseWebhook] too. A query is kept, and so is a fragment with
	// Twilio's connection overrides. Defaults to PublicURL, if that has a
	// path.
	StatusURL string

	// MessagingServiceSID is the messaging service through which messages are
	// sent: MG and 32 hexadecimal digits. Our addresses must be in its sender
	// pool. Defaults to none.
	MessagingServiceSID string

	// Numbers are the addresses of ours for which [Channel.Backfill] lists
	// what came in. Defaults to all addresses of the account.
	Numbers []channel.Address

	// DefaultOptOut reports whether Twilio's default opt-out handling is on
	// for an address of ours, that is, whether Twilio itself answers STOP,
	// START and HELP without telling the webhook. It is called from many
	// goroutines and must not block. Return false for addresses whose handling
	// Twilio's support has switched off, and for those whose messaging service
	// has Advanced Opt-Out, where the webhook tells. Defaults to true for
	// telephone numbers and false for short codes, names, WhatsApp and RCS.
	DefaultOptOut func(ours channel.Address) bool

	// SegmentsPerSecond returns how many segments a second an address of ours
	// may send, see [channel.Limits]; 0 is no limit. Whatever is sent faster
	// waits at Twilio, the replies behind the broadcasts. Set it for numbers
	// whose 10DLC campaign or account allows more. With several processes on
	// one store, give each its part. It is called often, from many goroutines,
	// and must not block. Defaults to 1 for North American numbers, 3 if they
	// are toll-free, 10 for other numbers and for names, 100 for short codes
	// and 80 for WhatsApp.
	SegmentsPerSecond func(ours channel.Address) float64

	// MaxBody bounds a webhook's body in bytes. Defaults to 256 KiB, which is
	// a multiple of what Twilio sends.
	MaxBody int64

	// Now is the clock by which the host times its attempts to send; Reconcile
	// compares it with Twilio's. It is called from many goroutines. Defaults to
	// time.Now.
	Now func() time.Time

	// Timeout bounds each request to Twilio's REST API, beside the context of
	// the call. Downloads of media are bounded by their context alone.
	// Defaults to 20 seconds.
	Timeout time.Duration

	// APIURL is the base of Twilio's REST API. Whatever would go to
	// https://api.twilio.com goes there instead, with the credentials.
	// Defaults to https://api.twilio.com.
	APIURL string

	// Transport carries all requests to Twilio. It has to decide by itself to
	// which addresses it connects: see [Channel.FetchMedia]. Defaults to a
	// transport that uses the proxies of the environment, and one that uses
	// none and refuses private addresses for hosts to which Twilio redirects.
	Transport http.RoundTripper
}

const (
	defaultName    = "twilio"
	defaultAPIURL  = "https://api.twilio.com"
	defaultMaxBody = 256 << 10
	defaultTimeout = 20 * time.Second
)

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the host's own clock is the default
	}
	if c.Name == "" {
		c.Name = defaultName
	}
	if c.StatusURL == "" {
		c.StatusURL = c.PublicURL
	}
	if c.DefaultOptOut == nil {
		c.DefaultOptOut = defaultOptOut
	}
	if c.SegmentsPerSecond == nil {
		c.SegmentsPerSecond = defaultRate
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.APIURL == "" {
		c.APIURL = defaultAPIURL
	}
	return c
}

// New returns a channel for an account. It makes no request and starts no
// goroutine. The error names every field that is wrong, and how to cure it,
// but no credential.
func New(cfg Config) (*Channel, error) {
	noStatusURL := cfg.StatusURL == ""
	cfg = cfg.withDefaults()
	var wrong []error
	bad := func(field, cure string) {
		wrong = append(wrong, fmt.Errorf("twilio: Config.%s %s", field, cure))
	}
	if !isSID(cfg.AccountSID, "AC") {
		bad("AccountSID", "must be AC and 32 hexadecimal digits; Twilio's console shows it beside the auth token")
	}
	if len(cfg.AuthTokens) == 0 {
		bad("AuthTokens", "must have the account's auth token, with which Twilio signs webhooks")
	}
	for i, token := range cfg.AuthTokens {
		if !isCredential(token) {
			bad(fmt.Sprintf("AuthTokens[%d]", i), "must be a token without white space, and not empty")
		}
	}
	if (cfg.APIKey == "") != (cfg.APISecret == "") {
		bad("APIKey and APISecret", "must be given together, or neither")
	}
	if cfg.APIKey != "" && !isCredential(cfg.APIKey) || cfg.APISecret != "" && !isCredential(cfg.APISecret) {
		bad("APIKey and APISecret", "must have no white space")
	}
	if cfg.MessagingServiceSID != "" && !isSID(cfg.MessagingServiceSID, "MG") {
		bad("MessagingServiceSID", "must be MG and 32 hexadecimal digits, or empty")
	}
	public, ok := parsePublicURL(cfg.PublicURL)
	if !ok {
		bad("PublicURL", "must be an http or https URL with a host, like https://inbox.example.com/webhooks/twilio")
	}
	status, err := url.Parse(cfg.StatusURL)
	switch statusBase, statusOK := parsePublicURL(cfg.StatusURL); {
	case !ok:
		// What the default and the comparison need is wrong already.
	case noStatusURL && strings.Trim(public.path, "/") == "":
		bad("StatusURL", "must be given, since PublicURL has no path: the URL at which the host mounts the webhook")
	case err != nil || !statusOK:
		bad("StatusURL", "must be an http or https URL with a host, like https://inbox.example.com/webhooks/twilio/status")
	case statusBase.scheme != public.scheme || !strings.EqualFold(statusBase.authority, public.authority):
		bad("StatusURL", "must have the scheme, host and port of PublicURL, from which signatures are verified")
	}
	for i, number := range cfg.Numbers {
		if canonical, err := channel.ParseAddress(string(number)); err != nil || canonical != number {
			bad(fmt.Sprintf("Numbers[%d]", i), "must be a canonical address; make it with channel.ParseAddress")
		}
	}
	if cfg.MaxBody < 0 {
		bad("MaxBody", "must be a number of bytes, or 0 for the default")
	}
	if cfg.Timeout < 0 {
		bad("Timeout", "must be a duration above 0, or 0 for the default")
	}
	apiURL, err := url.Parse(cfg.APIURL)
	if err != nil || !isHTTP(apiURL) || apiURL.User != nil || apiURL.RawQuery != "" || apiURL.Fragment != "" {
		bad("APIURL", "must be an http or https URL without user info, query and fragment, or empty")
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return newChannel(cfg, public, status, apiURL), nil
}

func isHTTP(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// isSID reports whether s is one of Twilio's ids with the given prefix.
func isSID(s, prefix string) bool {
	digits, found := strings.CutPrefix(s, prefix)
	if !found || len(digits) != 32 {
		return false
	}
	for _, r := range digits {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') {
			return false
		}
	}
	return true
}

// isCredential reports whether s can be one: visible ASCII.
func isCredential(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return s != ""
}

// Format prints the configuration for every verb without its credentials, so
// that it may be logged.
func (c Config) Format(f fmt.State, _ rune) {
	// An error of the sink is the printer's to find.
	_, _ = io.WriteString(f, c.String())
}

// String describes the configuration without its credentials.
func (c Config) String() string {
	return fmt.Sprintf("twilio.Config{Name: %q, AccountSID: %q, PublicURL: %q, StatusURL: %q, APIURL: %q, with %d auth tokens}",
		c.Name, c.AccountSID, withoutUser(c.PublicURL), withoutUser(c.StatusURL), withoutUser(c.APIURL), len(c.AuthTokens))
}

// LogValue describes the configuration in structured logs, without its
// credentials.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON encodes the description, without the credentials. A Config is
// not meant to be read back.
func (c Config) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(c.String())
	if err != nil {
		return nil, fmt.Errorf("twilio: encoding a Config: %w", err)
	}
	return text, nil
}

// withoutUser drops a name and password from a URL, or all of a text that is
// none.
func withoutUser(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}
