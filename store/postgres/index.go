package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// What an Update writes, it also adds to the index of tokens. The rest is done on
// a goroutine of the Store's own: what older versions of the library write, what
// they have written, and sorting in the tokens that wait in the list of the
// index, which would fall to some Update of a thousand otherwise. New tables are
// analyzed there, too.

const (
	indexedAtOnce = 200             // messages that are indexed in one transaction, which has the guard of each
	indexedSoon   = 5 * time.Second // after they were written, the tokens of messages are sorted in at the latest
)

// tokensVersion is what a transaction says that it indexes by.
var tokensVersion = strconv.Itoa(search.Version)

// tokenized tells of messages that were added to the index.
func (s *Store) tokenized(n int) {
	s.unsorted.Add(int64(n))
	s.indexer.Add(n)
}

// useTokens begins to index everything anew if the index is by another version of
// the tokens. From here on triggers note what is not indexed by this one.
func (s *Store) useTokens(ctx context.Context, conn *pgxpool.Conn) error {
	var version int
	read := func(q querier) error {
		return q.QueryRow(ctx, s.text(`SELECT version FROM @search_state`)).Scan(&version)
	}
	if err := read(conn); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if version == search.Version {
		return nil
	}
	err := s.alter(ctx, conn, func(tx pgx.Tx) error {
		if err := read(tx); err != nil || version == search.Version {
			return err
		}
		// Making a trigger waits for everybody who is writing, so that nothing is
		// overlooked.
		_, err := tx.Exec(ctx, s.text(fmt.Sprintf(notePending, tokensVersion)))
		return err
	})
	if err != nil {
		return fmt.Errorf("postgres: preparing the search in the schema %s: %w", s.cfg.Schema, err)
	}
	return nil
}

// notePending makes the triggers for a version of the tokens.
const notePending = `
	CREATE OR REPLACE TRIGGER search_written AFTER INSERT ON @messages FOR EACH ROW
		WHEN (NEW.text <> '' AND current_setting('teaminbox.search', true) IS DISTINCT FROM '%[1]s')
		EXECUTE FUNCTION @search_later();
	CREATE OR REPLACE TRIGGER search_changed AFTER UPDATE OF account, conversation, text, created_at ON @messages FOR EACH ROW
		WHEN ((OLD.account, OLD.conversation, OLD.text, OLD.created_at) IS DISTINCT FROM (NEW.account, NEW.conversation, NEW.text, NEW.created_at)
			AND current_setting('teaminbox.search', true) IS DISTINCT FROM '%[1]s')
		EXECUTE FUNCTION @search_later();
	UPDATE @search_state SET version = %[1]s, below = (SELECT coalesce(max(id) + 1, 0) FROM @messages)`

// index is a turn of the Store's own goroutine.
func (s *Store) index(ctx context.Context) (more bool, err error) {
	waiting := false
	err = s.View(ctx, func(t store.Tx) error {
		return t.(*tx).read(nil, `SELECT below > 0 OR EXISTS (SELECT 1 FROM @search_pending) FROM @search_state WHERE version = $1`,
			func(r pgx.Rows) error { return r.Scan(&waiting) }, search.Version)
	})
	if err == nil && waiting {
		err = s.Update(ctx, func(t store.Tx) error {
			more, err = t.(*tx).indexWaiting(indexedAtOnce)
			return err
		})
	}
	if err != nil || more || s.unsorted.Swap(0) == 0 {
		return more, err
	}
	return false, errors.Join(s.sortIn(ctx), s.analyze(ctx))
}

// sortIn sorts the tokens that wait in the list into the index. Only the index's
// owner may; to others it happens once there are 4 MB.
func (s *Store) sortIn(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `SELECT gin_clean_pending_list($1::text::regclass)`, s.texts.schema+".search_tokens")
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) && e.Code == codeNotAllowed {
		return nil
	}
	if err != nil {
		return fmt.Errorf("postgres: sorting new tokens into the index: %w", err)
	}
	return nil
}

// indexWaiting makes the index follow so many messages, and reports whether there
// are more. Of several processes one is at it; and one whose tokens are of another
// version than those of the index leaves it to others.
func (t *tx) indexWaiting(limit int) (more bool, err error) {
	ours := false
	read := func(r pgx.Rows) error { return r.Scan(&ours) }
	if err := t.ask(t.ctx, nil, statement{`SELECT pg_try_advisory_xact_lock($1)`, []any{t.s.guards.of("search index").key}, read}); err != nil || !ours {
		return false, err
	}
	if err := t.ask(t.ctx, nil, statement{`SELECT version = $1 FROM @search_state FOR SHARE`, []any{search.Version}, read}); err != nil || !ours {
		return false, err
	}
	if more, err = t.indexPending(limit); err != nil || more {
		return more, err
	}
	return t.indexOlder(limit)
}

// indexPending makes the index follow so many of the messages that wait for it,
// and reports whether there are more.
func (t *tx) indexPending(limit int) (more bool, err error) {
	ids, err := all(t, nil, scanMessageID, `SELECT message FROM @search_pending ORDER BY message LIMIT $1`, limit)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	return len(ids) == limit, t.reindex(ids, statement{text: `DELETE FROM @search_pending WHERE message = ANY($1::bigint[])`, args: []any{numbers(ids)}})
}

// indexOlder does the same with those that were there before the index, or are
// in it by another version, the newest first.
func (t *tx) indexOlder(limit int) (more bool, err error) {
	ids, err := all(t, nil, scanMessageID, `SELECT id FROM @messages WHERE id < (SELECT below FROM @search_state) ORDER BY id DESC LIMIT $1`, limit)
	if err != nil {
		return false, err
	}
	below := store.MessageID(0)
	if more = len(ids) == limit; more {
		below = ids[limit-1]
	}
	return more, t.reindex(ids, statement{text: `UPDATE @search_state SET below = $1`, args: []any{int64(below)}})
}

func scanMessageID(r scanner, id *store.MessageID) error { return r.Scan((*int64)(id)) }

// reindex makes the index follow messages, and notes that it does. The
// transaction has their guards, so that nobody changes their texts meanwhile.
func (t *tx) reindex(ids []store.MessageID, done statement) error {
	messages, err := t.Messages(ids...)
	if err != nil {
		return err
	}
	var come []searchable
	gone := make(map[store.MessageID]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	for _, m := range messages {
		if is, hasWords := searchableOf(m); hasWords {
			come = append(come, is)
			delete(gone, m.ID)
		}
	}
	write, err := writeSearchables(nil, come, slices.Sorted(maps.Keys(gone)))
	if err != nil {
		return t.fail(err)
	}
	t.wrote = true
	t.s.unsorted.Add(int64(len(come)))
	return t.ask(t.ctx, nil, append(write, done)...)
}
