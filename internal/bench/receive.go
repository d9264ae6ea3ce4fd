package main

import (
	"context"
	"fmt"
	"math"
)

// receiving measures how many messages a second any number of processes take
// in together, and how many the bare driver does with as many processes. Each
// round takes all of them in turn, so that what else goes on in the machine
// strikes them alike.
func receiving() measurement {
	return measurement{
		name: "receive", about: "messages taken in by processes that share one store, beside the bare driver", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			roles := []string{"bare", "engine", "running"}
			if b.cfg.store == "sqlite" {
				roles = roles[1:]
			}
			r := &reception{bench: b, roles: roles, databases: make(map[string]string), rates: make(map[key][]float64), p99: make(map[key][]float64)}
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

type reception struct {
	*bench
	roles     []string
	databases map[string]string // each role has its own
	rates     map[key][]float64
	p99       map[key][]float64
}

func (r *reception) run(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for round := range r.cfg.rounds {
		for _, n := range r.cfg.processes {
			for _, role := range r.roles {
				if err := r.take(ctx, key{role, n}); err != nil {
					return fmt.Errorf("%v: %w", key{role, n}, err)
				}
			}
		}
		r.say("round %d of %d", round+1, r.cfg.rounds)
	}
	for _, n := range r.cfg.processes {
		for _, role := range r.roles {
			k := key{role, n}
			r.report.value(k.String(), median(r.rates[k]), "messages/s")
			r.report.value(k.String()+".p99", median(r.p99[k]), "ms")
		}
	}
	for _, n := range r.cfg.processes {
		for _, role := range r.roles {
			k := key{role, n}
			switch role {
			case "engine":
				r.report.ratio(k.String()+"/bare", r.over(k, key{"bare", n}), goal{least: 0.5})
			case "running":
				r.report.ratio(k.String()+"/bare", r.over(k, key{"bare", n}), goal{})
			}
			r.report.ratio(k.String()+"/1-process", r.over(k, key{role, r.cfg.processes[0]}), goal{})
		}
	}
	return nil
}

// over is the median of the ratios of each round.
func (r *reception) over(a, b key) float64 {
	if len(r.rates[b]) == 0 {
		return math.Inf(1)
	}
	ratios := make([]float64, len(r.rates[a]))
	for i := range ratios {
		ratios[i] = r.rates[a][i] / r.rates[b][i]
	}
	return median(ratios)
}

// prepare makes a database for each role, with the same in it.
func (r *reception) prepare(ctx context.Context) error {
	template, err := r.loaded(ctx)
	if err != nil {
		return err
	}
	for _, role := range r.roles {
		if r.databases[role], err = r.place.create(ctx, template); err != nil {
			return err
		}
	}
	return nil
}

func (r *reception) take(ctx context.Context, k key) error {
	url := r.databases[k.role]
	if err := r.place.calm(ctx, url); err != nil {
		return err
	}
	o, err := children(ctx, k.processes, job{
		Role: k.role, Store: r.cfg.store, URL: url, Clients: r.cfg.clients, Conversations: r.cfg.conversations(), Length: r.cfg.length,
	})
	if err != nil {
		return err
	}
	r.rates[k] = append(r.rates[k], float64(o.Messages)/r.cfg.length.Seconds())
	r.p99[k] = append(r.p99[k], float64(percentile(o.Times, 99).Microseconds())/1000)
	return nil
}
