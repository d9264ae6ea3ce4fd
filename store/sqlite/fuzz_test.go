package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// FuzzColumns keeps structures with arbitrary contents, and reads columns in
// which something else has written. What was kept comes back; what was not is
// an error or a value, and tells nothing of what the column holds.
func FuzzColumns(f *testing.F) {
	other, err := record.Encode(store.Extras{Problems: []string{"\xff"}, Location: &channel.Location{Latitude: math.Inf(1)}, SentAt: time.Unix(0, 0).UTC()})
	if err != nil {
		f.Fatal(err)
	}
	gob, ok := other.([]byte)
	if !ok {
		f.Fatalf("kept as %T", other)
	}
	f.Add("text", "key", 51.5, int64(1_772_636_400_000_000), []byte(`{"media":[{"url":"x"}]}`))
	f.Add("\xff\ufffd", "\x00", math.Inf(-1), int64(math.MaxInt64), gob)
	f.Add("<&>\u2028", "", math.NaN(), int64(math.MinInt64), []byte("\x7f\xff\xff\xff"))
	f.Add(`\ufffd`, "\ud7ff", math.Copysign(0, -1), int64(-62135596800000000), []byte(`[["secret text that is long"]]`))
	f.Fuzz(func(t *testing.T, text, key string, number float64, micros int64, stored []byte) {
		at := time.UnixMicro(micros).UTC()
		checkColumn(t, store.Extras{
			Media: []channel.Media{{URL: text, Name: key}}, Location: &channel.Location{Latitude: number, Label: text}, Button: &channel.Button{Payload: text},
			Template: &channel.Template{ID: text, Variables: map[string]string{key: text}}, Problems: []string{text, key}, Raw: map[string]string{key: text}, SentAt: at,
		})
		checkColumn(t, store.Detail{Users: []store.UserID{store.UserID(text)}, Reason: key, Seq: micros, Until: at})
		checkColumn(t, record.Inbound{ProviderID: text, From: channel.Address(key), Text: text, SentAt: at, Raw: map[string]string{key: text}})
		checkColumn(t, []store.Endpoint{{Channel: text, Address: channel.Address(key)}, {}})
		var back time.Time
		if err := (timeColumn{&back}).Scan(stamp(at)); err != nil || !back.Equal(at) {
			t.Errorf("%v comes back as %v, %v", at, back, err)
		}
		for _, value := range []any{stored, string(stored), micros, number, nil, at} {
			for _, to := range []any{new(*store.Extras), new(record.Inbound), new([]store.Endpoint), new(map[string]string)} {
				if err := (jsonColumn{to}).Scan(value); err != nil && len(stored) >= 16 && strings.Contains(err.Error(), string(stored)) {
					t.Errorf("the error tells what the column holds: %v", err)
				}
			}
		}
	})
}

// checkColumn keeps a structure and reads it again.
func checkColumn[T any](t *testing.T, want T) {
	t.Helper()
	column, err := record.Encode(want)
	if err != nil {
		t.Errorf("%+v can't be kept: %v", want, err)
		return
	}
	if text, ok := column.(string); ok && !json.Valid([]byte(text)) {
		t.Errorf("%+v is kept as %q, which is no JSON", want, text)
	}
	var got T
	if err := (jsonColumn{&got}).Scan(column); err != nil {
		t.Errorf("%+v can't be read from %q: %v", want, column, err)
		return
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("kept as %q (-want +got):\n%s", fmt.Sprint(column), diff)
	}
}

// FuzzStoredRow writes arbitrary values into the columns of rows, as a damaged
// file or another program might, and reads them through the Store: each read
// answers or fails, and afterwards the Store works on.
func FuzzStoredRow(f *testing.F) {
	path := newPath(f)
	s := openAt(f, path, Config{})
	fillAll(f, s)
	db, err := sql.Open("sqlite", path+"?_pragma=synchronous(off)&_pragma=busy_timeout(10000)")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	columns := looseColumns(f, db)
	for i := range columns {
		f.Add(uint16(i), []byte(`{"a":[1]}`), int64(300), uint8(i))
		f.Add(uint16(i), []byte("\x7f\xff\xff\xff\xff"), int64(math.MinInt64), uint8(i+1))
	}
	f.Fuzz(func(t *testing.T, which uint16, bytes []byte, number int64, kind uint8) {
		c := columns[int(which)%len(columns)]
		values := []any{string(bytes), bytes, number, nil, math.Float64frombits(uint64(number))}
		var old any
		if err := db.QueryRow("SELECT " + c.column + " FROM " + c.table).Scan(&old); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("UPDATE "+c.table+" SET "+c.column+" = ?", values[int(kind)%len(values)]); err != nil {
			return // the schema is strict
		}
		_, err := readAll(s)
		if _, err := db.Exec("UPDATE "+c.table+" SET "+c.column+" = ?", old); err != nil {
			t.Fatal(err)
		}
		if err != nil && len(bytes) >= 16 && strings.Contains(err.Error(), string(bytes)) {
			t.Errorf("%s.%s: the error tells what the column holds: %v", c.table, c.column, err)
		}
		if n, err := readAll(s); err != nil || n != len(kindsRead) {
			t.Errorf("%s.%s: once it is right again, %d records are read, %v", c.table, c.column, n, err)
		}
	})
}

// looseColumn is a column that takes more than one kind of value, or numbers
// that its field may not hold.
type looseColumn struct{ table, column string }

func looseColumns(f *testing.F, db *sql.DB) []looseColumn {
	f.Helper()
	rows, err := db.Query(`
		SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
		WHERE m.type = 'table' AND p.pk = 0 AND p.type IN ('ANY', 'INTEGER') AND m.name IN ('inboxes', 'teams', 'users', 'contacts',
			'conversations', 'messages', 'tasks', 'consent', 'events', 'strays', 'read_marks')
			AND p.name NOT IN ('conversation', 'contact', 'last_at')
		ORDER BY m.name, p.cid`)
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	var all []looseColumn
	for rows.Next() {
		var c looseColumn
		if err := rows.Scan(&c.table, &c.column); err != nil {
			f.Fatal(err)
		}
		all = append(all, c)
	}
	if err := rows.Err(); err != nil || len(all) < 40 {
		f.Fatalf("%d columns: %v", len(all), err)
	}
	return all
}

// fillAll makes one record of each kind.
func fillAll(f *testing.F, s *Store) {
	f.Helper()
	const address = channel.Address("+14155550123")
	at := time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)
	update(f, s, func(tx store.Tx) error {
		return errors.Join(
			tx.PutInboxes(store.Inbox{Account: "shop", ID: "desk", Endpoints: []store.Endpoint{{Channel: "sms", Address: "+14155550100"}}}),
			tx.PutTeams(store.Team{Account: "shop", ID: "crew", Members: []store.UserID{"alice"}}),
			tx.PutUsers(store.User{Account: "shop", ID: "alice", Languages: []string{"en"}}),
			tx.PutContacts(store.Contact{ID: 1, Account: "shop", Addresses: []channel.Address{address}, CreatedAt: at}),
			tx.PutConversations(store.Conversation{ID: 1, Account: "shop", Inbox: "desk", Contact: 1, Theirs: address, Status: store.Open, Users: []store.UserID{"alice"}, LastAt: at}),
			tx.PutReadMarks("shop", store.ReadMark{User: "alice", Conversation: 1}),
			tx.PutMessages(store.Message{ID: 1, Account: "shop", Conversation: 1, Seq: 1, Extras: &store.Extras{Late: true}}),
			tx.PutTasks(store.Task{ID: 1, Account: "shop", Conversation: 1, Kind: store.TaskWake, DueAt: at}),
			tx.AppendConsent(compliance.Entry{ID: 1, Key: compliance.KeyOf("shop", address), Kind: compliance.OptOut}),
			tx.AppendEvents(store.Event{Account: "shop", Type: store.Alerted, Conversation: 1, Detail: store.Detail{Seq: 1}}),
			tx.PutStrays(store.Stray{ID: 1, Account: "shop", Channel: "sms", Inbound: channel.Inbound{ProviderID: "1"}, Resolution: "x"}),
		)
	})
}

// kindsRead are the reads that readAll makes, one for each kind of record.
var kindsRead = []func(store.Tx) (int, error){
	func(tx store.Tx) (int, error) { return count(tx.Inboxes("shop")) },
	func(tx store.Tx) (int, error) { return count(tx.Teams("shop")) },
	func(tx store.Tx) (int, error) { return count(tx.Users("shop")) },
	func(tx store.Tx) (int, error) { return count(tx.Contacts(1)) },
	func(tx store.Tx) (int, error) { return count(tx.Conversations(1)) },
	func(tx store.Tx) (int, error) { return count(tx.ReadMarks("shop", "alice", 1)) },
	func(tx store.Tx) (int, error) {
		return count(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 10}))
	},
	func(tx store.Tx) (int, error) { return count(tx.Tasks(1)) },
	func(tx store.Tx) (int, error) {
		return count(tx.ConsentEntries(compliance.KeyOf("shop", "+14155550123")))
	},
	func(tx store.Tx) (int, error) { return count(tx.Events(store.EventQuery{Account: "shop", Limit: 10})) },
	func(tx store.Tx) (int, error) { return count(tx.Strays(1)) },
}

func count[T any](records []T, err error) (int, error) { return len(records), err }

// readAll makes every read in a transaction of its own and counts what it
// gets.
func readAll(s *Store) (int, error) {
	n := 0
	var errs []error
	for _, read := range kindsRead {
		errs = append(errs, s.View(context.Background(), func(tx store.Tx) error {
			found, err := read(tx)
			n += found
			return err
		}))
	}
	return n, errors.Join(errs...)
}
