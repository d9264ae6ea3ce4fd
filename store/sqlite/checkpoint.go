package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// The rhythm of checkpoints. A page has 4096 bytes.
const (
	checkpointInterval = 100 * time.Millisecond // between two looks while there are commits
	checkpointPages    = 1000                   // in the log and not in the file, so that a checkpoint is worth it
	longestLog         = 16 << 10               // pages after which the log is begun anew, though writers have to wait for it
	idleLooks          = 10                     // looks without a commit after which the log is emptied
)

// restartPatience is how long the log is kept for Views that began before it
// was written back: Updates wait meanwhile.
const restartPatience = `PRAGMA busy_timeout = 250`

// checkpointer writes the log back into the file on a connection and a
// goroutine of its own, so that commits don't have to: one in many would take
// a hundred times as long as the others.
//
// A checkpoint that lets the others go on can't catch up with writers that
// never pause. Then the log is not begun anew and grows. If it has become too
// long, the checkpointer takes the writer's turn for the little that is left.
type checkpointer struct {
	log     *slog.Logger
	conn    *conn
	pool    *pool
	writer  *pool
	worth   int64 // checkpointPages
	longest int64 // longestLog
	failing bool  // the last checkpoint failed

	signal chan struct{} // holds a value after a commit
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// newCheckpointer starts the goroutine, which runs until close.
func newCheckpointer(ctx context.Context, s *Store) (*checkpointer, error) {
	// A pool of one, from which the connection is never given back.
	p, err := newPool(dsn(s.path, readWrite), 1, s.cfg.BusyTimeout)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c, err := p.acquire(ctx)
	if err != nil {
		cancel()
		return nil, errors.Join(err, p.close())
	}
	k := &checkpointer{
		log: s.cfg.Logger, conn: c, pool: p, writer: s.writer, worth: checkpointPages, longest: longestLog,
		signal: make(chan struct{}, 1), stop: cancel,
	}
	k.done.Go(func() { k.run(ctx) })
	return k, nil
}

// committed tells of a commit.
func (k *checkpointer) committed() {
	select {
	case k.signal <- struct{}{}:
	default:
	}
}

// run looks at the log after commits, until there are none for a while.
func (k *checkpointer) run(ctx context.Context) {
	for {
		select {
		case <-k.signal:
		case <-ctx.Done():
			return
		}
		for quiet := 0; quiet < idleLooks; {
			if !k.pause(ctx) {
				return
			}
			select {
			case <-k.signal:
				quiet = 0
			default:
				quiet++
			}
			k.report(ctx, k.look(ctx, quiet >= idleLooks))
		}
	}
}

// report logs when checkpoints begin to fail and when they succeed again.
func (k *checkpointer) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !k.failing:
		k.failing = true
		k.log.Error("the write-ahead log could not be written back into the database; it grows until it can", "err", err)
	case err == nil && k.failing:
		k.failing = false
		k.log.Info("the write-ahead log is written back into the database again")
	}
}

func (k *checkpointer) pause(ctx context.Context) bool {
	timer := time.NewTimer(checkpointInterval)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// look makes the checkpoint that is called for.
func (k *checkpointer) look(ctx context.Context, idle bool) error {
	if idle {
		return k.checkpoint(ctx, "TRUNCATE")
	}
	_, pages, written, err := k.state(ctx, "NOOP")
	if err != nil || pages-written < k.worth && pages < k.longest {
		return err
	}
	if err := k.checkpoint(ctx, "PASSIVE"); err != nil || pages < k.longest {
		return err
	}
	c, err := k.writer.acquire(ctx)
	if err != nil {
		return err
	}
	defer k.writer.release(c, true)
	if _, err := k.conn.exec(ctx, restartPatience); err != nil {
		return err
	}
	return errors.Join(k.checkpoint(ctx, "RESTART"), k.impatient(ctx))
}

// impatient makes checkpoints give way to whoever uses the log.
func (k *checkpointer) impatient(ctx context.Context) error {
	_, err := k.conn.exec(ctx, `PRAGMA busy_timeout = 0`)
	return err
}

func (k *checkpointer) checkpoint(ctx context.Context, mode string) error {
	_, _, _, err := k.state(ctx, mode)
	return err
}

// state makes a checkpoint and returns whether a lock kept it from being
// complete, how many pages the log has, and how many of them are in the file.
// Source: SQLite, PRAGMA wal_checkpoint.
func (k *checkpointer) state(ctx context.Context, mode string) (busy bool, pages, written int64, err error) {
	err = k.conn.scan(ctx, "PRAGMA wal_checkpoint("+mode+")", &busy, &pages, &written)
	if isBusy(err) {
		return true, 0, 0, nil
	}
	return busy, pages, written, err
}

// close stops the goroutine and empties the log.
func (k *checkpointer) close() error {
	k.stop()
	k.done.Wait()
	err := k.checkpoint(context.Background(), "TRUNCATE")
	if err != nil {
		err = fmt.Errorf("sqlite: writing the log back into the database: %w", err)
	}
	k.pool.release(k.conn, true)
	return errors.Join(err, k.pool.close())
}
