package main

import (
	"context"
	"errors"
	"fmt"
)

// inbound measures how many signed webhooks a second a host
// acknowledges, with how many clients, beside the bare server.
func inbound() measurement {
	return measurement{
		name: "inbound", about: "webhooks that a host acknowledges, beside the bare server", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			figures, databases := make(rounds), make(map[string]string)
			for _, role := range hosts {
				var err error
				if databases[role], err = b.copied(ctx); err != nil {
					return err
				}
			}
			for round := range b.cfg.rounds {
				for _, clients := range b.cfg.connections {
					for _, role := range hosts {
						name := inboundName(role, clients)
						if err := b.accept(ctx, figures, name, role, databases[role], clients); err != nil {
							return fmt.Errorf("%s: %w", name, err)
						}
					}
				}
				b.say("round %d of %d", round+1, b.cfg.rounds)
			}
			b.reportInbound(figures)
			return nil
		},
	}
}

// hosts are the roles.
var hosts = []string{"bare", "engine"}

func inboundName(role string, clients int) string {
	return fmt.Sprintf("inbound.%s.%d-clients", role, clients)
}

func (b *bench) reportInbound(figures rounds) {
	for _, clients := range b.cfg.connections {
		for _, role := range hosts {
			b.hammered(figures, inboundName(role, clients), "messages/s")
		}
	}
	for _, clients := range b.cfg.connections {
		engine, bare := inboundName("engine", clients), inboundName("bare", clients)
		var rate, p99 goal
		switch {
		case clients == 128 && b.cfg.store == "sqlite":
			rate.least = 0.6
		case clients == 128:
			rate.least = 0.5
		case clients == 8 && b.cfg.store == "sqlite":
			p99.most = 2
		}
		b.report.ratio(engine+"/bare", figures.over(engine, bare), rate)
		b.report.ratio(engine+".p99/bare", figures.over(engine+".p99", bare+".p99"), p99)
		b.report.ratio(engine+".cpu/bare", figures.over(engine+".cpu", bare+".cpu"), goal{})
	}
}

// copied returns a database of one's own with the archive in it.
func (b *bench) copied(ctx context.Context) (string, error) {
	template, err := b.loaded(ctx)
	if err != nil {
		return "", err
	}
	return b.place.create(ctx, template)
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
