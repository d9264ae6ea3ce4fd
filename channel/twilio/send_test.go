package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

const contentSID = "HX0123456789abcdef0123456789abcdef"

func hello() channel.Outbound {
	return channel.Outbound{ID: "710001", From: ours, To: alice, Text: "hello"}
}

// TestSendForm looks at the whole form of the create call.
func TestSendForm(t *testing.T) {
	whatsApp := func(m *channel.Outbound) { m.From, m.To = "whatsapp:"+m.From, "whatsapp:"+m.To }
	for _, test := range []struct {
		name   string
		config func(*twilio.Config)
		change func(*channel.Outbound)
		want   url.Values // beside From, To, Body and StatusCallback; nil removes
	}{
		{"a text", nil, nil, nil},
		{"a picture", nil, func(m *channel.Outbound) {
			m.Text, m.Media = "", []channel.Media{{URL: "https://example.com/1"}, {URL: "https://example.com/2?a=b"}}
		}, url.Values{"Body": nil, "MediaUrl": {"https://example.com/1", "https://example.com/2?a=b"}}},
		{"a template", nil, func(m *channel.Outbound) {
			whatsApp(m)
			m.Template = &channel.Template{ID: contentSID, Variables: map[string]string{"1": "Carol <\"&>", "name": "é"}}
		}, url.Values{
			"From": {"whatsapp:+14155550100"}, "To": {"whatsapp:+14155550123"}, "Body": nil,
			"ContentSid": {contentSID}, "ContentVariables": {`{"1":"Carol \u003c\"\u0026\u003e","name":"é"}`},
		}},
		{"a template without variables", nil, func(m *channel.Outbound) { m.Text, m.Template = "", &channel.Template{ID: contentSID} },
			url.Values{"Body": nil, "ContentSid": {contentSID}}},
		{"valid for a while", nil, func(m *channel.Outbound) { m.ValidFor = 90*time.Second + time.Nanosecond }, url.Values{"ValidityPeriod": {"91"}}},
		{"valid for a moment", nil, func(m *channel.Outbound) { m.ValidFor = time.Nanosecond }, url.Values{"ValidityPeriod": {"1"}}},
		{"valid for longer than Twilio tries", nil, func(m *channel.Outbound) { m.ValidFor = 1<<63 - 1 }, url.Values{"ValidityPeriod": {"36000"}}},
		{"a messaging service", func(c *twilio.Config) { c.MessagingServiceSID = "MG0123456789abcdef0123456789abcdef" }, nil,
			url.Values{"MessagingServiceSid": {"MG0123456789abcdef0123456789abcdef"}}},
		{"no id", nil, func(m *channel.Outbound) { m.ID = "" }, url.Values{"StatusCallback": {statusURL}}},
		{"an id with special characters", nil, func(m *channel.Outbound) { m.ID = "a&b=c d" },
			url.Values{"StatusCallback": {statusURL + "?teaminbox-message=a%26b%3Dc+d"}}},
		{"a status URL with query, fragment and user", func(c *twilio.Config) {
			c.StatusURL = "https://alice:open@inbox.example.com/café/status?tenant=7#rc=3&rp=5xx,ct,rt"
		}, nil, url.Values{"StatusCallback": {"https://inbox.example.com/caf%C3%A9/status?tenant=7&teaminbox-message=710001#rc=3&rp=5xx,ct,rt"}}},
		{"the status URL by default", func(c *twilio.Config) { c.StatusURL = "" }, nil,
			url.Values{"StatusCallback": {publicURL + "?teaminbox-message=710001"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake := twiliotest.NewServer(t)
			var changes []func(*twilio.Config)
			if test.config != nil {
				changes = append(changes, test.config)
			}
			m := hello()
			if test.change != nil {
				test.change(&m)
			}
			receipt, err := newChannel(t, fake, changes...).Send(context.Background(), m)
			if err != nil {
				t.Fatal(err)
			}
			want := url.Values{
				"From": {string(ours)}, "To": {string(alice)}, "Body": {"hello"},
				"StatusCallback": {statusURL + "?teaminbox-message=710001"},
			}
			for name, values := range test.want {
				want[name] = values
				if values == nil {
					delete(want, name)
				}
			}
			call := fake.Calls()[0]
			if diff := cmp.Diff(want, call.Form); diff != "" {
				t.Errorf("Twilio got another form (-want +got):\n%s", diff)
			}
			if receipt.ProviderID != call.SID || receipt.State != channel.DeliveryAccepted {
				t.Errorf("the receipt is %+v, the message is %s", receipt, call.SID)
			}
		})
	}
}

// TestSendRefusesItself is about messages that never reach Twilio.
func TestSendRefusesItself(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	picture := channel.Media{URL: "https://example.com/menu.jpg", ContentType: "image/jpeg"}
	voice := channel.Media{URL: "https://example.com/voice.ogg", ContentType: "audio/ogg"}
	for _, test := range []struct {
		name   string
		change func(*channel.Outbound)
		code   string
		ok     bool
	}{
		{"nothing", func(m *channel.Outbound) { m.Text = "" }, "", false},
		{"no sender", func(m *channel.Outbound) { m.From = "" }, "21603", false},
		{"no receiver", func(m *channel.Outbound) { m.To = "" }, "21211", false},
		{"the longest text", func(m *channel.Outbound) { m.Text = strings.Repeat("é", 1600) }, "", true},
		{"a text too long", func(m *channel.Outbound) { m.Text = strings.Repeat("é", 1601) }, "21617", false},
		{"a text that is not UTF-8", func(m *channel.Outbound) { m.Text = "caf\xe9" }, "", false},
		{"ten pictures", func(m *channel.Outbound) { m.Media = []channel.Media{9: picture} }, "21620", false},
		{"eleven pictures", func(m *channel.Outbound) { m.Media = make([]channel.Media, 11) }, "21623", false},
		{"a picture without a host", func(m *channel.Outbound) { m.Media = []channel.Media{{URL: "menu.jpg"}} }, "21620", false},
		{"a picture on a disk", func(m *channel.Outbound) { m.Media = []channel.Media{{URL: "file:///menu.jpg"}} }, "21620", false},
		{"a picture at no URL", func(m *channel.Outbound) { m.Media = []channel.Media{{URL: "https://exa mple.com/"}} }, "21620", false},
		{"another provider's template", func(m *channel.Outbound) { m.Template = &channel.Template{ID: "greeting"} }, "", false},
		{"two pictures on WhatsApp", func(m *channel.Outbound) { m.To, m.Media = "whatsapp:"+m.To, []channel.Media{picture, picture} }, "21623", false},
		{"a picture with a text on WhatsApp", func(m *channel.Outbound) { m.To, m.Media = "whatsapp:"+m.To, []channel.Media{picture} }, "", true},
		{"a voice note on WhatsApp", func(m *channel.Outbound) { m.To, m.Text, m.Media = "whatsapp:"+m.To, "", []channel.Media{voice} }, "", true},
		{"a voice note with a text on WhatsApp", func(m *channel.Outbound) { m.To, m.Media = "whatsapp:"+m.To, []channel.Media{voice} }, "", false},
		{"who knows what with a text on WhatsApp", func(m *channel.Outbound) {
			m.To, m.Media = "whatsapp:"+m.To, []channel.Media{{URL: picture.URL}}
		}, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(fake.Calls())
			m := hello()
			test.change(&m)
			_, err := c.Send(context.Background(), m)
			if test.ok {
				if err != nil || len(fake.Calls()) != before+1 {
					t.Errorf("the error is %v", err)
				}
				return
			}
			var failure *channel.SendError
			if !errors.As(err, &failure) || failure.Outcome != channel.Rejected || failure.Code != test.code || failure.Reason == "" {
				t.Errorf("the error is %#v", err)
			}
			if len(fake.Calls()) != before {
				t.Error("Twilio was asked all the same")
			}
		})
	}
}

func TestSegments(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	for _, test := range []struct {
		name   string
		change func(*channel.Outbound)
		want   int
	}{
		{"a short text", func(*channel.Outbound) {}, 1},
		{"a long text", func(m *channel.Outbound) { m.Text = strings.Repeat("a", 161) }, 2},
		{"a text with emoji", func(m *channel.Outbound) { m.Text = strings.Repeat("👍", 36) }, 2},
		{"WhatsApp, as Twilio says", func(m *channel.Outbound) { m.To, m.Text = "whatsapp:"+m.To, strings.Repeat("a", 161) }, 1},
		{"MMS, as Twilio says", func(m *channel.Outbound) {
			m.Text, m.Media = strings.Repeat("a", 161), []channel.Media{{URL: "https://example.com/1"}}
		}, 1},
	} {
		m := hello()
		test.change(&m)
		receipt, err := c.Send(context.Background(), m)
		if err != nil || receipt.Segments != test.want {
			t.Errorf("%s: %+v, %v; want %d segments", test.name, receipt, err, test.want)
		}
	}
}

// answering returns a channel whose Twilio always answers alike.
func answering(t *testing.T, status int, body string, headers ...string) *twilio.Channel {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return newChannel(t, twiliotest.NewServer(t), func(c *twilio.Config) { c.APIURL = server.URL + "/base/" })
}

func twilioError(code int) string {
	return fmt.Sprintf(`{"code": %d, "message": "The number +14155550123 said hello", "status": 400}`, code)
}

// TestOutcomes is Twilio's table of errors.
func TestOutcomes(t *testing.T) {
	const (
		uncertain = channel.Uncertain
		notSent   = channel.NotSent
		rejected  = channel.Rejected
	)
	for _, test := range []struct {
		status  int
		body    string
		headers []string
		want    channel.SendError // Reason and Err aside
	}{
		{400, twilioError(21211), nil, channel.SendError{Outcome: rejected, Code: "21211"}},
		{400, twilioError(21610), nil, channel.SendError{Outcome: rejected, Code: "21610", Consent: channel.ConsentStopped}},
		{400, twilioError(63014), nil, channel.SendError{Outcome: rejected, Code: "63014", Consent: channel.ConsentStopped}},
		{400, twilioError(63033), nil, channel.SendError{Outcome: rejected, Code: "63033", Consent: channel.MarketingStopped}},
		{400, twilioError(63049), nil, channel.SendError{Outcome: rejected, Code: "63049"}},
		{400, twilioError(30005), nil, channel.SendError{Outcome: rejected, Code: "30005"}},
		{400, twilioError(21635), nil, channel.SendError{Outcome: rejected, Code: "21635"}},
		{400, twilioError(21611), nil, channel.SendError{Outcome: notSent, Code: "21611", RetryAfter: 10 * time.Minute}},
		{400, twilioError(63038), nil, channel.SendError{Outcome: notSent, Code: "63038", RetryAfter: 24 * time.Hour}},
		{400, twilioError(29999), nil, channel.SendError{Outcome: rejected, Code: "29999"}},
		{401, twilioError(20003), nil, channel.SendError{Outcome: notSent, Code: "20003", RetryAfter: 10 * time.Minute}},
		{429, twilioError(20429), nil, channel.SendError{Outcome: notSent, Code: "20429"}},
		{429, twilioError(20429), []string{"Retry-After", "7"}, channel.SendError{Outcome: notSent, Code: "20429", RetryAfter: 7 * time.Second}},
		{429, "slow down", []string{"Retry-After", "7"}, channel.SendError{Outcome: notSent, RetryAfter: 7 * time.Second}},
		{429, "slow down", []string{"Retry-After", "-7"}, channel.SendError{Outcome: notSent}},
		{429, "slow down", []string{"Retry-After", "soon"}, channel.SendError{Outcome: notSent}},
		{429, "slow down", []string{"Retry-After", "999999999999"}, channel.SendError{Outcome: notSent, RetryAfter: 24 * time.Hour}},
		{429, "slow down", []string{"Date", "Mon, 23 Nov 2026 14:00:00 GMT", "Retry-After", "Mon, 23 Nov 2026 14:00:30 GMT"},
			channel.SendError{Outcome: notSent, RetryAfter: 30 * time.Second}},
		{429, "slow down", []string{"Date", "Mon, 23 Nov 2026 14:00:00 GMT", "Retry-After", "Mon, 23 Nov 2026 13:00:00 GMT"},
			channel.SendError{Outcome: notSent}},
		{429, "slow down", []string{"Date", "today", "Retry-After", "Mon, 23 Nov 2026 14:00:30 GMT"}, channel.SendError{Outcome: notSent}},
		{400, "", nil, channel.SendError{Outcome: rejected}},
		{404, "<html>", nil, channel.SendError{Outcome: rejected}},
		{407, "<html>", nil, channel.SendError{Outcome: notSent}},
		{408, "<html>", nil, channel.SendError{Outcome: uncertain}},
		{500, twilioError(20500), nil, channel.SendError{Outcome: uncertain, Code: "20500"}},
		{500, twilioError(30500), nil, channel.SendError{Outcome: uncertain, Code: "30500"}},
		{503, twilioError(20429), nil, channel.SendError{Outcome: notSent, Code: "20429"}},
		{503, twilioError(21610), nil, channel.SendError{Outcome: rejected, Code: "21610", Consent: channel.ConsentStopped}},
		{502, "<html>", []string{"Retry-After", "7"}, channel.SendError{Outcome: uncertain}},
		{503, `{"code": "21610"}`, nil, channel.SendError{Outcome: uncertain}},
		{200, "", nil, channel.SendError{Outcome: uncertain}},
		{201, "<html>", nil, channel.SendError{Outcome: uncertain}},
		{201, `{"sid": "SM`, nil, channel.SendError{Outcome: uncertain}},
		{201, `{"sid": null}`, nil, channel.SendError{Outcome: uncertain}},
		{201, `{"status": "queued"}`, nil, channel.SendError{Outcome: uncertain}},
		{201, `{"sid": "SM1", "error_code": "none"}`, nil, channel.SendError{Outcome: uncertain}},
		{302, "", []string{"Location", "https://attacker.example/"}, channel.SendError{Outcome: uncertain}},
		{307, "", []string{"Location", "/elsewhere"}, channel.SendError{Outcome: uncertain}},
		{201, `{"sid": "SM1", "status": "failed", "error_code": 21610}`, nil, channel.SendError{Outcome: rejected, Code: "21610", Consent: channel.ConsentStopped}},
		{201, `{"sid": "SM1", "status": "failed"}`, nil, channel.SendError{Outcome: rejected}},
	} {
		t.Run(fmt.Sprint(test.status, test.body, test.headers), func(t *testing.T) {
			c := answering(t, test.status, test.body, test.headers...)
			_, err := c.Send(context.Background(), hello())
			var got *channel.SendError
			if !errors.As(err, &got) {
				t.Fatalf("the error is %#v", err)
			}
			if got.Reason == "" {
				t.Error("there is no Reason")
			}
			if text := fmt.Sprintf("%+v %#v", got, got.Err); strings.Contains(text, "4155550123") || strings.Contains(text, "hello") {
				t.Errorf("the error tells a number or text: %s", text)
			}
			seen := *got
			seen.Reason, seen.Err = "", nil
			if seen != test.want {
				t.Errorf("the error is %+v, want %+v", seen, test.want)
			}
		})
	}
}

// TestEveryCodeHasAMeaning sends each code that is worth knowing.
func TestEveryCodeHasAMeaning(t *testing.T) {
	codes := []int{
		20003, 20429, 21211, 21212, 21408, 21603, 21606, 21610, 21611, 21614, 21617, 21620, 21623,
		30001, 30003, 30004, 30005, 30006, 30007, 30008, 30022, 30023, 30027, 30032, 30034, 30410, 30500,
		63001, 63003, 63007, 63013, 63014, 63015, 63016, 63017, 63018, 63019, 63020, 63021, 63023, 63024, 63032, 63033, 63038, 63049, 63051,
	}
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	reasons := map[string]int{}
	for _, code := range codes {
		fake.Behave(twiliotest.Refuse(400, code))
		_, err := c.Send(context.Background(), hello())
		got := channel.AsSendError(err)
		if got.Code != strconv.Itoa(code) || got.Outcome == channel.Uncertain || got.Reason == "" || strings.Contains(got.Reason, "not known here") {
			t.Errorf("the code %d is %+v", code, got)
		}
		reasons[got.Reason]++
		delivery, err := c.ParseWebhook(fake.Request(statusURL, fake.StatusForm(messageSID, "failed", code)))
		if err != nil || delivery.Status[0].Reason != got.Reason || delivery.Status[0].Consent != got.Consent {
			t.Errorf("the code %d is %+v in a status callback (%v) and %+v in an answer", code, delivery, err, got)
		}
	}
	if len(reasons) < len(codes)-2 { // a queue can be full in two ways
		t.Errorf("%d codes have %d reasons", len(codes), len(reasons))
	}
}

func TestCredentials(t *testing.T) {
	fake := twiliotest.NewServer(t)
	withKey := func(c *twilio.Config) {
		c.APIKey, c.APISecret = fake.APIKey, fake.APISecret
		c.AuthTokens = []string{"ffffffffffffffffffffffffffffffff"} // opens nothing
	}
	if _, err := newChannel(t, fake, withKey).Send(context.Background(), hello()); err != nil {
		t.Errorf("with an API key: %v", err)
	}
	first := func(c *twilio.Config) { c.AuthTokens = []string{fake.AuthToken, "old"} }
	if _, err := newChannel(t, fake, first).Send(context.Background(), hello()); err != nil {
		t.Errorf("with the first of two tokens: %v", err)
	}
	// twilio-go itself refuses punctuation, before it makes a request.
	fake.APISecret = "with-dashes_and.dots"
	if _, err := newChannel(t, fake, withKey).Send(context.Background(), hello()); err != nil {
		t.Errorf("with punctuation in the secret: %v", err)
	}
	last := func(c *twilio.Config) { c.AuthTokens = []string{"old", fake.AuthToken} }
	_, err := newChannel(t, fake, last).Send(context.Background(), hello())
	if got := channel.AsSendError(err); got.Code != "20003" || got.Outcome != channel.NotSent {
		t.Errorf("with the wrong token first: %v", err)
	}
}

// TestConnectionsAreReused counts connections over many answers that are
// errors, whose bodies twilio-go does not close.
func TestConnectionsAreReused(t *testing.T) {
	opened := make(chan struct{}, 100)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		_, _ = io.WriteString(w, twilioError(21211)+strings.Repeat(" ", 8<<10))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	c := newChannel(t, twiliotest.NewServer(t), func(c *twilio.Config) { c.APIURL = server.URL })
	for range 20 {
		if _, err := c.Send(context.Background(), hello()); channel.AsSendError(err).Code != "21211" {
			t.Fatal(err)
		}
	}
	if n := len(opened); n != 1 {
		t.Errorf("20 requests one after the other took %d connections", n)
	}
}

func TestTimeout(t *testing.T) {
	fake := twiliotest.NewServer(t)
	fake.Behave(twiliotest.Hang())
	c := newChannel(t, fake, func(c *twilio.Config) { c.Timeout = 50 * time.Millisecond })
	_, err := c.Send(context.Background(), hello())
	if got := channel.AsSendError(err); got.Outcome != channel.Uncertain || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

// transportFunc is a host's own transport.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestOwnTransport is about transports that don't tell how they get on.
func TestOwnTransport(t *testing.T) {
	fake := twiliotest.NewServer(t)
	for _, test := range []struct {
		name string
		err  error
		want channel.Outcome
	}{
		{"anything may have happened", errors.New("broken"), channel.Uncertain},
		{"it could not connect", &net.OpError{Op: "dial", Err: errors.New("refused")}, channel.NotSent},
		{"it could not resolve the name", &net.DNSError{Err: "no such host"}, channel.NotSent},
		{"the connection broke", &net.OpError{Op: "read", Err: errors.New("reset")}, channel.Uncertain},
		{"it names the URL", &url.Error{Op: "Post", URL: "https://api.twilio.com/?To=+14155550123", Err: errors.New("broken")}, channel.Uncertain},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChannel(t, fake, func(c *twilio.Config) {
				c.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
					if r.Body != nil {
						_ = r.Body.Close()
					}
					return nil, test.err
				})
			})
			_, err := c.Send(context.Background(), hello())
			if got := channel.AsSendError(err); got.Outcome != test.want {
				t.Errorf("the outcome is %v, want %v", got.Outcome, test.want)
			}
			if strings.Contains(err.Error(), "4155550123") {
				t.Errorf("the error tells a number: %v", err)
			}
		})
	}
}

// TestContextEndsWhileConnecting is about a request that was never written.
func TestContextEndsWhileConnecting(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	defer close(over)
	dialing := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		cancel()
		<-over
		return nil, errors.New("nobody waits any more")
	}}
	c := newChannel(t, twiliotest.NewServer(t), func(c *twilio.Config) { c.Transport = dialing })
	_, err := c.Send(ctx, hello())
	if got := channel.AsSendError(err); got.Outcome != channel.NotSent || !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// TestAnswerBreaksOff is about an answer that comes in part.
func TestAnswerBreaksOff(t *testing.T) {
	for status, want := range map[int]channel.Outcome{201: channel.Uncertain, 400: channel.Rejected, 429: channel.NotSent} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"sid": "SM1"`)
		}))
		c := newChannel(t, twiliotest.NewServer(t), func(c *twilio.Config) { c.APIURL = server.URL })
		_, err := c.Send(context.Background(), hello())
		if got := channel.AsSendError(err); got.Outcome != want {
			t.Errorf("HTTP %d: the error is %v, the outcome should be %v", status, err, want)
		}
		server.Close()
	}
}

// TestAnswersAreClosed is about bodies that are not read to their end.
func TestAnswersAreClosed(t *testing.T) {
	for name, content := range map[string]io.Reader{
		"one that breaks off": io.MultiReader(strings.NewReader(`{"sid": "SM1"`), broken{}),
		"one without an end":  endless{},
	} {
		body := &closing{Reader: content}
		c := newChannel(t, twiliotest.NewServer(t), func(c *twilio.Config) {
			c.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 201, Header: http.Header{}, Body: body, Request: r}, nil
			})
		})
		_, err := c.Send(context.Background(), hello())
		if got := channel.AsSendError(err); err == nil || got.Outcome != channel.Uncertain {
			t.Errorf("%s: the error is %v", name, err)
		}
		if !body.closed {
			t.Errorf("%s: the body is still open", name)
		}
	}
}

// endless is a body of spaces.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
