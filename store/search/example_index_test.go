package search_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
	"github.com/teaminbox/teaminbox/store/search"
)

// words is an index of tokens as any database can keep it, a table with a row
// for each token of each message:
//
//	CREATE TABLE words (token VARCHAR(64), message BIGINT, PRIMARY KEY (token, message))
//
// Tokens are compared byte by byte there: in MySQL, COLLATE utf8mb4_bin. What
// they are made by is kept as well, and the table is filled anew when
// search.Version is another one.
type words struct{ rows []row }

type row struct {
	token   string
	message store.MessageID
}

func compare(a, b row) int {
	return cmp.Or(strings.Compare(a.token, b.token), cmp.Compare(a.message, b.message))
}

// put follows a message that has no rows yet. In a store it is a part of the
// transaction that writes the message; of one with another text the rows go
// first.
func (w *words) put(m store.Message) {
	for _, token := range search.Tokens(m.Text) {
		r := row{token, m.ID}
		at, _ := slices.BinarySearchFunc(w.rows, r, compare)
		w.rows = slices.Insert(w.rows, at, r)
	}
}

// having returns the messages that have a token:
//
//	SELECT message FROM words WHERE token = ?
//	SELECT message FROM words WHERE token >= ? AND token < ? -- begins with it
func (w *words) having(t search.Token) map[store.MessageID]bool {
	found := make(map[store.MessageID]bool)
	at, _ := slices.BinarySearchFunc(w.rows, row{token: t.Text}, compare)
	for _, r := range w.rows[at:] {
		if is := r.token == t.Text || t.Prefix && strings.HasPrefix(r.token, t.Text); !is {
			break
		}
		found[r.message] = true
	}
	return found
}

// matching returns the messages that have what a query needs: of each term one
// of the phrases, and of that all tokens. It is one statement with INTERSECT
// for AND, and UNION for OR.
func (w *words) matching(q search.Query) map[store.MessageID]bool {
	var all map[store.MessageID]bool
	for _, term := range q.Terms {
		either := make(map[store.MessageID]bool)
		for _, phrase := range term {
			var both map[store.MessageID]bool
			for _, token := range phrase {
				both = intersect(both, w.having(token))
			}
			for id := range both {
				either[id] = true
			}
		}
		all = intersect(all, either)
	}
	return all
}

// intersect returns what both have; nil has everything.
func intersect(a, b map[store.MessageID]bool) map[store.MessageID]bool {
	if a == nil {
		return b
	}
	both := make(map[store.MessageID]bool)
	for id := range a {
		if b[id] {
			both[id] = true
		}
	}
	return both
}

// tx is a transaction of a store with such a table. All that a search needs of
// it but for the candidates it has anyway.
type tx struct {
	store.Tx
	words *words
}

var _ search.Index = tx{}

// Candidates joins the table with that of the messages:
//
//	SELECT m.id, m.conversation, m.text FROM (...) JOIN messages m ON m.id = message
//	WHERE m.id < ? AND m.account = ? AND m.created_at ... AND m.conversation IN (...)
//	ORDER BY m.id DESC
//
// The rows are read one by one, so that no more of them are made than it takes
// to fill a page. A driver that can't run another statement meanwhile reads
// them in batches: as many before the last one, and more each time.
func (t tx) Candidates(w search.Wanted) iter.Seq2[search.Candidate, error] {
	return func(yield func(search.Candidate, error) bool) {
		matching := t.words.matching(w.Query.Rarest(2)) // the rest is looked at in the texts
		ids := make([]store.MessageID, 0, len(matching))
		for id := range matching {
			if id < w.Before {
				ids = append(ids, id)
			}
		}
		slices.SortFunc(ids, func(a, b store.MessageID) int { return cmp.Compare(b, a) })
		messages, err := t.Messages(ids...)
		if err != nil {
			yield(search.Candidate{}, err)
			return
		}
		for _, m := range messages {
			if !w.Covers(m) || w.Within != nil && !slices.Contains(w.Within, m.Conversation) {
				continue
			}
			if !yield(search.Candidate{Message: m.ID, Conversation: m.Conversation, Text: m.Text, HasText: true}, nil) {
				return
			}
		}
	}
}

// SearchMessages is all that is left to do.
func (t tx) SearchMessages(q store.SearchQuery) ([]store.Message, error) { return search.Find(t, q) }

// A store whose database has no full-text index that will do keeps a table of
// tokens.
func Example_index() {
	var index words
	s := memory.New() // in place of the tables that the store has

	err := s.Update(context.Background(), func(tx store.Tx) error {
		if err := tx.PutConversations(store.Conversation{ID: 1, Account: "acme", Inbox: "support"}); err != nil {
			return err
		}
		for i, text := range []string{"Where are my invoices?", "Your invoice no 4471 is on its way", "Call me: +1 (415) 555-0123", "The way to the invoice"} {
			m := store.Message{ID: store.MessageID(i + 2), Account: "acme", Conversation: 1, Seq: int64(i + 1), Text: text}
			if err := tx.PutMessages(m); err != nil {
				return err
			}
			index.put(m)
		}
		return nil
	})
	if err != nil {
		panic(err)
	}

	err = s.View(context.Background(), func(t store.Tx) error {
		for _, typed := range []string{"invoice", `"its way"`, "415 5550123"} {
			found, err := tx{t, &index}.SearchMessages(store.SearchQuery{Account: "acme", Text: typed, Inboxes: []store.InboxID{"support"}, Limit: 10})
			if err != nil {
				return err
			}
			for _, m := range found {
				fmt.Printf("%s: %s\n", typed, m.Text)
			}
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	// Output:
	// invoice: The way to the invoice
	// invoice: Your invoice no 4471 is on its way
	// invoice: Where are my invoices?
	// "its way": Your invoice no 4471 is on its way
	// 415 5550123: Call me: +1 (415) 555-0123
}
