package sqlite

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// found returns in how many messages of an inbox the index has a word.
func found(t *testing.T, s *Store, inbox store.InboxID, word string) int {
	t.Helper()
	text := `"` + word + `"` // whole words are not looked for elsewhere
	n := 0
	view(t, s, func(tx store.Tx) error {
		ms, err := tx.SearchMessages(store.SearchQuery{Account: "acme", Text: text, Inboxes: []store.InboxID{inbox}, Limit: 10_000})
		n = len(ms)
		return err
	})
	return n
}

// withBacklog makes a file with messages that are not in the index, as one of
// an earlier version of the library.
func withBacklog(t *testing.T, path string, n int) {
	t.Helper()
	s := openAt(t, path, Config{})
	s.backlog.done.Wait()
	update(t, s, func(tx store.Tx) error {
		if err := tx.PutConversations(store.Conversation{ID: 1, Account: "acme", Inbox: "support", Theirs: "+14155550123"}); err != nil {
			return err
		}
		for i := range n {
			if err := tx.PutMessages(store.Message{ID: store.MessageID(i + 2), Account: "acme", Conversation: 1, Seq: int64(i + 1), Text: fmt.Sprintf("bicycle %d", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx_ store.Tx) error {
		_, err := tx_.(*tx).exec(`DELETE FROM search`)
		if err == nil {
			_, err = tx_.(*tx).exec(`INSERT INTO search_backlog (below) SELECT max(id) + 1 FROM messages`)
		}
		return err
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// The index finds what looking at the texts does.
func TestIndexAgreesWithTexts(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	parts := strings.Fields("a an invoice invoices Invoicing Grüße grusse 北京大学 東京 415 555 0123 +14155550123 alice@example.com NEAR * \x00 don't ขอบคุณ Łódź 👍 ()")
	random := rand.New(rand.NewPCG(1, 2))
	phrase := func(n int) string {
		words := make([]string, random.IntN(n))
		for i := range words {
			words[i] = parts[random.IntN(len(parts))]
		}
		return strings.Join(words, " ")
	}
	const n = 400
	update(t, s, func(tx store.Tx) error {
		for i := range n {
			if err := tx.PutMessages(store.Message{ID: store.MessageID(i + 1), Account: store.AccountID([]string{"acme", "globex"}[i%2]), Conversation: store.ConversationID(i%7 + 1), Seq: int64(i + 1), Text: phrase(6)}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx store.Tx) error {
		for i := 0; i < n; i += 3 {
			m, err := store.One(tx.Messages(store.MessageID(i + 1)))
			if err != nil {
				return err
			}
			m.Text = phrase(6)
			if err := tx.PutMessages(m); err != nil {
				return err
			}
		}
		return nil
	})
	hits := 0
	view(t, s, func(tx_ store.Tx) error {
		for range 300 {
			w := search.Wanted{Query: search.Parse(phrase(4)), Account: "acme"}
			if len(w.Query.Terms) == 0 {
				continue
			}
			w.Before = math.MaxInt64
			if random.IntN(3) == 0 {
				w.Within = []store.ConversationID{2, 5}
			}
			has := func(m store.Message) bool {
				return w.Covers(m) && w.Query.Matches(m.Text) && (w.Within == nil || slices.Contains(w.Within, m.Conversation))
			}
			want, _, err := tx_.(*tx).candidates(has, n, newestTexts, int64(w.Before))
			if err != nil {
				return err
			}
			got, _, err := tx_.(*tx).candidates(has, n, newestMatching, int64(w.Before), matching(w))
			if err != nil {
				return err
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v: the index has %v, the texts %v", w.Query, got, want)
			}
			all, _, err := tx_.(*tx).candidates(w.Covers, n, newestMatching, int64(w.Before), matching(w))
			if err != nil {
				return err
			}
			if w.Query.Plain() && !slices.Equal(all, want) {
				t.Errorf("%v: the index has %v, the texts %v", w.Query, all, want)
			}
			hits += len(want)
		}
		return nil
	})
	if hits < 1000 {
		t.Errorf("%d hits show little", hits)
	}
}

func TestMessagesOfAnOldFileAreFound(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "version1.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	path := newPath(t)
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path, Config{})
	s.backlog.done.Wait()
	update(t, s, func(tx store.Tx) error {
		ms, err := tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1})
		if err != nil {
			return err
		}
		account := ms[0].Account
		if err := tx.PutConversations(store.Conversation{ID: 1, Account: account, Inbox: "support", Theirs: "+14155550123"}); err != nil {
			return err
		}
		got, err := tx.SearchMessages(store.SearchQuery{Account: account, Text: `"hello"`, Inboxes: []store.InboxID{"support"}, Limit: 10})
		if err == nil && (len(got) == 0 || got[0].ID != ms[0].ID) {
			t.Errorf("found %+v", got)
		}
		return err
	})
}

func TestBacklogIsIndexed(t *testing.T) {
	const n = 2*backlogStep + 1
	path := newPath(t)
	withBacklog(t, path, n)
	s := openAt(t, path, Config{})
	s.backlog.done.Wait()
	if got := found(t, s, "support", "bicycle"); got != n {
		t.Errorf("found %d of %d", got, n)
	}
	view(t, s, func(tx_ store.Tx) error {
		left, err := tx_.(*tx).number(`SELECT count(*) FROM search_backlog`)
		if left != 0 {
			t.Error("the backlog does not end")
		}
		return err
	})
}

// What is written while the backlog is worked off is found by its present
// text, whether its turn has come or not.
func TestBacklogMeetsWriters(t *testing.T) {
	const n = 300
	path := newPath(t)
	withBacklog(t, path, n)
	s := openAt(t, path, Config{})
	s.backlog.close() // may have done some
	step := func() (more bool) {
		update(t, s, func(tx_ store.Tx) (err error) {
			more, err = tx_.(*tx).indexBacklog(100)
			return err
		})
		return more
	}
	change := func(id store.MessageID, text string) {
		update(t, s, func(tx store.Tx) error {
			m, err := store.One(tx.Messages(id))
			if err != nil {
				return err
			}
			m.Text = text
			return tx.PutMessages(m)
		})
	}
	change(2, "car")
	change(3, "")
	change(n+1, "car")
	for step() {
	}
	change(4, "car")
	if bicycles, cars := found(t, s, "support", "bicycle"), found(t, s, "support", "car"); bicycles != n-4 || cars != 3 {
		t.Errorf("found %d bicycles and %d cars", bicycles, cars)
	}
}

func TestBacklogEndsWithTheStore(t *testing.T) {
	path := newPath(t)
	withBacklog(t, path, 3000)
	s, err := Open(context.Background(), path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = openAt(t, path, Config{})
	s.backlog.done.Wait()
	if got := found(t, s, "support", "bicycle"); got != 3000 {
		t.Errorf("found %d", got)
	}
}
