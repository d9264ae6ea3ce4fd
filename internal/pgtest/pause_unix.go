//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"
)

// task is a process of the system.
type task struct {
	pid, parent int
	stopped     bool
}

// pause stops the postmaster, which makes the others, and then those that
// there are. A signal takes effect some time after it was sent, so it looks.
func (s *Server) pause() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	postmaster := s.process.cmd.Process.Pid
	for _, members := range []func(task) bool{
		func(t task) bool { return t.pid == postmaster },
		func(t task) bool { return t.parent == postmaster },
	} {
		if err := stop(ctx, members); err != nil {
			return err
		}
	}
	return nil
}

// stop stops the processes and returns when all of them stand still.
func stop(ctx context.Context, members func(task) bool) error {
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		running, err := tasks()
		if err != nil {
			return err
		}
		running = slices.DeleteFunc(running, func(t task) bool { return t.stopped || !members(t) })
		if len(running) == 0 {
			return nil
		}
		for _, t := range running {
			if err := signal(t.pid, syscall.SIGSTOP); err != nil {
				return err
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("%d processes of postgres do not stop: %w", len(running), ctx.Err())
		}
	}
}

// resume lets the postmaster and its children go on.
func (s *Server) resume() error {
	all, err := tasks()
	if err != nil {
		return err
	}
	postmaster := s.process.cmd.Process.Pid
	for _, t := range all {
		if t.parent == postmaster || t.pid == postmaster {
			err = errors.Join(err, signal(t.pid, syscall.SIGCONT))
		}
	}
	return err
}

// signal signals a process, which may have ended.
func signal(pid int, s syscall.Signal) error {
	if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("%v to process %d: %w", s, pid, err)
	}
	return nil
}
