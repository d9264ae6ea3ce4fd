package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
)

// countUnread counts what is in the inboxes ?4, and what is in none of them but
// in the lists of the participants ?5. The others are: ?1 account, ?2 user, ?3
// status, ?6 claimants or NULL, ?7 inboxes in which it does not matter who has
// claimed what. A team takes part in most of what is in its inboxes: that is left
// out by the indexes alone.
var countUnread = `
	SELECT (
		SELECT count(*) FROM ` + inInboxes + isUnread + `
	) + (
		SELECT count(*) FROM (
			SELECT p.conversation FROM (` + textsIn("?5") + `) AS n CROSS JOIN participants p ON p.account = ?1 AND p.name = n.text AND p.status = ?3
			EXCEPT SELECT c.id FROM ` + inInboxes + `
		) AS p CROSS JOIN conversations c ON c.id = p.conversation` + isUnread + `
	)`

var (
	inInboxes = `(` + textsIn("?4") + `) AS i CROSS JOIN conversations c ON c.account = ?1 AND c.inbox = i.text AND c.status = ?3`
	isUnread  = `
			LEFT JOIN read_marks m ON m.account = ?1 AND m.user = ?2 AND m.conversation = c.id
			WHERE c.inbound_count > coalesce(m.inbound_count, 0)
				AND (?6 IS NULL OR c.claimed_by IN (` + textsIn("?6") + `) OR c.inbox IN (` + textsIn("?7") + `))`
)

// textsIn returns a query for the texts in a parameter, which textList has made.
func textsIn(param string) string {
	return `SELECT CAST(unhex(value) AS TEXT) AS text FROM json_each(` + param + `)`
}

// textList returns texts as a parameter, each once: as JSON, and in hexadecimal, since
// they need not be valid UTF-8. None is NULL for nil.
func textList[T ~string](texts []T) any {
	if texts == nil {
		return nil
	}
	each := make([]string, 0, len(texts))
	for _, text := range slices.Compact(slices.Sorted(slices.Values(texts))) {
		each = append(each, fmt.Sprintf(`"%X"`, string(text)))
	}
	return "[" + strings.Join(each, ",") + "]"
}

// CountUnread counts in the database.
func (t *tx) CountUnread(q store.UnreadQuery) (int, error) {
	n, err := t.number(countUnread, string(q.Account), string(q.User), string(q.Status), textList(q.Inboxes), textList(participants(q.User, q.Teams)),
		textList(q.Claimants), textList(q.Shared))
	return int(n), err
}
