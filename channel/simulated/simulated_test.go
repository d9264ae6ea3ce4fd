package simulated_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

const (
	ours  channel.Address = "+14155550100"
	alice channel.Address = "+14155550123"
	bob   channel.Address = "+14155550124"
)

func newCarrier(t testing.TB, cfg simulated.Config) *simulated.Carrier {
	t.Helper()
	c, err := simulated.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clock is a clock that stands still until it is moved.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

var errFull = errors.New("the sink is full")

// recorder is a sink that keeps what it takes. It refuses as often as told.
type recorder struct {
	mu      sync.Mutex
	refuse  int
	inbound []channel.Inbound
	status  []channel.StatusUpdate
	consent []channel.ConsentUpdate
}

func (r *recorder) take(keep func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse > 0 {
		r.refuse--
		return errFull
	}
	keep()
	return nil
}

func (r *recorder) Receive(_ context.Context, m channel.Inbound) error {
	return r.take(func() { r.inbound = append(r.inbound, m) })
}

func (r *recorder) Status(_ context.Context, u channel.StatusUpdate) error {
	return r.take(func() { r.status = append(r.status, u) })
}

func (r *recorder) Consent(_ context.Context, u channel.ConsentUpdate) error {
	return r.take(func() { r.consent = append(r.consent, u) })
}

func (r *recorder) texts() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.inbound {
		all = append(all, m.Text)
	}
	return all
}

func (r *recorder) states() (all []channel.DeliveryState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range r.status {
		all = append(all, u.State)
	}
	return all
}

// deliver hands over everything that is due to a new recorder.
func deliver(t testing.TB, c *simulated.Carrier) *recorder {
	t.Helper()
	var r recorder
	if _, err := c.Deliver(t.Context(), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func write(t testing.TB, p *simulated.Phone, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := p.Send(ours, text); err != nil {
			t.Fatal(err)
		}
	}
}

func outbound(id string) channel.Outbound {
	return channel.Outbound{ID: id, From: ours, To: alice, Text: "Your order is ready"}
}

func send(t testing.TB, c *simulated.Carrier, m channel.Outbound) channel.Receipt {
	t.Helper()
	r, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
