package postgres

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// What was prefetched, there or not, is answered as what was not, and without
// another round trip.
func TestPrefetch(t *testing.T) {
	const (
		account  = store.DefaultAccount
		ours     = channel.Address("+14155550100")
		theirs   = channel.Address("+14155550123")
		stranger = channel.Address("+14155550124")
	)
	at := time.Date(2026, time.May, 4, 9, 30, 0, 0, time.UTC)
	s := openAt(t, pgtest.Database(t), Config{})
	conv := store.Conversation{ID: 1, Account: account, Inbox: "support", Contact: 2, Channel: "sms", Ours: ours, Theirs: theirs, Status: store.Open, LastAt: at, LastSeq: 1}
	update(t, s, func(tx store.Tx) error {
		_, leaseErr := tx.Lease("somebody", time.Hour, 1)
		return errors.Join(
			tx.PutContacts(store.Contact{ID: 2, Account: account, Name: "Dave", Addresses: []channel.Address{theirs}}),
			tx.PutConversations(conv),
			tx.PutMessages(store.Message{ID: 3, Account: account, Conversation: 1, Seq: 1, Direction: store.Inbound, Channel: "sms", ProviderID: "in-1", RequestKey: "key-1"}),
			tx.PutTasks(store.Task{ID: 4, Account: account, Conversation: 1, Kind: store.TaskRoute, Message: 3, DueAt: at}),
			tx.AppendConsent(compliance.Entry{ID: 5, Key: compliance.KeyOf(string(account), theirs), Kind: compliance.OptOut, OccurredAt: at}),
			tx.PutReadMarks(account, store.ReadMark{User: "alice", Conversation: 1, Seq: 1}),
			leaseErr)
	})

	threads := []store.Thread{conv.Thread(), {Account: account, Inbox: "support", Family: channel.Telephony, Identity: string(stranger)}}
	keys := store.Keys{
		Providers:     []store.ProviderRef{{Channel: "sms", ProviderID: "in-1"}, {Channel: "sms", ProviderID: "in-2"}},
		Requests:      []store.RequestRef{{Account: account, Key: "key-1"}, {Account: account, Key: "key-2"}},
		Identities:    []store.Identity{store.IdentityOf(account, theirs), store.IdentityOf(account, stranger)},
		Threads:       threads,
		Consent:       []compliance.Key{compliance.KeyOf(string(account), theirs), compliance.KeyOf(string(account), stranger)},
		Contacts:      []store.ContactID{2, 99},
		Conversations: []store.ConversationID{1, 99},
		Messages:      []store.MessageID{3, 99},
		Tasks:         []store.ConversationID{1, 99},
		Leases:        []store.ConversationID{1, 99},
		Marks:         []store.MarkRef{{Account: account, User: "alice", Conversation: 1}, {Account: account, User: "alice", Conversation: 99}},
	}
	read := func(tx store.Tx) ([]any, error) {
		var all []any
		var errs []error
		keep(tx.MessagesFrom(keys.Providers...))(&all, &errs)
		keep(tx.StraysFrom(keys.Providers...))(&all, &errs)
		keep(tx.MessagesByRequest(account, "key-1", "key-2"))(&all, &errs)
		keep(tx.ContactsAt(keys.Identities...))(&all, &errs)
		keep(tx.ConversationsIn(keys.Threads...))(&all, &errs)
		keep(tx.ConsentEntries(keys.Consent...))(&all, &errs)
		keep(tx.Contacts(keys.Contacts...))(&all, &errs)
		keep(tx.Conversations(keys.Conversations...))(&all, &errs)
		keep(tx.Messages(keys.Messages...))(&all, &errs)
		keep(tx.Tasks(keys.Tasks...))(&all, &errs)
		keep(tx.Leases(keys.Leases...))(&all, &errs)
		keep(tx.ReadMarks(account, "alice", keys.Conversations...))(&all, &errs)
		return all, errors.Join(errs...)
	}
	var want, got []any
	if err := s.View(context.Background(), func(tx store.Tx) (err error) { want, err = read(tx); return err }); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(x store.Tx) (err error) {
		if err := x.(store.Prefetcher).Prefetch(keys); err != nil {
			return err
		}
		conn := x.(*tx).conn
		x.(*tx).conn = nil // whoever asks for more panics
		got, err = read(x)
		x.(*tx).conn = conn
		return err
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read, prefetched: %s", diff)
	}
	for i, records := range got {
		if n := reflect.ValueOf(records).Len(); n != 1 && i != 1 { // there is no stray
			t.Errorf("read %d has %d records, the test needs 1", i, n)
		}
	}
}

// Events of any number of accounts are answered without another round trip, once:
// then the caller has them.
func TestPrefetchOfEvents(t *testing.T) {
	s := openAt(t, pgtest.Database(t), Config{})
	update(t, s, func(tx store.Tx) error {
		return tx.AppendEvents(store.Event{Account: "acme", Type: store.StrayReceived}, store.Event{Account: "globex", Type: store.StrayReceived})
	})
	qs := []store.EventQuery{{Account: "acme", Limit: 10}, {Account: "globex", Limit: 10}, {Account: "initech", Limit: 10}}
	err := s.View(context.Background(), func(x store.Tx) error {
		if err := x.(store.Prefetcher).Prefetch(store.Keys{Events: qs}); err != nil {
			return err
		}
		conn := x.(*tx).conn
		x.(*tx).conn = nil // whoever asks for more panics
		if _, err := x.DirectoryVersion(); err != nil {
			return err
		}
		for i, want := range []int{1, 1, 0} {
			es, err := x.Events(qs[i])
			if err != nil || len(es) != want {
				t.Errorf("%s has %d events, %v; want %d", qs[i].Account, len(es), err, want)
			}
			last, err := x.LastEvent(qs[i].Account)
			if err != nil || (last > 0) != (want > 0) {
				t.Errorf("%s has its last event at %d, %v", qs[i].Account, last, err)
			}
		}
		x.(*tx).conn = conn
		again, err := x.Events(qs[0])
		if len(again) != 1 {
			t.Errorf("asked again, acme has %d events, want 1", len(again))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// keep adds what a read returns to all that was read.
func keep[T any](records []T, err error) func(*[]any, *[]error) {
	return func(all *[]any, errs *[]error) { *all, *errs = append(*all, records), append(*errs, err) }
}
