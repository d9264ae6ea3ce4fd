package channeltest

import (
	"context"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func consentCases() []testCase {
	var all []testCase
	for _, c := range []channel.ConsentChange{channel.ConsentStopped, channel.MarketingStopped, channel.MarketingResumed, channel.NumberVoid} {
		all = append(all, testCase{
			name: "Consent/" + c.String(),
			rule: "ConsentUpdate: From and Change are always there. A MarketingResumed always has a To and an At.",
			run:  func(e *env) error { return webhookConsent(e, c) },
		})
	}
	return all
}

// changed is an update as a provider may report it.
func (e *env) changed(c channel.ConsentChange) channel.ConsentUpdate {
	// Providers count in seconds, mostly.
	return channel.ConsentUpdate{From: e.To, To: e.From, Change: c, At: e.Now().UTC().Truncate(time.Second)}
}

// sameConsent says in what an update differs from the one that was reported.
func sameConsent(want, got channel.ConsentUpdate) error {
	switch {
	case got.From != want.From:
		return fmt.Errorf("the customer's address is %q instead of %q", got.From, want.From)
	case got.To != want.To && (got.To != "" || want.Change == channel.MarketingResumed):
		return fmt.Errorf("our address is %q instead of %q", got.To, want.To)
	case got.Change != want.Change:
		return fmt.Errorf("the change is %v instead of %v", got.Change, want.Change)
	case !got.At.Equal(want.At) && (!got.At.IsZero() || want.Change == channel.MarketingResumed):
		return fmt.Errorf("the time is %v instead of %v", got.At, want.At)
	}
	return nil
}

func webhookConsent(e *env, c channel.ConsentChange) error {
	h, err := e.hook()
	if err != nil {
		return err
	}
	if h.make.Consent == nil {
		return skipf("the harness makes no Consent requests")
	}
	want := e.changed(c)
	r := h.make.Consent(want)
	if r == nil {
		return skipf("the provider can't report that (%v)", c)
	}
	d, err := h.ParseWebhook(r)
	if err != nil {
		return fmt.Errorf("ParseWebhook refused a valid consent update: %w", err)
	}
	if len(d.Inbound) != 0 || len(d.Status) != 0 || len(d.Consent) != 1 {
		return fmt.Errorf("ParseWebhook found %d messages, %d status updates and %d consent updates in a request with one consent update", len(d.Inbound), len(d.Status), len(d.Consent))
	}
	return sameConsent(want, d.Consent[0])
}

// listenerConsent lets the sink refuse an update so many times.
func listenerConsent(e *env, refusals int) error {
	if e.ReportConsent == nil {
		return skipf("the harness has no ReportConsent")
	}
	offered := make(chan channel.ConsentUpdate, 100)
	stop, err := e.listen(sink{consent: func(_ context.Context, u channel.ConsentUpdate) error {
		offered <- u
		if len(offered) <= refusals {
			return errSink
		}
		return nil
	}})
	if err != nil {
		return err
	}
	want := e.changed(channel.MarketingStopped)
	e.ReportConsent(want)
	arrived := e.await(func() bool { return len(offered) > refusals })
	if err := stop(); err != nil {
		return err
	}
	if !arrived {
		return fmt.Errorf("Listen offered a consent update %d times within %v, and %d times were needed until the sink took it", len(offered), e.patience, refusals+1)
	}
	return sameConsent(want, <-offered)
}
