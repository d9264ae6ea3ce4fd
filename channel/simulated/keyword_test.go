package simulated_test

import (
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

func TestKeywords(t *testing.T) {
	c := newCarrier(t, simulated.Config{Keywords: true})
	p := c.Phone(alice)
	for _, step := range []struct {
		text    string
		keyword channel.Keyword
		replied bool
		stopped bool // afterwards
	}{
		{"hello", channel.NoKeyword, false, false},
		{"start", channel.KeywordStart, false, false},
		{" Stop ", channel.KeywordStop, true, true},
		{"STOP", channel.KeywordStop, false, true},
		{"HELP", channel.KeywordHelp, true, true},
		{"please stop", channel.NoKeyword, false, true},
		{"UNSTOP", channel.KeywordStart, true, false},
	} {
		before := len(p.Messages())
		write(t, p, step.text)
		m := deliver(t, c).inbound[0]
		if m.Text != step.text || m.Keyword != step.keyword || m.ProviderReplied != step.replied {
			t.Errorf("%q came as %q with the keyword %q, replied: %v", step.text, m.Text, m.Keyword, m.ProviderReplied)
		}
		got := p.Messages()[before+1:]
		if len(got) == 1 != step.replied {
			t.Errorf("to %q the carrier answered %+v", step.text, got)
		}
		for _, m := range got {
			if !m.Service || !m.Received || m.Text == "" || m.Number != ours {
				t.Errorf("the carrier's answer is %+v", m)
			}
		}
		_, err := c.Send(t.Context(), outbound("1"))
		failure := channel.AsSendError(err)
		if err == nil == step.stopped || step.stopped && (failure.Outcome != channel.Rejected || failure.Consent != channel.ConsentStopped || failure.Code != simulated.CodeOptedOut) {
			t.Errorf("after %q Send returned %v", step.text, err)
		}
		deliver(t, c)
	}
	write(t, p, "STOP")
	other := outbound("2")
	other.From = "+14155550101"
	send(t, c, other) // the phone has stopped one number only
}

func TestKeywordsAreForTheTelephoneNetworkAndOffByDefault(t *testing.T) {
	on, off := newCarrier(t, simulated.Config{Keywords: true}), newCarrier(t, simulated.Config{})
	if _, err := on.Phone("whatsapp:+14155550123").Send("whatsapp:+14155550100", "STOP"); err != nil {
		t.Fatal(err)
	}
	write(t, off.Phone(alice), "STOP")
	for _, c := range []*simulated.Carrier{on, off} {
		if m := deliver(t, c).inbound[0]; m.Keyword != channel.NoKeyword || m.ProviderReplied || len(c.Messages()) != 1 {
			t.Errorf("the carrier handled it: %+v", m)
		}
	}
	send(t, off, outbound("1"))
}
