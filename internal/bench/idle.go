package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// between two messages the engine has nothing to do for this long.
const pauseBetween = 10 * time.Millisecond

// idle measures how long one message takes on an engine that has nothing else to
// do, from its webhook to the request by which its answer is handed to the
// provider. Between the messages, one write to the same disk is timed.
func idle() measurement {
	return measurement{
		name: "idle", about: "one message at a time, from its webhook to its answer at the provider", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			url, err := b.atWork(ctx)
			if err != nil {
				return err
			}
			figures := make(rounds)
			for round := range b.cfg.rounds {
				if err := b.alone(ctx, figures, url); err != nil {
					return err
				}
				b.say("round %d of %d", round+1, b.cfg.rounds)
			}
			b.report.value("idle.p50", median(figures["p50"]), "ms")
			b.report.value("idle.p99", median(figures["p99"]), "ms")
			b.report.value("idle.fsync", median(figures["fsync"]), "ms")
			b.report.ratio("idle.p50/(4fsync+2ms)", figures.over("p50", "bound"), goal{most: 1})
			return nil
		},
	}
}

func (b *bench) alone(ctx context.Context, figures rounds, url string) (err error) {
	if err := b.place.calm(ctx, url); err != nil {
		return err
	}
	l, err := b.live(ctx, "idle", url, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	file, err := os.CreateTemp(b.cfg.dir, "teaminbox-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	var times, syncs []time.Duration
	begin := time.Now().Add(min(warmUp, b.cfg.length))
	end := begin.Add(b.cfg.length)
	for n := 0; time.Now().Before(end); n++ {
		sent := time.Now()
		one, err := l.begin(ctx, int64(n), unclaimed(int(scatter(n)%uint64(b.cfg.conversations()))))
		if err != nil {
			return err
		}
		answered, err := one.end(ctx)
		if err != nil {
			return fmt.Errorf("message %d: %w", n, err)
		}
		written, err := timed(func() error { return appendTo(file) })
		if err != nil {
			return err
		}
		if sent.After(begin) {
			times, syncs = append(times, answered.Sub(sent)), append(syncs, written)
		}
		time.Sleep(pauseBetween)
	}
	sync := ms(percentile(syncs, 50))
	figures.add("p50", ms(percentile(times, 50)))
	figures.add("p99", ms(percentile(times, 99)))
	figures.add("fsync", sync)
	figures.add("bound", 4*sync+2)
	return nil
}

// appendTo appends what a small transaction does, and has it reach the disk.
func appendTo(file *os.File) error {
	const page = 4096
	_, err := file.Write(make([]byte, page))
	return errors.Join(err, syncData(file))
}
