package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// repliesPerSecond is how many replies are queued for each of -seconds.
const repliesPerSecond = 1000

// sending measures how fast an engine sends that begins to work when replies are
// queued already.
func sending() measurement {
	return measurement{
		name: "send", about: "queued replies that are handed to the provider", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			url, err := b.atWork(ctx)
			if err != nil {
				return err
			}
			figures := make(rounds)
			for round := range b.cfg.rounds {
				if err := b.send(ctx, figures, url); err != nil {
					return err
				}
				b.say("round %d of %d", round+1, b.cfg.rounds)
			}
			b.report.value("send", median(figures["rate"]), "messages/s")
			b.report.value("send.cpu", median(figures["cpu"]), "µs")
			return nil
		},
	}
}

func (b *bench) send(ctx context.Context, figures rounds, url string) (err error) {
	count := max(1, int(b.cfg.length.Seconds()*repliesPerSecond))
	var taken atomic.Int64
	all := make(chan time.Time, 1) // gets the moment when the last one was taken
	p, err := startProvider(ctx, func(c call) {
		if taken.Add(1) == int64(count) {
			all <- c.at
		}
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := b.place.calm(ctx, url); err != nil {
		return err
	}
	s, err := b.start(ctx, "send", "engine", url, p.url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	// What else is due must not stand in the way.
	var before time.Duration
	for _, o := range []order{{Do: orderRun}, {Do: orderSettle}, {Do: orderStop}, {Do: orderQueue, Count: count}} {
		if before, err = s.tell(o); err != nil {
			return err
		}
	}
	begun := time.Now()
	if _, err := s.tell(order{Do: orderRun}); err != nil {
		return err
	}
	lost := time.NewTimer(b.cfg.length + patience)
	defer lost.Stop()
	select {
	case last := <-all:
		figures.add("rate", float64(count)/last.Sub(begun).Seconds())
	case <-lost.C:
		return fmt.Errorf("of %d replies %d were sent in %v", count, taken.Load(), b.cfg.length+patience)
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := s.tell(order{Do: orderSettle}) // so that all that was sent is noted
	if err != nil {
		return err
	}
	figures.add("cpu", float64((after-before).Microseconds())/float64(count))
	return nil
}
