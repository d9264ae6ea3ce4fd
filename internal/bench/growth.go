package main

import (
	"context"
	"errors"
	"fmt"
)

// million is where the growth has its goal.
const million = 1_000_000

// growing measures how the messages a second that one process takes in become
// fewer as more are stored, and how those of the bare driver do. Each round
// takes all sizes in turn.
func growing() measurement {
	return measurement{
		name: "growth", about: "messages taken in by one process, as more and more are stored", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			g := &growth{bench: b, steps: b.cfg.steps(), databases: make(map[step]string), rounds: make(rounds)}
			if len(g.steps) < 2 {
				b.say("growth: one size is nothing to compare; ask for more with -growth or -preload")
				return nil
			}
			return errors.Join(g.run(ctx), g.leave(ctx))
		},
	}
}

// steps are the numbers of messages stored that are compared.
func (c config) steps() []int {
	if c.growth != nil {
		return c.growth
	}
	steps := []int{0}
	for _, n := range []int{million / 10, million, 5 * million} {
		if n <= c.preload {
			steps = append(steps, n)
		}
	}
	return steps
}

// at is the config of a run with so many messages stored.
func (c config) at(messages int) config {
	c.preload = messages
	return c
}

// step is a role with so many messages stored.
type step struct {
	role   string
	stored int
}

func (s step) String() string { return fmt.Sprintf("growth.%s.%d-stored", s.role, s.stored) }

// growers are the roles.
var growers = []string{"bare", "engine"}

type growth struct {
	*bench
	rounds
	steps     []int
	databases map[step]string
}

func (g *growth) run(ctx context.Context) error {
	for _, n := range g.steps {
		if err := g.prepare(ctx, n); err != nil {
			return fmt.Errorf("%d messages: %w", n, err)
		}
	}
	for round := range g.cfg.rounds {
		for _, n := range g.steps {
			for _, role := range growers {
				s := step{role, n}
				if err := g.takeIn(ctx, g.rounds, s.String(), g.databases[s], key{role, 1}, g.cfg.at(n).conversations()); err != nil {
					return fmt.Errorf("%v: %w", s, err)
				}
			}
		}
		g.say("round %d of %d", round+1, g.cfg.rounds)
	}
	for _, role := range growers {
		for _, n := range g.steps {
			name := step{role, n}.String()
			g.report.value(name, median(g.rounds[name]), "messages/s")
			g.report.value(name+".p99", median(g.rounds[name+".p99"]), "ms")
		}
	}
	least := g.steps[0]
	for _, role := range growers {
		for _, n := range g.steps[1:] {
			aim := goal{}
			if role == "engine" && least == 0 && n == million {
				aim.least = 0.6
			}
			name := step{role, n}.String()
			g.report.ratio(fmt.Sprintf("%s/%d-stored", name, least), g.over(name, step{role, least}.String()), aim)
		}
	}
	for _, n := range g.steps {
		g.report.ratio(step{"engine", n}.String()+"/bare", g.over(step{"engine", n}.String(), step{"bare", n}.String()), goal{})
	}
	return nil
}

// prepare makes a database for each role, with the same in it. The archive that
// others go on to use is copied.
func (g *growth) prepare(ctx context.Context, stored int) error {
	var template string
	var err error
	if stored == g.cfg.preload {
		template, err = g.loaded(ctx)
	} else {
		g.say("%d messages are loaded", stored)
		template, err = g.filled(ctx, newArchive(g.cfg.at(stored)).load)
	}
	if err != nil {
		return err
	}
	roles := growers
	if template != g.archive {
		g.databases[step{roles[0], stored}] = template
		roles = roles[1:]
	}
	for _, role := range roles {
		if g.databases[step{role, stored}], err = g.place.create(ctx, template); err != nil {
			return err
		}
	}
	return nil
}

// leave drops the databases: they are large.
func (g *growth) leave(ctx context.Context) error {
	var errs []error
	for _, url := range g.databases {
		errs = append(errs, g.place.drop(ctx, url))
	}
	return errors.Join(errs...)
}
