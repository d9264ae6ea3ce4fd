package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// slowRouters measures what conversations whose router is slow cost the others.
// Messages come at a rate that is a third of what the service can take, whether
// it keeps up or not, and what is timed is from when a message should have come
// to the request by which its answer is handed to the provider.
func slowRouters() measurement {
	return measurement{
		name: "slow", about: "messages beside conversations whose router is slow, beside the same without", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			url, err := b.atWork(ctx)
			if err != nil {
				return err
			}
			rate, err := b.third(ctx, url)
			if err != nil {
				return err
			}
			figures := make(rounds)
			for round := range b.cfg.rounds {
				for _, name := range []string{"slow.without", "slow.with"} {
					if err := b.flow(ctx, figures, name, url, rate); err != nil {
						return err
					}
				}
				b.say("round %d of %d", round+1, b.cfg.rounds)
			}
			b.report.value("slow.rate", rate, "messages/s")
			for _, name := range []string{"slow.without", "slow.with"} {
				b.report.value(name+".p50", median(figures[name+".p50"]), "ms")
				b.report.value(name+".p99", median(figures[name+".p99"]), "ms")
			}
			b.report.ratio("slow.with.p99/without", figures.over("slow.with.p99", "slow.without.p99"), goal{most: 1.5})
			return nil
		},
	}
}

// third is a third of the lives a second that a service can take.
func (b *bench) third(ctx context.Context, url string) (float64, error) {
	l, err := b.live(ctx, "slow.capacity", url, b.cfg.most())
	if err != nil {
		return 0, err
	}
	figures := make(rounds)
	err = b.hammer(ctx, figures, "capacity", l, b.cfg.most())
	return max(1, median(figures["capacity"])/3), err
}

// flow has messages come at a rate.
func (b *bench) flow(ctx context.Context, figures rounds, name, url string, rate float64) (err error) {
	if err := b.place.calm(ctx, url); err != nil {
		return err
	}
	l, err := b.live(ctx, name, url, b.cfg.most())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if name == "slow.with" {
		if _, err := l.tell(order{Do: orderSlow}); err != nil {
			return err
		}
	}
	times, err := l.flow(ctx, newArchive(b.cfg), rate, b.cfg.length)
	figures.add(name+".p50", ms(percentile(times, 50)))
	figures.add(name+".p99", ms(percentile(times, 99)))
	return err
}

// flow sends messages at a rate, and returns how long those took whose router
// was not slow.
func (l *living) flow(ctx context.Context, a archive, rate float64, length time.Duration) ([]time.Duration, error) {
	var mu sync.Mutex
	var times []time.Duration
	var failed error
	var all sync.WaitGroup
	warm := min(warmUp, length)
	begun := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		after := time.Duration(float64(n) / rate * float64(time.Second))
		if after > warm+length {
			break
		}
		due := begun.Add(after)
		time.Sleep(time.Until(due))
		all.Go(func() {
			from := unclaimed(int(scatter(n) % uint64(a.conversations)))
			one, err := l.begin(ctx, int64(n), from)
			var answered time.Time
			if err == nil && !isSlow(a.conversation(from)) {
				answered, err = one.end(ctx)
			}
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			if !answered.IsZero() && after >= warm {
				times = append(times, answered.Sub(due))
			}
		})
	}
	all.Wait()
	return times, failed
}
