package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// found returns how many messages have words.
func found(t *testing.T, s *Store, text string) int {
	t.Helper()
	n := 0
	err := s.View(context.Background(), func(tx store.Tx) error {
		ms, err := tx.SearchMessages(store.SearchQuery{Account: "acme", Text: text, Inboxes: []store.InboxID{"support"}, Limit: 100_000})
		n = len(ms)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fillWith puts n messages into a conversation.
func fillWith(t *testing.T, s *Store, n int, text func(i int) string) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		if err := tx.PutConversations(store.Conversation{ID: 1, Account: "acme", Inbox: "support", Theirs: "+14155550123"}); err != nil {
			return err
		}
		ms := make([]store.Message, n)
		for i := range ms {
			ms[i] = store.Message{ID: store.MessageID(i + 2), Account: "acme", Conversation: 1, Seq: int64(i + 1), Text: text(i)}
		}
		return tx.PutMessages(ms...)
	})
}

// withBacklog returns a Store with messages that are not in the index, as a
// schema of an earlier version of the library has them. Nobody works on it.
func withBacklog(t *testing.T, url string, n int) *Store {
	t.Helper()
	s := openIdle(t, url)
	fillWith(t, s, n, func(i int) string { return fmt.Sprintf("bicycle %d", i) })
	exec(t, s, `DELETE FROM @search`)
	exec(t, s, `UPDATE @search_state SET version = 0`)
	exec(t, s, `DROP TRIGGER search_written ON @messages`)
	exec(t, s, `DROP TRIGGER search_changed ON @messages`)
	return s
}

// openIdle opens a Store that does nothing by itself.
func openIdle(t *testing.T, url string) *Store {
	t.Helper()
	s := openAt(t, url, Config{})
	s.indexer.Close() // may have done some
	return s
}

func exec(t *testing.T, s *Store, text string, args ...any) {
	t.Helper()
	if _, err := s.pool.Exec(context.Background(), s.text(text), args...); err != nil {
		t.Fatal(err)
	}
}

// rows returns a number.
func rows(t *testing.T, s *Store, text string, args ...any) (n int) {
	t.Helper()
	if err := s.pool.QueryRow(context.Background(), s.text(text), args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
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

func TestOlderMessagesAreIndexed(t *testing.T) {
	const n = 2*indexedAtOnce + 1
	url := pgtest.Database(t)
	old := withBacklog(t, url, n)
	if got := found(t, old, "bicycle"); got != 0 {
		t.Fatalf("found %d before", got)
	}
	// Several processes are opened at once.
	s, other := openAt(t, url, Config{}), openAt(t, url, Config{})
	for rows(t, s, `SELECT below FROM @search_state`) > 0 { // it does so by itself
		runtime.Gosched()
	}
	if got, all := found(t, s, "bicycle"), rows(t, other, `SELECT count(*) FROM @search`); got != n || all != n {
		t.Errorf("found %d of %d, the index has %d", got, n, all)
	}
}

// What is written while older messages are indexed is found by its present
// text, whether its turn has come or not.
func TestIndexMeetsWriters(t *testing.T) {
	const n = 2*indexedAtOnce + 50
	url := pgtest.Database(t)
	withBacklog(t, url, n)
	s := openIdle(t, url)
	change(t, s, 2, "train")
	change(t, s, 2, "car")
	change(t, s, 3, "")
	change(t, s, n+1, "car")
	indexAll(t, s)
	change(t, s, 4, "car")
	if bicycles, cars, trains := found(t, s, "bicycle"), found(t, s, "car"), found(t, s, "train"); bicycles != n-4 || cars != 3 || trains != 0 {
		t.Errorf("found %d bicycles, %d cars and %d trains", bicycles, cars, trains)
	}
}

// A process of a version of the library that had no search goes on writing. What
// it has begun when the schema is brought up to date counts, too.
func TestWritesOfOthersAreFound(t *testing.T) {
	ctx := context.Background()
	url := pgtest.Database(t)
	old := withBacklog(t, url, 3)
	insert := old.text(`
		INSERT INTO @messages SELECT (jsonb_populate_record(m, jsonb_build_object('id', $1::bigint, 'seq', $1::bigint, 'text', 'tricycle'))).* FROM @messages m WHERE id = 2`)
	begun, err := old.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := begun.Exec(ctx, insert, 100); err != nil {
		t.Fatal(err)
	}
	opened := make(chan *Store)
	go func() {
		s, err := Open(ctx, url, Config{})
		if err != nil {
			t.Error(err)
		}
		opened <- s
	}()
	for rows(t, old, `SELECT count(*) FROM pg_locks WHERE NOT granted`) == 0 { // until it waits
		runtime.Gosched()
	}
	if err := begun.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	s := <-opened
	defer s.Close()
	s.indexer.Close()
	indexAll(t, s)
	if b, k := found(t, s, "bicycle"), found(t, s, "tricycle"); b != 3 || k != 1 {
		t.Errorf("found %d bicycles and %d tricycles; want 3 and 1", b, k)
	}
	exec(t, s, insert, 101)
	exec(t, s, `UPDATE @messages SET text = 'tricycle' WHERE id = 3`)
	exec(t, s, `UPDATE @messages SET text = '' WHERE id = 4`)
	if n := rows(t, s, `SELECT count(*) FROM @search_pending`); n != 3 {
		t.Errorf("%d are pending", n)
	}
	for range 2 {
		if b, k := found(t, s, "bicycle"), found(t, s, "tricycle"); b != 1 || k != 3 {
			t.Errorf("found %d bicycles and %d tricycles; want 1 and 3", b, k)
		}
		indexAll(t, s)
	}
	if pending, all := rows(t, s, `SELECT count(*) FROM @search_pending`), rows(t, s, `SELECT count(*) FROM @search`); pending != 0 || all != 4 {
		t.Errorf("%d are pending, the index has %d", pending, all)
	}
	// What was changed by others is changed by this one, before it is indexed.
	exec(t, s, `UPDATE @messages SET text = '' WHERE id = 3`)
	change(t, s, 3, "car")
	exec(t, s, `UPDATE @messages SET text = 'train' WHERE id = 2`)
	change(t, s, 2, "")
	for range 2 {
		if k, c, r, b := found(t, s, "tricycle"), found(t, s, "car"), found(t, s, "train"), found(t, s, "bicycle"); k != 2 || c != 1 || r != 0 || b != 0 {
			t.Errorf("found %d, %d, %d and %d", k, c, r, b)
		}
		indexAll(t, s)
	}
}

// A Store indexes what it writes, and leaves nothing to be done.
func TestOwnWritesAreNotPending(t *testing.T) {
	url := pgtest.Database(t)
	s := openIdle(t, url)
	fillWith(t, s, 3, func(int) string { return "bicycle" })
	change(t, s, 2, "car")
	tx, err := s.pool.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	change(t, s.Within(tx), 3, "car")
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	to := openIdle(t, pgtest.Database(t))
	if _, err := store.Copy(context.Background(), to, s, nil); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]*Store{"the Store": s, "the copy": to} {
		if n := rows(t, s, `SELECT count(*) FROM @search_pending`); n != 0 {
			t.Errorf("%s: %d are pending", what, n)
		}
		if b, c := found(t, s, "bicycle"), found(t, s, "car"); b != 1 || c != 2 {
			t.Errorf("%s: found %d and %d", what, b, c)
		}
	}
}

// An index by another version of the tokens is made anew, and nobody whose
// version is another one has a hand in it.
func TestIndexOfAnotherVersion(t *testing.T) {
	url := pgtest.Database(t)
	s := openIdle(t, url)
	fillWith(t, s, 5, func(int) string { return "bicycle" })
	exec(t, s, `UPDATE @search_state SET version = version + 1`)
	exec(t, s, `UPDATE @messages SET text = 'car' WHERE id = 2`)
	exec(t, s, `DELETE FROM @search`)
	indexAll(t, s)
	if pending, all := rows(t, s, `SELECT count(*) FROM @search_pending`), rows(t, s, `SELECT count(*) FROM @search`); pending != 1 || all != 0 {
		t.Errorf("%d are pending, the index has %d", pending, all)
	}
	s = openIdle(t, url)
	indexAll(t, s)
	if b, c, pending := found(t, s, "bicycle"), found(t, s, "car"), rows(t, s, `SELECT count(*) FROM @search_pending`); b != 4 || c != 1 || pending != 0 {
		t.Errorf("found %d and %d, %d are pending", b, c, pending)
	}
}

// Indexing goes on when the server is there again.
func TestIndexingSurvivesAnOutage(t *testing.T) {
	url := pgtest.Database(t)
	withBacklog(t, url, 3)
	proxy := pgtest.NewProxy(t, url)
	s := openAt(t, proxy.URL(url), Config{})
	s.indexer.Close()
	proxy.Refuse(true)
	proxy.Cut()
	if _, err := s.index(context.Background()); err == nil {
		t.Error("indexed without a server")
	}
	proxy.Refuse(false)
	indexAll(t, s)
	if got := found(t, s, "bicycle"); got != 3 {
		t.Errorf("found %d", got)
	}
}

// The tokens that wait in the list of the index are sorted in.
func TestTokensAreSortedIn(t *testing.T) {
	s := openIdle(t, pgtest.Database(t))
	fillWith(t, s, 3, func(int) string { return "bicycle" })
	if n := s.unsorted.Load(); n != 3 {
		t.Errorf("%d are unsorted", n)
	}
	indexAll(t, s)
	if n := s.unsorted.Load(); n != 0 {
		t.Errorf("%d are unsorted", n)
	}
	if n := rows(t, s, `SELECT gin_clean_pending_list($1::text::regclass)`, s.texts.schema+".search_tokens"); n != 0 {
		t.Errorf("%d pages are left in the list", n)
	}
}

// The index finds what looking at the newest does.
func TestIndexAgreesWithTexts(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	parts := strings.Fields("a an invoice invoices Invoicing Grüße grusse 北京大学 東京 415 555 0123 +14155550123 alice@example.com & | \\ ' don't ขอบคุณ Łódź 👍 ()")
	random := rand.New(rand.NewPCG(1, 2))
	phrase := func(n int) string {
		words := make([]string, random.IntN(n))
		for i := range words {
			words[i] = parts[random.IntN(len(parts))]
		}
		return strings.Join(words, " ")
	}
	const (
		n           = 400
		newestOfAll = `SELECT * FROM (` + newestCandidates + `) AS s ORDER BY message DESC`
	)
	texts := make([]string, n)
	fillWith(t, s, n, func(i int) string { texts[i] = phrase(6); return texts[i] })
	hits := 0
	for range 300 {
		w := search.Wanted{Query: search.Parse(phrase(4)), Account: "acme"}
		if len(w.Query.Terms) == 0 || !w.Query.Plain() {
			continue
		}
		var want []int64
		for i := n - 1; i >= 0; i-- {
			if w.Query.Matches(texts[i]) {
				want = append(want, int64(i+2))
			}
		}
		w.Before = 1 << 40
		for what, text := range map[string]string{"index": allCandidates, "newest": newestOfAll, "conversation": candidatesOf, "conversations": candidatesWithin} {
			args := []any{int64(w.Before), matching(w), orNoTime(w.Since), orNoTime(w.Until), true}
			switch text {
			case newestOfAll:
				args = append(args, n, n)
			case candidatesOf:
				args = append(args, int64(1))
			case candidatesWithin:
				args = append(args, []int64{1})
			}
			var got []int64
			if err := s.View(context.Background(), func(x store.Tx) error {
				got = nil
				for c, err := range (&candidates{tx: x.(*tx), w: w}).fetched(text, args) {
					if err != nil {
						return err
					}
					got = append(got, int64(c.Message))
					if c.Text != texts[c.Message-2] {
						t.Errorf("message %d comes with %q", c.Message, c.Text)
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v: by %s there are %v, by the texts %v", w.Query, what, got, want)
			}
		}
		hits += len(want)
	}
	if hits < 1000 {
		t.Errorf("%d hits show little", hits)
	}
}

// The search for a rare word must use the index of tokens: walking along the
// primary key until enough is found takes seconds when there are a million.
func TestPlansOfSearches(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	ctx := context.Background()
	fillWith(t, s, 20_000, func(i int) string {
		if i%10_000 == 7 {
			return "a xylophone"
		}
		return fmt.Sprintf("a common text no %d", i)
	})
	if _, err := s.pool.Exec(ctx, s.text(`VACUUM ANALYZE @search`)); err != nil {
		t.Fatal(err)
	}
	if got := found(t, s, "xylophone"); got != 2 {
		t.Errorf("found %d", got)
	}
	query := matching(search.Wanted{Query: search.Parse("xylophone"), Account: "acme"})
	for text, want := range map[string]string{
		allCandidates:    "search_tokens",
		newestCandidates: "Index Scan Backward using search_pkey",
	} {
		args := fmt.Sprintf(`%d, '%s', NULL, NULL, true`, 1<<40, strings.ReplaceAll(query, `'`, `''`))
		if text == newestCandidates {
			args += fmt.Sprintf(`, 500, %d`, fewCandidates)
		}
		plan := planFor(t, s, text, args)
		if !strings.Contains(plan, want) || text == allCandidates && strings.Contains(plan, "search_pkey") {
			t.Errorf("want %s in\n%s", want, plan)
		}
	}
}

// planFor returns the plan that a transaction of the Store has for a statement,
// whatever its arguments.
func planFor(t *testing.T, s *Store, text, args string) string {
	t.Helper()
	var plan strings.Builder
	if err := s.View(context.Background(), func(x store.Tx) error {
		plan.Reset()
		tx := x.(*tx)
		if err := tx.read(nil, `PREPARE planned AS `+text, nil); err != nil {
			return err
		}
		if err := tx.read(nil, `EXPLAIN EXECUTE planned (`+args+`)`, func(rows pgx.Rows) error {
			var line string
			err := rows.Scan(&line)
			plan.WriteString(line + "\n")
			return err
		}); err != nil {
			return err
		}
		return tx.read(nil, `DEALLOCATE planned`, nil)
	}); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
