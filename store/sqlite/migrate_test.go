package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// withNext returns the migrations and more.
func withNext(t *testing.T, more ...string) []string {
	t.Helper()
	texts, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	return append(texts, more...)
}

// nextVersion is the version of a file with one migration more.
func nextVersion(t *testing.T) int {
	t.Helper()
	return len(withNext(t)) + 1
}

const nextMigration = `
	ALTER TABLE accounts ADD COLUMN plan TEXT NOT NULL DEFAULT 'free';
	CREATE TABLE plans (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
	INSERT INTO plans VALUES ('free')`

func TestMigrationsComeInOrder(t *testing.T) {
	got, err := migrations(fstest.MapFS{
		"migrations/0002_b.sql":  {Data: []byte("b")},
		"migrations/0001_a.sql":  {Data: []byte("a")},
		"migrations/0010_c.sql":  {Data: []byte("c")},
		"migrations/README.text": {Data: []byte("x")},
	})
	if err != nil || strings.Join(got, "") != "abc" {
		t.Errorf("got %q, %v", got, err)
	}
}

// The database in testdata was made by version 1 of the schema.
func TestOldFileIsUpgraded(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "version1.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	path := newPath(t)
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := open(context.Background(), path, Config{}, withNext(t, nextMigration))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := accounts(t, s); got != "alice bob" {
		t.Errorf("accounts: %q", got)
	}
	view(t, s, func(tx store.Tx) error {
		messages, err := tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 10})
		if len(messages) != 3 || messages[0].Text != "Hello" {
			t.Errorf("messages: %+v", messages)
		}
		return err
	})
	checkSchema(t, s, nextVersion(t), 1)
}

// checkSchema looks whether a file has a version, and how many plans.
func checkSchema(t *testing.T, s *Store, version, plans int) {
	t.Helper()
	ctx := context.Background()
	c, err := s.writer.acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.release(c, true)
	if got, err := one[int](ctx, c, `PRAGMA user_version`); err != nil || got != version {
		t.Errorf("user_version is %d, %v; want %d", got, err, version)
	}
	if got, err := one[int](ctx, c, `SELECT count(*) FROM plans`); err != nil || got != plans {
		t.Errorf("there are %d plans, %v; want %d", got, err, plans)
	}
}

// Several that open an old file at once run its migration once.
func TestMigrationRunsOnce(t *testing.T) {
	path := newPath(t)
	if err := openAt(t, path, Config{}).Close(); err != nil {
		t.Fatal(err)
	}
	texts := withNext(t, nextMigration)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := open(context.Background(), path, Config{}, texts)
			if err != nil {
				t.Error(err)
				return
			}
			checkSchema(t, s, nextVersion(t), 1)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestNewerFileIsRefused(t *testing.T) {
	path := newPath(t)
	s, err := open(context.Background(), path, Config{}, withNext(t, nextMigration))
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx store.Tx) error { return putAccount(tx, "alice") })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path, Config{}); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
	s, err = open(context.Background(), path, Config{}, withNext(t, nextMigration))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := accounts(t, s); got != "alice" {
		t.Errorf("accounts: %s", got)
	}
}

// A migration that fails leaves the version before it, whole.
func TestFailedMigrationLeavesTheOldVersion(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	update(t, s, func(tx store.Tx) error { return putAccount(tx, "alice") })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	broken := withNext(t, nextMigration, `DROP TABLE plans; INSERT INTO nowhere VALUES (1)`)
	_, err := open(context.Background(), path, Config{}, broken)
	if last := fmt.Sprintf("migration %d ", nextVersion(t)+1); err == nil || !strings.Contains(err.Error(), last) {
		t.Fatalf("got %v, want that %sfailed", err, last)
	}
	s, err = open(context.Background(), path, Config{}, broken[:nextVersion(t)])
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkSchema(t, s, nextVersion(t), 1)
	if got := accounts(t, s); got != "alice" {
		t.Errorf("accounts: %s", got)
	}
}

// putEarlier writes messages into a file of an earlier version, with the columns
// that all versions have.
func putEarlier(t *testing.T, s *Store, ms ...store.Message) {
	t.Helper()
	c, err := s.writer.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.release(c, true)
	for _, m := range ms {
		var extras any
		if m.Extras != nil {
			if extras, err = record.Encode(*m.Extras); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.exec(context.Background(), `
			INSERT INTO messages (id, account, conversation, seq, channel, provider_id, direction, extras, created_at,
				request_key, author_kind, author_user, text, from_address, to_address, inbound_count, opened, kind, rule, purpose, confirms,
				state, attempts, code, reason, segments, version)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', '', '', '', 0, 0, 0, '', '', 0, '', 0, '', '', 0, 1)`,
			int64(m.ID), string(m.Account), int64(m.Conversation), m.Seq, m.Channel, m.ProviderID, string(m.Direction), extras, stamp(m.CreatedAt)); err != nil {
			t.Fatal(err)
		}
	}
}

// An opt-out of a file that did not keep when it was written gets it from its
// message.
func TestUpgradeFindsWhenAnOptOutWasWritten(t *testing.T) {
	path := newPath(t)
	s, err := open(context.Background(), path, Config{}, withNext(t)[:3])
	if err != nil {
		t.Fatal(err)
	}
	sent := time.Date(2026, time.March, 14, 12, 0, 0, 123_456_000, time.UTC)
	putEarlier(t, s,
		store.Message{ID: 1, Account: "a", Conversation: 1, Seq: 1, Extras: &store.Extras{SentAt: sent}},
		store.Message{ID: 2, Account: "a", Conversation: 1, Seq: 2},
		store.Message{ID: 3, Account: "a", Conversation: 1, Seq: 3, Extras: &store.Extras{SentAt: sent, Problems: []string{"\uFFFD"}}},
	)
	c, err := s.writer.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for id, message := range []string{"1", "2", "", "99", "3"} {
		if _, err := c.exec(context.Background(), `
			INSERT INTO consent (id, account, family, identity, kind, source, occurred_at, recorded_at, text, rule, channel, message, actor)
			VALUES (?, 'a', 'telephony', '+14155550123', 1, 'contact', 1, 1, 'STOP', 'stop', 'twilio', ?, '')`, id+1, message); err != nil {
			t.Fatal(err)
		}
	}
	s.writer.release(c, true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path, Config{})
	defer s.Close()
	view(t, s, func(tx store.Tx) error {
		entries, err := tx.ConsentEntries(compliance.KeyOf("a", "+14155550123"))
		if err != nil || len(entries) != 5 {
			t.Fatalf("%d entries, %v; want 5", len(entries), err)
		}
		for i, want := range []time.Time{sent, {}, {}, {}, {}} {
			// SQLite's own reading of a time is good to a millisecond.
			if d := entries[i].SentAt.Sub(want).Abs(); d > time.Millisecond {
				t.Errorf("entry %d was sent at %v, want %v", i, entries[i].SentAt, want)
			}
		}
		return nil
	})
}

// A file from before watermarks was up to date when its last message came in.
func TestUpgradeKnowsUpToWhenAChannelWasFetched(t *testing.T) {
	path := newPath(t)
	s, err := open(context.Background(), path, Config{}, withNext(t)[:2])
	if err != nil {
		t.Fatal(err)
	}
	last := time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)
	putEarlier(t, s,
		store.Message{ID: 1, Account: "a", Conversation: 1, Seq: 1, Channel: "twilio", ProviderID: "SM1", Direction: store.Inbound, CreatedAt: last.Add(-time.Hour)},
		store.Message{ID: 2, Account: "a", Conversation: 1, Seq: 2, Channel: "twilio", ProviderID: "SM2", Direction: store.Inbound, CreatedAt: last},
		store.Message{ID: 3, Account: "a", Conversation: 1, Seq: 3, Channel: "twilio", Direction: store.Outbound, CreatedAt: last.Add(time.Hour)},
	)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path, Config{})
	defer s.Close()
	view(t, s, func(tx store.Tx) error {
		marks, err := tx.Watermarks("twilio", "another")
		if err != nil || len(marks) != 1 || !marks[0].Through.Equal(last) || marks[0].Version != 1 {
			t.Errorf("watermarks %+v, %v; want one through %v", marks, err, last)
		}
		return nil
	})
}
