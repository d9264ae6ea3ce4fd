package sqlite

import (
	"context"
	"fmt"
	"time"
)

// Purge rids the file of what was erased: SQLite leaves it in free pages, in the
// log and in the index of the search, where nobody finds it but whoever reads the
// file byte by byte. Call it after Admin.EraseContact of package inbox, or once a
// day for all that was erased.
//
// The index is merged and the file written anew, which takes some seconds for each
// gigabyte and as much room on the disk again. Updates wait meanwhile, here and in
// other processes; Views go on. It fails with [ErrBusy] if a View that began before
// it does not end for longer than Config.BusyTimeout: then the log still has what
// was erased, until the next call or until the Store is closed.
//
// Copies of the file, as Backup makes them, are not changed, and neither is what
// the disk itself keeps.
func (s *Store) Purge(ctx context.Context) error {
	for more := true; more; { // what waits to leave the index
		var err error
		if more, err = s.index(ctx); err != nil {
			return fmt.Errorf("sqlite: purge: %w", err)
		}
	}
	c, err := s.writer.acquire(ctx)
	if err != nil {
		return err
	}
	defer s.writer.release(c, true)
	for _, text := range []string{`INSERT INTO search (search) VALUES ('optimize')`, `VACUUM`} {
		err := retryBusy(ctx, s.cfg.BusyTimeout, func() error {
			if _, err := c.exec(ctx, text); err != nil {
				return statementError(err)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("sqlite: purge: %w", err)
		}
	}
	return s.emptyLog(ctx, c)
}

// emptyLog writes the log back into the file and cuts it off. Views that began
// before it has to wait for: they read in it.
func (s *Store) emptyLog(ctx context.Context, c *conn) error {
	for waited := time.Duration(0); ; waited += longestPause {
		var busy bool
		var pages, written int64
		err := c.scan(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`, &busy, &pages, &written)
		switch {
		case err != nil && !isBusy(err):
			return fmt.Errorf("sqlite: purge: %w", statementError(err))
		case err == nil && !busy:
			return nil
		case waited >= s.cfg.BusyTimeout:
			return fmt.Errorf("sqlite: purge: the log is being read: %w", ErrBusy)
		}
		timer := time.NewTimer(longestPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("sqlite: purge: %w", ctx.Err())
		}
	}
}
