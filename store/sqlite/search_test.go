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
	"testing/synctest"
	"time"

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

// searchAgain makes a file like one of a version of the library that had no
// search: nothing is in the index, and nothing is known to be missing.
func searchAgain(t *testing.T, s *Store) {
	t.Helper()
	update(t, s, func(tx_ store.Tx) error {
		for _, text := range []string{`DELETE FROM search`, `DELETE FROM search_days`, `DELETE FROM search_pending`, `UPDATE search_state SET version = 0, below = 0`} {
			if _, err := tx_.(*tx).exec(text); err != nil {
				return err
			}
		}
		return nil
	})
}

// bicycles puts n messages into a conversation.
func bicycles(t *testing.T, s *Store, n int) {
	t.Helper()
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
}

// withBacklog makes a file with messages that are not in the index, as one of
// an earlier version of the library.
func withBacklog(t *testing.T, path string, n int) {
	t.Helper()
	s := openAt(t, path, Config{})
	s.indexer.Close()
	bicycles(t, s, n)
	searchAgain(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// openIdle opens a Store that indexes only when it is told to.
func openIdle(t *testing.T, path string) *Store {
	t.Helper()
	s := openAt(t, path, Config{})
	s.indexer.Close() // may have done some
	return s
}

// indexAll works off everything that waits to be indexed.
func indexAll(t *testing.T, s *Store) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.index(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// change gives a message another text.
func change(t *testing.T, s store.Store, id store.MessageID, text string) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		m, err := store.One(tx.Messages(id))
		if err != nil {
			return err
		}
		m.Text = text
		return tx.PutMessages(m)
	})
}

// rows returns a number.
func rows(t *testing.T, s *Store, text string, args ...any) (n int64) {
	t.Helper()
	view(t, s, func(tx_ store.Tx) (err error) {
		n, err = tx_.(*tx).number(text, args...)
		return err
	})
	return n
}

// The index finds what looking at the texts does.
func TestIndexAgreesWithTexts(t *testing.T) {
	s := openIdle(t, newPath(t))
	parts := strings.Fields("a an invoice invoices Invoicing Grüße grusse 北京大学 東京 415 555 0123 +14155550123 alice@example.com NEAR * \x00 don't ขอบคุณ Łódź 👍 ()")
	random := rand.New(rand.NewPCG(1, 2))
	phrase := func(n int) string {
		words := make([]string, random.IntN(n))
		for i := range words {
			words[i] = parts[random.IntN(len(parts))]
		}
		return strings.Join(words, " ")
	}
	const n, hour = 400, 3600
	update(t, s, func(tx store.Tx) error {
		for i := range n {
			if err := tx.PutMessages(store.Message{ID: store.MessageID(i + 1), Account: store.AccountID([]string{"acme", "globex"}[i%2]), Conversation: store.ConversationID(i%7 + 1), Seq: int64(i + 1), Text: phrase(6), CreatedAt: time.Unix(int64(random.IntN(n))*hour, 0)}); err != nil {
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
	hits, pending := 0, rows(t, s, `SELECT count(*) FROM search_pending`)
	compare := func() {
		view(t, s, func(tx_ store.Tx) error {
			texts, err := all(tx_.(*tx), func(r row, m *store.Message) (err error) { *m, err = scanText(r); return err }, newestTexts, math.MaxInt64, 0)
			if err != nil {
				return err
			}
			for range 300 {
				w := search.Wanted{Query: search.Parse(phrase(4)), Account: "acme", Before: store.MessageID(1 + random.IntN(2*n))}
				if len(w.Query.Terms) == 0 {
					continue
				}
				if random.IntN(3) == 0 {
					w.Within = []store.ConversationID{2, 5}
				}
				if random.IntN(3) == 0 {
					w.Since, w.Until = time.Unix(int64(random.IntN(n))*hour, 0), time.Unix(int64(random.IntN(n))*hour, 0)
				}
				var want, got, byIndex []store.MessageID
				for _, m := range texts {
					if m.ID < w.Before && w.Covers(m) && w.Query.Matches(m.Text) && (w.Within == nil || slices.Contains(w.Within, m.Conversation)) {
						want = append(want, m.ID)
					}
				}
				for c, err := range tx_.(*tx).Candidates(w) {
					if err != nil {
						return err
					}
					if w.Query.Matches(c.Text) {
						got = append(got, c.Message)
					}
				}
				c := candidates{tx: tx_.(*tx), w: w, before: int64(w.Before), from: oldest, more: true, yield: func(c search.Candidate, _ error) bool {
					if w.Query.Matches(c.Text) {
						byIndex = append(byIndex, c.Message)
					}
					return true
				}}
				if err := c.askIndex(); err != nil {
					return err
				}
				if !slices.Equal(got, want) || !slices.Equal(byIndex, want) {
					t.Errorf("%+v: there are %v, the index has %v, the texts %v", w, got, byIndex, want)
				}
				hits += len(want)
			}
			return nil
		})
	}
	compare() // by what is pending
	if _, err := s.index(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left := rows(t, s, `SELECT count(*) FROM search_pending`); left == 0 || left >= pending {
		t.Errorf("%d of %d are pending", left, pending)
	}
	compare() // by both
	indexAll(t, s)
	compare()
	if hits < 1000 {
		t.Errorf("%d hits show little", hits)
	}
}

// Among many messages of other accounts, an account's own are found, each once,
// however many of the others lie between.
func TestIndexOfACrowd(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	s.indexer.Close()
	const n = 1000
	for _, every := range []int{1, 2, 10, 300} {
		account := store.AccountID(fmt.Sprintf("every %d", every))
		var want []store.MessageID
		update(t, s, func(tx store.Tx) error {
			want = nil
			for i := range n {
				m := store.Message{Account: "others", Conversation: store.ConversationID(every), Seq: int64(i + 1), Text: "a bicycle"}
				m.ID = store.MessageID(every*10*n + i + 1)
				if i%every == 0 {
					m.Account = account
					want = append(want, m.ID)
				}
				if err := tx.PutMessages(m); err != nil {
					return err
				}
			}
			return nil
		})
		indexAll(t, s)
		slices.Reverse(want)
		var got []store.MessageID
		view(t, s, func(tx_ store.Tx) error {
			for c, err := range tx_.(*tx).Candidates(search.Wanted{Query: search.Parse(`"bicycle"`), Account: account, Before: math.MaxInt64}) {
				if err != nil {
					return err
				}
				got = append(got, c.Message)
			}
			return nil
		})
		if !slices.Equal(got, want) {
			t.Errorf("of one message in %d there are %d found, of %d", every, len(got), len(want))
		}
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
	s := openIdle(t, path)
	indexAll(t, s)
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

// What a Store has to be indexed is indexed by itself: what was there before,
// and what is written.
func TestIndexesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2*indexedAtOnce + 1
		path := newPath(t)
		withBacklog(t, path, n)
		s := openAt(t, path, Config{})
		defer s.Close()
		synctest.Wait()
		if got := rows(t, s, `SELECT count(*) FROM search`); got != n {
			t.Errorf("%d of %d are in the index", got, n)
		}
		change(t, s, 2, "car")
		update(t, s, func(tx store.Tx) error {
			return tx.PutMessages(store.Message{ID: n + 2, Account: "acme", Conversation: 1, Seq: n + 1, Text: "car"})
		})
		if got := rows(t, s, `SELECT count(*) FROM search_pending`); got != 2 {
			t.Errorf("%d are pending", got)
		}
		if got := found(t, s, "support", "car"); got != 2 {
			t.Errorf("found %d before they are indexed", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := rows(t, s, `SELECT count(*) FROM search_pending`); got != 0 {
			t.Errorf("%d are pending", got)
		}
		if cars, all := found(t, s, "support", "car"), rows(t, s, `SELECT count(*) FROM search`); cars != 2 || all != n+1 {
			t.Errorf("found %d, and the index has %d", cars, all)
		}
	})
}

// What is written while older messages are indexed is found by its present
// text, whether its turn has come or not, and however often it changes.
func TestIndexMeetsWriters(t *testing.T) {
	const n = 2*indexedAtOnce + 50
	path := newPath(t)
	withBacklog(t, path, n)
	s := openIdle(t, path)
	want := func(bicycles, cars, trains int) {
		t.Helper()
		b, c, k := found(t, s, "support", "bicycle"), found(t, s, "support", "car"), found(t, s, "support", "train")
		if b != bicycles || c != cars || k != trains {
			t.Errorf("found %d bicycles, %d cars, %d trains; want %d, %d, %d", b, c, k, bicycles, cars, trains)
		}
	}
	change(t, s, 2, "train")
	change(t, s, 2, "car") // twice before it is indexed
	change(t, s, 3, "")
	change(t, s, n+1, "car")
	indexAll(t, s)
	want(n-3, 2, 0)
	change(t, s, 4, "train")
	change(t, s, 4, "car")
	change(t, s, n+1, "")
	want(n-4, 2, 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIdle(t, path)
	indexAll(t, s)
	want(n-4, 2, 0)
	change(t, s, 4, "bicycle")
	want(n-3, 1, 0)
	indexAll(t, s)
	want(n-3, 1, 0)
}

// A process of a version of the library that had no search goes on writing, and
// a host may delete what is its own.
func TestWritesOfOthersAreFound(t *testing.T) {
	path := newPath(t)
	withBacklog(t, path, 3)
	s := openIdle(t, path)
	indexAll(t, s)
	other := openIdle(t, path)
	anew := strings.NewReplacer("id, account", "9, account", " seq,", " 9,", " text,", " 'tricycle',")
	for _, text := range []string{
		`UPDATE messages SET text = 'tricycle', version = version + 1 WHERE id = 2`,
		`INSERT INTO messages (` + messageColumns + `) SELECT ` + anew.Replace(messageColumns) + ` FROM messages WHERE id = 3`,
		`DELETE FROM messages WHERE id = 4`,
	} {
		update(t, other, func(tx_ store.Tx) error {
			_, err := tx_.(*tx).exec(text)
			return err
		})
	}
	for range 2 {
		if b, k := found(t, s, "support", "bicycle"), found(t, s, "support", "tricycle"); b != 1 || k != 2 {
			t.Errorf("found %d bicycles and %d tricycles; want 1 and 2", b, k)
		}
		indexAll(t, s)
	}
	if n := rows(t, s, `SELECT count(*) FROM search`); n != 3 {
		t.Errorf("the index has %d", n)
	}
}

// An index by another version of the tokens is made anew, and nobody whose
// version is another one has a hand in it.
func TestIndexOfAnotherVersion(t *testing.T) {
	path := newPath(t)
	s := openIdle(t, path)
	bicycles(t, s, 5)
	indexAll(t, s)
	update(t, s, func(tx_ store.Tx) error {
		_, err := tx_.(*tx).exec(`UPDATE search_state SET version = version + 1`)
		return err
	})
	change(t, s, 2, "car")
	indexAll(t, s)
	if n := rows(t, s, `SELECT count(*) FROM search_pending`); n != 1 {
		t.Errorf("%d are pending; the one is another's to index", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIdle(t, path)
	update(t, s, func(tx_ store.Tx) error { // as if its tokens were others
		_, err := tx_.(*tx).exec(`UPDATE search_state SET below = 7`)
		if err == nil {
			_, err = tx_.(*tx).exec(`DELETE FROM search`)
		}
		return err
	})
	indexAll(t, s)
	if b, c := found(t, s, "support", "bicycle"), found(t, s, "support", "car"); b != 4 || c != 1 {
		t.Errorf("found %d and %d", b, c)
	}
	if below := rows(t, s, `SELECT below FROM search_state`); below != 0 {
		t.Errorf("older ones than %d are left", below)
	}
}

// What a host writes in a transaction of its own is searched in it, and after
// it as it ended.
func TestSearchWithin(t *testing.T) {
	path := newPath(t)
	s := openIdle(t, path)
	bicycles(t, s, 10)
	indexAll(t, s)
	db := host(t, path, immediate)
	for _, commit := range []bool{false, true} {
		tx, err := db.BeginTx(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		w := s.Within(tx)
		change(t, w, 3, "unicycle")
		change(t, w, 3, "tricycle")
		view(t, w, func(tx store.Tx) error {
			ms, err := tx.SearchMessages(store.SearchQuery{Account: "acme", Text: "tricycle", Inboxes: []store.InboxID{"support"}, Limit: 10})
			if len(ms) != 1 {
				t.Errorf("found %d", len(ms))
			}
			return err
		})
		want := 0
		if commit {
			err, want = tx.Commit(), 1
		} else {
			err = tx.Rollback()
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if tri, uni, bi := found(t, s, "support", "tricycle"), found(t, s, "support", "unicycle"), found(t, s, "support", "bicycle"); tri != want || uni != 0 || bi != 10-want {
				t.Errorf("found %d, %d and %d", tri, uni, bi)
			}
			indexAll(t, s)
		}
	}
}

// An Import leaves nothing to be indexed.
func TestImportIndexes(t *testing.T) {
	from := openIdle(t, newPath(t))
	bicycles(t, from, 2*indexedAtOnce+7)
	to := openIdle(t, newPath(t))
	if _, err := store.Copy(context.Background(), to, from, nil); err != nil {
		t.Fatal(err)
	}
	if n := rows(t, to, `SELECT count(*) FROM search_pending`); n != 0 {
		t.Errorf("%d are pending", n)
	}
	if got := found(t, to, "support", "bicycle"); got != 2*indexedAtOnce+7 {
		t.Errorf("found %d", got)
	}
}

func TestIndexerEndsWithTheStore(t *testing.T) {
	path := newPath(t)
	withBacklog(t, path, 3000)
	s, err := Open(context.Background(), path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = openIdle(t, path)
	indexAll(t, s)
	if got := found(t, s, "support", "bicycle"); got != 3000 {
		t.Errorf("found %d", got)
	}
}

func TestDays(t *testing.T) {
	const day = 24 * time.Hour
	epoch := time.Unix(0, 0)
	for at, want := range map[time.Time]int64{
		epoch: 0, epoch.Add(day - 1): 0, epoch.Add(day): 1, epoch.Add(-time.Microsecond): -1, epoch.Add(-day): -1, epoch.Add(-day - time.Microsecond): -2,
	} {
		if got := dayOf(at); got != want {
			t.Errorf("%v is day %d; want %d", at.UTC(), got, want)
		}
	}
}
