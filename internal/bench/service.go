package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// service is a host in a process of its own, as the one that measures knows it.
type service struct {
	*child
	public string // the URL of its webhooks
}

// start starts a host on a database. The name is that of what is measured.
func (b *bench) start(ctx context.Context, name, role, url, provider string) (*service, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	j := job{Role: role, Serve: true, Store: b.cfg.store, URL: url, Provider: provider, Clients: b.cfg.most(), Conversations: b.cfg.conversations()}
	if b.cfg.store == "postgres" {
		j.Writers = 2
	}
	j.Profile = b.profileOf(name)
	c, err := startChild(ctx, program, j)
	if err != nil {
		return nil, err
	}
	s := &service{child: c}
	if err := c.answers.Decode(&s.public); err != nil {
		return nil, errors.Join(fmt.Errorf("a service did not start: %w", err), c.end())
	}
	return s, nil
}

// profileOf returns the file for the next profile of what has a name, or "".
func (b *bench) profileOf(name string) string {
	if b.cfg.profiles == "" {
		return ""
	}
	b.started++
	return filepath.Join(b.cfg.profiles, fmt.Sprintf("%s.%d.pprof", name, b.started))
}

// tell has the host obey an order, and returns how much CPU time it has taken
// since it was started.
func (s *service) tell(o order) (cpu time.Duration, err error) {
	if err := s.orders.Encode(o); err != nil {
		return 0, fmt.Errorf("%s: %w", o.Do, err)
	}
	if err := s.answers.Decode(&cpu); err != nil {
		return 0, fmt.Errorf("%s: the service gave no answer: %w", o.Do, err)
	}
	return cpu, nil
}

func (s *service) usage() (time.Duration, error) { return s.tell(order{Do: orderUsage}) }

// work has an engine do what is due, and go on to work.
func (s *service) work() error {
	for _, do := range []string{orderRun, orderSettle} {
		if _, err := s.tell(order{Do: do}); err != nil {
			return err
		}
	}
	return nil
}
