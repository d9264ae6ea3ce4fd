package twilio_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

// BenchmarkParseWebhook is what every webhook costs before the engine sees it:
// its body is read, its signature checked, and its parameters understood. A
// forged one must not cost more than an honest one.
func BenchmarkParseWebhook(b *testing.B) {
	fake := twiliotest.NewServer(b)
	message := func(text string) *http.Request {
		form := inboundForm(fake, channel.Inbound{ProviderID: messageSID, From: alice, To: ours, Text: text})
		for _, side := range []string{"From", "To"} { // as Twilio tells of a message to a North American number
			form.Set(side+"City", "SAN FRANCISCO")
			form.Set(side+"State", "CA")
			form.Set(side+"Zip", "94103")
			form.Set(side+"Country", "US")
		}
		form.Set("ApiVersion", "2010-04-01")
		form.Set("SmsMessageSid", messageSID)
		return fake.Request(publicURL, form)
	}
	const question = "Is the table by the window still free on Tuesday at noon?"
	forged := message(question)
	forged.Header.Set("X-Twilio-Signature", strings.Repeat("x", 27)+"=")
	for _, bench := range []struct {
		name    string
		request *http.Request
		channel *twilio.Channel
		want    error
	}{
		{"message", message(question), newChannel(b, fake), nil},
		{"long message", message(strings.Repeat("Könnten Sie? ", 123)), newChannel(b, fake), nil},
		{"status", fake.Request(publicURL, fake.StatusForm(messageSID, "delivered", 0)), newChannel(b, fake), nil},
		{"forged", forged, newChannel(b, fake), channel.ErrSignature},
		{"second token", message(question), newChannel(b, fake, func(cfg *twilio.Config) {
			cfg.AuthTokens = append([]string{"another"}, cfg.AuthTokens...)
		}), nil},
	} {
		body, err := io.ReadAll(bench.request.Body)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.request.Body = io.NopCloser(bytes.NewReader(body))
				if _, err := bench.channel.ParseWebhook(bench.request); !errors.Is(err, bench.want) {
					b.Fatal(err)
				}
			}
		})
	}
}
