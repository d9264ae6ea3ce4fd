package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/teaminbox/teaminbox/internal/turns"
	"github.com/teaminbox/teaminbox/internal/upkeep"
	"github.com/teaminbox/teaminbox/store"
)

// Store keeps everything in one file. Its methods may be called from many
// goroutines at once. Open one with [Open] and close it with [Store.Close].
type Store struct {
	cfg  Config
	path string // absolute

	writer  *pool // of one connection
	readers *pool

	checkpoints *checkpointer
	indexer     *upkeep.Worker // nil while the Store is opened
	turns       turns.Last

	files []os.FileInfo // of the file and its log, as they were opened
}

var _ store.Notifier = (*Store)(nil)

// View runs fn on a snapshot of the file. It neither waits for an Update nor
// holds one up; it waits only while Config.MaxReaders others run.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.run(ctx, s.readers, true, fn)
}

// Update runs fn in a transaction, alone among all processes that share the
// file, so fn runs once. It waits for the Updates before it: for those of this
// process as long as its context allows, for another process no longer than
// Config.BusyTimeout, after which it fails with [ErrBusy].
//
// Calling Update inside of fn waits for itself.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.run(ctx, s.writer, false, fn)
}

func (s *Store) run(ctx context.Context, from *pool, readOnly bool, fn func(store.Tx) error) error {
	if err := s.inPlace(); err != nil {
		return err
	}
	c, err := from.acquire(ctx)
	if err != nil {
		return err
	}
	t := &tx{ctx: ctx, conn: c, readOnly: readOnly, clock: s.cfg.Now, turns: &s.turns}
	open, sound := false, false
	// A function that panics, or ends its goroutine, comes by here too.
	defer func() {
		t.ended = true
		if open {
			_, err := c.exec(ctx, `ROLLBACK`)
			sound = err == nil && !isDamaging(t.failed)
		}
		from.release(c, sound)
	}()
	if err := s.begin(ctx, c, readOnly); err != nil {
		sound = !isDamaging(err)
		return err
	}
	open = true
	if err := fn(t); err != nil {
		return err
	}
	if readOnly {
		return nil
	}
	if err := t.ready(); err != nil {
		return err
	}
	if err := t.storeCounters(); err != nil {
		return err
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	if _, err := c.exec(ctx, `COMMIT`); err != nil {
		t.failed = err
		return commitError(err)
	}
	open, sound = false, true
	s.checkpoints.committed()
	if t.unindexed > 0 { // none are while the Store is opened
		s.indexer.Add(t.unindexed)
	}
	return nil
}

// inPlace fails if the names of the file and its log are not those of what is
// open any more. SQLite would go on writing to files that have no name, and
// everything that it has confirmed would be gone with the last process.
func (s *Store) inPlace() error {
	for i, opened := range s.files {
		name := s.path + suffixes[i]
		info, err := os.Stat(name)
		if err == nil && !os.SameFile(info, opened) {
			err = errors.New("there is another file of that name")
		}
		if err != nil {
			select {
			case <-s.writer.closed: // the Store itself has removed the log
				return ErrClosed
			default:
			}
			return fmt.Errorf("%w; put %s back, or stop the process and restore a backup: %w", ErrGone, name, err)
		}
	}
	return nil
}

// suffixes are those of the file and of its log.
var suffixes = [...]string{"", "-wal"}

// note remembers which files are open.
func (s *Store) note() error {
	for _, suffix := range suffixes {
		info, err := os.Stat(s.path + suffix)
		if err != nil {
			return fmt.Errorf("sqlite: %w", err)
		}
		s.files = append(s.files, info)
	}
	return nil
}

// begin begins a transaction. An Update takes the file's write lock at once,
// so that nothing it has read can change before it commits.
func (s *Store) begin(ctx context.Context, c *conn, readOnly bool) error {
	text := `BEGIN IMMEDIATE`
	if readOnly {
		text = `BEGIN`
	}
	return retryBusy(ctx, s.cfg.BusyTimeout, func() error {
		if _, err := c.exec(ctx, text); err != nil {
			return statementError(err)
		}
		return nil
	})
}

// Close waits for the transactions that run, lets no other begin, writes what
// is in the log back into the file, and closes it. If no other process has it
// open, the file alone is left. Closing twice fails with [ErrClosed].
func (s *Store) Close() error {
	if s.indexer != nil {
		s.indexer.Close()
	}
	if !s.writer.shut() {
		return ErrClosed
	}
	s.readers.shut()
	return errors.Join(s.checkpoints.close(), s.readers.close(), s.writer.close())
}
