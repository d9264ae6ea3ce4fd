package simulated_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

func TestFaultsOfASend(t *testing.T) {
	const sent, delivered, failed = channel.DeliverySent, channel.DeliveryDelivered, channel.DeliveryFailed
	for _, tt := range []struct {
		fault          simulated.Fault
		want           *channel.SendError // nil: success
		taken, arrived bool
		states         []channel.DeliveryState
	}{
		{fault: simulated.Fault{}, taken: true, arrived: true, states: []channel.DeliveryState{sent, delivered}},
		{
			fault: simulated.Fault{Kind: simulated.Refused, RetryAfter: time.Minute},
			want:  &channel.SendError{Outcome: channel.NotSent, Code: simulated.CodeRateLimited, RetryAfter: time.Minute},
		},
		{
			fault: simulated.Fault{Kind: simulated.Rejected, Code: "30006"},
			want:  &channel.SendError{Outcome: channel.Rejected, Code: "30006"},
		},
		{
			fault: simulated.Fault{Kind: simulated.Rejected, Consent: channel.ConsentStopped},
			want:  &channel.SendError{Outcome: channel.Rejected, Code: simulated.CodeOptedOut, Consent: channel.ConsentStopped},
		},
		{fault: simulated.Fault{Kind: simulated.Lost}, want: &channel.SendError{Outcome: channel.Uncertain}},
		{
			fault: simulated.Fault{Kind: simulated.AnswerLost, Code: "503"},
			want:  &channel.SendError{Outcome: channel.Uncertain, Code: "503"},
			taken: true, arrived: true, states: []channel.DeliveryState{sent, delivered},
		},
		{fault: simulated.Fault{Kind: simulated.Undelivered}, taken: true, states: []channel.DeliveryState{failed}},
		{
			fault: simulated.Fault{Reports: simulated.Disturbance{Lost: true}},
			taken: true, arrived: true,
		},
		{
			fault: simulated.Fault{Reports: simulated.Disturbance{Swapped: true}},
			taken: true, arrived: true, states: []channel.DeliveryState{delivered, sent},
		},
		{
			fault: simulated.Fault{Reports: simulated.Disturbance{Copies: 1}},
			taken: true, arrived: true, states: []channel.DeliveryState{sent, sent, delivered, delivered},
		},
	} {
		t.Run(fmt.Sprintf("%+v", tt.fault), func(t *testing.T) {
			c := newCarrier(t, simulated.Config{})
			c.FailNext(tt.fault)
			receipt, err := c.Send(t.Context(), outbound("1"))
			if tt.want == nil {
				if err != nil || receipt.ProviderID == "" || receipt.State != channel.DeliveryAccepted {
					t.Errorf("Send returned %+v, %v", receipt, err)
				}
			} else {
				var got *channel.SendError
				if !errors.As(err, &got) {
					t.Fatalf("Send returned %v", err)
				}
				if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(channel.SendError{}, "Reason", "Err")); diff != "" {
					t.Errorf("Send returned another error (-want +got):\n%s", diff)
				}
			}
			a := c.Sent()[0]
			if a.Taken != tt.taken || a.Arrived != tt.arrived || (a.ProviderID != "") != tt.taken {
				t.Errorf("Sent says %+v", a)
			}
			if n := len(c.Phone(alice).Messages()); (n == 1) != tt.arrived {
				t.Errorf("the phone has %d messages", n)
			}
			r := deliver(t, c)
			if diff := cmp.Diff(tt.states, r.states()); diff != "" {
				t.Errorf("other states were reported (-want +got):\n%s", diff)
			}
			for _, u := range r.status {
				if u.MessageID != "1" || u.ProviderID != a.ProviderID {
					t.Errorf("a status update has the ids %q and %q", u.MessageID, u.ProviderID)
				}
				if u.State == channel.DeliveryFailed && (u.Code == "" || u.Reason == "") {
					t.Errorf("a failure has the code %q and the reason %q", u.Code, u.Reason)
				}
			}
			if _, found, err := c.Reconcile(t.Context(), outbound("1"), time.Time{}); found != tt.taken || err != nil {
				t.Errorf("Reconcile returned %v, %v", found, err)
			}
			send(t, c, outbound("2")) // nothing was ordered for it
		})
	}
}

func TestSlowSendEndsWithItsContext(t *testing.T) {
	for _, tt := range []struct {
		kind    simulated.FaultKind
		outcome channel.Outcome
		taken   bool
	}{
		{simulated.NoFault, channel.Uncertain, true},
		{simulated.AnswerLost, channel.Uncertain, true},
		{simulated.Lost, channel.Uncertain, false},
		{simulated.Refused, channel.NotSent, false},
	} {
		t.Run(tt.kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCarrier(t, simulated.Config{})
				c.FailNext(simulated.Fault{Kind: tt.kind, Slow: true})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				_, err := c.Send(ctx, outbound("1"))
				if time.Since(began) != time.Minute {
					t.Errorf("Send returned after %v", time.Since(began))
				}
				if err == nil || channel.AsSendError(err).Outcome != tt.outcome {
					t.Errorf("Send returned %v", err)
				}
				if got := c.Sent()[0].Taken; got != tt.taken {
					t.Errorf("taken: %v", got)
				}
			})
		})
	}
}

func TestEarlyReportsAreTakenBeforeSendReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(t, simulated.Config{})
		c.FailNext(simulated.Fault{Reports: simulated.Disturbance{Early: true}})
		returned := make(chan error, 1)
		go func() {
			_, err := c.Send(t.Context(), outbound("1"))
			returned <- err
		}()
		var r recorder
		for i := range 2 {
			synctest.Wait()
			if len(returned) > 0 {
				t.Fatalf("Send returned after %d of 2 reports", i)
			}
			if some, err := c.Step(t.Context(), &r); !some || err != nil {
				t.Fatalf("Step returned %v, %v", some, err)
			}
		}
		synctest.Wait()
		if err := <-returned; err != nil {
			t.Error(err)
		}
	})
}

func TestEarlyEndsWithTheContextAndTheMessageIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier(t, simulated.Config{Faults: simulated.Faults{Early: 1}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Send(ctx, outbound("1")); err != nil {
			t.Errorf("Send returned %v although the carrier has the message", err)
		}
	})
}

func TestDisturbedInbound(t *testing.T) {
	for _, tt := range []struct {
		name         string
		disturbances []simulated.Disturbance
		want         []string // what is handed over at once
		later        []string // what a minute later
	}{
		{name: "not at all", want: []string{"a", "b", "c"}},
		{name: "late", disturbances: []simulated.Disturbance{{}, {Delay: time.Minute}}, want: []string{"a", "c"}, later: []string{"b"}},
		{name: "thrice", disturbances: []simulated.Disturbance{{Copies: 2}}, want: []string{"a", "a", "a", "b", "c"}},
		{name: "overtaking", disturbances: []simulated.Disturbance{{}, {Swapped: true}}, want: []string{"b", "a", "c"}},
		{name: "never", disturbances: []simulated.Disturbance{{Lost: true}}, want: []string{"b", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := newClock()
			c := newCarrier(t, simulated.Config{Now: at.now})
			c.DisturbNext(tt.disturbances...)
			write(t, c.Phone(alice), "a", "b", "c")
			if diff := cmp.Diff(tt.want, deliver(t, c).texts()); diff != "" {
				t.Errorf("handed over at once (-want +got):\n%s", diff)
			}
			at.at = at.at.Add(time.Minute)
			if diff := cmp.Diff(tt.later, deliver(t, c).texts()); diff != "" {
				t.Errorf("handed over later (-want +got):\n%s", diff)
			}
			if n, _ := c.Pending(); n != 0 {
				t.Errorf("%d items are pending", n)
			}
			var listed []string
			if err := c.Backfill(t.Context(), time.Time{}, func(m channel.Inbound) error {
				listed = append(listed, m.Text)
				return nil
			}); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{"a", "b", "c"}, listed); diff != "" {
				t.Errorf("Backfill (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHookDecidesWhatNothingWasOrderedFor(t *testing.T) {
	c := newCarrier(t, simulated.Config{
		Faults: simulated.Faults{Rejected: 1},
		Hook: func(_ context.Context, m channel.Outbound) simulated.Fault {
			if m.ID == "2" {
				return simulated.Fault{Kind: simulated.Lost}
			}
			return simulated.Fault{}
		},
	})
	c.FailNext(simulated.Fault{Kind: simulated.Undelivered}, simulated.Fault{})
	var got []simulated.FaultKind
	for _, id := range []string{"2", "2", "2", "3"} {
		// Only what was done counts here.
		_, _ = c.Send(t.Context(), outbound(id))
	}
	for _, a := range c.Sent() {
		got = append(got, a.Fault.Kind)
	}
	want := []simulated.FaultKind{simulated.Undelivered, simulated.NoFault, simulated.Lost, simulated.Rejected}
	if !slices.Equal(got, want) {
		t.Errorf("the faults were %v instead of %v", got, want)
	}
}

func TestHookThatOutlastsTheContextSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newCarrier(t, simulated.Config{Hook: func(context.Context, channel.Outbound) simulated.Fault {
		cancel()
		return simulated.Fault{}
	}})
	if _, err := c.Send(ctx, outbound("1")); err == nil || channel.AsSendError(err).Outcome != channel.NotSent {
		t.Errorf("Send returned %v", err)
	}
	if n := len(c.Sent()); n != 0 {
		t.Errorf("%d sends reached the carrier", n)
	}
}

// storm drives a carrier on which everything goes wrong at times, and returns
// all that could be seen.
func storm(t *testing.T, seed uint64) (trace []string) {
	at := newClock()
	c := newCarrier(t, simulated.Config{Now: at.now, Seed: seed, Faults: simulated.Faults{
		Refused: 0.1, Rejected: 0.1, Lost: 0.1, AnswerLost: 0.1, Undelivered: 0.1,
		NeverReported: 0.2, Delayed: 0.3, Doubled: 0.3, Reordered: 0.3,
	}})
	var r recorder
	for i := range 100 {
		write(t, c.Phone(alice), fmt.Sprint("in ", i))
		_, err := c.Send(t.Context(), outbound(fmt.Sprint(i)))
		trace = append(trace, fmt.Sprint(err))
		if _, err := c.Step(t.Context(), &r); err != nil {
			t.Fatal(err)
		}
		at.at = at.at.Add(time.Second)
	}
	for {
		if _, err := c.Deliver(t.Context(), &r); err != nil {
			t.Fatal(err)
		}
		n, due := c.Pending()
		if n == 0 {
			break
		}
		at.at = due
	}
	for _, m := range r.inbound {
		trace = append(trace, m.Text)
	}
	for _, u := range r.status {
		trace = append(trace, u.MessageID+" "+u.State.String())
	}
	return trace
}

func TestSameSeedSameRun(t *testing.T) {
	first := storm(t, 7)
	if diff := cmp.Diff(first, storm(t, 7)); diff != "" {
		t.Errorf("a run with the same seed differs (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, storm(t, 8)) {
		t.Error("a run with another seed is the same")
	}
}

func TestOdds(t *testing.T) {
	const n = 4000
	c := newCarrier(t, simulated.Config{
		Reports: []channel.DeliveryState{},
		Faults:  simulated.Faults{Refused: 0.1, Rejected: 0.05, Lost: 0.1, AnswerLost: 0.2, Undelivered: 0.15},
	})
	for i := range n {
		// Only how often counts here.
		_, _ = c.Send(t.Context(), outbound(fmt.Sprint(i)))
	}
	counts := map[simulated.FaultKind]int{}
	for _, a := range c.Sent() {
		counts[a.Fault.Kind]++
	}
	for kind, odds := range map[simulated.FaultKind]float64{
		simulated.NoFault: 0.4, simulated.Refused: 0.1, simulated.Rejected: 0.05,
		simulated.Lost: 0.1, simulated.AnswerLost: 0.2, simulated.Undelivered: 0.15,
	} {
		// The seed is fixed, so that this can't fail by chance.
		if got := float64(counts[kind]) / n; got < odds-0.03 || got > odds+0.03 {
			t.Errorf("%v happened in %.3f of the sends, its probability is %.2f", kind, got, odds)
		}
	}
}
