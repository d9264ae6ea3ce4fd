package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

// countUnread counts what is in the inboxes $4, and what is in none of them but
// in the lists of the participants $5. The others are: $1 account, $2 user, $3
// status, $6 claimants or NULL, $7 inboxes in which it does not matter who has
// claimed what.
//
// A team takes part in most of what is in its inboxes. So that is left out by the
// indexes alone, and of what is left each conversation is looked up: OFFSET keeps
// the planner, who expects more to be left, from reading all of them.
const (
	countUnread = `
		SELECT (
			SELECT count(*) FROM @conversations c ` + markOf + `
			WHERE c.account = $1 AND c.inbox = ANY($4::text[]) AND c.status = $3 AND ` + isUnread + `
		) + (
			SELECT count(*) FROM (
				SELECT DISTINCT p.conversation FROM @participants p
				WHERE p.account = $1 AND p.name = ANY($5::text[]) AND p.status = $3 AND NOT EXISTS (
					SELECT FROM @conversations i WHERE i.account = $1 AND i.inbox = ANY($4::text[]) AND i.status = $3 AND i.id = p.conversation)
			) AS p CROSS JOIN LATERAL (SELECT * FROM @conversations c WHERE c.id = p.conversation OFFSET 0) AS c ` + markOf + `
			WHERE ` + isUnread + `
		)`
	markOf   = `LEFT JOIN @read_marks m ON m.account = $1 AND m.username = $2 AND m.conversation = c.id`
	isUnread = `c.inbound_count > coalesce(m.inbound_count, 0)
				AND ($6::text[] IS NULL OR c.claimed_by = ANY($6::text[]) OR c.inbox = ANY($7::text[]))`
)

// CountUnread counts in the database. In an Update it keeps others from
// changing what is counted.
func (t *tx) CountUnread(q store.UnreadQuery) (int, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	n := 0
	err := t.readAll(t.only(t.s.guards.lists(q.Account, false)), t.plannedEachTime(statement{
		text: countUnread,
		args: []any{
			pack(string(q.Account)), pack(string(q.User)), string(q.Status), names(q.Inboxes), participantsOf(q.User, q.Teams),
			orNull(q.Claimants), names(q.Shared),
		},
		read: func(r pgx.Rows) error { return r.Scan(&n) },
	})...)
	return n, err
}
