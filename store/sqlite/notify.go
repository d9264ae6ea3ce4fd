package sqlite

import (
	"context"
	"fmt"
	"time"
)

// Notify calls wake after another process, or another Store in this one, has
// committed something. It looks every Config.NotifyInterval until the context
// ends or the Store is closed, and returns why it ended. It also calls wake
// when the log has been begun anew.
func (s *Store) Notify(ctx context.Context, wake func()) error {
	last, err := s.dataVersion(ctx)
	if err != nil {
		return err
	}
	timer := time.NewTicker(s.cfg.NotifyInterval)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return fmt.Errorf("sqlite: %w", ctx.Err())
		case <-s.writer.closed:
			return ErrClosed
		}
		version, err := s.dataVersion(ctx)
		if err != nil {
			return err
		}
		if version != last {
			last = version
			wake()
		}
	}
}

// dataVersion returns a number that changes with the commits of all
// connections but the writer's, which is the one that it asks. Source: SQLite,
// PRAGMA data_version.
func (s *Store) dataVersion(ctx context.Context) (int64, error) {
	c, err := s.writer.acquire(ctx)
	if err != nil {
		return 0, err
	}
	version, err := one[int64](ctx, c, `PRAGMA data_version`)
	s.writer.release(c, !isDamaging(err))
	if err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	}
	return version, nil
}
