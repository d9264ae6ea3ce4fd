package main

import (
	"context"
	"fmt"
)

// inbound measures how many signed webhooks a second a host acknowledges, with
// how many clients, beside the bare server.
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
