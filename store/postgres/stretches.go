package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

// stretch is the answer to a query for events.
type stretch struct {
	deleted int64 // up to which cursor the account's events are
	events  []store.Event
}

// after returns the events, unless some that the query is for have been deleted.
func (s stretch) after(q store.EventQuery) ([]store.Event, error) {
	if int64(q.After) < s.deleted {
		return nil, fmt.Errorf("postgres: %w: it is %v, and events up to %v are deleted", store.ErrExpired, q.After, s.deleted)
	}
	return s.events, nil
}

// stretches are those that a View has prefetched.
type stretches struct {
	known map[store.EventQuery]*stretch
	last  map[store.AccountID]store.Cursor
}

// take returns the answer to a query, once: then it is the caller's.
func (s *stretches) take(q store.EventQuery) (stretch, bool) {
	found := s.known[q]
	if found == nil {
		return stretch{}, false
	}
	delete(s.known, q)
	return *found, true
}

// fetchEvents asks for events of any number of accounts: where they end, and what
// they are. An Update is not to have the guards of events before it needs them, and
// those of one conversation are for one reader only.
func (t *tx) fetchEvents(qs []store.EventQuery) (ends, events *fetch) {
	if !t.readOnly {
		return nil, nil
	}
	k := &t.stretches
	if k.known == nil {
		k.known, k.last = make(map[store.EventQuery]*stretch), make(map[store.AccountID]store.Cursor)
	}
	var unknown []store.EventQuery
	for _, q := range missing(k.known, qs) {
		if q.Conversation == 0 {
			unknown = append(unknown, q)
		}
	}
	if len(unknown) == 0 {
		return nil, nil
	}
	found := make([]*stretch, len(unknown))
	for i := range found {
		found[i] = new(stretch)
	}
	accounts := mapped(unknown, func(q store.EventQuery) string { return pack(string(q.Account)) })
	ends = &fetch{statement: statement{
		text: `
			SELECT k.n, coalesce(k.through, 0), greatest(0, k.through, (SELECT max(cursor) FROM @events WHERE account = k.account))
			FROM (SELECT n, account, (SELECT through FROM @deleted_events d WHERE d.account = a.account) AS through
				FROM unnest($1::text[]) WITH ORDINALITY AS a(account, n)) AS k`,
		args: []any{accounts},
		read: func(rows pgx.Rows) error {
			var n, deleted, last int64
			err := rows.Scan(&n, &deleted, &last)
			if err == nil {
				found[n-1].deleted, k.last[unknown[n-1].Account] = deleted, store.Cursor(last)
			}
			return err
		},
	}, after: func() {}}
	events = &fetch{statement: statement{
		text: `
			SELECT k.n, e.* FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS k(account, after, most, n),
			LATERAL (SELECT ` + eventColumns + ` FROM @events WHERE account = k.account AND cursor > k.after ORDER BY cursor LIMIT k.most) AS e
			ORDER BY k.n, e.cursor`,
		args: []any{
			accounts, mapped(unknown, func(q store.EventQuery) int64 { return int64(q.After) }),
			mapped(unknown, func(q store.EventQuery) int64 { return int64(max(q.Limit, 0)) }),
		},
		read: func(rows pgx.Rows) error {
			var n int64
			var e store.Event
			err := scanEvent(numbered{rows, &n}, &e)
			if err == nil {
				found[n-1].events = append(found[n-1].events, e)
			}
			return err
		},
	}, after: func() {
		for i, q := range unknown {
			k.known[q] = found[i]
		}
	}}
	return ends, events
}
