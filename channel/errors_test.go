package channel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func TestSendErrorText(t *testing.T) {
	for _, c := range []struct {
		err  channel.SendError
		want string
	}{
		{channel.SendError{}, "channel: it is uncertain whether the message was sent"},
		{channel.SendError{Outcome: channel.NotSent}, "channel: message not sent"},
		{channel.SendError{Outcome: channel.Rejected, Code: "21610"}, "channel: message rejected (code 21610)"},
		{channel.SendError{Outcome: channel.Rejected, Reason: "the customer has opted out", Consent: channel.ConsentStopped}, "channel: message rejected: the customer has opted out"},
		{
			channel.SendError{Outcome: channel.NotSent, Code: "429", Reason: "too many requests", RetryAfter: time.Second, Err: io.EOF},
			"channel: message not sent (code 429): too many requests: EOF",
		},
		{channel.SendError{Err: context.DeadlineExceeded}, "channel: it is uncertain whether the message was sent: context deadline exceeded"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("Error is %q, want %q", got, c.want)
		}
	}
}

func TestAsSendError(t *testing.T) {
	own := &channel.SendError{Outcome: channel.Rejected, Code: "21610", Err: io.ErrUnexpectedEOF}
	for _, err := range []error{own, fmt.Errorf("acme: %w", own), errors.Join(io.EOF, own)} {
		if got := channel.AsSendError(err); got != own {
			t.Errorf("AsSendError(%v) is %+v, want the channel's own", err, got)
		}
	}
	got := channel.AsSendError(io.EOF)
	if got.Outcome != channel.Uncertain || got.RetryAfter != 0 || got.Consent != channel.ConsentUnchanged || !errors.Is(got, io.EOF) {
		t.Errorf("AsSendError(io.EOF) is %+v, want Uncertain because of it", got)
	}
	if !errors.Is(own, io.ErrUnexpectedEOF) {
		t.Error("a SendError does not unwrap to its cause")
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[fmt.Stringer]string{
		channel.Uncertain: "uncertain", channel.NotSent: "not sent", channel.Rejected: "rejected", channel.Outcome(99): "uncertain",
		channel.DeliveryUnknown: "unknown", channel.DeliveryAccepted: "accepted", channel.DeliverySent: "sent",
		channel.DeliveryDelivered: "delivered", channel.DeliveryRead: "read", channel.DeliveryFailed: "failed",
		channel.DeliveryCanceled: "canceled", channel.DeliveryState(99): "unknown",
		channel.ConsentUnchanged: "unchanged", channel.ConsentStopped: "stopped", channel.MarketingStopped: "marketing stopped",
		channel.MarketingResumed: "marketing resumed", channel.NumberVoid: "number void", channel.ConsentChange(99): "unchanged",
	} {
		if got.String() != want {
			t.Errorf("%#v is called %q, want %q", got, got, want)
		}
	}
}

// The zero values are the cautious ones, and delivery states are in order.
func TestOrderOfStates(t *testing.T) {
	if (channel.SendError{}).Outcome != channel.Uncertain {
		t.Error("the zero Outcome is not Uncertain")
	}
	order := []channel.DeliveryState{
		channel.DeliveryUnknown, channel.DeliveryAccepted, channel.DeliverySent, channel.DeliveryDelivered,
		channel.DeliveryRead, channel.DeliveryFailed, channel.DeliveryCanceled,
	}
	for i, s := range order {
		if int(s) != i {
			t.Errorf("%v is state %d, want %d", s, s, i)
		}
	}
}

func TestFunc(t *testing.T) {
	type key struct{}
	failure := errors.New("no")
	var got channel.Outbound
	c := channel.Func("acme", func(ctx context.Context, m channel.Outbound) (channel.Receipt, error) {
		if ctx.Value(key{}) != "passed on" {
			t.Error("Func does not pass its context on")
		}
		got = m
		return channel.Receipt{ProviderID: "1"}, failure
	})
	if c.Name() != "acme" {
		t.Errorf("Name is %q", c.Name())
	}
	r, err := c.Send(context.WithValue(t.Context(), key{}, "passed on"), channel.Outbound{ID: "7", To: "+14155550123", Text: "Hello"})
	if r.ProviderID != "1" || !errors.Is(err, failure) || got.ID != "7" || got.To != "+14155550123" || got.Text != "Hello" {
		t.Errorf("Send returned %+v, %v and passed on %+v", r, err, got)
	}
	if _, ok := c.(channel.Webhook); ok {
		t.Error("Func returns a channel that claims to have webhooks")
	}
}

func TestAsSendErrorOfNothing(t *testing.T) {
	if got := channel.AsSendError(nil); got != nil {
		t.Errorf("AsSendError(nil) is %+v, want nil", got)
	}
	var typed *channel.SendError
	if got := channel.AsSendError(typed); got == nil || got.Outcome != channel.Uncertain {
		t.Errorf("AsSendError of a nil *SendError is %+v, want uncertain: a channel that returns one has not said that it was sent", got)
	}
}
