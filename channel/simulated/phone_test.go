package simulated_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

func TestPhoneSaysWhatIsWrongWithAddresses(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	for _, tt := range []struct{ phone, to, want string }{
		{"", "+14155550100", "phone: channel: address is empty"},
		{"+1415555012x", "+14155550100", "neither a digit nor punctuation"},
		{"+14155550123", "", "Inbound.To: channel: address is empty"},
		{"+14155550123", "+", "0 digits"},
		{"whatsapp:+14155550123", "+14155550100", "give the phone an address of the same medium"},
	} {
		_, err := c.Phone(channel.Address(tt.phone)).Send(channel.Address(tt.to), "hello")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("phone %q to %q: the error is %v", tt.phone, tt.to, err)
		}
	}
	p := c.Phone("nobody:")
	if _, err := p.Wait(t.Context(), 0); err == nil {
		t.Error("a phone without an address waits")
	}
	if _, err := p.WaitFor(t.Context(), func(simulated.Message) bool { return true }); err == nil {
		t.Error("a phone without an address waits for a message")
	}
	if p.Address() != "" || p.Read() != 0 || len(p.Messages()) != 0 {
		t.Error("a phone without an address has messages")
	}
	if n, _ := c.Pending(); n != 0 || len(c.Messages()) != 0 {
		t.Error("a message of a bad address was taken")
	}
}

func TestPhoneNormalisesAddresses(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	p := c.Phone(" +1 (415) 555-0123 ")
	if p.Address() != alice {
		t.Errorf("the phone's address is %q", p.Address())
	}
	if _, err := p.Send("+1 415 555 0100", "caf\xe9"); err != nil {
		t.Fatal(err)
	}
	m := deliver(t, c).inbound[0]
	if m.From != alice || m.To != ours || m.Text != "caf\ufffd" {
		t.Errorf("it came from %q to %q as %q", m.From, m.To, m.Text)
	}
	send(t, c, channel.Outbound{ID: "1", From: "+1 415 555 0100", To: "+1-415-555-0123", Text: "hello"})
	if got := c.Phone(alice).Messages(); len(got) != 2 || got[1].Number != ours {
		t.Errorf("the phone has %+v", got)
	}
}

func TestWaitIsWokenAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(t, simulated.Config{})
		p := c.Phone(alice)
		write(t, p, "what a phone sends does not count")
		type result struct {
			got []simulated.Message
			err error
		}
		results := make(chan result, 1)
		go func() {
			got, err := p.Wait(t.Context(), 2)
			results <- result{got, err}
		}()
		send(t, c, outbound("1"))
		synctest.Wait()
		if len(results) > 0 {
			t.Fatal("Wait returned after the first of two messages")
		}
		send(t, c, outbound("2"))
		if r := <-results; r.err != nil || len(r.got) != 2 || r.got[1].MessageID != "2" {
			t.Errorf("Wait returned %+v", r)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := p.Wait(ctx, 3)
		if !errors.Is(err, context.DeadlineExceeded) || len(got) != 2 {
			t.Errorf("Wait returned %d messages and %v", len(got), err)
		}
		if strings.Contains(err.Error(), "4155550123") {
			t.Errorf("the error tells the number: %v", err)
		}
	})
}

func TestWaitForFindsTheFirstMatch(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	for _, id := range []string{"1", "2", "3"} {
		send(t, c, outbound(id))
	}
	m, err := c.Phone(alice).WaitFor(t.Context(), func(m simulated.Message) bool { return m.MessageID != "1" })
	if err != nil || m.MessageID != "2" {
		t.Errorf("WaitFor returned %+v, %v", m, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Phone(alice).WaitFor(ctx, func(simulated.Message) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitFor returned %v", err)
	}
}

func TestReadIsReportedOnce(t *testing.T) {
	c := newCarrier(t, simulated.Config{Reports: []channel.DeliveryState{}})
	p := c.Phone(alice)
	receipt := send(t, c, outbound("1"))
	write(t, p, "thanks")
	if n := p.Read(); n != 1 {
		t.Errorf("Read opened %d messages", n)
	}
	if n := p.Read(); n != 0 {
		t.Errorf("Read opened %d messages again", n)
	}
	r := deliver(t, c)
	if len(r.status) != 1 || r.status[0].State != channel.DeliveryRead || r.status[0].ProviderID != receipt.ProviderID || r.status[0].MessageID != "1" {
		t.Errorf("reported was %+v", r.status)
	}
	if got, _, err := c.Reconcile(t.Context(), outbound("1"), time.Time{}); err != nil || got.State != channel.DeliveryRead {
		t.Errorf("Reconcile returned %v, %v", got, err)
	}
	if m := p.Messages(); !m[0].Read || m[1].Read {
		t.Errorf("the phone shows %+v", m)
	}
}

func TestReportsUpToRead(t *testing.T) {
	all := []channel.DeliveryState{channel.DeliverySent, channel.DeliveryDelivered, channel.DeliveryRead}
	c := newCarrier(t, simulated.Config{Reports: all})
	send(t, c, outbound("1"))
	if diff := cmp.Diff(all, deliver(t, c).states()); diff != "" {
		t.Error(diff)
	}
	if n := c.Phone(alice).Read(); n != 0 {
		t.Errorf("Read opened %d messages that were read", n)
	}
}

func TestReconcileTellsTheLatestState(t *testing.T) {
	c := newCarrier(t, simulated.Config{Reports: []channel.DeliveryState{channel.DeliveryDelivered, channel.DeliverySent}})
	first := send(t, c, outbound("1"))
	send(t, c, outbound("1")) // sent twice, which is for the checker to find out
	got, found, err := c.Reconcile(t.Context(), outbound("1"), time.Time{})
	if !found || err != nil || got.ProviderID != first.ProviderID || got.State != channel.DeliveryDelivered {
		t.Errorf("Reconcile returned %+v, %v, %v", got, found, err)
	}
	if _, _, err := c.Reconcile(t.Context(), outbound(""), time.Time{}); err == nil {
		t.Error("Reconcile knows a message without an id")
	}
	if n := len(c.Phone(alice).Messages()); n != 2 {
		t.Errorf("the phone has %d messages", n)
	}
}

func TestWatchGoesOnWhereItStopped(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	write(t, c.Phone(alice), "a", "b", "c")
	for m := range c.Watch(t.Context(), 1) {
		if m.Text != "b" || m.Seq != 2 {
			t.Errorf("after message 1 comes message %d, %q", m.Seq, m.Text)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for m := range c.Watch(ctx, 0) {
		t.Errorf("a watch that has ended yields message %d", m.Seq)
	}
}

func TestReportAnything(t *testing.T) {
	c := newCarrier(t, simulated.Config{Reports: []channel.DeliveryState{}})
	receipt := send(t, c, outbound("1"))
	u := channel.StatusUpdate{ProviderID: receipt.ProviderID, State: channel.DeliveryFailed, Code: "30005", Consent: channel.ConsentStopped}
	if err := c.Report(u, simulated.Disturbance{Copies: 1}); err != nil {
		t.Fatal(err)
	}
	r := deliver(t, c)
	if len(r.status) != 2 || r.status[0] != r.status[1] || r.status[0].Code != "30005" || r.status[0].MessageID != "1" || r.status[0].Consent != channel.ConsentStopped {
		t.Errorf("reported was %+v", r.status)
	}
	if err := c.Report(channel.StatusUpdate{ProviderID: "none"}, simulated.Disturbance{}); !errors.Is(err, simulated.ErrUnknownMessage) {
		t.Errorf("a report on an unknown message returned %v", err)
	}
}

func TestReportConsent(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	for name, u := range map[string]channel.ConsentUpdate{
		"of nobody":          {Change: channel.MarketingStopped},
		"to no number":       {From: alice, To: "+1x", Change: channel.MarketingStopped},
		"that nothing is so": {From: alice, To: ours},
	} {
		if err := c.ReportConsent(u, simulated.Disturbance{}); err == nil {
			t.Errorf("an update %s is reported", name)
		}
	}
	stop := channel.ConsentUpdate{From: alice, To: ours, Change: channel.MarketingStopped, Code: "stop"}
	for _, d := range []simulated.Disturbance{{Lost: true}, {Copies: 1}} {
		if err := c.ReportConsent(stop, d); err != nil {
			t.Fatal(err)
		}
	}
	r := &recorder{refuse: 1}
	if _, err := c.Deliver(t.Context(), r); err == nil {
		t.Error("a refusal of the sink is no error")
	}
	if _, err := c.Deliver(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.consent) != 2 || r.consent[0] != r.consent[1] || r.consent[0].At.IsZero() || r.consent[0].Code != "stop" {
		t.Errorf("the sink took %+v, want the stop twice, with its time", r.consent)
	}
}

func TestNothingIsShared(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	m := channel.Inbound{
		To: ours, Media: []channel.Media{{URL: "a"}}, Button: &channel.Button{Text: "a"}, Location: &channel.Location{Label: "a"},
		ReplyTo: &channel.ReplyTo{ProviderID: "a"}, Referral: &channel.Referral{Body: "a"}, Raw: map[string]string{"a": "a"}, Problems: []string{"a"},
	}
	if _, err := c.Phone(alice).SendMessage(m); err != nil {
		t.Fatal(err)
	}
	spoil := func(m channel.Inbound) {
		m.Media[0].URL, m.Button.Text, m.Location.Label = "spoilt", "spoilt", "spoilt"
		m.ReplyTo.ProviderID, m.Referral.Body, m.Raw["a"], m.Problems[0] = "spoilt", "spoilt", "spoilt", "spoilt"
	}
	spoil(m)
	listed := func() (one channel.Inbound) {
		t.Helper()
		if err := c.Backfill(t.Context(), time.Time{}, func(m channel.Inbound) error { one = m; return nil }); err != nil {
			t.Fatal(err)
		}
		return one
	}
	first := listed()
	spoil(listed())
	for _, m := range c.Messages() {
		m.Media[0].URL, m.Button.Text, m.Location.Label = "spoilt", "spoilt", "spoilt"
	}
	got := deliver(t, c).inbound[0]
	got.Late = true
	if diff := cmp.Diff(first, got); diff != "" || got.Media[0].URL != "a" {
		t.Errorf("what is handed over was changed from outside:\n%s", diff)
	}
	if shown := c.Messages()[0]; shown.Media[0].URL != "a" || shown.Button.Text != "a" || shown.Location.Label != "a" {
		t.Errorf("what the phone shows was changed from outside: %+v", shown)
	}
}

func TestClockThatRunsBackwardsStandsStill(t *testing.T) {
	at := newClock()
	c := newCarrier(t, simulated.Config{Now: at.now})
	write(t, c.Phone(alice), "a")
	at.at = at.at.Add(-time.Hour)
	write(t, c.Phone(alice), "b")
	if diff := cmp.Diff([]string{"a", "b"}, deliver(t, c).texts()); diff != "" {
		t.Error(diff)
	}
}
