package main

import (
	"context"
	"errors"
)

// accepting is a worker whose messages are accepted when a service has
// acknowledged their webhook.
type accepting struct {
	*service
	*poster
	sids *sids
}

func newAccepting(s *service, connections int) *accepting {
	return &accepting{s, newPoster(connections), newSIDs()}
}

func (a *accepting) receive(ctx context.Context, n int64, from int) error {
	return a.post(ctx, a.public, inboundForm(a.sids.next(), string(customer(from)), text(int(n))))
}

func (a *accepting) close() error {
	a.poster.close()
	return a.end()
}

// accept has clients send webhooks to a host that does nothing but accept them.
func (b *bench) accept(ctx context.Context, figures rounds, name, role, url string, clients int) error {
	if err := b.place.calm(ctx, url); err != nil {
		return err
	}
	s, err := b.start(ctx, name, role, url, "http://127.0.0.1:9") // which nobody asks
	if err != nil {
		return err
	}
	return b.hammer(ctx, figures, name, newAccepting(s, clients), clients)
}

// hammer adds the figures of a worker, and closes it.
func (b *bench) hammer(ctx context.Context, figures rounds, name string, w worker, clients int) error {
	o, err := hammer(ctx, job{Clients: clients, Conversations: b.cfg.conversations(), Length: b.cfg.length}, w)
	if err := errors.Join(err, w.close()); err != nil {
		return err
	}
	figures.add(name, float64(o.Messages)/b.cfg.length.Seconds())
	figures.add(name+".p50", ms(percentile(o.Times, 50)))
	figures.add(name+".p99", ms(percentile(o.Times, 99)))
	figures.add(name+".cpu", float64(o.CPU.Microseconds())/float64(o.Messages))
	return nil
}

// hammered prints the figures that hammer has added.
func (b *bench) hammered(figures rounds, name, unit string) {
	b.report.value(name, median(figures[name]), unit)
	b.report.value(name+".p50", median(figures[name+".p50"]), "ms")
	b.report.value(name+".p99", median(figures[name+".p99"]), "ms")
	b.report.value(name+".cpu", median(figures[name+".cpu"]), "µs")
}
