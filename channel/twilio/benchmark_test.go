package twilio_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

func BenchmarkParseWebhook(b *testing.B) {
	fake := twiliotest.NewServer(b)
	c := newChannel(b, fake)
	r := fake.Request(publicURL, inboundForm(fake, channel.Inbound{
		ProviderID: messageSID, From: alice, To: ours, Text: "Is the table by the window still free on Tuesday at noon?",
	}))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(bytes.NewReader(body))
		if _, err := c.ParseWebhook(r); err != nil {
			b.Fatal(err)
		}
	}
}
