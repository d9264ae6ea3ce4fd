package postgres

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// The lists of which a page is made. Each is read from the newest on, in the
// order of an index, no further than the page needs. The parameters are: $1
// account, $2 and $3 the place before which it begins, $4 how many, $5 claimants
// or NULL, $6 inboxes, $7 names of participants, $8 statuses.
var (
	page    = pageOf(`unnest($8::text[])`)
	anyPage = pageOf(`(` + statusesOf("$6", "@conversations", "inbox") + ` UNION ` + statusesOf("$7", "@participants", "name") + `)`)
	// claimed is a page of what somebody in particular has claimed: those lists
	// are short. OFFSET keeps the planner from reading all that the participants
	// are in, to look up in it what is claimed.
	claimed = `
		SELECT ` + conversationColumns + ` FROM @conversations c
		WHERE c.account = $1 AND c.claimed_by = ANY($5::text[]) AND c.claimed_by <> '' AND (c.last_at, c.id) < ($2, $3)
			AND ($8::text[] IS NULL OR c.status = ANY($8::text[]))
			AND (c.inbox = ANY($6::text[]) OR EXISTS (
				SELECT 1 FROM @participants p
				WHERE p.account = $1 AND p.name = ANY($7::text[]) AND p.status = c.status AND p.last_at = c.last_at AND p.conversation = c.id OFFSET 0))
		ORDER BY c.last_at DESC, c.id DESC LIMIT $4`
)

// pageOf returns the query of a page of conversations with some statuses. OFFSET
// keeps the planner from reading more conversations than are on the page.
func pageOf(statuses string) string {
	return `
		SELECT ` + conversationColumns + ` FROM (
			SELECT DISTINCT x.last_at, x.id FROM ` + statuses + ` AS s(status), LATERAL (` +
		listsOf("$6", "@conversations", "inbox", "id") + ` UNION ALL ` + listsOf("$7", "@participants", "name", "conversation") + `
			) AS x ORDER BY x.last_at DESC, x.id DESC LIMIT $4
		) AS l CROSS JOIN LATERAL (SELECT * FROM @conversations c WHERE c.id = l.id OFFSET 0) AS c
		ORDER BY l.last_at DESC, l.id DESC`
}

// listsOf returns the query of the lists that the names in a parameter have in
// a table, for one status.
func listsOf(param, table, name, id string) string {
	return strings.NewReplacer("{param}", param, "{table}", table, "{name}", name, "{id}", id).Replace(`
				SELECT x.last_at, x.id FROM unnest({param}::text[]) AS n(name), LATERAL (
					SELECT l.last_at, l.{id} AS id FROM {table} l
					WHERE l.account = $1 AND l.{name} = n.name AND l.status = s.status AND (l.last_at, l.{id}) < ($2, $3)
						AND ($5::text[] IS NULL OR l.claimed_by = ANY($5::text[]))
					ORDER BY l.last_at DESC, l.{id} DESC LIMIT $4
				) AS x`)
}

// statusesOf returns the query of the statuses that occur in those lists, which
// are found by going from one to the next in the index.
func statusesOf(param, table, name string) string {
	return strings.NewReplacer("{param}", param, "{table}", table, "{name}", name).Replace(`
				SELECT s.status FROM unnest({param}::text[]) AS n(name), LATERAL (
					WITH RECURSIVE s(status) AS (
						SELECT min(l.status) FROM {table} l WHERE l.account = $1 AND l.{name} = n.name
						UNION ALL
						SELECT (SELECT min(l.status) FROM {table} l WHERE l.account = $1 AND l.{name} = n.name AND l.status > s.status) FROM s WHERE s.status IS NOT NULL
					) SELECT status FROM s WHERE status IS NOT NULL
				) AS s`)
}

// infinity comes after every time.
var infinity = pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}

// ListConversations merges the lists of the inboxes, the user and the teams,
// each in each status.
func (t *tx) ListConversations(q store.ConversationQuery) ([]store.Conversation, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	if len(q.Inboxes) == 0 && q.User == "" && len(q.Teams) == 0 || q.Limit < 1 {
		return nil, nil
	}
	before, id := infinity, int64(0)
	if q.Before != (store.Position{}) {
		before, id = pgtype.Timestamptz{Time: record.Time(q.Before.LastAt), Valid: true}, int64(q.Before.ID)
	}
	text := page
	args := []any{pack(string(q.Account)), before, id, q.Limit, orNull(q.Claimants), names(q.Inboxes), participantsOf(q.User, q.Teams)}
	switch {
	case q.Claimants != nil && !slices.Contains(q.Claimants, ""):
		text, args = claimed, append(args, orNull(q.Statuses))
	case q.Statuses == nil:
		text = anyPage
	default:
		args = append(args, names(q.Statuses))
	}
	return all(t, t.only(t.s.guards.lists(q.Account, false)), scanConversation, text, args...)
}

// participantsOf returns the names of the lists of a user, if there is one, and
// teams.
func participantsOf(user store.UserID, teams []store.TeamID) []string {
	var participants []string
	if user != "" {
		participants = append(participants, pack(record.UserName(user)))
	}
	for _, team := range teams {
		participants = append(participants, pack(record.TeamName(team)))
	}
	return participants
}

// orNull returns texts as a parameter that is NULL for nil.
func orNull[T ~string](list []T) any {
	if list == nil {
		return []string(nil)
	}
	return names(list)
}
