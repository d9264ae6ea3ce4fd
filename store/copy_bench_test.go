package store_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// benchMessages is how many messages are copied, with two events each.
const benchMessages = 200_000

// archive yields what a company has after a while.
func archive(yield func(store.Batch) error) error {
	const perConversation, ours = 20, channel.Address("+14155550100")
	at := time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)
	id := int64(0)
	next := func() int64 { id++; return id }
	if err := yield(store.Batch{Accounts: []store.Account{{ID: store.DefaultAccount, Version: 1}}}); err != nil {
		return err
	}
	for first := 0; first < benchMessages; first += store.BatchSize {
		var contacts, conversations, messages, events store.Batch
		for i := first; i < first+store.BatchSize; i += perConversation {
			theirs := channel.Address(fmt.Sprintf("+1%010d", 2_000_000_000+i))
			c := store.Contact{ID: store.ContactID(next()), Account: store.DefaultAccount, Name: "Customer", Addresses: []channel.Address{theirs}, CreatedAt: at, Version: 1}
			v := store.Conversation{
				ID: store.ConversationID(next()), Account: store.DefaultAccount, Inbox: "support", Contact: c.ID, Channel: "twilio", Ours: ours, Theirs: theirs,
				Status: store.Closed, Users: []store.UserID{"alice"}, Teams: []store.TeamID{"support"}, LastSeq: perConversation, LastAt: at, CreatedAt: at,
				Preview: "Thanks, that was all.", Version: 40,
			}
			contacts.Contacts, conversations.Conversations = append(contacts.Contacts, c), append(conversations.Conversations, v)
			for n := range int64(perConversation) {
				at = at.Add(time.Second)
				var random [16]byte
				_, _ = rand.Read(random[:]) // never fails
				m := store.Message{
					ID: store.MessageID(next()), Account: v.Account, Conversation: v.ID, Seq: n + 1, Direction: store.Outbound, Channel: "twilio",
					Author: store.Author{Kind: store.ByUser, User: "alice"}, Text: "Your parcel is on its way and arrives tomorrow between nine and eleven.",
					ProviderID: "SM" + hex.EncodeToString(random[:]), From: ours, To: theirs, State: store.StateDelivered, StateAt: at, Attempts: 1,
					Segments: 1, CreatedAt: at, Version: 4,
				}
				messages.Messages = append(messages.Messages, m)
				for range 2 {
					events.Events = append(events.Events, store.Event{
						Cursor: store.Cursor(next()), Account: v.Account, Type: store.MessageState, At: at, Inbox: v.Inbox, Conversation: v.ID, Message: m.ID,
						Detail: store.Detail{State: store.StateDelivered},
					})
				}
			}
		}
		half := len(events.Events) / 2
		for _, b := range []store.Batch{contacts, conversations, messages, {Events: events.Events[:half]}, {Events: events.Events[half:]}} {
			if err := yield(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func fillArchive(b *testing.B, s store.Porter) {
	b.Helper()
	if err := s.Import(b.Context(), func(t store.Target) error {
		if err := archive(t.Put); err != nil {
			return err
		}
		return t.SetNumbers(store.Numbers{LastID: 1 << 20, LastCursor: 1 << 20, DirectoryVersion: 1})
	}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkCopy(b *testing.B) {
	open := map[string]func(testing.TB) store.Porter{
		"SQLite":   func(t testing.TB) store.Porter { return openSQLite(t) },
		"Postgres": func(t testing.TB) store.Porter { return openPostgres(t) },
	}
	for _, way := range [][2]string{{"SQLite", "Postgres"}, {"Postgres", "SQLite"}, {"SQLite", "SQLite"}, {"Postgres", "Postgres"}} {
		b.Run(way[0]+" to "+way[1], func(b *testing.B) {
			from := open[way[0]](b)
			fillArchive(b, from)
			records := int64(0)
			for b.Loop() {
				b.StopTimer()
				to := open[way[1]](b)
				b.StartTimer()
				report, err := store.Copy(b.Context(), to, from, nil)
				if err != nil {
					b.Fatal(err)
				}
				records += report.Records()
			}
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
