package postgres

import (
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// SearchMessages answers with the index of tokens. In an Update it keeps others
// from changing what may be found.
func (t *tx) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	return search.Find(t, q)
}

// The statements select candidates before $1 that match $2, in the time from $3
// to $4, and at most $5 of them, the newest first.
const (
	// newestCandidates looks at each of the newest $6 messages, in their order.
	newestCandidates = `
		SELECT s.message, s.conversation
		FROM (SELECT * FROM @search WHERE message < $1 ORDER BY message DESC LIMIT $6) AS s
		WHERE s.tokens @@ $2::tsquery
			AND ($3::timestamptz IS NULL OR s.created_at >= $3) AND ($4::timestamptz IS NULL OR s.created_at < $4 OR s.created_at IS NULL)
		ORDER BY s.message DESC LIMIT $5`
	// allCandidates asks the index of tokens for everything that matches, and
	// sorts it. That the order is asked for outside keeps the planner from
	// walking along the primary key until it has found enough.
	allCandidates = `
		WITH s AS MATERIALIZED (SELECT message, conversation, created_at FROM @search WHERE tokens @@ $2::tsquery)
		SELECT s.message, s.conversation FROM s
		WHERE s.message < $1
			AND ($3::timestamptz IS NULL OR s.created_at >= $3) AND ($4::timestamptz IS NULL OR s.created_at < $4 OR s.created_at IS NULL)
		ORDER BY s.message DESC LIMIT $5`
	// candidatesWithin looks at each message of the conversations $6. An index
	// of tokens takes very long for one of many keys.
	candidatesWithin = `
		SELECT s.message, s.conversation
		FROM unnest($6::bigint[]) AS c(id) JOIN @messages m ON m.conversation = c.id JOIN @search s ON s.message = m.id
		WHERE s.message < $1 AND s.tokens @@ $2::tsquery
			AND ($3::timestamptz IS NULL OR s.created_at >= $3) AND ($4::timestamptz IS NULL OR s.created_at < $4 OR s.created_at IS NULL)
		ORDER BY s.message DESC LIMIT $5`
)

// Candidates implements [search.Index].
func (t *tx) Candidates(w search.Wanted) ([]search.Candidate, error) {
	before := int64(w.Before)
	if before == 0 {
		before = math.MaxInt64
	}
	args := []any{before, matching(w), orNoTime(w.Since), orNoTime(w.Until), w.Limit}
	read := func(text string, more ...any) ([]search.Candidate, error) {
		return all(t, t.only(t.s.guards.lists(w.Account, false)), func(r scanner, c *search.Candidate) error {
			return r.Scan((*int64)(&c.Message), (*int64)(&c.Conversation))
		}, text, append(args[:len(args):len(args)], more...)...)
	}
	if w.Within != nil {
		return read(candidatesWithin, numbers(w.Within))
	}
	return search.Walk{
		First: 500, Dense: 100,
		Newest: func(messages int) ([]search.Candidate, bool, error) {
			found, err := read(newestCandidates, messages)
			return found, false, err
		},
		Indexed: func() ([]search.Candidate, error) { return read(allCandidates) },
	}.Candidates(w.Limit)
}

// orNoTime returns a time as a parameter that is NULL for the zero time.
func orNoTime(t time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: record.Time(t), Valid: !t.IsZero()}
}

// matching returns what is wanted as a tsquery, in which a token between
// apostrophes is nothing but a token.
func matching(w search.Wanted) string {
	terms := []string{lexeme(search.Token{Text: search.AccountToken(w.Account)})}
	for _, term := range w.Terms {
		phrases := make([]string, len(term))
		for i, p := range term {
			tokens := make([]string, len(p))
			for j, token := range p {
				tokens[j] = lexeme(token)
			}
			phrases[i] = "(" + strings.Join(tokens, " & ") + ")"
		}
		terms = append(terms, "("+strings.Join(phrases, " | ")+")")
	}
	return strings.Join(terms, " & ")
}

func lexeme(t search.Token) string {
	if t.Prefix {
		return "'" + t.Text + "':*"
	}
	return "'" + t.Text + "'"
}

// searchable is what the index has of a message.
type searchable struct {
	message      store.MessageID
	conversation store.ConversationID
	createdAt    time.Time
	tokens       string
}

var searchColumns = []column[searchable]{
	numberColumn("message", func(s *searchable) int64 { return int64(s.message) }),
	numberColumn("conversation", func(s *searchable) int64 { return int64(s.conversation) }),
	timeColumn("created_at", func(s *searchable) time.Time { return s.createdAt }),
	values("tokens", "text", func(s *searchable) string { return s.tokens }),
}

// searchedAlike reports whether the index has the same of both.
func searchedAlike(a, b store.Message) bool {
	return a.Account == b.Account && a.Conversation == b.Conversation && a.Text == b.Text && a.CreatedAt.Equal(b.CreatedAt)
}

// flushMessages returns the statements that write messages, and those that
// make the index follow.
func (t *tx) flushMessages() ([]statement, error) {
	var gone []store.MessageID
	var come []searchable
	for _, s := range t.messages.dirty {
		m := s.value
		if s.kept != nil && searchedAlike(*s.kept, m) {
			continue
		}
		if s.kept != nil && s.kept.Text != "" {
			gone = append(gone, m.ID)
		}
		if is, ok := searchableOf(m); ok {
			come = append(come, is)
		}
	}
	statements, err := t.messages.flush(&messagesTable)
	if err != nil {
		return nil, err
	}
	if len(gone) > 0 {
		statements = append(statements, statement{text: `DELETE FROM @search WHERE message = ANY($1::bigint[])`, args: []any{numbers(gone)}})
	}
	if len(come) > 0 {
		args, err := params(searchColumns, pointers(come))
		if err != nil {
			return nil, err
		}
		statements = append(statements, statement{text: insertSearchable, args: args})
	}
	return statements, nil
}

const insertSearchable = `
	INSERT INTO @search (message, conversation, created_at, tokens)
	SELECT v.message, v.conversation, v.created_at, v.tokens::tsvector
	FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[]) AS v(message, conversation, created_at, tokens)`

// searchableOf returns what the index has of a message, if it has words. Tokens
// have nothing in them by which a tsvector is separated.
func searchableOf(m store.Message) (searchable, bool) {
	tokens := search.Tokens(m.Text)
	if len(tokens) == 0 {
		return searchable{}, false
	}
	tokens = append(tokens, search.AccountToken(m.Account))
	return searchable{m.ID, m.Conversation, m.CreatedAt, strings.Join(tokens, " ")}, true
}
