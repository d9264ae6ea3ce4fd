package sqlite

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// SearchMessages answers with the index of tokens.
func (t *tx) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	return search.Find(t, q)
}

// The statements go from the newest message before ?1 to ?2, the oldest, as far
// as they are read.
const (
	newestTexts = `
		SELECT m.id, m.account, m.conversation, m.text, m.created_at FROM messages m WHERE m.id < ?1 AND m.id >= ?2 ORDER BY m.id DESC`

	// newestMatching has the messages that the index has for ?3, and those that
	// wait for it, whatever they are. SQLite's full-text index is in the order of
	// ids, so that the two are merged as they are read.
	newestMatching = `
		SELECT search.rowid, m.account, m.conversation, m.text, m.created_at, FALSE FROM search CROSS JOIN messages m ON m.id = search.rowid
		WHERE search MATCH ?3 AND search.rowid < ?1 AND search.rowid >= ?2
			AND NOT EXISTS (SELECT 1 FROM search_pending p WHERE p.message = search.rowid)
		UNION ALL
		SELECT p.message, m.account, m.conversation, m.text, m.created_at, TRUE FROM search_pending p CROSS JOIN messages m ON m.id = p.message
		WHERE p.message < ?1 AND p.message >= ?2
		ORDER BY 1 DESC`
)

var textsByID = newKeyed(`SELECT id, account, conversation, text, created_at FROM messages WHERE id IN %s`)

// How the messages are gone through. Looking at the newest finds a word at once
// that is in many, and takes for ever for a rare one. The index knows all that
// have a rare word, and takes long for words of which many begin alike, since
// FTS5 puts together what has one of them first.
const (
	stride    = 200    // messages that are looked at first
	widening  = 8      // how many times as many are looked at next
	dense     = 40     // the index is slower if one in so many is a hit
	readable  = 2000   // messages of a conversation that are few enough to look at each
	searched  = 10_000 // and of several, which are asked for when the index has had too many
	listed    = 50_000 // and to list the ids of
	addressed = 64     // conversations that are few enough to ask the index for
	asked     = 3      // terms that the index is asked for
	crowd     = 64     // messages of other accounts that are few enough to pass over
	oldest    = int64(math.MinInt64)
)

// Candidates implements [search.Index].
func (t *tx) Candidates(w search.Wanted) iter.Seq2[search.Candidate, error] {
	return func(yield func(search.Candidate, error) bool) {
		c := candidates{tx: t, w: w, before: int64(w.Before), from: oldest, more: true, yield: yield}
		err := c.limit()
		if err == nil && c.more {
			err = c.walk()
		}
		if err == nil && c.more {
			err = c.askIndex()
		}
		if err != nil {
			yield(search.Candidate{}, err)
		}
	}
}

// candidates are handed out one by one.
type candidates struct {
	*tx
	w            search.Wanted
	before, from int64 // the ids that are left
	more         bool  // are left, and wanted
	yield        func(search.Candidate, error) bool

	looked, hits int // in this stride
	stride       int
}

// limit leaves only the ids of the days in which is searched.
func (c *candidates) limit() error {
	if c.w.Since.IsZero() && c.w.Until.IsZero() {
		return nil
	}
	first, last := int64(math.MinInt64), int64(math.MaxInt64)
	if !c.w.Since.IsZero() {
		first = dayOf(c.w.Since)
	}
	if !c.w.Until.IsZero() {
		last = dayOf(c.w.Until)
	}
	c.more = false
	return c.each(func(r row) (bool, error) {
		var from, through *int64
		err := r.Scan(&from, &through)
		if err == nil && from != nil {
			c.more, c.from, c.before = true, *from, min(c.before, *through+1)
		}
		return false, err
	}, `SELECT min(first), max(last) FROM (
			SELECT first, last FROM search_days WHERE day BETWEEN ?1 AND ?2
			UNION ALL SELECT min(message), max(message) FROM search_pending
		)`, first, last)
}

// walk looks at the newest messages, as long as enough of them are hits, or all
// if they are few.
func (c *candidates) walk() error {
	switch {
	case c.w.Within != nil:
		return c.walkWithin()
	case c.w.Query.Whole(): // the index does not take long
		return nil
	}
	sparse := false
	err := c.each(func(r row) (bool, error) {
		m, err := scanText(r)
		if err != nil {
			return false, err
		}
		sparse = c.look(m)
		return c.more && !sparse, nil
	}, newestTexts, c.before, c.from)
	c.more = c.more && sparse
	return err
}

// walkWithin does the same with the messages of some conversations.
func (c *candidates) walkWithin() error {
	var ids []store.MessageID
	for _, conversation := range c.w.Within {
		found, err := all(c.tx, func(r row, id *store.MessageID) error { return r.Scan((*int64)(id)) },
			`SELECT id FROM messages WHERE conversation = ?1 AND id < ?2 AND id >= ?3 LIMIT ?4`, int64(conversation), c.before, c.from, listed)
		if err != nil {
			return err
		}
		if ids = append(ids, found...); len(ids) >= listed {
			return nil
		}
	}
	enough := readable
	if len(c.w.Within) > 1 {
		enough = searched
	}
	slices.SortFunc(ids, func(a, b store.MessageID) int { return cmp.Compare(b, a) })
	for some := range slices.Chunk(ids, chunks[len(chunks)-1]) {
		messages, err := byKeys(c.tx, &textsByID, func(r row, m *store.Message) (err error) {
			*m, err = scanText(r)
			return err
		}, func(m *store.Message) store.MessageID { return m.ID }, some)
		if err != nil {
			return err
		}
		for _, m := range messages {
			if sparse := c.look(m); !c.more || sparse && len(ids) > enough {
				return nil
			}
		}
	}
	c.more = false
	return nil
}

// look hands a message out if it is a hit, and reports whether there are too few
// of them.
func (c *candidates) look(m store.Message) (sparse bool) {
	c.before = int64(m.ID)
	if c.w.Covers(m) && c.w.Query.Matches(m.Text) {
		c.hits++
		found := candidateOf(m)
		found.Hit = true
		c.more = c.yield(found, nil)
	}
	if c.looked++; c.stride == 0 {
		c.stride = stride
	}
	if c.looked < c.stride {
		return false
	}
	sparse = c.hits < c.looked/dense
	c.stride, c.looked, c.hits = widening*c.stride, 0, 0
	return sparse
}

// askIndex hands out the candidates of the index. Of messages that have a rare word
// and an account's token, which most messages may have, FTS5 takes ten times as long
// to find those with both as those with the word. So it is asked for the words
// alone, unless most of what it finds is other accounts'.
func (c *candidates) askIndex() error {
	own, others := 0, 0
	crowded := false
	err := c.take(matching(c.w, false), func(m store.Message) bool {
		if m.Account == c.w.Account {
			own++
		} else {
			others++
		}
		crowded = others > max(own, crowd)
		return !crowded
	})
	if err == nil && crowded && c.more {
		err = c.take(matching(c.w, true), func(store.Message) bool { return true })
	}
	return err
}

// take hands out the candidates of an answer of the index, until goOn says no.
func (c *candidates) take(query string, goOn func(store.Message) bool) error {
	return c.each(func(r row) (bool, error) {
		var pending bool
		m, err := scanText(r, &pending)
		if err != nil {
			return false, err
		}
		c.before = int64(m.ID)
		if c.wants(m) && (!pending || c.w.Query.Matches(m.Text)) {
			c.more = c.yield(candidateOf(m), nil)
		}
		return c.more && goOn(m), nil
	}, newestMatching, c.before, c.from, query)
}

// wants reports whether a message is one of those in which is searched.
func (c *candidates) wants(m store.Message) bool {
	if !c.w.Covers(m) {
		return false
	}
	if c.w.Within == nil {
		return true
	}
	_, wanted := slices.BinarySearch(c.w.Within, m.Conversation)
	return wanted
}

// scanText reads what is searched of a message, and what comes behind.
func scanText(r row, more ...any) (m store.Message, err error) {
	err = r.Scan(append([]any{(*int64)(&m.ID), (*string)(&m.Account), (*int64)(&m.Conversation), &m.Text, timeColumn{&m.CreatedAt}}, more...)...)
	return m, err
}

func candidateOf(m store.Message) search.Candidate {
	return search.Candidate{Message: m.ID, Conversation: m.Conversation, Text: m.Text, HasText: true}
}

// matching returns what is wanted in the language of the index, in which a
// token between quotation marks is nothing but a token.
// Source: SQLite, FTS5, Full-text Query Syntax.
//
// It leaves out what would make the index slow and its answer little shorter:
// all but a few terms, and conversations if they are many.
func matching(w search.Wanted, inAccount bool) string {
	var terms []string
	if inAccount {
		terms = append(terms, phrase(search.Token{Text: search.AccountToken(w.Account)}))
	}
	if n := len(w.Within); n > 0 && n <= addressed {
		tokens := make([]string, n)
		for i, id := range w.Within {
			tokens[i] = phrase(search.Token{Text: search.ConversationToken(id)})
		}
		terms = append(terms, "("+strings.Join(tokens, " OR ")+")")
	}
	for _, term := range w.Query.Rarest(asked).Terms {
		phrases := make([]string, len(term))
		for i, p := range term {
			tokens := make([]string, len(p))
			for j, token := range p {
				tokens[j] = phrase(token)
			}
			phrases[i] = "(" + strings.Join(tokens, " AND ") + ")"
		}
		terms = append(terms, "("+strings.Join(phrases, " OR ")+")")
	}
	return strings.Join(terms, " AND ")
}

func phrase(t search.Token) string {
	if t.Prefix {
		return `"` + t.Text + `" *`
	}
	return `"` + t.Text + `"`
}
