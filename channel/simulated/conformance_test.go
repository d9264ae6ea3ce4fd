package simulated_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/channeltest"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

func TestConformance(t *testing.T) {
	t.Run("SMS", func(t *testing.T) {
		channeltest.Run(t, channeltest.Harness{New: func(t testing.TB) channeltest.Instance {
			return newInstance(t, "+14155550100", "+14155550123")
		}})
	})
	t.Run("WhatsApp", func(t *testing.T) {
		channeltest.Run(t, channeltest.Harness{New: func(t testing.TB) channeltest.Instance {
			return newInstance(t, "whatsapp:+14155550100", "whatsapp:+14155550123")
		}})
	})
}

func newInstance(t testing.TB, from, to channel.Address) channeltest.Instance {
	var fault atomic.Pointer[simulated.Fault]
	fault.Store(&simulated.Fault{})
	c, err := simulated.New(simulated.Config{
		Hook: func(context.Context, channel.Outbound) simulated.Fault { return *fault.Load() },
	})
	if err != nil {
		t.Fatal(err)
	}
	faults := map[channeltest.Behaviour]simulated.Fault{
		channeltest.Accept:            {},
		channeltest.Reject:            {Kind: simulated.Rejected},
		channeltest.RejectOptOut:      {Kind: simulated.Rejected, Consent: channel.ConsentStopped},
		channeltest.RejectMarketing:   {Kind: simulated.Rejected, Consent: channel.MarketingStopped},
		channeltest.TooManyRequests:   {Kind: simulated.Refused},
		channeltest.RetryLater:        {Kind: simulated.Refused, RetryAfter: channeltest.RetryDelay},
		channeltest.ServerError:       {Kind: simulated.AnswerLost, Code: "503"},
		channeltest.UnreadableSuccess: {Kind: simulated.AnswerLost},
		channeltest.ResetAfterWrite:   {Kind: simulated.AnswerLost},
		channeltest.Unreachable:       {Kind: simulated.Refused},
		channeltest.Hang:              {Kind: simulated.AnswerLost, Slow: true},
	}
	return channeltest.Instance{
		Channel: c,
		From:    from,
		To:      to,
		Requests: func() (all []channeltest.Request) {
			for _, a := range c.Sent() {
				all = append(all, channeltest.Request{
					Taken: a.Taken, ProviderID: a.ProviderID, MessageID: a.Message.ID,
					From: a.Message.From, To: a.Message.To, Text: a.Message.Text,
					Media: a.Message.Media, Template: a.Message.Template,
				})
			}
			return all
		},
		Behave: func(b channeltest.Behaviour) bool {
			f, ok := faults[b]
			if ok {
				fault.Store(&f)
			}
			return ok
		},
		Media:    channel.Media{URL: "https://example.com/menu.png", ContentType: "image/png"},
		Template: &channel.Template{ID: "reminder", Variables: map[string]string{"1": "noon"}},
		Deliver: func(m channel.Inbound) string {
			id, err := c.Phone(m.From).SendMessage(m)
			if err != nil {
				t.Error(err)
			}
			return id
		},
		ReportConsent: func(u channel.ConsentUpdate) {
			if err := c.ReportConsent(u, simulated.Disturbance{}); err != nil {
				t.Error(err)
			}
		},
		HostMedia: c.Host,
	}
}
