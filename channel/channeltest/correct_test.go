package channeltest

import (
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

// listenerHarness connects the kit to a simulated carrier, in a wrapper if
// wrap is not nil.
func listenerHarness(wrap func(testing.TB, *simulated.Carrier) channel.Channel) Harness {
	return Harness{New: func(t testing.TB) Instance {
		c, err := simulated.New(simulated.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var ch channel.Channel = c
		if wrap != nil {
			ch = wrap(t, c)
		}
		return Instance{
			Channel: ch,
			From:    "+14155550100",
			To:      "+14155550123",
			Requests: func() (all []Request) {
				for _, a := range c.Sent() {
					all = append(all, Request{Taken: a.Taken, ProviderID: a.ProviderID, MessageID: a.Message.ID})
				}
				return all
			},
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
		}
	}}
}

// TestCorrect runs the kit over channels without a flaw: no case fails, and
// the two together leave out none.
func TestCorrect(t *testing.T) {
	for _, c := range cases() {
		h := acmeHarness(nil)
		if strings.HasPrefix(c.name, "Listener/") {
			h = listenerHarness(nil)
		}
		t.Run(c.name, func(t *testing.T) {
			if err := c.check(t, h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCaseNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases() {
		if seen[c.name] {
			t.Errorf("two cases are called %s", c.name)
		}
		seen[c.name] = true
		if c.rule == "" {
			t.Errorf("the case %s quotes no rule", c.name)
		}
	}
}
