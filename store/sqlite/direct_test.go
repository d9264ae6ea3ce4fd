package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// What a column holds is read as it is, or not at all.
func TestAssign(t *testing.T) {
	var (
		n    int64
		i    int
		u    uint8
		b    bool
		s    string
		p    *int64
		at   time.Time
		list []string
	)
	for _, fits := range []struct {
		to    any
		value driver.Value
		is    func() bool
	}{
		{&n, int64(math.MinInt64), func() bool { return n == math.MinInt64 }},
		{&i, int64(-7), func() bool { return i == -7 }},
		{&u, int64(255), func() bool { return u == 255 }},
		{&b, int64(1), func() bool { return b }},
		{&b, int64(0), func() bool { return !b }},
		{&s, "a\x00\xff", func() bool { return s == "a\x00\xff" }},
		{&p, int64(3), func() bool { return p != nil && *p == 3 }},
		{&p, nil, func() bool { return p == nil }},
		{timeColumn{&at}, int64(1), func() bool { return at.UnixMicro() == 1 }},
		{jsonColumn{&list}, `["a"]`, func() bool { return len(list) == 1 && list[0] == "a" }},
	} {
		if err := assign(fits.to, fits.value); err != nil || !fits.is() {
			t.Errorf("%v for %T: %v", fits.value, fits.to, err)
		}
	}
	for _, odd := range []struct {
		to    any
		value driver.Value
	}{
		{&n, "1"}, {&n, nil}, {&n, 1.5}, {&i, "1"}, {&u, int64(256)}, {&u, int64(-1)}, {&b, int64(2)}, {&b, "true"},
		{&s, nil}, {&s, int64(1)}, {&s, []byte("a")}, {&p, "1"}, {timeColumn{&at}, "1"}, {jsonColumn{&list}, "["}, {&list, "a"},
	} {
		if err := assign(odd.to, odd.value); err == nil {
			t.Errorf("%T for %T is read", odd.value, odd.to)
		}
	}
}

// An answer that is not as it should be fails, and the connection goes on.
func TestAnswersThatAreOdd(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	ctx := context.Background()
	c, err := s.writer.acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.release(c, true)
	if _, err := one[int64](ctx, c, `SELECT last_id FROM counters WHERE one = 2`); !errors.Is(err, errNoRow) {
		t.Errorf("no row: %v", err)
	}
	var n int64
	if err := c.scan(ctx, `SELECT 1, 2`, &n); err == nil {
		t.Error("of two columns one is read")
	}
	if _, err := c.exec(ctx, `UPDATE counters SET last_id = ?`, struct{}{}); err == nil {
		t.Error("a structure is a parameter")
	}
	if _, err := c.exec(ctx, `UPDATE counters SET last_id = ?`); err == nil {
		t.Error("a parameter is missing")
	}
	if n, err := one[int64](ctx, c, `SELECT 7`); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
}

// A long text does not stay in memory for as long as the connection that it went
// through.
func TestStatementsKeepNothing(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	c := store.Conversation{ID: 1, Account: "acme", Inbox: "support", Theirs: "+14155550101", Status: store.Open, Preview: "Hello"}
	update(t, s, func(tx store.Tx) error { return tx.PutConversations(c) })
	update(t, s, func(tx store.Tx) error {
		_, err := tx.Conversations(c.ID)
		return err
	})
	looked := 0
	for text, prepared := range connection(t, s.writer).statements {
		st := prepared.(*directStatement)
		for _, in := range st.args[:cap(st.args)] {
			looked++
			if in.Value != nil {
				t.Errorf("%v went into a statement and stays:\n\t%s", in.Value, text)
			}
		}
		for _, out := range st.rows.values {
			looked++
			if out != nil {
				t.Errorf("%v came out of a statement and stays:\n\t%s", out, text)
			}
		}
	}
	if looked < 40 {
		t.Errorf("%d places for values were looked at, want those of the conversation both ways", looked)
	}
}
