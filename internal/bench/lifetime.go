package main

import (
	"context"
	"fmt"
)

// wholeLives measures how many messages a second live their whole lives:
// accepted, routed, answered, the answer sent and its delivery noted. A client
// sends the next message when the last one's life is over. Beside it stands a
// host that only accepts, with as many clients.
func wholeLives() measurement {
	return measurement{
		name: "life", about: "messages that are accepted, routed, answered, sent and delivered, beside accepting alone", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			clients := b.cfg.most()
			life, accept := fmt.Sprintf("life.whole.%d-clients", clients), fmt.Sprintf("life.accept.%d-clients", clients)
			figures := make(rounds)
			lived, err := b.atWork(ctx)
			if err != nil {
				return err
			}
			accepted, err := b.copied(ctx)
			if err != nil {
				return err
			}
			for round := range b.cfg.rounds {
				if err := b.accept(ctx, figures, accept, "engine", accepted, clients); err != nil {
					return fmt.Errorf("%s: %w", accept, err)
				}
				if err := b.place.calm(ctx, lived); err != nil {
					return err
				}
				l, err := b.live(ctx, life, lived, clients)
				if err != nil {
					return err
				}
				if err := b.hammer(ctx, figures, life, l, clients); err != nil {
					return fmt.Errorf("%s: %w", life, err)
				}
				b.say("round %d of %d", round+1, b.cfg.rounds)
			}
			b.hammered(figures, accept, "messages/s")
			b.hammered(figures, life, "lives/s")
			b.report.ratio(life+"/accept", figures.over(life, accept), goal{least: 0.25})
			b.report.ratio(life+".cpu/accept", figures.over(life+".cpu", accept+".cpu"), goal{})
			return nil
		},
	}
}
