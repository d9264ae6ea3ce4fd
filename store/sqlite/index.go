package sqlite

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// The index of tokens follows the messages from a queue, the table
// search_pending, on a goroutine of its own. FTS5 takes 280 µs for one text in a
// transaction and 20 for each of many, so that an Update that brings a message
// would take twice as long. Until then a text is looked at by itself.

// A turn of the indexer has the writer for some milliseconds, so that nobody
// waits for it longer than for a full batch of the engine's.
const (
	indexedAtOnce = 250                    // messages
	indexedBytes  = 64 << 10               // or about so many of their texts
	indexedSoon   = 500 * time.Millisecond // after they were written, at the latest
)

// useTokens begins to index everything anew if the index is by another version
// of the tokens.
func (s *Store) useTokens(ctx context.Context) error {
	version := int64(0)
	err := s.View(ctx, func(t store.Tx) (err error) {
		version, err = t.(*tx).number(`SELECT version FROM search_state`)
		return err
	})
	if err != nil || version == search.Version {
		return err
	}
	return s.Update(ctx, func(t store.Tx) error {
		_, err := t.(*tx).exec(`UPDATE search_state SET version = ?1, below = (SELECT coalesce(max(id) + 1, 0) FROM messages) WHERE version <> ?1`, search.Version)
		return err
	})
}

// index is a turn of the indexer.
func (s *Store) index(ctx context.Context) (more bool, err error) {
	waiting := false
	err = s.View(ctx, func(tx_ store.Tx) error {
		n, err := tx_.(*tx).number(`SELECT below > 0 OR EXISTS (SELECT 1 FROM search_pending) FROM search_state`)
		waiting = n != 0
		return err
	})
	if err != nil || !waiting {
		return false, err
	}
	err = s.Update(ctx, func(tx_ store.Tx) error {
		t := tx_.(*tx)
		if more, err = t.indexPending(indexedAtOnce); err != nil || more {
			return err
		}
		more, err = t.indexOlder(indexedAtOnce)
		return err
	})
	return more, err
}

// toIndex is a message that the index does not agree with.
type toIndex struct {
	store.Message
	stale bool // the index may have it as it was
}

// indexPending makes the index follow so many of the messages that wait for it,
// and reports whether there are more. A process whose tokens are of another
// version than those of the index leaves that to others.
func (t *tx) indexPending(limit int) (more bool, err error) {
	found, more, err := t.nextToIndex(limit, `
		SELECT p.message, coalesce(m.account, ''), coalesce(m.conversation, 0), coalesce(m.text, ''), m.created_at, p.stale
		FROM search_pending p LEFT JOIN messages m ON m.id = p.message
		WHERE ?1 = (SELECT version FROM search_state) ORDER BY p.message LIMIT ?2`, search.Version, limit)
	if err != nil || len(found) == 0 {
		return false, err
	}
	if err := t.reindex(found); err != nil {
		return false, err
	}
	_, err = t.exec(`DELETE FROM search_pending WHERE message <= ?`, int64(found[len(found)-1].ID))
	return more, err
}

// indexOlder does the same with those that were there before the index, or are
// in it by another version, the newest first.
func (t *tx) indexOlder(limit int) (more bool, err error) {
	found, more, err := t.nextToIndex(limit, `
		SELECT id, account, conversation, text, created_at, TRUE FROM messages
		WHERE ?1 = (SELECT version FROM search_state) AND id < (SELECT below FROM search_state) ORDER BY id DESC LIMIT ?2`, search.Version, limit)
	if err != nil {
		return false, err
	}
	below := int64(0)
	if more {
		below = int64(found[len(found)-1].ID)
	}
	slices.Reverse(found)
	if err := t.reindex(found); err != nil {
		return false, err
	}
	_, err = t.exec(`UPDATE search_state SET below = ? WHERE version = ?`, below, search.Version)
	return more, err
}

// nextToIndex reads messages until it is enough for a turn, and reports whether
// there may be more.
func (t *tx) nextToIndex(limit int, text string, args ...any) (found []toIndex, more bool, err error) {
	size := 0
	err = t.each(func(r row) (bool, error) {
		var m toIndex
		var err error
		m.Message, err = scanText(r, &m.stale)
		found = append(found, m)
		size += len(m.Text)
		more = len(found) == limit || size >= indexedBytes
		return !more, err
	}, text, args...)
	return found, more, err
}

// reindex makes the index follow messages, which are in the order of their ids:
// FTS5 writes all that it has as soon as an id is not larger than the one before.
func (t *tx) reindex(ms []toIndex) error {
	for _, m := range ms {
		if !m.stale {
			continue
		}
		if _, err := t.exec(`DELETE FROM search WHERE rowid = ?`, int64(m.ID)); err != nil {
			return err
		}
	}
	var days []day
	for _, m := range ms {
		tokens := search.Tokens(m.Text)
		if len(tokens) == 0 {
			continue
		}
		if err := t.ready(); err != nil {
			return err
		}
		tokens = append(tokens, search.AccountToken(m.Account), search.ConversationToken(m.Conversation))
		if _, err := t.exec(`INSERT INTO search (rowid, tokens) VALUES (?, ?)`, int64(m.ID), strings.Join(tokens, " ")); err != nil {
			return err
		}
		days = appendDay(days, m.Message)
	}
	for _, d := range days {
		if _, err := t.exec(`INSERT INTO search_days (day, first, last) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)`, d.day, int64(d.first), int64(d.last)); err != nil {
			return err
		}
	}
	return nil
}

// day says between which ids the messages of a day are.
type day struct {
	day         int64
	first, last store.MessageID
}

// appendDay notes a message, whose id is larger than those before.
func appendDay(days []day, m store.Message) []day {
	n := dayOf(m.CreatedAt)
	if i := slices.IndexFunc(days, func(d day) bool { return d.day == n }); i >= 0 {
		days[i].last = m.ID
		return days
	}
	return append(days, day{n, m.ID, m.ID})
}

// dayOf returns how many days after 1970 a time is, or a negative number.
func dayOf(t time.Time) int64 {
	const microseconds = 24 * 60 * 60 * 1e6
	at := t.UnixMicro()
	n := at / microseconds
	if at < n*microseconds { // division rounds towards zero
		n--
	}
	return n
}
