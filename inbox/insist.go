package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// What takes many batches, as an import does, can wait: while too much is going on
// each is tried again, and between them others have their turn.
const (
	insistTries = 60 // how often a batch is tried

	// Where one process writes at a time, whoever waits looks again from time to
	// time: batches leave them as much time as they take.
	longestRest = 50 * time.Millisecond
)

// insist is update for what can wait.
func (in *Inbox) insist(ctx context.Context, apply func(*tx) error, expects ...expectation) error {
	for try := 1; ; try++ {
		err := in.update(ctx, apply, expects...)
		if _, joined := in.commits.(joiner); err == nil || joined || !errors.Is(err, ErrOverloaded) && !errors.Is(err, store.ErrBusy) || try == insistTries {
			return err // in a transaction of the host's it is for the host to try again
		}
		if !pause(ctx, in.cfg.PollInterval) {
			return fmt.Errorf("inbox: %w", ctx.Err())
		}
	}
}

// step makes one of many changes, tells of it, and leaves room for others.
func (in *Inbox) step(ctx context.Context, apply func(*tx) error, tell func()) error {
	begun := in.now()
	if err := in.insist(ctx, apply); err != nil {
		return err
	}
	tell()
	if !in.rest(ctx, begun) {
		return fmt.Errorf("inbox: %w", ctx.Err())
	}
	return nil
}

// rest leaves others the store for as long as a batch took, and reports whether
// the context still lives. In a file one writes at a time, and other processes are
// not in our queue.
func (in *Inbox) rest(ctx context.Context, begun time.Time) bool {
	leaders, _ := parallelism(in.store)
	if _, joined := in.commits.(joiner); leaders > 1 || joined {
		return true
	}
	return pause(ctx, min(in.now().Sub(begun), longestRest))
}
