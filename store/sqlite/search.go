package sqlite

import (
	"iter"
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

// The statements go from the newest message before ?1 to the oldest, as far as
// they are read. SQLite's full-text index is in the order of ids.
const (
	newestTexts = `
		SELECT m.id, m.conversation, m.account, m.text, m.created_at FROM messages m WHERE m.id < ?1 ORDER BY m.id DESC`
	newestMatching = `
		SELECT m.id, m.conversation, m.account, m.text, m.created_at FROM search CROSS JOIN messages m ON m.id = search.rowid
		WHERE search MATCH ?2 AND search.rowid < ?1 ORDER BY search.rowid DESC`
)

// Candidates implements [search.Index]. The index takes long for words of which
// many begin alike, since it puts together what has one of them first.
func (t *tx) Candidates(w search.Wanted) iter.Seq2[search.Candidate, error] {
	indexed := func(before store.MessageID) iter.Seq2[search.Candidate, error] {
		return t.matching(w.Covers, newestMatching, int64(before), matching(w))
	}
	if w.Query.Whole() {
		return indexed(w.Before)
	}
	matches := func(m store.Message) bool { return w.Covers(m) && w.Query.Matches(m.Text) }
	return search.Walk{
		First: 200, Dense: 40,
		Newest: func(before store.MessageID, messages int) ([]search.Candidate, bool, error) {
			if w.Within == nil {
				return t.candidates(matches, messages, newestTexts, int64(before))
			}
			return t.candidates(matches, messages, newestMatching, int64(before), inAnyOf(w))
		},
		Indexed: indexed,
	}.Candidates(w.Before)
}

// matching yields those that are candidates among the messages of an answer.
func (t *tx) matching(is func(store.Message) bool, text string, args ...any) iter.Seq2[search.Candidate, error] {
	return func(yield func(search.Candidate, error) bool) {
		more := true
		err := t.each(func(r row) (bool, error) {
			m, err := scanText(r)
			if err == nil && is(m) {
				more = yield(candidateOf(m), nil)
			}
			return more, err
		}, text, args...)
		if err != nil && more {
			yield(search.Candidate{}, err)
		}
	}
}

// candidates takes those that are candidates among so many messages of an
// answer, and returns whether it has no more.
func (t *tx) candidates(is func(store.Message) bool, messages int, text string, args ...any) (found []search.Candidate, end bool, err error) {
	end = true
	err = t.each(func(r row) (bool, error) {
		m, err := scanText(r)
		if err != nil {
			return false, err
		}
		if is(m) {
			found = append(found, candidateOf(m))
		}
		messages--
		end = messages > 0
		return end, nil
	}, text, args...)
	return found, end, err
}

// scanText reads what is searched of a message.
func scanText(r row) (m store.Message, err error) {
	err = r.Scan((*int64)(&m.ID), (*int64)(&m.Conversation), (*string)(&m.Account), &m.Text, timeColumn{&m.CreatedAt})
	return m, err
}

func candidateOf(m store.Message) search.Candidate {
	return search.Candidate{Message: m.ID, Conversation: m.Conversation, Text: m.Text, HasText: true}
}

// inAnyOf returns the conversations in which is searched in the language of the
// index.
func inAnyOf(w search.Wanted) string {
	tokens := make([]string, len(w.Within))
	for i, id := range w.Within {
		tokens[i] = phrase(search.Token{Text: search.ConversationToken(id)})
	}
	return strings.Join(tokens, " OR ")
}

// matching returns what is wanted in the language of the index, in which a
// token between quotation marks is nothing but a token.
// Source: SQLite, FTS5, Full-text Query Syntax.
func matching(w search.Wanted) string {
	terms := []string{phrase(search.Token{Text: search.AccountToken(w.Account)})}
	if w.Within != nil {
		terms = append(terms, "("+inAnyOf(w)+")")
	}
	for _, term := range w.Query.Terms {
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

// searchable is what of a message is in the index.
type searchable struct {
	account      store.AccountID
	conversation store.ConversationID
	text         string
}

// noted is what was read of a message at a version.
type noted struct {
	searchable
	version int64
}

func searchableOf(m store.Message) searchable { return searchable{m.Account, m.Conversation, m.Text} }

// noteText remembers how a message is searched, at a version.
func (t *tx) noteText(m store.Message, version int64) {
	if t.searched == nil {
		t.searched = make(map[store.MessageID]noted)
	}
	t.searched[m.ID] = noted{searchableOf(m), version}
}

// searchedAs returns how a message that is to be written is searched so far.
func (t *tx) searchedAs(m store.Message) (searchable, error) {
	if m.Version == 0 || t.restores {
		return searchable{}, nil
	}
	if n, known := t.searched[m.ID]; known && n.version == m.Version {
		return n.searchable, nil
	}
	// Reading notes it. If there is none, or of another version, the write
	// will fail.
	if _, err := t.Messages(m.ID); err != nil {
		return searchable{}, err
	}
	return t.searched[m.ID].searchable, nil
}

// reindex makes the index follow a message.
func (t *tx) reindex(id store.MessageID, was, is searchable) error {
	if was == is {
		return nil
	}
	if was.text != "" {
		if _, err := t.exec(`DELETE FROM search WHERE rowid = ?`, int64(id)); err != nil {
			return err
		}
	}
	tokens := search.Tokens(is.text)
	if len(tokens) == 0 {
		return nil
	}
	tokens = append(tokens, search.AccountToken(is.account), search.ConversationToken(is.conversation))
	_, err := t.exec(`INSERT INTO search (rowid, tokens) VALUES (?, ?)`, int64(id), strings.Join(tokens, " "))
	return err
}
