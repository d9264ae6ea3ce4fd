package sqlite

import (
	"context"
	"errors"
	"sync"

	"github.com/teaminbox/teaminbox/store"
)

// backlogStep is how many messages are indexed in one transaction: others wait
// for it no longer than for a full batch.
const backlogStep = 200

// backlog adds the messages of an earlier version of the library to the index
// of tokens, the newest first, on a goroutine of its own: nobody waits for it
// when the file is opened. It ends when there are none left.
type backlog struct {
	s    *Store
	stop context.CancelFunc
	done sync.WaitGroup
}

func newBacklog(ctx context.Context, s *Store) *backlog {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &backlog{s: s, stop: cancel}
	b.done.Go(func() { b.run(ctx) })
	return b
}

func (b *backlog) close() {
	b.stop()
	b.done.Wait()
}

func (b *backlog) run(ctx context.Context) {
	for more := true; more; {
		var err error
		more, err = b.step(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrBusy): // it has waited already
			more = true
		case err != nil:
			b.s.cfg.Logger.ErrorContext(ctx, "older messages could not be made searchable; it is tried again when the file is opened next", "err", err)
		}
	}
}

// step indexes some messages and reports whether there may be more.
func (b *backlog) step(ctx context.Context) (more bool, err error) {
	waiting := 0
	err = b.s.View(ctx, func(t store.Tx) error {
		n, err := t.(*tx).number(`SELECT count(*) FROM search_backlog`)
		waiting = int(n)
		return err
	})
	if err != nil || waiting == 0 {
		return false, err
	}
	err = b.s.Update(ctx, func(t store.Tx) error {
		more, err = t.(*tx).indexBacklog(backlogStep)
		return err
	})
	return more, err
}

// indexBacklog indexes so many of the messages that may not be in the index,
// and reports whether there are more.
func (t *tx) indexBacklog(limit int) (more bool, err error) {
	below, err := t.number(`SELECT below FROM search_backlog`)
	if err != nil {
		return false, err
	}
	found, err := all(t, func(r row, m *store.Message) error {
		return r.Scan((*int64)(&m.ID), (*string)(&m.Account), (*int64)(&m.Conversation), &m.Text)
	}, `SELECT id, account, conversation, text FROM messages WHERE id < ? ORDER BY id DESC LIMIT ?`, below, limit)
	if err != nil {
		return false, err
	}
	for _, m := range found {
		// It may have been written, and indexed, since.
		if _, err := t.exec(`DELETE FROM search WHERE rowid = ?`, int64(m.ID)); err != nil {
			return false, err
		}
		if err := t.reindex(m.ID, searchable{}, searchableOf(m)); err != nil {
			return false, err
		}
		below = int64(m.ID)
	}
	if len(found) < limit {
		_, err := t.exec(`DELETE FROM search_backlog`)
		return false, err
	}
	_, err = t.exec(`UPDATE search_backlog SET below = ?`, below)
	return true, err
}
