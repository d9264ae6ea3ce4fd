package simulated_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

// sinkFunc is a sink of inbound messages. Status updates it takes.
type sinkFunc func(ctx context.Context, m channel.Inbound) error

func (f sinkFunc) Receive(ctx context.Context, m channel.Inbound) error { return f(ctx, m) }

func (sinkFunc) Status(context.Context, channel.StatusUpdate) error { return nil }

func (sinkFunc) Consent(context.Context, channel.ConsentUpdate) error { return nil }

func TestStepOffersAgainWhatTheSinkRefused(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	write(t, c.Phone(alice), "a", "b")
	r := &recorder{refuse: 3}
	for range 3 {
		if some, err := c.Step(t.Context(), r); !some || !errors.Is(err, errFull) {
			t.Fatalf("Step returned %v, %v", some, err)
		}
		if n, _ := c.Pending(); n != 2 {
			t.Fatalf("%d items are pending", n)
		}
	}
	if n, err := c.Deliver(t.Context(), r); n != 2 || err != nil {
		t.Errorf("Deliver returned %d, %v", n, err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, r.texts()); diff != "" {
		t.Error(diff)
	}
	if some, err := c.Step(t.Context(), r); some || err != nil {
		t.Errorf("with nothing left Step returned %v, %v", some, err)
	}
}

func TestADelayHoldsUpNoOtherCustomer(t *testing.T) {
	at := newClock()
	c := newCarrier(t, simulated.Config{Now: at.now})
	c.DisturbNext(simulated.Disturbance{Delay: time.Minute})
	write(t, c.Phone(alice), "a")
	write(t, c.Phone(bob), "b")
	if diff := cmp.Diff([]string{"b"}, deliver(t, c).texts()); diff != "" {
		t.Error(diff)
	}
	if n, due := c.Pending(); n != 1 || !due.Equal(at.at.Add(time.Minute)) {
		t.Errorf("%d items are pending, due at %v", n, due)
	}
}

func TestStepsOverlapForDifferentCustomersOnly(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	write(t, c.Phone(alice), "a1", "a2")
	write(t, c.Phone(bob), "b1")
	var got []string
	_, err := c.Step(t.Context(), sinkFunc(func(ctx context.Context, m channel.Inbound) error {
		var inner recorder
		if _, err := c.Deliver(ctx, &inner); err != nil {
			return err
		}
		got = append([]string{m.Text}, inner.texts()...)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, deliver(t, c).texts()...)
	if diff := cmp.Diff([]string{"a1", "b1", "a2"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPanickingSinkLosesNothing(t *testing.T) {
	c := newCarrier(t, simulated.Config{})
	write(t, c.Phone(alice), "a")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = c.Step(t.Context(), sinkFunc(func(context.Context, channel.Inbound) error { panic("sink") }))
	}()
	if diff := cmp.Diff([]string{"a"}, deliver(t, c).texts()); diff != "" {
		t.Error(diff)
	}
}

func TestListenWaitsForDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(t, simulated.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		var r recorder
		ended := make(chan error, 1)
		go func() { ended <- c.Listen(ctx, &r) }()
		synctest.Wait()
		c.DisturbNext(simulated.Disturbance{Delay: time.Hour})
		write(t, c.Phone(alice), "late", "soon")
		synctest.Wait()
		if diff := cmp.Diff([]string{"soon"}, r.texts()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]string{"soon", "late"}, r.texts()); diff != "" {
			t.Error(diff)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Listen returned %v", err)
		}
	})
}

func TestListenIsNotHeldUpByOneRefusedCustomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(t, simulated.Config{Concurrency: 1})
		ctx, cancel := context.WithCancel(t.Context())
		var kept recorder
		var refused atomic.Int64
		ended := make(chan error, 1)
		go func() {
			ended <- c.Listen(ctx, sinkFunc(func(ctx context.Context, m channel.Inbound) error {
				if m.From == alice && refused.Add(1) < 20 {
					return errFull
				}
				return kept.Receive(ctx, m)
			}))
		}()
		write(t, c.Phone(alice), "a1", "a2")
		synctest.Wait()
		write(t, c.Phone(bob), "b1")
		synctest.Wait()
		if diff := cmp.Diff([]string{"b1"}, kept.texts()); diff != "" {
			t.Errorf("while alice is refused (-want +got):\n%s", diff)
		}
		if n := refused.Load(); n != 1 {
			t.Errorf("alice was refused %d times without a pause", n)
		}
		time.Sleep(time.Second) // pauses of 10, 20, 40 … 320 milliseconds
		synctest.Wait()
		if n := refused.Load(); n != 7 {
			t.Errorf("alice was refused %d times within a second", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"b1", "a1", "a2"}, kept.texts()); diff != "" {
			t.Error(diff)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Listen returned %v", err)
		}
	})
}

func TestListenKeepsToItsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(t, simulated.Config{Concurrency: 3})
		ctx, cancel := context.WithCancel(t.Context())
		var open, most atomic.Int64
		ended := make(chan error, 1)
		go func() {
			ended <- c.Listen(ctx, sinkFunc(func(context.Context, channel.Inbound) error {
				n := open.Add(1)
				defer open.Add(-1)
				for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
				}
				time.Sleep(time.Second)
				return nil
			}))
		}()
		for i := range 12 {
			write(t, c.Phone(channel.Address(fmt.Sprintf("+141555501%02d", i))), "hello")
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if n, _ := c.Pending(); n != 0 || most.Load() != 3 {
			t.Errorf("after 4 seconds %d items are pending, at the most %d calls were open", n, most.Load())
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Listen returned %v", err)
		}
	})
}

// TestStorm lets many goroutines write, send, listen and watch while things go
// wrong, and compares what each side has seen in the end.
func TestStorm(t *testing.T) {
	const customers, each = 8, 25
	c := newCarrier(t, simulated.Config{Faults: simulated.Faults{
		Lost: 0.1, AnswerLost: 0.2, Undelivered: 0.1, Doubled: 0.2, Reordered: 0.2, Delayed: 0.1, MaxDelay: time.Millisecond,
	}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var r recorder
	r.refuse = 10
	var listeners sync.WaitGroup
	for range 2 {
		listeners.Go(func() { _ = c.Listen(ctx, &r) })
	}
	var work sync.WaitGroup
	for i := range customers {
		a := channel.Address(fmt.Sprintf("+141555501%02d", i))
		work.Go(func() {
			for j := range each {
				if _, err := c.Phone(a).Send(ours, fmt.Sprint(j)); err != nil {
					t.Error(err)
				}
			}
		})
		work.Go(func() {
			for j := range each {
				// The outcomes are compared with Sent below.
				_, _ = c.Send(ctx, channel.Outbound{ID: fmt.Sprintf("%d-%d", i, j), From: ours, To: a, Text: "hello"})
			}
		})
		work.Go(func() { c.Phone(a).Read() })
	}
	work.Wait()
	arrived := 0
	for _, a := range c.Sent() {
		if a.Arrived {
			arrived++
		}
	}
	seen := 0
	for m := range c.Watch(ctx, 0) {
		if seen++; m.Seq != seen {
			t.Errorf("message %d has the Seq %d", seen, m.Seq)
		}
		if seen == customers*each+arrived {
			break
		}
	}
	if n := len(c.Messages()); n != seen {
		t.Errorf("the phones have %d messages, %d were sent by them and %d arrived", n, customers*each, arrived)
	}
	if err := c.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	listeners.Wait()
	distinct := map[string]bool{}
	for _, m := range r.inbound {
		distinct[m.ProviderID] = true
	}
	if len(distinct) != customers*each {
		t.Errorf("%d of %d inbound messages were taken", len(distinct), customers*each)
	}
	if len(r.inbound) == len(distinct) {
		t.Error("no message came twice")
	}
	last := map[string]channel.DeliveryState{}
	for _, u := range r.status {
		last[u.MessageID] = max(last[u.MessageID], u.State)
	}
	for _, a := range c.Sent() {
		want := channel.DeliveryUnknown
		switch {
		case a.Arrived:
			want = channel.DeliveryDelivered
		case a.Taken:
			want = channel.DeliveryFailed
		}
		if got := last[a.Message.ID]; got < want {
			t.Errorf("message %s (%v) was last reported as %v", a.Message.ID, a.Fault.Kind, got)
		}
	}
}
