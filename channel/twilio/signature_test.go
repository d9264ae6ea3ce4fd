package twilio_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// TestPublicURL is about how a host mounts its webhooks behind proxies.
func TestPublicURL(t *testing.T) {
	fake := twiliotest.NewServer(t)
	form := inboundForm(fake, channel.Inbound{ProviderID: "SM0123456789abcdef0123456789abcdef", From: alice, To: ours, Text: "hello"})
	for _, test := range []struct {
		name     string
		public   string
		received string // the request URI
		signed   string
		refused  bool
	}{
		{"a base", "https://inbox.example.com", "/webhooks/twilio", "https://inbox.example.com/webhooks/twilio", false},
		{"a base with a slash", "https://inbox.example.com/", "/webhooks/twilio", "https://inbox.example.com/webhooks/twilio", false},
		{"the whole URL", "https://inbox.example.com/webhooks/twilio", "/webhooks/twilio", "https://inbox.example.com/webhooks/twilio", false},
		{"below the whole URL", "https://inbox.example.com/webhooks/twilio", "/webhooks/twilio/status?x=1", "https://inbox.example.com/webhooks/twilio/status?x=1", false},
		{"a prefix that the proxy strips", "https://example.com/inbox", "/webhooks/twilio", "https://example.com/inbox/webhooks/twilio", false},
		{"a prefix with a slash", "https://example.com/inbox/", "/webhooks/twilio", "https://example.com/inbox/webhooks/twilio", false},
		{"a prefix that the proxy keeps", "https://example.com/inbox", "/inbox/webhooks/twilio", "https://example.com/inbox/webhooks/twilio", false},
		{"the whole URL and a stripped prefix", "https://example.com/inbox/webhooks/twilio", "/webhooks/twilio", "https://example.com/inbox/webhooks/twilio", false},
		{"the same below", "https://example.com/inbox/webhooks/twilio", "/webhooks/twilio/status", "https://example.com/inbox/webhooks/twilio/status", false},
		{"a prefix twice, one stripped", "https://example.com/twilio", "/twilio/in", "https://example.com/twilio/twilio/in", false},
		{"half a segment in common", "https://example.com/web", "/webhooks/twilio", "https://example.com/web/webhooks/twilio", false},
		{"half a segment is none", "https://example.com/web", "/webhooks/twilio", "https://example.com/webhooks/twilio", true},
		{"a port", "https://inbox.example.com:8443", "/webhooks/twilio", "https://inbox.example.com:8443/webhooks/twilio", false},
		{"a port that Twilio drops", "https://inbox.example.com:8443", "/webhooks/twilio", "https://inbox.example.com/webhooks/twilio", false},
		{"another port", "https://inbox.example.com:8443", "/webhooks/twilio", "https://inbox.example.com:8444/webhooks/twilio", true},
		{"an IPv6 address with a port", "https://[2001:db8::1]:8443", "/webhooks/twilio", "https://[2001:db8::1]:8443/webhooks/twilio", false},
		{"an IPv6 address with the usual port", "https://[2001:db8::1]", "/webhooks/twilio", "https://[2001:db8::1]:443/webhooks/twilio", false},
		{"an IPv6 address without its port", "https://[2001:db8::1]:443", "/webhooks/twilio", "https://[2001:db8::1]/webhooks/twilio", false},
		{"an apostrophe in the query", "https://inbox.example.com", "/in?q='", "https://inbox.example.com/in?q='", false},
		{"a proxy's absolute form", "https://inbox.example.com", "http://10.0.0.1:8080/webhooks/twilio?x=1", "https://inbox.example.com/webhooks/twilio?x=1", false},
		{"an absolute form without a path", "https://inbox.example.com", "http://10.0.0.1:8080", "https://inbox.example.com", false},
		{"an absolute form with a query alone", "https://inbox.example.com", "http://10.0.0.1?x=1", "https://inbox.example.com?x=1", false},
		{"another host", "https://inbox.example.com", "/webhooks/twilio", "https://attacker.example/webhooks/twilio", true},
		{"another scheme", "https://inbox.example.com", "/webhooks/twilio", "http://inbox.example.com/webhooks/twilio", true},
		{"no request URI", "https://inbox.example.com", "", "https://inbox.example.com/", true},
		{"the request URI of OPTIONS", "https://inbox.example.com", "*", "https://inbox.example.com*", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChannel(t, fake, func(cfg *twilio.Config) {
				cfg.PublicURL, cfg.StatusURL = test.public, strings.TrimSuffix(test.public, "/")+"/status"
			})
			r := fake.Request("https://unseen.example/", form)
			r.RequestURI = test.received
			r.Header.Set("X-Forwarded-Host", "attacker.example")
			r.Header.Set("X-Forwarded-Proto", "http")
			r.Header.Set("X-Twilio-Signature", twiliotest.Signature(fake.AuthToken, test.signed, form))
			delivery, err := c.ParseWebhook(r)
			switch {
			case test.refused && !errors.Is(err, channel.ErrSignature):
				t.Errorf("the error is %v", err)
			case !test.refused && err != nil:
				t.Error(err)
			case !test.refused && len(delivery.Inbound) != 1:
				t.Errorf("the delivery is %+v", delivery)
			}
		})
	}
}

func TestJSONBody(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	body := `{"MessageSid":"SM0123456789abcdef0123456789abcdef"}`
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	for _, test := range []struct {
		name  string
		query string
		body  string
		want  error
	}{
		{"authentic, but no message", "?bodySHA256=" + hash, body, channel.ErrMalformed},
		{"in capitals", "?bodySHA256=" + strings.ToUpper(hash), body, channel.ErrMalformed},
		{"another body", "?bodySHA256=" + hash, body + " ", channel.ErrSignature},
		{"no hash", "", body, channel.ErrSignature},
		{"an empty hash", "?bodySHA256=", "", channel.ErrSignature},
		{"half a hash", "?bodySHA256=" + hash[:32], body, channel.ErrSignature},
		{"no hexadecimal hash", "?bodySHA256=" + strings.Repeat("x", 64), body, channel.ErrSignature},
		{"two hashes", "?bodySHA256=" + hash + "&bodySHA256=" + hash, body, channel.ErrSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/webhooks/twilio"+test.query, strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			r.Header.Set("X-Twilio-Signature", twiliotest.Signature(fake.AuthToken, publicURL+test.query, nil))
			if _, err := c.ParseWebhook(r); !errors.Is(err, test.want) {
				t.Errorf("the error is %v, want %v", err, test.want)
			}
		})
	}
}

// TestSignatureIsMalleable moves the boundary between parameters, which the
// signature does not protect: HMAC(URL + "AB" + "x") covers A="Bx" as well.
func TestSignatureIsMalleable(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	status := fake.StatusForm("SM0123456789abcdef0123456789abcdef", "delivered", 0)
	message := inboundForm(fake, channel.Inbound{ProviderID: "SM0123456789abcdef0123456789abcdef", From: alice, To: ours, Text: "hello"})
	swallow := func(form url.Values, name, next string) url.Values {
		forged := url.Values{}
		for n, v := range form {
			forged[n] = v
		}
		forged.Set(name, form.Get(name)+next+form.Get(next))
		forged.Del(next)
		return forged
	}
	for _, test := range []struct {
		name   string
		honest url.Values
		forged url.Values
	}{
		{"a message loses its text", message, swallow(message, "AccountSid", "Body")},
		{"a message loses its sender", message, swallow(message, "Body", "From")},
		{"a message loses its receiver", message, swallow(message, "SmsStatus", "To")},
		{"a message loses its id", message, swallow(message, "From", "MessageSid")},
		{"a message loses its media", message, swallow(message, "MessageSid", "NumMedia")},
		{"a report loses its status", status, swallow(status, "MessageSid", "MessageStatus")},
		{"a report loses its id", status, swallow(status, "ApiVersion", "MessageSid")},
		{"a report's account runs on", status, swallow(status, "AccountSid", "ApiVersion")},
	} {
		t.Run(test.name, func(t *testing.T) {
			signature := twiliotest.Signature(fake.AuthToken, publicURL, test.honest)
			if forged := twiliotest.Signature(fake.AuthToken, publicURL, test.forged); forged != signature {
				t.Fatal("the test's forgery has another signature")
			}
			if _, err := c.ParseWebhook(fake.Request(publicURL, test.forged)); !errors.Is(err, channel.ErrMalformed) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestBodyLimits(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	form := inboundForm(fake, channel.Inbound{ProviderID: "SM0123456789abcdef0123456789abcdef", From: alice, To: ours, Text: "hello"})
	form.Set("Padding", strings.Repeat("x", maxBody-len(form.Encode())-len("&Padding=")))
	if n := len(form.Encode()); n != maxBody {
		t.Fatalf("the form has %d bytes", n)
	}
	if _, err := c.ParseWebhook(fake.Request(publicURL, form)); err != nil {
		t.Errorf("a body of exactly the limit: %v", err)
	}
	form.Set("Padding", form.Get("Padding")+"x")
	if _, err := c.ParseWebhook(fake.Request(publicURL, form)); !errors.Is(err, channel.ErrTooLarge) {
		t.Errorf("a body of one byte more: %v", err)
	}
	r := fake.Request(publicURL, form)
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 100)
	r.ContentLength = -1
	if _, err := c.ParseWebhook(r); !errors.Is(err, channel.ErrTooLarge) {
		t.Errorf("a body over the limit of the host: %v", err)
	}
	r = fake.Request(publicURL, form)
	r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("Body="), broken{})), -1
	if _, err := c.ParseWebhook(r); !errors.Is(err, channel.ErrMalformed) {
		t.Errorf("a body that breaks off: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestHead is about a request that nobody should make.
func TestHead(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	r := httptest.NewRequest(http.MethodHead, "/webhooks/twilio", nil)
	r.Header.Set("X-Twilio-Signature", twiliotest.Signature(fake.AuthToken, publicURL, nil))
	if _, err := c.ParseWebhook(r); !errors.Is(err, channel.ErrMalformed) {
		t.Errorf("the error is %v", err)
	}
}

func TestAcknowledge(t *testing.T) {
	w := httptest.NewRecorder()
	newChannel(t, twiliotest.NewServer(t)).Acknowledge(w)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/xml" || !strings.HasSuffix(w.Body.String(), "<Response/>") {
		t.Errorf("Acknowledge wrote %d %s %q", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
}
