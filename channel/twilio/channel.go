package twilio

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Channel talks to one Twilio account. It is made by [New], is safe for use
// from many goroutines, and has nothing that must be closed.
type Channel struct {
	name             string
	accountSID       string
	messagingService string
	numbers          []channel.Address
	defaultOptOut    func(channel.Address) bool
	rate             func(channel.Address) float64
	now              func() time.Time

	public    publicURL
	statusURL *url.URL
	maxBody   int64
	tokens    []secret

	apiURL    *url.URL
	timeout   time.Duration
	user      string // of basic authentication
	password  secret
	api       http.RoundTripper // to Twilio
	redirects http.RoundTripper // to where Twilio redirects
}

var (
	_ channel.Channel      = (*Channel)(nil)
	_ channel.Webhook      = (*Channel)(nil)
	_ channel.Limiter      = (*Channel)(nil)
	_ channel.MediaFetcher = (*Channel)(nil)
	_ channel.Backfiller   = (*Channel)(nil)
	_ channel.Reconciler   = (*Channel)(nil)
)

// newChannel makes a channel of a configuration that is complete and valid.
func newChannel(cfg Config, public publicURL, status, apiURL *url.URL) *Channel {
	status.User = nil
	c := &Channel{
		name:             cfg.Name,
		accountSID:       cfg.AccountSID,
		messagingService: cfg.MessagingServiceSID,
		numbers:          append([]channel.Address(nil), cfg.Numbers...),
		defaultOptOut:    cfg.DefaultOptOut,
		rate:             cfg.SegmentsPerSecond,
		now:              cfg.Now,
		public:           public,
		statusURL:        status,
		maxBody:          cfg.MaxBody,
		apiURL:           apiURL,
		timeout:          cfg.Timeout,
		user:             cfg.AccountSID,
		password:         newSecret(cfg.AuthTokens[0]),
		api:              cfg.Transport,
		redirects:        cfg.Transport,
	}
	for _, token := range cfg.AuthTokens {
		c.tokens = append(c.tokens, newSecret(token))
	}
	if cfg.APIKey != "" {
		c.user, c.password = cfg.APIKey, newSecret(cfg.APISecret)
	}
	if cfg.Transport == nil {
		c.api, c.redirects = newTransport(), newGuardedTransport()
	}
	return c
}

// Name returns the channel's name from its configuration.
func (c *Channel) Name() string { return c.name }

// String describes the channel without its credentials.
func (c *Channel) String() string {
	return fmt.Sprintf("twilio.Channel{Name: %q, AccountSID: %q}", c.name, c.accountSID)
}

// Format prints the channel for every verb without its credentials.
func (c *Channel) Format(f fmt.State, _ rune) {
	// An error of the sink is the printer's to find.
	_, _ = io.WriteString(f, c.String())
}

// LogValue describes the channel in structured logs, without its credentials.
func (c *Channel) LogValue() slog.Value { return slog.StringValue(c.String()) }

// secret keeps a credential where no printer finds it: neither fmt nor a
// debugger's dump looks into a function, even through unexported fields.
type secret struct{ reveal func() string }

func newSecret(s string) secret { return secret{func() string { return s }} }
