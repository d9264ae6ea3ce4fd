package postgres

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/internal/turns"
	"github.com/teaminbox/teaminbox/store"
)

// findWork finds conversations with work that is due at $1, as many as $3, and
// takes the guards of their leases ($2 makes one of a number), past those that
// another is just taking. Accounts take turns, beginning after $5:
//
//   - round jumps from account to account along the index, as far as somebody
//     asks for more. After $6 accounts it goes on only if there is something to
//     choose: many accounts may have nothing but work for later.
//   - crowd is all that is due, if it is no more than wanted.
//   - first is the longest due of each account.
//   - more is what else is due of them, the same number of each, so that no
//     more guards are taken than wanted. A conversation counts where its first
//     task is.
const findWork = `
	WITH RECURSIVE crowd AS MATERIALIZED (
		SELECT k.account, k.conversation, k.due_at, k.id FROM @tasks k
		WHERE NOT k.set_aside AND k.due_at <= $1 AND NOT EXISTS (SELECT 1 FROM @leases l WHERE l.conversation = k.conversation AND l.until > $4)
		ORDER BY k.due_at, k.id LIMIT $3::bigint + 1
	), round AS (
		SELECT $5::text COLLATE "C" AS account, NULL::timestamptz AS due_at, 0 AS turn, false AS again
		UNION ALL
		SELECT n.account, n.due_at, r.turn + 1, n.again FROM round r CROSS JOIN LATERAL (
			(SELECT k.account, k.due_at, r.again FROM @tasks k WHERE NOT k.set_aside AND k.account > r.account ORDER BY k.account, k.due_at, k.id LIMIT 1)
			UNION ALL
			(SELECT k.account, k.due_at, true FROM @tasks k WHERE NOT k.set_aside AND NOT r.again ORDER BY k.account, k.due_at, k.id LIMIT 1)
			LIMIT 1
		) AS n
		WHERE (NOT n.again OR n.account <= $5) AND (r.turn < $6 OR (SELECT count(*) FROM crowd) > $3)
	), first AS MATERIALIZED (
		SELECT r.account, r.turn, d.* FROM round r CROSS JOIN LATERAL (
			SELECT * FROM (
				SELECT k.conversation, k.due_at, k.id FROM @tasks k
				WHERE k.account = r.account AND NOT k.set_aside AND k.due_at <= $1
					AND NOT EXISTS (SELECT 1 FROM @leases l WHERE l.conversation = k.conversation AND l.until > $4)
				ORDER BY k.due_at, k.id OFFSET 0
			) AS due
			WHERE pg_try_advisory_xact_lock(due.conversation # $2::bigint) LIMIT 1
		) AS d
		WHERE r.due_at <= $1 LIMIT $3
	), more AS (
		SELECT f.account, 0 AS turn, d.* FROM first f CROSS JOIN LATERAL (
			SELECT * FROM (
				SELECT k.conversation, k.due_at, k.id FROM @tasks k
				WHERE k.account = f.account AND NOT k.set_aside AND k.due_at <= $1 AND (k.due_at, k.id) > (f.due_at, f.id)
					AND NOT EXISTS (SELECT 1 FROM @leases l WHERE l.conversation = k.conversation AND l.until > $4)
					AND NOT EXISTS (SELECT 1 FROM @tasks e WHERE e.conversation = k.conversation AND NOT e.set_aside AND (e.due_at, e.id) < (k.due_at, k.id))
				ORDER BY k.due_at, k.id OFFSET 0
			) AS due
			WHERE pg_try_advisory_xact_lock(due.conversation # $2::bigint)
			LIMIT (SELECT ($3 - count(*)) / greatest(count(*), 1) FROM first)
		) AS d
	)
	SELECT * FROM first UNION ALL SELECT * FROM more UNION ALL
	SELECT due.account, 0, due.conversation, due.due_at, due.id FROM (
		SELECT * FROM crowd
		WHERE (SELECT count(*) FROM first) < $3 AND (SELECT max(turn) FROM round) >= $6 AND (SELECT count(*) FROM crowd) <= $3 OFFSET 0
	) AS due
	WHERE pg_try_advisory_xact_lock(due.conversation # $2::bigint)`

// alongIndexes has the rest of a transaction planned once and for all, and its
// order taken from indexes. findWork stops early, which the planner can't know:
// it would rather sort all that is due, and planning takes longer than finding.
var alongIndexes = statement{text: `SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
	set_config('enable_sort', 'off', true), set_config('jit', 'off', true)`}

// findDue returns conversations that have work, with the guards of their
// leases, in the order in which they are to be taken, and reports whether those
// are all that can be had. No more guards are taken than wanted, since others
// look past them.
func (t *tx) findDue(now time.Time, wanted int) (ids []store.ConversationID, all bool, err error) {
	var found []turns.Due
	last, turn := t.s.turns.Account(), 0
	err = t.read(nil, findWork, func(r pgx.Rows) error {
		var d turns.Due
		n := 0
		err := r.Scan((*string)(&d.Account), &n, (*int64)(&d.Conversation), moment{&d.At}, (*int64)(&d.Task))
		unpackAll((*string)(&d.Account))
		t.held.add(t.s.guards.lease(d.Conversation))
		found = append(found, d)
		if n > turn {
			last, turn = d.Account, n
		}
		return err
	}, record.Time(now), t.s.guards.lease(0).key, wanted, t.moment, pack(string(last)), turns.Patience)
	if err != nil {
		return nil, false, err
	}
	if len(found) == 0 {
		return nil, true, nil
	}
	t.s.turns.Set(last)
	ids, all = turns.Order(found, wanted)
	// With their guards in hand, look again: somebody may have been there and
	// left since the statement began.
	still := make(map[store.ConversationID]bool)
	if err := t.fetch(t.fetchLeases(ids), &fetch{after: func() {}, statement: statement{
		`SELECT k.conversation FROM @tasks k WHERE k.conversation = ANY($1::bigint[]) AND NOT k.set_aside AND k.due_at <= $2`,
		[]any{numbers(ids), record.Time(now)},
		func(rows pgx.Rows) error {
			var id store.ConversationID
			err := rows.Scan((*int64)(&id))
			still[id] = true
			return err
		},
	}}); err != nil {
		return nil, false, err
	}
	return slices.DeleteFunc(ids, func(id store.ConversationID) bool { return !still[id] }), all, nil
}
