package main

import (
	"context"
	"fmt"
)

// receiving measures how many messages a second any number of processes take
// in together, and how many the bare driver does with as many processes. Each
// round takes all of them in turn, so that what else goes on in the machine
// strikes them alike.
func receiving() measurement {
	return measurement{
		name: "receive", about: "messages taken in by processes that share one store, beside the bare driver", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			r := &reception{bench: b, databases: make(map[string]string), rounds: make(rounds)}
			return r.run(ctx)
		},
	}
}

// key is a role in a number of processes.
type key struct {
	role      string
	processes int
}

func (k key) String() string { return fmt.Sprintf("receive.%s.%d-processes", k.role, k.processes) }

// receivers are the roles.
var receivers = []string{"bare", "engine", "running"}

type reception struct {
	*bench
	rounds
	databases map[string]string // each role has its own
}

func (r *reception) run(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for round := range r.cfg.rounds {
		for _, n := range r.cfg.processes {
			for _, role := range receivers {
				if err := r.take(ctx, key{role, n}); err != nil {
					return fmt.Errorf("%v: %w", key{role, n}, err)
				}
			}
		}
		r.say("round %d of %d", round+1, r.cfg.rounds)
	}
	for _, n := range r.cfg.processes {
		for _, role := range receivers {
			k := key{role, n}
			r.report.value(k.String(), median(r.rounds[k.String()]), "messages/s")
			r.report.value(k.String()+".p99", median(r.rounds[k.String()+".p99"]), "ms")
		}
	}
	for _, n := range r.cfg.processes {
		for _, role := range receivers {
			k := key{role, n}.String()
			switch role {
			case "engine":
				r.report.ratio(k+"/bare", r.over(k, key{"bare", n}.String()), goal{least: 0.5})
			case "running":
				r.report.ratio(k+"/bare", r.over(k, key{"bare", n}.String()), goal{})
			}
			r.report.ratio(k+"/1-process", r.over(k, key{role, r.cfg.processes[0]}.String()), goal{})
		}
	}
	return nil
}

// prepare makes a database for each role, with the same in it.
func (r *reception) prepare(ctx context.Context) error {
	template, err := r.loaded(ctx)
	if err != nil {
		return err
	}
	for _, role := range receivers {
		if r.databases[role], err = r.place.create(ctx, template); err != nil {
			return err
		}
	}
	return nil
}

func (r *reception) take(ctx context.Context, k key) error {
	return r.takeIn(ctx, r.rounds, k.String(), r.databases[k.role], k, r.cfg.conversations())
}

// takeIn has processes take messages in for a while, and adds the figures.
func (b *bench) takeIn(ctx context.Context, figures rounds, name, url string, k key, conversations int) error {
	if err := b.place.calm(ctx, url); err != nil {
		return err
	}
	o, err := children(ctx, k.processes, job{
		Role: k.role, Store: b.cfg.store, URL: url, Clients: b.cfg.clients, Conversations: conversations, Length: b.cfg.length,
	})
	if err != nil {
		return err
	}
	figures.add(name, float64(o.Messages)/b.cfg.length.Seconds())
	figures.add(name+".p99", ms(percentile(o.Times, 99)))
	return nil
}
