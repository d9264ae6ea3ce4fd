package storetest

import (
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// lookupThousand reads a thousand keys at once, of which half exist.
func lookupThousand(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	messages, err := e.messagesIn(c, 500)
	if err != nil {
		return err
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(messages...) }); err != nil {
		return err
	}
	slices.Reverse(messages)
	var (
		ids  []store.MessageID
		refs []store.ProviderRef
		keys []string
	)
	for i := range messages {
		m := &messages[i]
		m.Version = 1
		ids = append(ids, noID+m.ID, m.ID)
		refs = append(refs, store.ProviderRef{Channel: whatsapp, ProviderID: m.ProviderID}, store.ProviderRef{Channel: sms, ProviderID: m.ProviderID})
		keys = append(keys, "no "+m.RequestKey, m.RequestKey)
	}
	return e.view(func(tx store.Tx) error {
		if err := expectIn(tx, messages, func(tx store.Tx) (any, error) { return tx.Messages(ids...) }); err != nil {
			return fmt.Errorf("Messages: %w", err)
		}
		if err := expectIn(tx, messages, func(tx store.Tx) (any, error) { return tx.MessagesFrom(refs...) }); err != nil {
			return fmt.Errorf("MessagesFrom: %w", err)
		}
		return doing("MessagesByRequest", expectIn(tx, messages, func(tx store.Tx) (any, error) { return tx.MessagesByRequest(acme, keys...) }))
	})
}

// putMany puts five hundred records of each kind with one call each.
func putMany(e *env) error {
	const n = 500
	c, err := e.stored()
	if err != nil {
		return err
	}
	contacts, err := some(n, e.contact)
	if err != nil {
		return err
	}
	conversations, err := some(n, func() (store.Conversation, error) {
		id, err := e.id()
		own := c
		own.ID, own.Theirs, own.Version = store.ConversationID(id), filled[channel.Address](e), 0
		return own, err
	})
	if err != nil {
		return err
	}
	messages, err := e.messagesIn(c, n)
	if err != nil {
		return err
	}
	tasks, err := some(n, func() (store.Task, error) { return e.taskOf(c.ID) })
	if err != nil {
		return err
	}
	entries, err := some(n, e.entry)
	if err != nil {
		return err
	}
	strays, err := some(n, e.stray)
	if err != nil {
		return err
	}
	events := mapped(messages, func(m store.Message) store.Event {
		return store.Event{Account: acme, Type: store.NoteAdded, At: noon, Conversation: c.ID, Message: m.ID}
	})
	marks := mapped(conversations, func(c store.Conversation) store.ReadMark {
		return store.ReadMark{User: bob, Conversation: c.ID, Seq: 1}
	})
	users := make([]store.User, n)
	inboxes := make([]store.Inbox, n)
	for i := range n {
		users[i] = store.User{Account: acme, ID: store.UserID(fmt.Sprintf("user %03d", i))}
		inboxes[i] = store.Inbox{Account: acme, ID: store.InboxID(fmt.Sprintf("inbox %03d", i)), Team: crew, Endpoints: []store.Endpoint{e.endpoint()}}
	}
	puts := []struct {
		kind    string
		records []any
		put     func(tx store.Tx) error
	}{
		{"user", untyped(users), func(tx store.Tx) error { return tx.PutUsers(users...) }},
		{"inbox", untyped(inboxes), func(tx store.Tx) error { return tx.PutInboxes(inboxes...) }},
		{"contact", untyped(contacts), func(tx store.Tx) error { return tx.PutContacts(contacts...) }},
		{"conversation", untyped(conversations), func(tx store.Tx) error { return tx.PutConversations(conversations...) }},
		{"read mark", untyped(marks), func(tx store.Tx) error { return tx.PutReadMarks(acme, marks...) }},
		{"message", untyped(messages), func(tx store.Tx) error { return tx.PutMessages(messages...) }},
		{"ledger entry", untyped(entries), func(tx store.Tx) error { return tx.AppendConsent(entries...) }},
		{"event", untyped(events), func(tx store.Tx) error { return tx.AppendEvents(events...) }},
		{"stray", untyped(strays), func(tx store.Tx) error { return tx.PutStrays(strays...) }},
	}
	for _, p := range puts {
		if err := e.update(p.put); err != nil {
			return fmt.Errorf("putting %d of kind %s: %w", n, p.kind, err)
		}
		if err := e.expectKind(kindNamed(p.kind), keptAs(p.records...)...); err != nil {
			return fmt.Errorf("reading %d of kind %s: %w", n, p.kind, err)
		}
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutTasks(tasks...) }); err != nil {
		return fmt.Errorf("putting %d tasks: %w", n, err)
	}
	return e.expect(tasks, func(tx store.Tx) (any, error) { return tx.Tasks(c.ID) })
}

func kindNamed(name string) kind {
	all := kinds()
	return all[slices.IndexFunc(all, func(k kind) bool { return k.name == name })]
}

func putNone(e *env) error {
	err := e.update(func(tx store.Tx) error {
		for _, k := range kinds() {
			if err := k.put(tx); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
		}
		if err := tx.DeleteTasks(); err != nil {
			return fmt.Errorf("DeleteTasks: %w", err)
		}
		if err := tx.Release(); err != nil {
			return fmt.Errorf("Release: %w", err)
		}
		leases, err := tx.Lease("one", 1)
		if err == nil && len(leases) > 0 {
			err = fmt.Errorf("Lease of no conversation returned %v", leases)
		}
		return err
	})
	if err != nil {
		return err
	}
	return e.expectNone(func(tx store.Tx) (any, error) {
		return tx.ConsentEntries([]compliance.Key{}...)
	})
}
