package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
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
	s := openAt(t, url, Config{})
	s.backlog.close()
	fillWith(t, s, n, func(i int) string { return fmt.Sprintf("bicycle %d", i) })
	for _, text := range []string{`DELETE FROM @search`, `INSERT INTO @search_backlog (below) SELECT max(id) + 1 FROM @messages`} {
		if _, err := s.pool.Exec(context.Background(), s.text(text)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestBacklogIsIndexed(t *testing.T) {
	const n = 2*backlogStep + 1
	url := pgtest.Database(t)
	old := withBacklog(t, url, n)
	if got := found(t, old, "bicycle"); got != 0 {
		t.Fatalf("found %d before", got)
	}
	// Several processes are opened at once.
	s, other := openAt(t, url, Config{}), openAt(t, url, Config{})
	s.backlog.done.Wait()
	other.backlog.done.Wait()
	if got := found(t, s, "bicycle"); got != n {
		t.Errorf("found %d of %d", got, n)
	}
	var left int
	if err := s.pool.QueryRow(context.Background(), s.text(`SELECT count(*) FROM @search_backlog`)).Scan(&left); err != nil || left != 0 {
		t.Errorf("the backlog does not end: %d, %v", left, err)
	}
}

// What is written while the backlog is worked off is found by its present
// text, whether its turn has come or not.
func TestBacklogMeetsWriters(t *testing.T) {
	const n = 300
	s := withBacklog(t, pgtest.Database(t), n)
	step := func() (more bool) {
		update(t, s, func(x store.Tx) (err error) {
			more, err = x.(*tx).indexBacklog(100)
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
	if bicycles, cars := found(t, s, "bicycle"), found(t, s, "car"); bicycles != n-4 || cars != 3 {
		t.Errorf("found %d bicycles and %d cars", bicycles, cars)
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
	const n = 400
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
		for what, text := range map[string]string{"index": allCandidates, "newest": newestCandidates, "conversation": candidatesWithin} {
			args := []any{int64(1 << 40), matching(w), nil, nil, n}
			switch text {
			case newestCandidates:
				args = append(args, n)
			case candidatesWithin:
				args = append(args, []int64{1})
			}
			rows, err := s.pool.Query(context.Background(), s.text(text), args...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (id int64, err error) {
				var conversation int64
				return id, r.Scan(&id, &conversation)
			})
			if err != nil {
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
		args := []any{int64(1 << 40), query, nil, nil, 20}
		if text == newestCandidates {
			args = append(args, 500)
		}
		rows, err := s.pool.Query(ctx, "EXPLAIN "+s.text(text), args...)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan.String(), want) || text == allCandidates && strings.Contains(plan.String(), "search_pkey") {
			t.Errorf("want %s in\n%s", want, plan.String())
		}
	}
}
