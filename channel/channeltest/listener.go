package channeltest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func listenerCases() []testCase {
	return []testCase{{
		name: "Listener/EndsWithContext",
		rule: "Listen blocks until the context ends.",
		run:  listenerEndsWithContext,
	}, {
		name: "Listener/EndsWhileSinkFails",
		rule: "Listen blocks until the context ends. [Also if the sink takes nothing.]",
		run:  listenerEndsWhileSinkFails,
	}, {
		name: "Listener/EndsWhileSinkBlocks",
		rule: "Listen blocks until the context ends. [The sink's context ends with it.]",
		run:  listenerEndsWhileSinkBlocks,
	}, {
		name: "Listener/Inbound",
		rule: "Listen hands over what comes in. Inbound: ProviderID, From and To are always there.",
		run:  listenerInbound,
	}, {
		name: "Listener/Order",
		rule: "Listen hands over what comes in, one call at a time for each sender, in the order in which it came.",
		run:  func(e *env) error { return listenerOrder(e, 0) },
	}, {
		name: "Listener/OffersAgain",
		rule: "An error of the sink means that the item is not durable: the Listener must offer it again.",
		run:  func(e *env) error { return listenerOrder(e, 2) },
	}, {
		name: "Listener/OffersAgainLater",
		rule: "An error of the sink means that the item is not durable: the Listener must offer it again. [Also when Listen has been called anew.]",
		run:  listenerOffersAgainLater,
	}, {
		name: "Listener/Status",
		rule: "A channel makes our id come back with every status update.",
		run:  func(e *env) error { return listenerStatus(e, 0) },
	}, {
		name: "Listener/OffersStatusAgain",
		rule: "An error of the sink means that the item is not durable: the Listener must offer it again.",
		run:  func(e *env) error { return listenerStatus(e, 2) },
	}, {
		name: "Listener/Consent",
		rule: "Listen hands over what comes in. [What the provider knows of consent, too.]",
		run:  func(e *env) error { return listenerConsent(e, 0) },
	}, {
		name: "Listener/OffersConsentAgain",
		rule: "An error of the sink means that the item is not durable: the Listener must offer it again.",
		run:  func(e *env) error { return listenerConsent(e, 2) },
	}}
}

// sink is a channel.Sink of functions. Nil ones take everything.
type sink struct {
	receive func(ctx context.Context, m channel.Inbound) error
	status  func(ctx context.Context, u channel.StatusUpdate) error
	consent func(ctx context.Context, u channel.ConsentUpdate) error
}

func (s sink) Receive(ctx context.Context, m channel.Inbound) error {
	if s.receive == nil {
		return nil
	}
	return s.receive(ctx, m)
}

func (s sink) Status(ctx context.Context, u channel.StatusUpdate) error {
	if s.status == nil {
		return nil
	}
	return s.status(ctx, u)
}

func (s sink) Consent(ctx context.Context, u channel.ConsentUpdate) error {
	if s.consent == nil {
		return nil
	}
	return s.consent(ctx, u)
}

var errSink = errors.New("channeltest: the sink could not store it")

// listen starts Listen. The function that it returns ends it and says whether
// it ended well.
func (e *env) listen(s channel.Sink) (stop func() error, err error) {
	l, ok := e.Channel.(channel.Listener)
	if !ok {
		return nil, skipf("the channel is no channel.Listener")
	}
	if e.Deliver == nil {
		return nil, errors.New("harness: the channel is a channel.Listener, but Instance.Deliver is nil")
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- l.Listen(ctx, s) }()
	return func() error {
		early := len(result) > 0
		cancel()
		limit := time.NewTimer(e.patience)
		defer limit.Stop()
		select {
		case err := <-result:
			if early {
				if err == nil {
					err = errors.New("it returned nil")
				}
				return fmt.Errorf("Listen returned before its context had ended: %w", err)
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Listen failed although nothing but its context had ended: %w", err)
			}
			return nil
		case <-limit.C:
			return fmt.Errorf("Listen did not return within %v of the end of its context", e.patience)
		}
	}, nil
}

func (e *env) deliver(from channel.Address, text string) (string, error) {
	id := e.Deliver(channel.Inbound{From: from, To: e.From, Text: text})
	if id == "" {
		return "", errors.New("harness: Deliver returned no provider id")
	}
	return id, nil
}

func listenerEndsWithContext(e *env) error {
	taken := make(chan struct{}, 100)
	stop, err := e.listen(sink{receive: func(context.Context, channel.Inbound) error {
		taken <- struct{}{}
		return nil
	}})
	if err != nil {
		return err
	}
	if _, err := e.deliver(e.To, body); err != nil {
		return errors.Join(err, stop())
	}
	if !e.await(func() bool { return len(taken) > 0 }) {
		return errors.Join(fmt.Errorf("Listen did not hand over a message within %v", e.patience), stop())
	}
	return stop()
}

func listenerEndsWhileSinkFails(e *env) error {
	offered := make(chan struct{}, 1)
	stop, err := e.listen(sink{receive: func(context.Context, channel.Inbound) error {
		select {
		case offered <- struct{}{}:
		default:
		}
		return errSink
	}})
	if err != nil {
		return err
	}
	if _, err := e.deliver(e.To, body); err != nil {
		return errors.Join(err, stop())
	}
	if !e.await(func() bool { return len(offered) > 0 }) {
		return errors.Join(fmt.Errorf("Listen did not hand over a message within %v", e.patience), stop())
	}
	return stop()
}

func listenerEndsWhileSinkBlocks(e *env) error {
	offered := make(chan struct{}, 1)
	release := make(chan struct{})
	defer close(release)
	stop, err := e.listen(sink{receive: func(ctx context.Context, _ channel.Inbound) error {
		select {
		case offered <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-release: // so that a Listener that breaks the rule leaves nothing behind
			return errSink
		}
	}})
	if err != nil {
		return err
	}
	if _, err := e.deliver(e.To, body); err != nil {
		return errors.Join(err, stop())
	}
	if !e.await(func() bool { return len(offered) > 0 }) {
		return errors.Join(fmt.Errorf("Listen did not hand over a message within %v", e.patience), stop())
	}
	return stop()
}

func listenerOffersAgainLater(e *env) error {
	if err := listenerEndsWhileSinkFails(e); err != nil {
		return err
	}
	taken := make(chan channel.Inbound, 100)
	stop, err := e.listen(sink{receive: func(_ context.Context, m channel.Inbound) error {
		taken <- m
		return nil
	}})
	if err != nil {
		return err
	}
	arrived := e.await(func() bool { return len(taken) > 0 })
	if err := stop(); err != nil {
		return err
	}
	if !arrived {
		return fmt.Errorf("a message that the sink had refused before Listen ended was not offered within %v by the next Listen", e.patience)
	}
	return nil
}

func listenerInbound(e *env) error {
	received := make(chan channel.Inbound, 100)
	stop, err := e.listen(sink{receive: func(_ context.Context, m channel.Inbound) error {
		received <- m
		return nil
	}})
	if err != nil {
		return err
	}
	for _, text := range append([]string{body}, texts...) {
		id, err := e.deliver(e.To, text)
		if err != nil {
			return errors.Join(err, stop())
		}
		if !e.await(func() bool { return len(received) > 0 }) {
			return errors.Join(fmt.Errorf("Listen did not hand over a message within %v", e.patience), stop())
		}
		got := <-received
		if got.ProviderID != id || got.From != e.To || got.To != e.From || got.Text != text {
			return errors.Join(fmt.Errorf("the message %q from %s with the text %q came in as %q from %s with the text %q",
				id, e.To.Masked(), text, got.ProviderID, got.From.Masked(), got.Text), stop())
		}
	}
	return stop()
}
