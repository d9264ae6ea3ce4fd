package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
)

// resting measures the memory of a process with an engine that runs, and has
// nothing to do, on a store with many open conversations: as it has started, and
// after it has taken messages in.
func resting() measurement {
	return measurement{
		name: "memory", about: "memory of a process whose engine has open conversations and nothing to do", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			a := archive{conversations: b.cfg.open, each: max(1, b.cfg.preload/b.cfg.open), resting: true}
			b.say("%d open conversations with %d messages each are loaded", a.conversations, a.each)
			url, err := b.filled(ctx, a.load)
			if err != nil {
				return err
			}
			return errors.Join(b.weigh(ctx, url), b.place.drop(ctx, url))
		},
	}
}

// fewMegabytes is how many a process with 100,000 open conversations may have.
const fewMegabytes = 100

func (b *bench) weigh(ctx context.Context, url string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	started, worked := make(rounds), make(rounds)
	for range b.cfg.rounds {
		if err := b.place.calm(ctx, url); err != nil {
			return err
		}
		var first, second footprint
		c, err := startChild(ctx, program, job{Role: "resting", Store: b.cfg.store, URL: url, Clients: b.cfg.clients, Conversations: b.cfg.open, Length: b.cfg.length})
		if err != nil {
			return err
		}
		if err := errors.Join(c.answers.Decode(&first), c.answers.Decode(&second), c.end()); err != nil {
			return fmt.Errorf("the child failed: %w", err)
		}
		first.into(started)
		second.into(worked)
	}
	for _, when := range []struct {
		name    string
		figures rounds
	}{{"memory.started", started}, {"memory.worked", worked}} {
		for _, what := range []string{"heap", "stacks", "runtime", "resident"} {
			if len(when.figures[what]) > 0 {
				b.report.value(when.name+"."+what, median(when.figures[what]), "MB")
			}
		}
		most := when.figures["resident"]
		if len(most) == 0 {
			most = when.figures["runtime"]
		}
		b.report.ratio(fmt.Sprintf("%s/%d-MB", when.name, fewMegabytes), median(most)/fewMegabytes, goal{most: 1})
	}
	return nil
}

// footprint is what a process has of the machine's memory, in bytes.
type footprint struct {
	Heap     uint64 // of Go's objects, those that are reachable
	Stacks   uint64 // of goroutines
	Runtime  uint64 // what Go's runtime has of the system and has not given back
	Resident int64  // all that is in memory; 0: the system doesn't tell
}

// into adds it to lists of figures, in megabytes.
func (f footprint) into(figures rounds) {
	add := func(what string, bytes float64) { figures.add(what, bytes/1e6) }
	add("heap", float64(f.Heap))
	add("stacks", float64(f.Stacks))
	add("runtime", float64(f.Runtime))
	if f.Resident > 0 {
		add("resident", float64(f.Resident))
	}
}

// measured returns the footprint after a garbage collection.
func measured() footprint {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{Heap: m.HeapAlloc, Stacks: m.StackInuse, Runtime: m.Sys - m.HeapReleased, Resident: resident()}
}

// rest is the child: it runs an engine until there is nothing to do, and says
// how large it is; takes messages in, and says it again.
func rest(ctx context.Context, j job, answers *json.Encoder) error {
	j.Role = "running"
	e, err := newEngine(ctx, j)
	if err != nil {
		return err
	}
	err = func() error {
		if err := atRest(ctx, e.in, j.Length); err != nil {
			return err
		}
		if err := answers.Encode(measured()); err != nil {
			return err
		}
		if _, err := hammer(ctx, j, e); err != nil {
			return err
		}
		if err := atRest(ctx, e.in, j.Length); err != nil {
			return err
		}
		return answers.Encode(measured())
	}()
	return errors.Join(err, e.close())
}

// moment is for how long an engine has had nothing to do when it rests, at most.
const moment = 2 * time.Second

// atRest waits until an engine has had nothing to do for a moment.
func atRest(ctx context.Context, in *inbox.Inbox, atMost time.Duration) error {
	const look = 20 * time.Millisecond
	since := time.Now()
	for time.Since(since) < min(moment, atMost) {
		h := in.Health(ctx)
		if !h.Answers || h.Turns > 0 || h.Waiting > 0 || h.Lag > 0 {
			since = time.Now()
		}
		if err := sleep(ctx, look); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
