package twilio_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// eventRequest is how Event Streams posts a batch to a webhook sink.
func eventRequest(fake *twiliotest.Server, body string) *http.Request {
	sum := sha256.Sum256([]byte(body))
	target := publicURL + "?bodySHA256=" + hex.EncodeToString(sum[:])
	r := httptest.NewRequest(http.MethodPost, strings.TrimPrefix(target, "https://inbox.example.com"), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Twilio-Signature", twiliotest.Signature(fake.AuthToken, target, nil))
	return r
}

func TestEvents(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	event := func(account, optOutType, rest string) string {
		return `{
			"specversion": "1.0", "type": "com.twilio.messaging.inbound-message.received", "source": "/2010-04-01/Accounts/` + account + `/Messages/SM1.json",
			"id": "EZ0123456789abcdef0123456789abcdef", "dataschema": "https://events-schemas.twilio.com/Messaging.InboundMessageV1/6",
			"datacontenttype": "application/json", "time": "2026-11-23T14:22:07.000Z",
			"data": {
				"numMedia": 0, "timestamp": "2026-11-23T14:22:05.000Z", "accountSid": "` + account + `", "to": "+14155550100", "numSegments": 1,
				"messageSid": "SM0123456789abcdef0123456789abcdef", "eventName": "com.twilio.messaging.inbound-message.received",
				"body": "Stop", "from": "+14155550123"` + optOutType + rest + `
			}
		}`
	}
	stop := event(fake.AccountSID, `, "optOutType": "STOP"`, "")
	want := channel.ConsentUpdate{
		From: alice, To: ours, ProviderID: "SM0123456789abcdef0123456789abcdef", Change: channel.ConsentStopped,
		At: time.Date(2026, 11, 23, 14, 22, 5, 0, time.UTC), Code: "STOP", Reason: "the customer has written a word by which Twilio opts out",
	}
	timeless := want
	timeless.At = time.Time{}
	const test = `{"specversion": "1.0", "type": "com.twilio.eventstreams.test-event", "source": "Sink", "id": "AC1", "data": {"test_id": "cae2f9e2"}}`
	for name, test := range map[string]struct {
		body string
		want []channel.ConsentUpdate
		err  error
	}{
		"a stop":                  {"[" + stop + "]", []channel.ConsentUpdate{want}, nil},
		"two of a batch":          {"[" + test + "," + stop + "," + stop + "]", []channel.ConsentUpdate{want, want}, nil},
		"a stop without a time":   {"[" + strings.Replace(stop, "2026-11-23T14:22:05.000Z", "lately", 1) + "]", []channel.ConsentUpdate{timeless}, nil},
		"a start":                 {"[" + event(fake.AccountSID, `, "optOutType": "START"`, "") + "]", nil, nil},
		"help":                    {"[" + event(fake.AccountSID, `, "optOutType": "HELP"`, "") + "]", nil, nil},
		"an ordinary message":     {"[" + event(fake.AccountSID, "", "") + "]", nil, nil},
		"of another account":      {"[" + event("ACffffffffffffffffffffffffffffffff", `, "optOutType": "STOP"`, "") + "]", nil, nil},
		"Twilio's test of a sink": {"[" + test + "]", nil, nil},
		"nothing":                 {"[]", nil, nil},
		"of nobody":               {"[" + event(fake.AccountSID, `, "optOutType": "STOP"`, `, "from": ""`) + "]", nil, channel.ErrMalformed},
		"to nobody":               {"[" + event(fake.AccountSID, `, "optOutType": "STOP"`, `, "to": "+1x"`) + "]", nil, channel.ErrMalformed},
		"no data":                 {`[{"type": "com.twilio.messaging.inbound-message.received"}]`, nil, channel.ErrMalformed},
		"no batch":                {stop, nil, channel.ErrMalformed},
		"cut off":                 {"[" + stop, nil, channel.ErrMalformed},
		"of another product":      {`{"EventType": "onMessageAdded"}`, nil, channel.ErrMalformed},
		"an empty body":           {"", nil, channel.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := c.ParseWebhook(eventRequest(fake, test.body))
			if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(channel.Delivery{Consent: test.want}, d); diff != "" {
				t.Errorf("the batch came in differently (-want +got):\n%s", diff)
			}
			if err != nil && strings.Contains(err.Error(), "555") {
				t.Errorf("the error tells an address: %v", err)
			}
		})
	}
	forged := eventRequest(fake, "["+stop+"]")
	forged.Body = http.NoBody
	if _, err := c.ParseWebhook(forged); !errors.Is(err, channel.ErrSignature) {
		t.Errorf("a batch that nobody has signed: error %v, want ErrSignature", err)
	}
}
