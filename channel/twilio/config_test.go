package twilio_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

func goodConfig() twilio.Config {
	return twilio.Config{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		AuthTokens: []string{"sesame-5150"},
		PublicURL:  publicURL,
	}
}

func TestNewNamesEveryBadField(t *testing.T) {
	_, err := twilio.New(twilio.Config{
		AccountSID:          "SK0123456789abcdef0123456789abcdef",
		AuthTokens:          []string{"sesame-5150 ", ""},
		APIKey:              "SK1",
		PublicURL:           "inbox.example.com",
		MessagingServiceSID: "MG1",
		Numbers:             []channel.Address{"+1 415 555 0100"},
		MaxBody:             -1,
		Timeout:             -time.Second,
		APIURL:              "ftp://api.example.com",
	})
	if err == nil {
		t.Fatal("New took a configuration that is all wrong")
	}
	for _, field := range []string{
		"AccountSID", "AuthTokens[0]", "AuthTokens[1]", "APIKey and APISecret", "PublicURL", "MessagingServiceSID",
		"Numbers[0]", "MaxBody", "Timeout", "APIURL",
	} {
		if !strings.Contains(err.Error(), "twilio: Config."+field+" must ") {
			t.Errorf("the error does not name %s:\n%v", field, err)
		}
	}
	if strings.Contains(err.Error(), "sesame") {
		t.Errorf("the error tells a token:\n%v", err)
	}
}

func TestNewFields(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*twilio.Config)
		want   string // the field that is wrong, "" for none
	}{
		{"nothing but what is needed", func(*twilio.Config) {}, ""},
		{"no account", func(c *twilio.Config) { c.AccountSID = "" }, "AccountSID"},
		{"a short account", func(c *twilio.Config) { c.AccountSID = "AC0123" }, "AccountSID"},
		{"no hexadecimal digits", func(c *twilio.Config) { c.AccountSID = "AC" + strings.Repeat("x", 32) }, "AccountSID"},
		{"no tokens", func(c *twilio.Config) { c.AuthTokens = nil }, "AuthTokens"},
		{"a secret alone", func(c *twilio.Config) { c.APISecret = "s" }, "APIKey and APISecret"},
		{"a secret with white space", func(c *twilio.Config) { c.APIKey, c.APISecret = "SK1", "a b" }, "APIKey and APISecret"},
		{"an API key", func(c *twilio.Config) { c.APIKey, c.APISecret = "SK1", "a-b" }, ""},
		{"no public URL", func(c *twilio.Config) { c.PublicURL = "" }, "PublicURL"},
		{"a public URL without a host", func(c *twilio.Config) { c.PublicURL = "https:///hooks" }, "PublicURL"},
		{"a public URL with a bad port", func(c *twilio.Config) { c.PublicURL = "https://inbox.example.com:port/hooks" }, "PublicURL"},
		{"a public URL of another scheme", func(c *twilio.Config) { c.PublicURL = "ws://inbox.example.com/hooks" }, "PublicURL"},
		{"a base without a status URL", func(c *twilio.Config) { c.PublicURL = "https://inbox.example.com/" }, "StatusURL"},
		{"a base with a status URL", func(c *twilio.Config) {
			c.PublicURL, c.StatusURL = "https://inbox.example.com", "https://inbox.example.com/status"
		}, ""},
		{"a status URL elsewhere", func(c *twilio.Config) { c.StatusURL = "https://status.example.com/twilio" }, "StatusURL"},
		{"a status URL at another port", func(c *twilio.Config) { c.StatusURL = "https://inbox.example.com:8443/status" }, "StatusURL"},
		{"a status URL of another scheme", func(c *twilio.Config) { c.StatusURL = "http://inbox.example.com/status" }, "StatusURL"},
		{"a status URL that is none", func(c *twilio.Config) { c.StatusURL = "/status" }, "StatusURL"},
		{"a status URL with a bad escape", func(c *twilio.Config) { c.StatusURL = "https://inbox.example.com/%zz" }, "StatusURL"},
		{"a number with punctuation", func(c *twilio.Config) { c.Numbers = []channel.Address{"+1(415)5550100"} }, "Numbers[0]"},
		{"an API URL with credentials", func(c *twilio.Config) { c.APIURL = "https://me:secret@api.example.com" }, "APIURL"},
		{"an API URL with a query", func(c *twilio.Config) { c.APIURL = "https://api.example.com?x=1" }, "APIURL"},
		{"a regional API URL", func(c *twilio.Config) { c.APIURL = "https://api.dublin.ie1.twilio.com" }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := goodConfig()
			test.change(&cfg)
			c, err := twilio.New(cfg)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want == "" && c.Name() != "twilio":
				t.Errorf("the channel's name is %q by default", c.Name())
			case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), "twilio: Config."+test.want+" must ") || strings.Contains(err.Error(), "\n")):
				t.Errorf("the error is %v, it should be about %s alone", err, test.want)
			}
		})
	}
}

func TestNewKeepsNothingOfTheConfig(t *testing.T) {
	fake := twiliotest.NewServer(t)
	tokens := []string{fake.AuthToken}
	c := newChannel(t, fake, func(cfg *twilio.Config) { cfg.Name, cfg.AuthTokens = "carol", tokens })
	tokens[0] = "changed"
	if c.Name() != "carol" {
		t.Errorf("the channel's name is %q", c.Name())
	}
	sid := fake.Receive(twiliotest.Message{From: string(alice), To: string(ours), Body: "hello"})
	if _, err := c.ParseWebhook(fake.Request(publicURL, fake.WebhookForm(sid))); err != nil {
		t.Errorf("a change of the caller's AuthTokens reached the channel: %v", err)
	}
}

// TestSecretsAreNotPrinted prints a configuration and a channel in every way
// that a program may print them by accident.
func TestSecretsAreNotPrinted(t *testing.T) {
	cfg := goodConfig()
	cfg.AuthTokens = []string{"sesame-5150", "sesame-5151"}
	cfg.APIKey, cfg.APISecret = "SK01", "sesame-5152"
	cfg.PublicURL = "https://alice:sesame-5153@inbox.example.com/webhooks/twilio"
	cfg.StatusURL = "https://alice:sesame-5153@inbox.example.com/status"
	c, err := twilio.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Config  twilio.Config
		Channel *twilio.Channel
		List    []any
		unseen  *twilio.Channel
		copied  twilio.Channel
	}
	values := map[string]any{
		"Config": cfg, "*Config": &cfg, "*Channel": c, "Channel": *c,
		"holder": holder{cfg, c, []any{cfg, c}, c, *c},
		"slice":  []twilio.Config{cfg},
	}
	for what, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, "sesame") || strings.Contains(text, fmt.Sprintf("%x", "sesame")) {
				t.Errorf("%s printed with %s tells a secret: %s", what, verb, text)
			}
		}
		if what == "holder" {
			continue // has unexported fields only to be printed
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%s as JSON: %v", what, err)
		}
		if bytes.Contains(text, []byte("sesame")) {
			t.Errorf("%s as JSON tells a secret: %s", what, text)
		}
		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var log bytes.Buffer
			slog.New(handler(&log)).Info("made", "what", v)
			if strings.Contains(log.String(), "sesame") {
				t.Errorf("%s in a log tells a secret: %s", what, &log)
			}
		}
	}
	if text := fmt.Sprint(cfg); !strings.Contains(text, "AC0123456789abcdef0123456789abcdef") || !strings.Contains(text, "2 auth tokens") {
		t.Errorf("a Config prints as %s, which says too little", text)
	}
	if text := fmt.Sprint(c); !strings.Contains(text, `"twilio"`) {
		t.Errorf("a Channel prints as %s, which says too little", text)
	}
}

// noTransport fails the test when it is used.
type noTransport struct{ t *testing.T }

func (n noTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("a request was made: %s %s", r.Method, r.URL.Path)
	return nil, fmt.Errorf("no request should be made")
}

func TestNewMakesNoRequest(t *testing.T) {
	cfg := goodConfig()
	cfg.Transport = noTransport{t}
	if _, err := twilio.New(cfg); err != nil {
		t.Fatal(err)
	}
}
