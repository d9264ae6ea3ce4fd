package sqlite

import (
	"context"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

func isBusy(err error) bool {
	switch primary(codeOf(err)) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return true
	}
	return false
}

// The pauses between two looks at a lock that another process holds.
const (
	firstPause   = time.Millisecond
	longestPause = 8 * time.Millisecond
)

// retryBusy runs fn until it ends with something else than a lock of another
// process, and returns that. SQLite could wait by itself, but would not end
// with the context, and its pauses grow so long that a process which writes
// often starves the others.
func retryBusy(ctx context.Context, limit time.Duration, fn func() error) error {
	err := fn()
	if !isBusy(err) {
		return err
	}
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("sqlite: waiting for another process: %w", ctx.Err())
		case <-deadline.C:
			timer.Stop()
			return fmt.Errorf("%w: it has done so for more than %v", ErrBusy, limit)
		}
		if err = fn(); !isBusy(err) {
			return err
		}
	}
}
