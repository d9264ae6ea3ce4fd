package memory_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

const box store.InboxID = "support"

var morning = time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)

// talks is a store with conversations, and who writes in them.
type talks struct {
	*memory.Store
	n        int
	received int
}

func newTalks(b *testing.B, n int) *talks {
	b.Helper()
	t := &talks{Store: memory.New(), n: n}
	err := t.Update(b.Context(), func(tx store.Tx) error {
		for i := range n {
			id := store.ConversationID(1 + i)
			from := channel.Address(fmt.Sprintf("+1%09d", i))
			err := errors.Join(
				tx.PutContacts(contact(store.ContactID(id), from)),
				tx.PutConversations(store.Conversation{
					ID: id, Account: store.DefaultAccount, Inbox: box, Contact: store.ContactID(id), Theirs: from,
					Status: store.Open, LastAt: morning.Add(time.Duration(i) * time.Second),
				}),
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// receive does what an inbound message needs.
func (t *talks) receive(tx store.Tx) error {
	t.received++
	ref := store.ProviderRef{Channel: "sms", ProviderID: fmt.Sprint("SM", t.received)}
	if known, err := tx.MessagesFrom(ref); err != nil || len(known) > 0 {
		return err
	}
	conv, err := store.One(tx.Conversations(store.ConversationID(1 + t.received*7919%t.n)))
	if err != nil {
		return err
	}
	id, err := tx.NewID()
	if err != nil {
		return err
	}
	now := morning.Add(time.Duration(t.received) * time.Millisecond)
	conv.LastSeq++
	conv.InboundCount++
	conv.LastAt, conv.LastInbound, conv.Preview = now, now, "Is Tuesday at noon still free?"
	return errors.Join(
		tx.PutConversations(conv),
		tx.PutMessages(store.Message{
			ID: store.MessageID(id), Account: conv.Account, Conversation: conv.ID, Seq: conv.LastSeq, Direction: store.Inbound,
			Author: store.Author{Kind: store.ByCustomer}, Text: conv.Preview, Channel: ref.Channel, ProviderID: ref.ProviderID, CreatedAt: now,
		}),
		tx.AppendEvents(
			store.Event{Account: conv.Account, Type: store.MessageReceived, At: now, Conversation: conv.ID, Message: store.MessageID(id)},
			store.Event{Account: conv.Account, Type: store.ConversationReopened, At: now, Conversation: conv.ID},
		),
		tx.PutTasks(store.Task{ID: store.TaskID(id), Account: conv.Account, Conversation: conv.ID, Kind: store.TaskRoute, DueAt: now}),
	)
}

// BenchmarkReceive takes inbound messages through transactions of some.
func BenchmarkReceive(b *testing.B) {
	for _, batch := range []int{1, 64} {
		b.Run(fmt.Sprint(batch, " a transaction"), func(b *testing.B) {
			t := newTalks(b, 10_000)
			b.ReportAllocs()
			for left := b.N; left > 0; left -= batch {
				err := t.Update(b.Context(), func(tx store.Tx) error {
					for range min(batch, left) {
						if err := t.receive(tx); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWork leases what is due, does it and releases it.
func BenchmarkWork(b *testing.B) {
	t := newTalks(b, 10_000)
	err := t.Update(b.Context(), func(tx store.Tx) error {
		for range 10_000 {
			if err := t.receive(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if err := t.Update(ctx, workOnOne); err != nil {
			b.Fatal(err)
		}
	}
}

// workOnOne puts the tasks of the conversation that waits longest behind
// those of all others.
func workOnOne(tx store.Tx) error {
	leases, err := tx.LeaseDue(store.LeaseQuery{Owner: "one", Now: morning.AddDate(10, 0, 0), TTL: time.Minute, Limit: 1})
	if err != nil {
		return err
	}
	tasks, err := tx.Tasks(leases[0].Conversation)
	if err != nil {
		return err
	}
	for i := range tasks {
		tasks[i].DueAt = tasks[i].DueAt.Add(time.Hour)
	}
	return errors.Join(tx.PutTasks(tasks...), tx.Release(leases...))
}

// BenchmarkListNewest50 reads the newest 50 of many conversations.
func BenchmarkListNewest50(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprint("of ", n), func(b *testing.B) {
			t := newTalks(b, n)
			q := store.ConversationQuery{
				Account: store.DefaultAccount, Inboxes: []store.InboxID{box}, User: "bob", Teams: []store.TeamID{"crew"},
				Statuses: []store.Status{store.Open}, Claimants: []store.UserID{"", "bob"}, Limit: 50,
			}
			b.ReportAllocs()
			for b.Loop() {
				list(b.Context(), b, t.Store, q)
			}
		})
	}
}

func list(ctx context.Context, b *testing.B, s *memory.Store, q store.ConversationQuery) {
	err := s.View(ctx, func(tx store.Tx) error {
		cs, err := tx.ListConversations(q)
		if err == nil && len(cs) != q.Limit {
			err = fmt.Errorf("got %d conversations", len(cs))
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkViewOfOne reads one record of many.
func BenchmarkViewOfOne(b *testing.B) {
	t := newTalks(b, 100_000)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		err := t.View(ctx, func(tx store.Tx) error {
			_, err := store.One(tx.Conversations(50_000))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
