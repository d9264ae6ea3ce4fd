package main

import "strings"

// What a list shows of a conversation: itself, the contact, how much of it the
// user has read, and whether the customer's last word was an opt-out.
const (
	shown = `c.*, p.*, r.inbound_count, (
		SELECT e.kind FROM consent e WHERE e.account = c.account AND e.family = c.family AND e.identity = c.identity
		ORDER BY e.occurred_at DESC, e.id DESC LIMIT 1)`
	shownFrom = `JOIN contacts p ON p.id = c.contact LEFT JOIN read_marks r ON r.account = c.account AND r.username = $1 AND r.conversation = c.id`
	listed    = `SELECT ` + shown + ` FROM (SELECT * FROM conversations c WHERE c.account = $2 `
	newest    = ` ORDER BY c.last_at DESC, c.id DESC LIMIT 50) AS c ` + shownFrom + ` ORDER BY c.last_at DESC, c.id DESC`
	hits      = `SELECT m.*, ` + shown
	hitsFrom  = `JOIN messages m ON m.id = s.message JOIN conversations c ON c.id = m.conversation ` + shownFrom
)

// bareTexts are the queries on Postgres that answer the same as the store's, as
// one writes them by hand. The searches are for a rare word by the index, and for
// one that every other message has by looking at the newest.
var bareTexts = map[string]string{
	"list-newest":                 listed + `AND c.inbox = $3` + newest,
	"list-open-newest":            listed + `AND c.inbox = $3 AND c.status = 'open'` + newest,
	"list-page":                   listed + `AND c.inbox = $3 AND c.status = 'open' AND (c.last_at, c.id) < ($4, $5)` + newest,
	"list-mine":                   listed + `AND c.claimed_by = $1 AND c.claimed_by <> ''` + newest,
	"conversation":                `SELECT * FROM conversations WHERE id = $1`,
	"thread":                      `SELECT * FROM conversations WHERE account = $1 AND inbox = $2 AND family = 'telephony' AND identity = $3`,
	"contact-by-address":          `SELECT c.* FROM identities i JOIN contacts c ON c.id = i.contact WHERE i.account = $1 AND i.family = 'telephony' AND i.value = $2`,
	"messages-newest":             `SELECT * FROM messages WHERE conversation = $1 ORDER BY seq DESC LIMIT 50`,
	"message-by-provider-id":      `SELECT * FROM messages WHERE channel = $1 AND provider_id = $2 AND provider_id <> ''`,
	"messages-by-64-provider-ids": `SELECT * FROM messages WHERE channel = $1 AND provider_id = ANY($2) AND provider_id <> ''`,
	"message-by-request-key":      `SELECT * FROM messages WHERE account = $1 AND request_key = $2 AND request_key <> ''`,
	"unread-marks":                `SELECT * FROM read_marks WHERE account = $1 AND username = $2 AND conversation = ANY($3)`,
	"unread-count": `SELECT count(*) FROM conversations c LEFT JOIN read_marks m ON m.account = c.account AND m.username = $3 AND m.conversation = c.id
		WHERE c.account = $1 AND c.inbox = $2 AND c.status = 'open' AND c.inbound_count > coalesce(m.inbound_count, 0)`,
	"next-due":               `SELECT due_at FROM tasks WHERE NOT set_aside ORDER BY due_at, id LIMIT 1`,
	"lease-due":              `SELECT conversation FROM tasks WHERE NOT set_aside AND due_at <= $1 ORDER BY due_at, id LIMIT 64 FOR UPDATE SKIP LOCKED`,
	"events-after":           `SELECT * FROM events WHERE account = $1 AND cursor > $2 ORDER BY cursor LIMIT 256`,
	"events-of-conversation": `SELECT * FROM events WHERE conversation = $1 AND conversation <> 0 ORDER BY cursor LIMIT 256`,
	"last-event":             `SELECT max(cursor) FROM events WHERE account = $1`,
	"search-rare": `WITH s AS MATERIALIZED (SELECT message FROM search WHERE tokens @@ $2::tsquery)
		` + hits + ` FROM (SELECT message FROM s ORDER BY message DESC LIMIT 20) AS s ` + hitsFrom + ` ORDER BY m.id DESC`,
	"search-common": commonHits,
	"search-all":    commonHits,
}

const commonHits = hits + ` FROM (
		SELECT message FROM (SELECT * FROM search ORDER BY message DESC LIMIT 500) AS s WHERE s.tokens @@ $2::tsquery ORDER BY message DESC LIMIT 20
	) AS s ` + hitsFrom + ` ORDER BY m.id DESC`

// bareTextsSQLite are those that SQLite puts otherwise: its own search, and
// indexes that are there only for set_aside = 0.
var bareTextsSQLite = map[string]string{
	"next-due":      `SELECT due_at FROM tasks WHERE set_aside = 0 ORDER BY due_at, id LIMIT 1`,
	"lease-due":     `SELECT conversation FROM tasks WHERE set_aside = 0 AND due_at <= $1 ORDER BY due_at, id LIMIT 64`,
	"search-rare":   hits + ` FROM (SELECT rowid AS message FROM search WHERE search MATCH '"' || $2 || '" *' ORDER BY rowid DESC LIMIT 20) AS s ` + hitsFrom + ` ORDER BY m.id DESC`,
	"search-common": commonHitsSQLite,
	"search-all":    commonHitsSQLite,
}

const commonHitsSQLite = hits + ` FROM (
		SELECT id AS message FROM (SELECT id, text FROM messages ORDER BY id DESC LIMIT 500) WHERE text LIKE '%' || $2 || '%' ORDER BY id DESC LIMIT 20
	) AS s ` + hitsFrom + ` ORDER BY m.id DESC`

// bareText returns the bare query of a name, or "".
func bareText(kind, name string) string {
	if kind != "sqlite" {
		return bareTexts[name]
	}
	text, differs := bareTextsSQLite[name]
	if !differs {
		text = bareTexts[name]
	}
	return inSQLite.Replace(text)
}

// inSQLite writes parameters, lists of them, and a column as SQLite has them.
var inSQLite = strings.NewReplacer(`= ANY($2)`, `IN (SELECT value FROM json_each(?2))`, `= ANY($3)`, `IN (SELECT value FROM json_each(?3))`, `$`, `?`, `username`, `user`)
