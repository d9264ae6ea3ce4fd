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
// account, $2 and $3 the place before which it begins, $4 how many, $5 statuses
// or NULL, $6 claimants or NULL, $7 inboxes, $8 names of participants.
var (
	inboxLists       = listsOf("$7", "@conversations", "inbox", "id")
	participantLists = listsOf("$8", "@participants", "name", "conversation")

	page = `
		SELECT ` + conversationColumns + `
		FROM (SELECT l.last_at, l.id FROM (` + inboxLists + ` UNION ` + participantLists + `) AS l(last_at, id) ORDER BY l.last_at DESC, l.id DESC LIMIT $4) AS l
		JOIN @conversations c ON c.id = l.id
		ORDER BY l.last_at DESC, l.id DESC`
	// claimed is a page of what somebody in particular has claimed: those lists
	// are short.
	claimed = `
		SELECT ` + conversationColumns + ` FROM @conversations c
		WHERE c.account = $1 AND c.claimed_by = ANY($6::text[]) AND c.claimed_by <> '' AND (c.last_at, c.id) < ($2, $3)
			AND ($5::text[] IS NULL OR c.status = ANY($5::text[]))
			AND (c.inbox = ANY($7::text[]) OR EXISTS (
				SELECT 1 FROM @participants p
				WHERE p.account = $1 AND p.name = ANY($8::text[]) AND p.status = c.status AND p.last_at = c.last_at AND p.conversation = c.id))
		ORDER BY c.last_at DESC, c.id DESC LIMIT $4`
)

// listsOf returns the query of the lists that the names in a parameter have in
// a table. Any status means those that occur, which are found by going from one
// to the next in the index.
func listsOf(param, table, name, id string) string {
	return strings.NewReplacer("{param}", param, "{table}", table, "{name}", name, "{id}", id).Replace(`
		SELECT x.last_at, x.{id} FROM unnest({param}::text[]) AS n(name), LATERAL (
			WITH RECURSIVE s(status) AS (
				SELECT min(l.status) FROM {table} l WHERE l.account = $1 AND l.{name} = n.name
				UNION ALL
				SELECT (SELECT min(l.status) FROM {table} l WHERE l.account = $1 AND l.{name} = n.name AND l.status > s.status) FROM s WHERE s.status IS NOT NULL
			) SELECT status FROM s WHERE $5::text[] IS NULL AND status IS NOT NULL
			UNION SELECT unnest($5::text[])
		) AS s(status), LATERAL (
			SELECT l.last_at, l.{id} FROM {table} l
			WHERE l.account = $1 AND l.{name} = n.name AND l.status = s.status AND (l.last_at, l.{id}) < ($2, $3)
				AND ($6::text[] IS NULL OR l.claimed_by = ANY($6::text[]))
			ORDER BY l.last_at DESC, l.{id} DESC LIMIT $4
		) AS x`)
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
	if q.Claimants != nil && !slices.Contains(q.Claimants, "") {
		text = claimed
	}
	return all(t, t.only(t.s.guards.lists(q.Account, false)), scanConversation, text,
		pack(string(q.Account)), before, id, q.Limit, orNull(q.Statuses), orNull(q.Claimants), names(q.Inboxes), participantsOf(q.User, q.Teams))
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
