package postgres

import (
	"context"
	"errors"
	"sync"

	"github.com/teaminbox/teaminbox/store"
)

// backlogStep is how many messages are indexed in one transaction, which has
// the guard of each.
const backlogStep = 200

// backlog adds the messages of an earlier version of the library to the index
// of tokens, the newest first, on a goroutine of its own: nobody waits for it
// when the Store is opened. It ends when there are none left. Those of several
// processes take turns.
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
			b.s.cfg.Logger.ErrorContext(ctx, "older messages could not be made searchable; it is tried again when the Store is opened next", "err", err)
		}
	}
}

// step indexes some messages and reports whether there may be more.
func (b *backlog) step(ctx context.Context) (more bool, err error) {
	var below []int64
	err = b.s.View(ctx, func(t store.Tx) (err error) {
		below, err = t.(*tx).backlog()
		return err
	})
	if err != nil || len(below) == 0 {
		return false, err
	}
	err = b.s.Update(ctx, func(t store.Tx) error {
		more, err = t.(*tx).indexBacklog(backlogStep)
		return err
	})
	return more, err
}

// backlog returns the id below which messages may not be in the index, or
// nothing if all are.
func (t *tx) backlog() ([]int64, error) {
	return all(t, t.only(t.s.guards.of("search backlog")), scanNumber, `SELECT below FROM @search_backlog`)
}

func scanNumber(r scanner, n *int64) error { return r.Scan(n) }

// indexBacklog indexes so many of the messages that may not be in the index,
// and reports whether there are more. It has their guards, so that nobody
// changes their texts meanwhile. One that was written since the backlog was made
// is there already.
func (t *tx) indexBacklog(limit int) (more bool, err error) {
	below, err := t.backlog()
	if err != nil || len(below) == 0 {
		return false, err
	}
	ids, err := all(t, nil, scanNumber, `SELECT id FROM @messages WHERE id < $1 ORDER BY id DESC LIMIT $2`, below[0], limit)
	if err != nil {
		return false, err
	}
	keys := make([]store.MessageID, len(ids))
	for i, id := range ids {
		keys[i] = store.MessageID(id)
	}
	messages, err := t.Messages(keys...)
	if err != nil {
		return false, err
	}
	var come []searchable
	for _, m := range messages {
		if s, ok := searchableOf(m); ok {
			come = append(come, s)
		}
	}
	args, err := params(searchColumns, pointers(come))
	if err != nil {
		return false, t.fail(err)
	}
	t.wrote = true
	write := []statement{{text: insertSearchable + ` ON CONFLICT (message) DO NOTHING`, args: args}}
	if len(ids) < limit {
		write = append(write, statement{text: `DELETE FROM @search_backlog`})
	} else {
		write = append(write, statement{text: `UPDATE @search_backlog SET below = $1`, args: []any{ids[len(ids)-1]}})
	}
	return len(ids) == limit, t.ask(t.ctx, nil, write...)
}
