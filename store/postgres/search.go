package postgres

import (
	"iter"
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
func (t *tx) Candidates(w search.Wanted) iter.Seq2[search.Candidate, error] {
	query, since, until := matching(w), orNoTime(w.Since), orNoTime(w.Until)
	read := func(text string, before store.MessageID, limit int, more ...any) ([]search.Candidate, error) {
		args := append([]any{int64(before), query, since, until, limit}, more...)
		return all(t, t.only(t.s.guards.lists(w.Account, false)), func(r scanner, c *search.Candidate) error {
			return r.Scan((*int64)(&c.Message), (*int64)(&c.Conversation))
		}, text, args...)
	}
	if w.Within != nil {
		return inBatches(w.Before, func(before store.MessageID, limit int) ([]search.Candidate, error) {
			return read(candidatesWithin, before, limit, numbers(w.Within))
		})
	}
	return search.Walk{
		First: 500, Dense: 100,
		Newest: func(before store.MessageID, messages int) ([]search.Candidate, bool, error) {
			found, err := read(newestCandidates, before, messages, messages)
			return found, false, err
		},
		Indexed: func(before store.MessageID) iter.Seq2[search.Candidate, error] {
			return inBatches(before, func(before store.MessageID, limit int) ([]search.Candidate, error) {
				return read(allCandidates, before, limit)
			})
		},
	}.Candidates(w.Before)
}

// inBatches yields what read returns, batch by batch: at most so many before a
// message.
func inBatches(before store.MessageID, read func(before store.MessageID, limit int) ([]search.Candidate, error)) iter.Seq2[search.Candidate, error] {
	return func(yield func(search.Candidate, error) bool) {
		for limit := 200; ; limit = min(4*limit, 8192) {
			batch, err := read(before, limit)
			if err != nil {
				yield(search.Candidate{}, err)
				return
			}
			for _, c := range batch {
				if !yield(c, nil) {
					return
				}
				before = c.Message
			}
			if len(batch) < limit {
				return
			}
		}
	}
}

// orNoTime returns a time as a parameter that is NULL for the zero time.
func orNoTime(t time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: record.Time(t), Valid: !t.IsZero()}
}

// matching returns what is wanted as a tsquery, in which a token between
// apostrophes is nothing but a token.
func matching(w search.Wanted) string {
	terms := []string{lexeme(search.Token{Text: search.AccountToken(w.Account)})}
	for _, term := range w.Query.Terms {
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
