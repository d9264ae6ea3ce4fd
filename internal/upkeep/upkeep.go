// Package upkeep does on a goroutine of its own what a store's index of words
// needs and nobody has to wait for: soon after something was written, much at
// once.
package upkeep

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// The rhythm of the work.
const (
	enough        = 1000            // that wait are worth a turn at once
	look          = 5 * time.Second // for what others have left, of whom nothing is heard
	shortestPause = time.Second     // after a failure, doubled with each
	longestPause  = time.Minute
)

// Worker has its turns.
type Worker struct {
	turn func(context.Context) (more bool, err error)
	soon time.Duration
	log  *slog.Logger

	mu      sync.Mutex
	waiting int
	first   chan struct{} // holds a value if something waits
	full    chan struct{} // and one if it is enough

	stop context.CancelFunc
	done sync.WaitGroup
}

// Start starts a worker, which runs until it is closed. A turn does a part and
// reports whether there is more to be done at once. The first comes immediately;
// later ones when enough waits, so soon after the first that waits, and now and
// then. One that fails comes again, after a pause that grows, and the first failure
// is logged.
func Start(ctx context.Context, log *slog.Logger, soon time.Duration, turn func(context.Context) (more bool, err error)) *Worker {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &Worker{turn: turn, soon: soon, log: log, first: make(chan struct{}, 1), full: make(chan struct{}, 1), stop: cancel}
	w.done.Go(func() { w.run(ctx) })
	return w
}

// Add tells of so many that wait.
func (w *Worker) Add(n int) {
	if n == 0 {
		return
	}
	w.mu.Lock()
	w.waiting += n
	isEnough := w.waiting >= enough
	w.mu.Unlock()
	signal(w.first)
	if isEnough {
		signal(w.full)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// Close ends the worker, in the middle of a turn if need be. Closing it twice
// does nothing.
func (w *Worker) Close() {
	w.stop()
	w.done.Wait()
}

func (w *Worker) run(ctx context.Context) {
	for pause := shortestPause; ; {
		err := w.work(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if pause == shortestPause {
				w.log.ErrorContext(ctx, "the index of words is behind, so that messages are found slowly; it is tried again until it succeeds", "err", err)
			}
			if !sleep(ctx, pause) {
				return
			}
			pause = min(2*pause, longestPause)
		default:
			pause = shortestPause
			if !w.wait(ctx) {
				return
			}
		}
	}
}

// work has turns until there is no more to be done.
func (w *Worker) work(ctx context.Context) error {
	w.mu.Lock()
	w.waiting = 0
	w.mu.Unlock()
	drain(w.first) // what is told of by now is part of the first turn
	drain(w.full)
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if more, err = w.turn(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wait returns when it is time for the next turn, or false when there is none.
func (w *Worker) wait(ctx context.Context) bool {
	patience := time.NewTimer(look)
	defer patience.Stop()
	for {
		select {
		case <-w.first:
			patience.Reset(w.soon)
			select {
			case <-w.full:
				return true
			case <-patience.C:
				return true
			case <-ctx.Done():
				return false
			}
		case <-patience.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
