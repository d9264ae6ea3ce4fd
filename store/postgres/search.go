package postgres

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
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
// to $4, the newest first, with their texts if $5.
const (
	candidate = `s.message, s.conversation, CASE WHEN $5::boolean THEN (SELECT m.text FROM @messages m WHERE m.id = s.message) END`
	isWanted  = `s.message < $1::bigint AND s.tokens @@ $2::tsquery AND ` + inTime
	inTime    = `($3::timestamptz IS NULL OR s.created_at >= $3) AND ($4::timestamptz IS NULL OR s.created_at < $4 OR s.created_at IS NULL)`

	// newestCandidates looks at each of the newest $6 messages, in their order,
	// until it has $7.
	newestCandidates = `
		SELECT ` + candidate + `
		FROM (SELECT * FROM @search WHERE message < $1::bigint ORDER BY message DESC LIMIT $6) AS s
		WHERE ` + isWanted + ` ORDER BY s.message DESC LIMIT $7`
	// allCandidates asks the index of tokens for everything that matches, and
	// sorts it. That the order is asked for outside keeps the planner from
	// walking along the primary key until it has found enough. OFFSET keeps it
	// from reading the texts before they are asked for.
	allCandidates = `
		WITH a AS MATERIALIZED (SELECT s.message, s.conversation, s.created_at FROM @search s WHERE s.tokens @@ $2::tsquery)
		SELECT ` + candidate + ` FROM (SELECT * FROM a s WHERE s.message < $1::bigint AND ` + inTime + ` ORDER BY s.message DESC OFFSET 0) AS s
		ORDER BY s.message DESC`
	// candidatesOf looks at the messages of the conversation $6, in their order.
	candidatesOf = `
		SELECT ` + candidate + ` FROM (SELECT * FROM @search s WHERE s.conversation = $6::bigint AND ` + isWanted + ` ORDER BY s.message DESC OFFSET 0) AS s
		ORDER BY s.message DESC`
	// candidatesWithin looks at each message of the conversations $6. An index
	// of tokens takes very long for one of many keys.
	candidatesWithin = `
		SELECT ` + candidate + ` FROM (
			SELECT s.message, s.conversation FROM unnest($6::bigint[]) AS c(id) JOIN @search s ON s.conversation = c.id
			WHERE ` + isWanted + ` ORDER BY s.message DESC OFFSET 0
		) AS s ORDER BY s.message DESC`

	// pendingCandidates are what the index may not agree with, before $1.
	pendingCandidates = `
		SELECT m.id, m.account, m.conversation, m.text, m.created_at FROM @search_pending p JOIN @messages m ON m.id = p.message
		WHERE p.message < $1::bigint ORDER BY p.message DESC`
)

// Ahead implements [search.Ahead].
func (t *tx) Ahead(conversations []store.ConversationID, messages []store.MessageID) error {
	if !t.readOnly { // it would keep from others what it may not need
		return nil
	}
	if err := t.ready(); err != nil {
		return err
	}
	return t.fetch(t.fetchConversations(conversations), t.fetchMessages(messages))
}

// Candidates implements [search.Index].
func (t *tx) Candidates(w search.Wanted) iter.Seq2[search.Candidate, error] {
	c := &candidates{tx: t, w: w}
	return merged(&c.pending, c.indexed())
}

// candidates are the answer to what is wanted.
type candidates struct {
	*tx
	w       search.Wanted
	pending []search.Candidate // see pendingCandidates
	asked   bool               // for those that are pending
}

// ask sends statements, the first time with the question for what the index may
// not know yet. There is nothing of that kind but while older versions of the
// library write as well.
func (c *candidates) ask(statements ...statement) error {
	if !c.asked {
		c.asked = true
		statements = append([]statement{{pendingCandidates, []any{int64(c.w.Before)}, c.addPending}}, statements...)
	}
	return c.readAll(c.only(c.s.guards.lists(c.w.Account, false)), statements...)
}

func (c *candidates) addPending(r pgx.Rows) error {
	var m store.Message
	err := r.Scan((*int64)(&m.ID), (*string)(&m.Account), (*int64)(&m.Conversation), &m.Text, moment{&m.CreatedAt})
	unpackAll((*string)(&m.Account), &m.Text)
	if c.w.Covers(m) && c.w.Query.Matches(m.Text) && (c.w.Within == nil || slices.Contains(c.w.Within, m.Conversation)) {
		c.pending = append(c.pending, search.Candidate{Message: m.ID, Conversation: m.Conversation, Text: m.Text, HasText: true})
	}
	return err
}

// merged yields what both have, the newest first. What is pending goes before, and
// is known as soon as the index has answered.
func merged(known *[]search.Candidate, indexed iter.Seq2[search.Candidate, error]) iter.Seq2[search.Candidate, error] {
	return func(yield func(search.Candidate, error) bool) {
		var pending []search.Candidate
		first := true
		for c, err := range indexed {
			if first {
				pending, first = *known, false
			}
			for ; err == nil && len(pending) > 0 && pending[0].Message >= c.Message; pending = pending[1:] {
				if !yield(pending[0], nil) {
					return
				}
				if pending[0].Message == c.Message {
					c.Message = 0 // it is the same
				}
			}
			if (err != nil || c.Message != 0) && !yield(c, err) || err != nil {
				return
			}
		}
		if first {
			pending = *known
		}
		for _, c := range pending {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// indexed yields the candidates of the index. Their texts are of use where the
// tokens alone don't tell.
func (c *candidates) indexed() iter.Seq2[search.Candidate, error] {
	w := c.w
	args := func(before store.MessageID, more ...any) []any {
		return append([]any{int64(before), matching(w), orNoTime(w.Since), orNoTime(w.Until), !w.Query.Plain()}, more...)
	}
	switch len(w.Within) {
	case 0:
	case 1:
		return c.fetched(candidatesOf, args(w.Before, int64(w.Within[0])))
	default:
		return c.fetched(candidatesWithin, args(w.Before, numbers(w.Within)))
	}
	return search.Walk{
		First: 500, Dense: 100,
		Newest: func(before store.MessageID, messages int) (found []search.Candidate, end bool, err error) {
			most := messages
			if before == w.Before {
				most = fewCandidates
			}
			err = c.ask(statement{newestCandidates, args(before, messages, most), collect(&found, scanCandidate)})
			return found, false, err
		},
		Indexed: func(before store.MessageID) iter.Seq2[search.Candidate, error] {
			return c.fetched(allCandidates, args(before))
		},
	}.Candidates(w.Before)
}

func scanCandidate(r scanner, c *search.Candidate) error {
	var text *string
	err := r.Scan((*int64)(&c.Message), (*int64)(&c.Conversation), &text)
	if text != nil {
		c.Text, c.HasText = unpack(*text), true
	}
	return err
}

// fetched yields an answer part by part, so that the connection is free in
// between. Most searches end with the first part, which takes one round trip. The
// others have a long way to go, which they go with a cursor. The first of the args
// is before which message it begins.
func (c *candidates) fetched(text string, args []any) iter.Seq2[search.Candidate, error] {
	return func(yield func(search.Candidate, error) bool) {
		var found []search.Candidate
		err := c.ask(statement{fmt.Sprintf(`%s LIMIT %d`, text, fewCandidates), args, collect(&found, scanCandidate)})
		for size := fewCandidates; err == nil; size = manyCandidates {
			for _, candidate := range found {
				if !yield(candidate, nil) {
					return
				}
			}
			if len(found) < size {
				return
			}
			if size == fewCandidates {
				args = slices.Clone(args)
				args[0] = int64(found[len(found)-1].Message)
				err = c.declareSearch(text, args)
			}
			if found = nil; err == nil {
				err = c.ask(statement{text: fetchCandidates, read: collect(&found, scanCandidate)})
			}
		}
		yield(search.Candidate{}, err)
	}
}

const (
	fewCandidates  = 100
	manyCandidates = 2000
)

var fetchCandidates = fmt.Sprintf(`FETCH %d FROM search`, manyCandidates)

// declareSearch makes the cursor of a search, after it has closed that of the
// search before.
func (c *candidates) declareSearch(text string, args []any) error {
	var statements []statement
	if c.searches {
		statements = append(statements, statement{text: `CLOSE search`})
	}
	c.searches = true
	return c.ask(append(statements, statement{text: `DECLARE search NO SCROLL CURSOR FOR ` + text, args: args})...)
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
// make the index follow. Doing that later, as package sqlite does, would save
// little here: 64 at once receive 0.97 times as many messages with it as
// without, since most of it is the server's work, and it sorts new tokens in
// later.
func (t *tx) flushMessages() ([]statement, error) {
	var added, changed []searchable
	var gone []store.MessageID
	for _, s := range t.messages.dirty {
		m := s.value
		if s.kept != nil && searchedAlike(*s.kept, m) {
			continue
		}
		is, hasWords := searchableOf(m)
		switch {
		case s.kept == nil && hasWords:
			added = append(added, is)
		case hasWords:
			changed = append(changed, is)
		case s.kept != nil:
			gone = append(gone, m.ID)
		}
	}
	t.tokenized += len(added) + len(changed)
	statements, err := t.messages.flush(&messagesTable)
	if err != nil {
		return nil, err
	}
	index, err := writeSearchables(added, changed, gone)
	return append(statements, index...), err
}

// writeSearchables returns the statements that make the index follow: those that
// it can't have yet, those that it may have, and those that it is not to have.
func writeSearchables(added, changed []searchable, gone []store.MessageID) ([]statement, error) {
	var statements []statement
	for _, write := range []struct {
		text string
		come []searchable
	}{{insertSearchables, added}, {putSearchables, changed}} {
		if len(write.come) == 0 {
			continue
		}
		args, err := params(searchColumns, pointers(write.come))
		if err != nil {
			return nil, err
		}
		statements = append(statements, statement{text: write.text, args: args})
	}
	if len(gone) > 0 {
		statements = append(statements, statement{text: `DELETE FROM @search WHERE message = ANY($1::bigint[])`, args: []any{numbers(gone)}})
	}
	return statements, nil
}

const (
	insertSearchables = `
		INSERT INTO @search (message, conversation, created_at, tokens)
		SELECT v.message, v.conversation, v.created_at, v.tokens::tsvector
		FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[]) AS v(message, conversation, created_at, tokens)`
	putSearchables = insertSearchables + `
		ON CONFLICT (message) DO UPDATE SET conversation = excluded.conversation, created_at = excluded.created_at, tokens = excluded.tokens`
)

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
