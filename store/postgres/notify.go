package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// announcer tells other processes that this one has committed something. It
// does so beside the commits, for several at once: a transaction that notifies
// holds a lock on the whole database while it commits.
type announcer struct {
	s      *Store
	name   string          // of this Store
	news   chan struct{}   // holds a value if something was committed
	ctx    context.Context // ends with the Store
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func newAnnouncer(s *Store) *announcer {
	ctx, cancel := context.WithCancel(context.Background())
	a := &announcer{s: s, name: rand.Text(), news: make(chan struct{}, 1), ctx: ctx, cancel: cancel}
	a.done.Go(func() { a.run(ctx) })
	return a
}

// committed notes that something was committed.
func (a *announcer) committed() {
	select {
	case a.news <- struct{}{}:
	default:
	}
}

func (a *announcer) close() {
	a.cancel()
	a.done.Wait()
}

func (a *announcer) run(ctx context.Context) {
	for {
		select {
		case <-a.news:
		case <-ctx.Done():
			return
		}
		a.announce(ctx) // if it fails, the others find out by polling
		timer := time.NewTimer(a.s.cfg.NotifyInterval)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// announce notifies. That it was heard need not survive a crash, so nobody
// waits for the disk.
func (a *announcer) announce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	conn, err := a.s.pool.Acquire(ctx)
	if err != nil {
		return
	}
	defer conn.Release()
	batch := &pgx.Batch{}
	batch.Queue(`BEGIN`)
	batch.Queue(`SET LOCAL synchronous_commit = off`)
	batch.Queue(`SELECT pg_notify($1, $2)`, a.s.channel(), a.name)
	batch.Queue(`COMMIT`)
	_ = conn.SendBatch(ctx, batch).Close() // if it fails, the pool closes the connection
}

const announceTimeout = 5 * time.Second

// channel is where the processes of a schema notify each other.
func (s *Store) channel() string { return "teaminbox:" + s.cfg.Schema }

// Notify calls wake after another process, or another Store in this one, has
// committed something, until the context ends or the Store is closed. It
// listens on a connection of its own. While it has none it calls wake every
// twenty Config.NotifyIntervals, and once when it listens again, so that nothing
// is overlooked.
func (s *Store) Notify(ctx context.Context, wake func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.announcer.ctx, func() { cancel(ErrClosed) })() //nolint:contextcheck // it ends with the Store, too
	for heard := true; ctx.Err() == nil; {
		listened, err := s.listen(ctx, wake)
		if ctx.Err() != nil {
			break
		}
		if heard = heard || listened; heard {
			s.cfg.Logger.WarnContext(ctx, "postgres: other processes' commits can't be heard; polling until they can", "err", err)
		}
		heard = false
		wake()
		timer := time.NewTimer(20 * s.cfg.NotifyInterval)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	if err := context.Cause(ctx); errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("postgres: %w", ctx.Err())
}

// listen listens until the connection is lost, and reports whether it had one.
func (s *Store) listen(ctx context.Context, wake func()) (listened bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return false, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTimeout)
		defer cancel()
		_ = conn.Close(ctx) // the server notices by itself
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+pgx.Identifier{s.channel()}.Sanitize()); err != nil {
		return false, err
	}
	wake() // for what was committed before
	for {
		from, err := hear(ctx, conn)
		if err != nil {
			return true, err
		}
		if from != s.announcer.name {
			wake()
		}
	}
}

// silence is how long nothing may be heard until the connection is looked
// after.
const silence = 10 * time.Second

// hear waits for a notification and returns who sent it. After a silence it
// returns "", if the connection is still there.
func hear(ctx context.Context, conn *pgx.Conn) (string, error) {
	waiting, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	if err == nil {
		return n.Payload, nil
	}
	if ctx.Err() != nil || waiting.Err() == nil || conn.IsClosed() {
		return "", err
	}
	asking, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	return "", conn.Ping(asking)
}
