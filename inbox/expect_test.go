package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// farStore is a store for which every read by keys is a round trip, unless it
// was prefetched, and that counts them.
type farStore struct {
	store.Store

	mu     sync.Mutex
	missed []string // reads by keys in Updates that nobody had expected
}

func (s *farStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(&farTx{Tx: tx, s: s, known: make(map[any]bool)}) })
}

func (s *farStore) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	missed := s.missed
	s.missed = nil
	return missed
}

type farTx struct {
	store.Tx
	s     *farStore
	known map[any]bool
	asks  bool // what is noted was expected
}

// key is a key of one kind of read.
type key struct {
	kind string
	of   any
}

func note[K any](t *farTx, kind string, keys []K) {
	for _, k := range keys {
		if k := (key{kind, k}); !t.known[k] {
			t.known[k] = true
			if !t.asks {
				t.s.mu.Lock()
				t.s.missed = append(t.s.missed, fmt.Sprintf("%s %v", kind, k.of))
				t.s.mu.Unlock()
			}
		}
	}
}

func (t *farTx) Prefetch(k store.Keys) error {
	t.asks = true
	note(t, "message from", k.Providers)
	note(t, "stray from", k.Providers)
	note(t, "contact at", k.Identities)
	note(t, "conversation in", k.Threads)
	note(t, "consent", k.Consent)
	note(t, "contact", k.Contacts)
	note(t, "conversation", k.Conversations)
	note(t, "message", k.Messages)
	note(t, "tasks", k.Tasks)
	note(t, "lease", k.Leases)
	note(t, "mark", k.Marks)
	// What is found by another key is known by its id.
	if found, err := t.Tx.MessagesFrom(k.Providers...); err == nil {
		for _, m := range found {
			note(t, "message", []store.MessageID{m.ID})
		}
	}
	if found, err := t.Tx.ContactsAt(k.Identities...); err == nil {
		for _, c := range found {
			note(t, "contact", []store.ContactID{c.ID})
		}
	}
	if found, err := t.Tx.ConversationsIn(k.Threads...); err == nil {
		for _, c := range found {
			note(t, "conversation", []store.ConversationID{c.ID})
		}
	}
	t.asks = false
	return nil
}

// NewID notes that there is nothing by an id that is new.
func (t *farTx) NewID() (int64, error) {
	id, err := t.Tx.NewID()
	for _, kind := range []string{"tasks", "lease", "conversation"} {
		t.known[key{kind, store.ConversationID(id)}] = true
	}
	t.known[key{"message", store.MessageID(id)}] = true
	t.known[key{"contact", store.ContactID(id)}] = true
	return id, err
}

func (t *farTx) MessagesFrom(refs ...store.ProviderRef) ([]store.Message, error) {
	note(t, "message from", refs)
	return t.Tx.MessagesFrom(refs...)
}

func (t *farTx) StraysFrom(refs ...store.ProviderRef) ([]store.Stray, error) {
	note(t, "stray from", refs)
	return t.Tx.StraysFrom(refs...)
}

func (t *farTx) ContactsAt(ids ...store.Identity) ([]store.Contact, error) {
	note(t, "contact at", ids)
	return t.Tx.ContactsAt(ids...)
}

func (t *farTx) ConversationsIn(threads ...store.Thread) ([]store.Conversation, error) {
	note(t, "conversation in", threads)
	return t.Tx.ConversationsIn(threads...)
}

func (t *farTx) ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error) {
	note(t, "consent", keys)
	return t.Tx.ConsentEntries(keys...)
}

func (t *farTx) Contacts(ids ...store.ContactID) ([]store.Contact, error) {
	note(t, "contact", ids)
	return t.Tx.Contacts(ids...)
}

func (t *farTx) Conversations(ids ...store.ConversationID) ([]store.Conversation, error) {
	note(t, "conversation", ids)
	return t.Tx.Conversations(ids...)
}

func (t *farTx) Messages(ids ...store.MessageID) ([]store.Message, error) {
	note(t, "message", ids)
	return t.Tx.Messages(ids...)
}

func (t *farTx) Tasks(cs ...store.ConversationID) ([]store.Task, error) {
	note(t, "tasks", cs)
	return t.Tx.Tasks(cs...)
}

func (t *farTx) Leases(cs ...store.ConversationID) ([]store.Lease, error) {
	note(t, "lease", cs)
	return t.Tx.Leases(cs...)
}

func (t *farTx) ReadMarks(account store.AccountID, user store.UserID, cs ...store.ConversationID) ([]store.ReadMark, error) {
	for _, id := range cs {
		note(t, "mark", []store.MarkRef{{Account: account, User: user, Conversation: id}})
	}
	return t.Tx.ReadMarks(account, user, cs...)
}

// What a message goes through reads nothing by keys that was not expected, so
// that a batch costs a store that is far away as few round trips as one message.
func TestExpectations(t *testing.T) {
	ctx := context.Background()
	far := &farStore{Store: memory.New()}
	var sent []channel.Outbound
	ch := channel.Func("sms", func(_ context.Context, m channel.Outbound) (channel.Receipt, error) {
		sent = append(sent, m)
		return channel.Receipt{ProviderID: fmt.Sprint("out-", len(sent))}, nil
	})
	in, err := inbox.New(inbox.Config{Store: far, Channels: []channel.Channel{ch}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	admin := in.Admin(inbox.DefaultAccount)
	for _, err := range []error{
		admin.SaveUser(ctx, inbox.User{ID: "alice", Name: "Alice", Licensed: true}),
		admin.SaveTeam(ctx, inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}),
		admin.SaveInbox(ctx, store.Inbox{
			ID: "support", Name: "Support", Team: "support", Settings: store.Settings{FirstReply: "Thanks."},
			Endpoints: []store.Endpoint{{Channel: "sms", Address: "+14155550100"}},
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	far.take()
	expected := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if missed := far.take(); len(missed) > 0 {
			t.Errorf("%s reads what it did not expect: %q", what, missed)
		}
	}
	work := func() error {
		for {
			if n, err := in.Step(ctx); err != nil || n == 0 {
				return err
			}
		}
	}
	receive := func(id, text string) error {
		_, err := in.Receive(ctx, "sms", channel.Inbound{ProviderID: id, From: "+14155550123", To: "+14155550100", Text: text})
		return err
	}
	expected("a stranger's message", receive("in-1", "hello"))
	expected("routing, the automatic answer and its send", work())
	expected("a message that was there", receive("in-1", "hello"))
	expected("another message of a customer", receive("in-2", "are you there?"))
	expected("routing it", work())
	expected("a report on a message", in.Status(ctx, "sms", channel.StatusUpdate{ProviderID: "out-1", State: channel.DeliveryDelivered}))
	alice := in.Agent(inbox.DefaultAccount, "alice")
	list, err := alice.List(ctx, inbox.ListQuery{})
	if err != nil || len(list) != 1 {
		t.Fatalf("conversations: %v, %v", list, err)
	}
	_, err = alice.Reply(ctx, list[0].ID, inbox.Draft{Text: "Yes."})
	expected("a reply", err)
	expected("sending it", work())
	expected("reading", alice.MarkRead(ctx, list[0].ID, 0))
	expected("claiming", alice.Claim(ctx, list[0].ID))
	expected("releasing", alice.Release(ctx, list[0].ID))
	expected("an opt-out", receive("in-3", "STOP"))
	expected("confirming it", work())
	if len(sent) != 3 || !slices.ContainsFunc(sent, func(m channel.Outbound) bool { return m.Text == "Yes." }) {
		t.Errorf("sent: %+v", sent)
	}
}
