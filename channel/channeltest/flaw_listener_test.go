package channeltest

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
)

// badListener is a simulated carrier with another Listen.
type badListener struct {
	*simulated.Carrier
	test   context.Context // ends with the test, so that nothing stays behind
	listen func(ctx context.Context, s channel.Sink, b badListener) error
}

func (b badListener) Listen(ctx context.Context, s channel.Sink) error { return b.listen(ctx, s, b) }

func badListening(name string, listen func(ctx context.Context, s channel.Sink, b badListener) error, caught ...string) flaw {
	wrap := func(t testing.TB, c *simulated.Carrier) channel.Channel { return badListener{c, t.Context(), listen} }
	return flaw{name: name, harness: listenerHarness(wrap), caught: caught}
}

// badSink breaks what is handed over on its way to the sink.
func badSink(name string, wrap func(s channel.Sink) channel.Sink, caught ...string) flaw {
	return badListening(name, func(ctx context.Context, s channel.Sink, b badListener) error {
		return b.Carrier.Listen(ctx, wrap(s))
	}, caught...)
}

func listenerFlaws() []flaw {
	return []flaw{
		badListening("stops listening after the first message", func(ctx context.Context, s channel.Sink, b badListener) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			return b.Carrier.Listen(ctx, sink{receive: func(ctx context.Context, m channel.Inbound) error {
				defer cancel()
				return s.Receive(ctx, m)
			}})
		}, "Listener/EndsWithContext"),
		badListening("goes on after its context has ended", func(_ context.Context, s channel.Sink, b badListener) error {
			return b.Carrier.Listen(b.test, s)
		}, "Listener/EndsWithContext").hasty(),
		badListening("insists on a message that the sink refuses", func(ctx context.Context, s channel.Sink, b badListener) error {
			return b.Carrier.Listen(ctx, sink{receive: func(ctx context.Context, m channel.Inbound) error {
				for s.Receive(ctx, m) != nil && b.test.Err() == nil {
					runtime.Gosched()
				}
				return nil
			}})
		}, "Listener/EndsWhileSinkFails").hasty(),
		badSink("hides its context from the sink", func(s channel.Sink) channel.Sink {
			return sink{receive: func(ctx context.Context, m channel.Inbound) error {
				return s.Receive(context.WithoutCancel(ctx), m)
			}}
		}, "Listener/EndsWhileSinkBlocks").hasty(),
		badSink("drops who has written", func(s channel.Sink) channel.Sink {
			return sink{receive: func(ctx context.Context, m channel.Inbound) error {
				m.From = ""
				return s.Receive(ctx, m)
			}}
		}, "Listener/Inbound"),
		badSink("drops what the sink refuses", func(s channel.Sink) channel.Sink {
			return sink{
				receive: func(ctx context.Context, m channel.Inbound) error {
					_ = s.Receive(ctx, m)
					return nil
				},
				status: func(ctx context.Context, u channel.StatusUpdate) error {
					_ = s.Status(ctx, u)
					return nil
				},
				consent: func(ctx context.Context, u channel.ConsentUpdate) error {
					_ = s.Consent(ctx, u)
					return nil
				},
			}
		}, "Listener/OffersAgain", "Listener/OffersAgainLater", "Listener/OffersStatusAgain", "Listener/OffersConsentAgain").hasty(),
		badSink("drops who has changed their mind", func(s channel.Sink) channel.Sink {
			return sink{consent: func(ctx context.Context, u channel.ConsentUpdate) error {
				u.From = ""
				return s.Consent(ctx, u)
			}}
		}, "Listener/Consent"),
		badSink("hands over messages of one sender at once", func(s channel.Sink) channel.Sink {
			return sink{receive: func(ctx context.Context, m channel.Inbound) error {
				var both sync.WaitGroup
				both.Go(func() { _ = s.Receive(ctx, m) })
				err := s.Receive(ctx, m)
				both.Wait()
				return err
			}}
		}, "Listener/Order"),
		badSink("hands over the latest first", func(s channel.Sink) channel.Sink {
			var mu sync.Mutex
			held := map[channel.Address]channel.Inbound{}
			return sink{receive: func(ctx context.Context, m channel.Inbound) error {
				mu.Lock()
				before, ok := held[m.From]
				held[m.From] = m
				if ok {
					delete(held, m.From)
				}
				mu.Unlock()
				if !ok {
					return nil
				}
				if err := s.Receive(ctx, m); err != nil {
					return err
				}
				return s.Receive(ctx, before)
			}}
		}, "Listener/Order"),
		badSink("drops our id from status updates", func(s channel.Sink) channel.Sink {
			return sink{status: func(ctx context.Context, u channel.StatusUpdate) error {
				u.MessageID = ""
				return s.Status(ctx, u)
			}}
		}, "Listener/Status"),
	}
}
