package twilio_test

import (
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
)

func TestRateByKindOfNumber(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake)
	for ours, want := range map[channel.Address]float64{
		"+14155550100":          1,
		"+18005550100":          3,
		"+18885550100":          3,
		"+442079460100":         10,
		"ACME":                  10,
		"12345":                 100,
		"whatsapp:+14155550100": 80,
		"rcs:acme_agent":        0,
	} {
		if got := c.Limits(ours, alice).SegmentsPerSecond; got != want {
			t.Errorf("%s: %v segments a second, want %v", ours, got, want)
		}
	}
}

func TestRateOfTheHost(t *testing.T) {
	fake := twiliotest.NewServer(t)
	c := newChannel(t, fake, func(cfg *twilio.Config) {
		cfg.SegmentsPerSecond = func(channel.Address) float64 { return 75 }
	})
	if got := c.Limits(ours, alice).SegmentsPerSecond; got != 75 {
		t.Errorf("%v segments a second, want 75", got)
	}
}
