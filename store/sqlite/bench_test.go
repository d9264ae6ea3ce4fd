package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// BenchmarkAccept takes inbound messages in as the engine does: look for a
// duplicate, the contact, the conversation and consent; write message,
// conversation, event, task and lease. Beside it, in the same run, the bare
// driver inserts the messages alone with one statement a transaction. "share"
// is the bare driver's time as a part of the Store's.
func BenchmarkAccept(b *testing.B) {
	for _, size := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d a transaction", size), func(b *testing.B) {
			s := openAt(b, newPath(b), Config{})
			bare := newBareDriver(b, size)
			const customers = 10_000
			prepareThreads(b, s, customers)
			var ours, theirs time.Duration
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				start := time.Now()
				update(b, s, func(tx store.Tx) error {
					for j := range size {
						n := i*size + j
						if err := accept(tx, n, n*7919%customers); err != nil {
							return err
						}
					}
					return nil
				})
				ours += time.Since(start)
				b.StopTimer()
				start = time.Now()
				bare.insert(b, i*size)
				theirs += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N*size)/ours.Seconds(), "messages/s")
			b.ReportMetric(float64(b.N*size)/theirs.Seconds(), "bare-messages/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "share")
		})
	}
}

func customer(n int) channel.Address { return channel.Address(fmt.Sprintf("+1415555%07d", n)) }

// prepareThreads makes customers with a conversation each.
func prepareThreads(b *testing.B, s *Store, n int) {
	for from := 0; from < n; from += 1000 {
		update(b, s, func(tx store.Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				id, err := tx.NewID()
				if err != nil {
					return err
				}
				if err := tx.PutContacts(store.Contact{ID: store.ContactID(id), Account: "default", Addresses: []channel.Address{customer(i)}}); err != nil {
					return err
				}
				if err := tx.PutConversations(store.Conversation{
					ID: store.ConversationID(id), Account: "default", Inbox: "support", Contact: store.ContactID(id), Channel: "sms",
					Ours: "+14155550100", Theirs: customer(i), Status: store.Open, Teams: []store.TeamID{"support"},
					LastAt: time.UnixMicro(int64(i)), CreatedAt: time.UnixMicro(int64(i)),
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// accept is one message's part of a transaction.
func accept(tx store.Tx, n, from int) error {
	now := time.UnixMicro(1_780_000_000_000_000 + int64(n))
	ref := store.ProviderRef{Channel: "sms", ProviderID: fmt.Sprintf("SM%032x", uint64(n)*0x9e3779b97f4a7c15)}
	if known, err := tx.MessagesFrom(ref); err != nil || len(known) > 0 {
		return err
	}
	theirs := customer(from)
	if _, err := store.One(tx.ContactsAt(store.IdentityOf("default", theirs))); err != nil {
		return err
	}
	conv, err := store.One(tx.ConversationsIn(store.Thread{Account: "default", Inbox: "support", Family: channel.Telephony, Identity: theirs.Identity()}))
	if err != nil {
		return err
	}
	if _, err := tx.ConsentEntries(compliance.KeyOf("default", theirs)); err != nil {
		return err
	}
	id, err := tx.NewID()
	if err != nil {
		return err
	}
	conv.LastSeq++
	conv.InboundCount++
	conv.LastAt, conv.LastInbound, conv.Preview = now, now, "Hello, is my order on its way?"
	if err := tx.AppendEvents(store.Event{
		Account: "default", Type: store.MessageReceived, At: now, Inbox: "support", Conversation: conv.ID, Message: store.MessageID(id),
		Actor: store.Author{Kind: store.ByCustomer}, Detail: store.Detail{Seq: conv.LastSeq},
	}); err != nil {
		return err
	}
	if err := tx.PutMessages(store.Message{
		ID: store.MessageID(id), Account: "default", Conversation: conv.ID, Seq: conv.LastSeq, Direction: store.Inbound,
		Author: store.Author{Kind: store.ByCustomer}, Text: "Hello, is my order on its way?", Channel: "sms", ProviderID: ref.ProviderID,
		From: theirs, To: "+14155550100", InboundCount: conv.InboundCount, CreatedAt: now,
	}); err != nil {
		return err
	}
	task, err := tx.NewID()
	if err != nil {
		return err
	}
	if err := tx.PutTasks(store.Task{
		ID: store.TaskID(task), Account: "default", Conversation: conv.ID, Kind: store.TaskRoute, Message: store.MessageID(id), DueAt: now,
	}); err != nil {
		return err
	}
	if err := tx.PutConversations(conv); err != nil {
		return err
	}
	if held, err := tx.Leases(conv.ID); err != nil || len(held) > 0 {
		return err
	}
	_, err = tx.Lease("bench", 0, conv.ID)
	return err
}

// bareDriver is a table with the same indexes in a file of its own, with the
// same durability, and SQLite's own checkpoints.
type bareDriver struct {
	conn   *sql.Conn
	insert func(tb testing.TB, first int)
}

func newBareDriver(b *testing.B, size int) *bareDriver {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	c, err := db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close(); db.Close() })
	if _, err := c.ExecContext(ctx, `
		CREATE TABLE messages (id INTEGER PRIMARY KEY, account TEXT, conversation INTEGER, seq INTEGER, channel TEXT, provider_id TEXT, text TEXT, sender TEXT, recipient TEXT, at INTEGER);
		CREATE UNIQUE INDEX place ON messages (conversation, seq);
		CREATE UNIQUE INDEX provider ON messages (channel, provider_id);`); err != nil {
		b.Fatal(err)
	}
	row := "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	stmt, err := c.PrepareContext(ctx, "INSERT INTO messages VALUES "+strings.Repeat(row+", ", size-1)+row)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stmt.Close() })
	return &bareDriver{conn: c, insert: func(tb testing.TB, first int) {
		var args []any
		for n := first; n < first+size; n++ {
			args = append(args, n+1, "default", n*7919%10_000, n, "sms", fmt.Sprintf("SM%032x", uint64(n)*0x9e3779b97f4a7c15),
				"Hello, is my order on its way?", string(customer(n)), "+14155550100", n)
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			tb.Fatal(err)
		}
	}}
}

// BenchmarkList reads a page of 50 of 100,000 conversations, of which the
// user may see half by the inbox and half by the team.
func BenchmarkList(b *testing.B) {
	s := openAt(b, newPath(b), Config{})
	const all = 100_000
	prepareThreads(b, s, all)
	for name, before := range map[string]store.Position{"newest": {}, "after 90000": {LastAt: time.UnixMicro(10_000)}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				view(b, s, func(tx store.Tx) error {
					found, err := tx.ListConversations(store.ConversationQuery{
						Account: "default", Inboxes: []store.InboxID{"support"}, User: "alice", Teams: []store.TeamID{"support"},
						Claimants: []store.UserID{"", "alice"}, Statuses: []store.Status{store.Open}, Before: before, Limit: 50,
					})
					if err == nil && len(found) != 50 {
						err = fmt.Errorf("%d found", len(found))
					}
					return err
				})
			}
		})
	}
}

// BenchmarkListMessages reads a page of 50 of a conversation with 100,000
// messages.
func BenchmarkListMessages(b *testing.B) {
	s := openAt(b, newPath(b), Config{})
	const all = 100_000
	for from := 0; from < all; from += 1000 {
		update(b, s, func(tx store.Tx) error {
			for i := from; i < from+1000; i++ {
				if err := tx.PutMessages(store.Message{
					ID: store.MessageID(i + 1), Account: "default", Conversation: 1, Seq: int64(i + 1), Direction: store.Inbound,
					Text: "Hello, is my order on its way?", Channel: "sms", ProviderID: fmt.Sprint("SM", i), From: customer(1), To: "+14155550100",
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for b.Loop() {
		view(b, s, func(tx store.Tx) error {
			found, err := tx.ListMessages(store.MessageQuery{Conversation: 1, Before: 50_000, Limit: 50})
			if err == nil && len(found) != 50 {
				err = fmt.Errorf("%d found", len(found))
			}
			return err
		})
	}
}
