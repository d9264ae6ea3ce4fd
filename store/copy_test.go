package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
	"github.com/teaminbox/teaminbox/store/postgres"
	"github.com/teaminbox/teaminbox/store/sqlite"
	"github.com/teaminbox/teaminbox/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func openSQLite(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "inbox.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openPostgres(t testing.TB) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), pgtest.Database(t), postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// What has been everywhere is what it was.
func TestCopyThroughFiles(t *testing.T) {
	copyThrough(t, openSQLite(t), memory.New(), openSQLite(t), openSQLite(t))
}

func TestCopyThroughEveryStore(t *testing.T) {
	copyThrough(t, openSQLite(t), openPostgres(t), memory.New(), openPostgres(t), openPostgres(t), openSQLite(t))
}

func copyThrough(t *testing.T, stores ...store.Porter) {
	first := memory.New()
	storetest.Fill(t, first)
	var from store.Porter = first
	var reports []store.Report
	for _, to := range stores {
		report, err := store.Copy(t.Context(), to, from, nil)
		if err != nil {
			t.Fatalf("from a %T to a %T: %v", from, to, err)
		}
		storetest.Equal(t, first, to)
		reports = append(reports, report)
		from = to
	}
	for _, r := range reports[1:] {
		if diff := cmp.Diff(reports[0].Kinds, r.Kinds); diff != "" {
			t.Errorf("what was carried first and later differs (-first +later):\n%s", diff)
		}
	}
	for _, k := range reports[0].Kinds {
		if k.Records == 0 || k.Sum == 0 {
			t.Errorf("no %s were carried", k.Kind)
		}
	}
}

// onlyStore is a Store without what it takes to be carried.
type onlyStore struct{ store.Store }

func TestCopyNeedsPorters(t *testing.T) {
	for what, stores := range map[string][2]store.Store{
		"can't be copied;":     {memory.New(), onlyStore{memory.New()}},
		"can't be copied into": {onlyStore{memory.New()}, memory.New()},
	} {
		_, err := store.Copy(t.Context(), stores[0], stores[1], nil)
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "onlyStore") {
			t.Errorf("the error is %v, must say %q and of what", err, what)
		}
	}
}

func TestCopyNamesWhatIsInTheTarget(t *testing.T) {
	to := memory.New()
	if err := to.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.PutAccounts(store.Account{ID: "acme"}), tx.PutUsers(store.User{Account: "acme", ID: "alice"}, store.User{Account: "acme", ID: "bob"}))
	}); err != nil {
		t.Fatal(err)
	}
	_, err := store.Copy(t.Context(), to, memory.New(), nil)
	if !errors.Is(err, store.ErrNotEmpty) || !strings.Contains(err.Error(), "1 accounts, 2 users") {
		t.Errorf("the error is %v", err)
	}
}

// spoiler is a Store that spoils what is put into it.
type spoiler struct {
	*memory.Store
	put     func(t store.Target, b store.Batch) error
	numbers func(n *store.Numbers)
}

type spoiled struct {
	store.Target
	s spoiler
}

func (s spoiler) Import(ctx context.Context, fn func(store.Target) error) error {
	return s.Store.Import(ctx, func(t store.Target) error { return fn(spoiled{t, s}) })
}

func (s spoiled) Put(b store.Batch) error {
	if s.s.put == nil {
		return s.Target.Put(b)
	}
	return s.s.put(s.Target, b)
}

func (s spoiled) SetNumbers(n store.Numbers) error {
	if s.s.numbers != nil {
		s.s.numbers(&n)
	}
	return s.Target.SetNumbers(n)
}

func TestCopyNoticesWhatDidNotArrive(t *testing.T) {
	from := memory.New()
	storetest.Fill(t, from)
	for what, s := range map[string]spoiler{
		"messages": {put: func(t store.Target, b store.Batch) error {
			if len(b.Messages) > 0 {
				b.Messages = b.Messages[1:]
			}
			return t.Put(b)
		}},
		"contacts": {put: func(t store.Target, b store.Batch) error {
			for i := range b.Contacts {
				b.Contacts[i].TimeZone = ""
			}
			return t.Put(b)
		}},
		"read marks": {put: func(t store.Target, b store.Batch) error {
			for i := range b.ReadMarks {
				b.ReadMarks[i].Seq++
			}
			return t.Put(b)
		}},
		"LastID": {numbers: func(n *store.Numbers) { n.LastID = 0 }},
	} {
		s.Store = memory.New()
		_, err := store.Copy(t.Context(), s, from, nil)
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "nothing was copied") {
			t.Errorf("%s are spoiled: the error is %v", what, err)
			continue
		}
		storetest.Equal(t, memory.New(), s)
	}
}

// short is a source that says that it has more than it gives.
type short struct{ *memory.Store }

type shortSource struct{ store.Source }

func (s short) Export(ctx context.Context, fn func(store.Source) error) error {
	return s.Store.Export(ctx, func(from store.Source) error { return fn(shortSource{from}) })
}

func (s shortSource) Batches() iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		for b, err := range s.Source.Batches() {
			if len(b.Strays) == 0 && !yield(b, err) {
				return
			}
		}
	}
}

func TestCopyNoticesASourceThatEndsTooSoon(t *testing.T) {
	from := short{memory.New()}
	storetest.Fill(t, from)
	to := memory.New()
	if _, err := store.Copy(t.Context(), to, from, nil); err == nil || !strings.Contains(err.Error(), "strays") {
		t.Errorf("the error is %v", err)
	}
	storetest.Equal(t, memory.New(), to)
}

// slow is a source that takes a while for each batch.
type slow struct {
	*memory.Store
	each time.Duration
}

type slowSource struct {
	store.Source
	each time.Duration
}

func (s slow) Export(ctx context.Context, fn func(store.Source) error) error {
	return s.Store.Export(ctx, func(from store.Source) error { return fn(slowSource{from, s.each}) })
}

func (s slowSource) Batches() iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		for b, err := range s.Source.Batches() {
			<-time.NewTimer(s.each).C
			if !yield(b, err) {
				return
			}
		}
	}
}

func TestCopyTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := slow{memory.New(), 110 * time.Millisecond}
		err := from.Update(t.Context(), func(tx store.Tx) error {
			for i := range 10 * store.BatchSize {
				if err := tx.PutWatermarks(store.Watermark{ID: store.WatermarkID(fmt.Sprint(i))}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var told []store.Progress
		if _, err := store.Copy(t.Context(), memory.New(), from, func(p store.Progress) { told = append(told, p) }); err != nil {
			t.Fatal(err)
		}
		const total = 10 * store.BatchSize
		want := []store.Progress{
			{Kind: "watermarks", Done: 3000, Total: total}, // after 330 ms
			{Kind: "watermarks", Done: 5000, Total: total},
			{Kind: "watermarks", Done: 7000, Total: total},
			{Kind: "watermarks", Done: 10000, Total: total},
			{Verifying: true, Done: total, Total: total},
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("was told (-want +got):\n%s", diff)
		}
	})
}

func ExampleCopy() {
	ctx := context.Background()
	from, to := memory.New(), memory.New() // as sqlite.Open and postgres.Open would give
	err := from.Update(ctx, func(tx store.Tx) error {
		return errors.Join(
			tx.PutAccounts(store.Account{ID: store.DefaultAccount}),
			tx.PutUsers(store.User{Account: store.DefaultAccount, ID: "alice"}, store.User{Account: store.DefaultAccount, ID: "bob"}))
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	report, err := store.Copy(ctx, to, from, nil)
	for _, k := range report.Kinds {
		if k.Records > 0 {
			fmt.Println(k.Records, k.Kind)
		}
	}
	fmt.Println(report.Records(), err)

	_, err = store.Copy(ctx, to, from, nil)
	fmt.Println(errors.Is(err, store.ErrNotEmpty))
	// Output:
	// 1 accounts
	// 2 users
	// 3 <nil>
	// true
}

// A Checksum is that of a copy, and notices what is written afterwards.
func TestChecksum(t *testing.T) {
	from, to := memory.New(), memory.New()
	put := func(seq int64) {
		t.Helper()
		if err := from.Update(t.Context(), func(tx store.Tx) error {
			return tx.PutReadMarks("acme", store.ReadMark{User: "alice", Conversation: 1, Seq: seq})
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	copied, err := store.Copy(t.Context(), to, from, nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]store.Store{"source": from, "target": to} {
		if got, err := store.Checksum(t.Context(), s, func(store.Progress) {}); err != nil || !slices.Equal(got.Kinds, copied.Kinds) {
			t.Errorf("the checksum of the %s is %+v, %v; want %+v", what, got.Kinds, err, copied.Kinds)
		}
	}
	put(2)
	if got, err := store.Checksum(t.Context(), from, nil); err != nil || slices.Equal(got.Kinds, copied.Kinds) {
		t.Errorf("the checksum has not changed, %v", err)
	}
	if _, err := store.Checksum(t.Context(), struct{ store.Store }{from}, nil); err == nil {
		t.Error("what is no Porter has a checksum")
	}
}
