package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// starting measures how long a host takes from its start as a process to the
// first webhook that it answers with 2xx: after it was ended as it should be,
// and after it was killed under load.
func starting() measurement {
	return measurement{
		name: "start", about: "from the start of a process to its first answered webhook", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			url, err := b.atWork(ctx)
			if err != nil {
				return err
			}
			s := &starts{bench: b, rounds: make(rounds), url: url}
			return s.run(ctx)
		},
	}
}

// quickly is how long a start may take, in milliseconds.
const quickly = 1000

type starts struct {
	*bench
	rounds
	url string
}

func (s *starts) run(ctx context.Context) error {
	provider, err := startProvider(ctx, func(call) {})
	if err != nil {
		return err
	}
	return errors.Join(s.turns(ctx, provider.url), provider.close())
}

// turns starts a host again and again: where it was ended as it should be, and
// where it was killed.
func (s *starts) turns(ctx context.Context, provider string) error {
	if err := s.once(ctx, "first", provider, (*service).end); err != nil { // what comes after it finds the store's files in memory
		return err
	}
	for round := range s.cfg.rounds {
		if err := s.once(ctx, "clean", provider, func(host *service) error { return s.kill(ctx, host) }); err != nil {
			return err
		}
		if err := s.once(ctx, "killed", provider, (*service).end); err != nil {
			return err
		}
		s.say("round %d of %d", round+1, s.cfg.rounds)
	}
	for _, name := range []string{"first", "clean", "killed"} {
		s.report.value("start."+name+".listening", median(s.rounds[name+".listening"]), "ms")
		s.report.value("start."+name, median(s.rounds[name]), "ms")
	}
	for _, name := range []string{"clean", "killed"} {
		s.report.value("start."+name+".longest", slices.Max(s.rounds[name]), "ms")
		s.report.ratio(fmt.Sprintf("start.%s/%d-ms", name, quickly), median(s.rounds[name])/quickly, goal{most: 1})
	}
	return nil
}

// once starts a host, notes how long that takes, and ends it.
func (s *starts) once(ctx context.Context, name, provider string, end func(*service) error) error {
	begun := time.Now()
	host, err := s.start(ctx, "start."+name, "engine", s.url, provider)
	if err != nil {
		return err
	}
	listening := time.Since(begun)
	_, err = host.tell(order{Do: orderRun})
	if err == nil {
		err = s.first(ctx, host)
	}
	took := time.Since(begun)
	if err := errors.Join(err, end(host)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.add(name, ms(took))
	s.add(name+".listening", ms(listening))
	return nil
}

// first sends webhooks until one is acknowledged, as a provider does.
func (s *starts) first(ctx context.Context, host *service) error {
	a := newAccepting(host, 1)
	defer a.poster.close()
	begun := time.Now()
	for n := int64(0); ; n++ {
		err := a.receive(ctx, n, int(scatter(int(n))%uint64(s.cfg.conversations())))
		if err == nil || time.Since(begun) > patience {
			return err
		}
	}
}

// kill puts a host under load and kills it while it is at work.
func (s *starts) kill(ctx context.Context, host *service) error {
	a := newAccepting(host, s.cfg.most())
	defer a.poster.close()
	var next atomic.Int64
	var killed atomic.Bool
	var clients sync.WaitGroup
	failures := make(chan error, s.cfg.most())
	acknowledged := make(chan struct{}, 1)
	for range s.cfg.most() {
		clients.Go(func() {
			for {
				n := next.Add(1)
				if err := a.receive(ctx, n, int(scatter(int(n))%uint64(s.cfg.conversations()))); err != nil {
					if !killed.Load() {
						failures <- err
					}
					return
				}
				select {
				case acknowledged <- struct{}{}:
				default:
				}
			}
		})
	}
	err := sleep(ctx, s.cfg.length)
	if err == nil {
		select {
		case <-acknowledged: // it is at work
		case err = <-failures:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	killed.Store(true)
	err = errors.Join(err, host.cmd.Process.Kill())
	clients.Wait()
	_ = host.end() // it was killed, and says so
	return err
}
