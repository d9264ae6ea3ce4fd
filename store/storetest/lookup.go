package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

func lookupCases() []testCase {
	return []testCase{
		{"keys/in the order given", "A read by keys returns the records that exist, in the order of the keys.", lookupOrder},
		{"keys/what does not exist is left out", "A read by keys leaves out the rest without an error.", lookupMissing},
		{"keys/none", "A read by keys returns the records that exist: without keys, none.", lookupNone},
		{"keys/empty ids find nothing", "ProviderID is \"\" until known, RequestKey is unique if not \"\".", lookupEmptyIDs},
		{"keys/contacts once", "ContactsAt returns the contacts that own the identities, each once.", lookupContactsOnce},
		{"keys/a thousand", "Reads take many keys.", lookupThousand},
		{"keys/read your writes", "A read sees what the same transaction has written.", lookupOwnWrites},
		{"keys/put many", "Writes take many records.", putMany},
		{"keys/put none", "Writes take many records: without any, they do nothing.", putNone},
	}
}

// lookup is a read by keys, with records that are there to be found.
type lookup struct {
	name string
	put  func(tx store.Tx) error
	want []any // as they are read
	// get reads by the keys of the records at the given places; -1 stands for
	// a key that no record has.
	get func(tx store.Tx, at ...int) ([]any, error)
}

func lookupOf[T, K any](name string, records []T, put func(store.Tx, ...T) error, key func(T) K, missing K, read func(store.Tx, ...K) ([]T, error)) lookup {
	return lookup{
		name: name,
		put:  func(tx store.Tx) error { return put(tx, records...) },
		want: keptAs(untyped(records)...),
		get: func(tx store.Tx, at ...int) ([]any, error) {
			keys := make([]K, len(at))
			for i, n := range at {
				if keys[i] = missing; n >= 0 {
					keys[i] = key(records[n])
				}
			}
			got, err := read(tx, keys...)
			return untyped(got), err
		},
	}
}

// some makes n records.
func some[T any](n int, fresh func() (T, error)) ([]T, error) {
	out := make([]T, n)
	for i := range out {
		r, err := fresh()
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// noID is an id that the store has never given.
const noID = 1 << 50

// lookups returns all reads by keys, each with five records.
func lookups(e *env) ([]lookup, error) {
	const n = 5
	contacts, err1 := some(n, e.contact)
	contactsAt, err2 := some(n, e.contact)
	conversations, err3 := some(n, e.conversation)
	threads, err4 := some(n, e.conversation)
	messages, err5 := some(n, e.message)
	from, err6 := some(n, e.message)
	requested, err7 := some(n, e.message)
	tasks, err8 := some(n, e.task)
	entries, err9 := some(n, e.entry)
	strays, err10 := some(n, e.stray)
	straysFrom, err11 := some(n, e.stray)
	marked, err12 := some(n, e.stored)
	inboxes, err13 := some(n, func() (store.Inbox, error) {
		i := filled[store.Inbox](e)
		i.Account, i.Team, i.Version = acme, crew, 0
		return i, nil
	})
	watermarks, err14 := some(n, func() (store.Watermark, error) {
		w := filled[store.Watermark](e)
		w.Version = 0
		return w, nil
	})
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14); err != nil {
		return nil, err
	}
	marks := mapped(marked, func(c store.Conversation) store.ReadMark {
		return store.ReadMark{User: bob, Conversation: c.ID, Seq: int64(c.ID), InboundCount: 2}
	})
	noRef := store.ProviderRef{Channel: sms, ProviderID: "SM-none"}
	return []lookup{
		lookupOf("Contacts", contacts, store.Tx.PutContacts,
			func(c store.Contact) store.ContactID { return c.ID }, noID, store.Tx.Contacts),
		lookupOf("ContactsAt", contactsAt, store.Tx.PutContacts,
			func(c store.Contact) store.Identity { return store.IdentityOf(acme, c.Addresses[1]) }, store.IdentityOf(acme, nobody), store.Tx.ContactsAt),
		lookupOf("Conversations", conversations, store.Tx.PutConversations,
			func(c store.Conversation) store.ConversationID { return c.ID }, noID, store.Tx.Conversations),
		lookupOf("ConversationsIn", threads, store.Tx.PutConversations,
			store.Conversation.Thread, store.Thread{Account: acme, Inbox: "none", Family: "telephony", Identity: string(nobody)}, store.Tx.ConversationsIn),
		lookupOf("Messages", messages, store.Tx.PutMessages,
			func(m store.Message) store.MessageID { return m.ID }, noID, store.Tx.Messages),
		lookupOf("MessagesFrom", from, store.Tx.PutMessages,
			func(m store.Message) store.ProviderRef {
				return store.ProviderRef{Channel: m.Channel, ProviderID: m.ProviderID}
			}, noRef, store.Tx.MessagesFrom),
		lookupOf("MessagesByRequest", requested, store.Tx.PutMessages,
			func(m store.Message) string { return m.RequestKey }, "request-none",
			func(tx store.Tx, keys ...string) ([]store.Message, error) { return tx.MessagesByRequest(acme, keys...) }),
		lookupOf("Tasks", tasks, store.Tx.PutTasks,
			func(t store.Task) store.ConversationID { return t.Conversation }, noID, store.Tx.Tasks),
		lookupOf("ConsentEntries", entries, store.Tx.AppendConsent,
			func(e compliance.Entry) compliance.Key { return e.Key }, compliance.KeyOf(string(acme), nobody), store.Tx.ConsentEntries),
		lookupOf("Strays", strays, store.Tx.PutStrays,
			func(s store.Stray) store.StrayID { return s.ID }, noID, store.Tx.Strays),
		lookupOf("StraysFrom", straysFrom, store.Tx.PutStrays,
			func(s store.Stray) store.ProviderRef {
				return store.ProviderRef{Channel: s.Channel, ProviderID: s.Inbound.ProviderID}
			}, noRef, store.Tx.StraysFrom),
		lookupOf("ReadMarks", marks,
			func(tx store.Tx, ms ...store.ReadMark) error { return tx.PutReadMarks(acme, ms...) },
			func(m store.ReadMark) store.ConversationID { return m.Conversation }, noID,
			func(tx store.Tx, ids ...store.ConversationID) ([]store.ReadMark, error) {
				return tx.ReadMarks(acme, bob, ids...)
			}),
		lookupOf("Watermarks", watermarks, store.Tx.PutWatermarks,
			func(w store.Watermark) store.WatermarkID { return w.ID }, "none", store.Tx.Watermarks),
		lookupOf("InboxesAt", inboxes, store.Tx.PutInboxes,
			func(i store.Inbox) store.Endpoint { return i.Endpoints[1] }, store.Endpoint{Channel: sms, Address: nobody}, store.Tx.InboxesAt),
	}, nil
}

// eachLookup puts the records of all reads by keys and checks each.
func eachLookup(e *env, check func(tx store.Tx, l lookup) error) error {
	all, err := lookups(e)
	if err != nil {
		return err
	}
	for _, l := range all {
		if err := e.update(l.put); err != nil {
			return fmt.Errorf("putting the records of %s: %w", l.name, err)
		}
	}
	var errs []error
	for _, l := range all {
		errs = append(errs, doing(l.name, e.view(func(tx store.Tx) error { return check(tx, l) })))
	}
	return errors.Join(errs...)
}

// expect reads by keys and compares with the records at the given places.
func (l lookup) expect(tx store.Tx, at []int, want []int) error {
	got, err := l.get(tx, at...)
	if err != nil {
		return err
	}
	records := make([]any, len(want))
	for i, n := range want {
		records[i] = l.want[n]
	}
	return doing(fmt.Sprintf("keys %v", at), same(records, got))
}

func lookupOrder(e *env) error {
	return eachLookup(e, func(tx store.Tx, l lookup) error {
		for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 4, 0, 3, 1}, {3, 1}} {
			if err := l.expect(tx, order, order); err != nil {
				return err
			}
		}
		return nil
	})
}

func lookupMissing(e *env) error {
	return eachLookup(e, func(tx store.Tx, l lookup) error {
		return errors.Join(
			l.expect(tx, []int{-1}, nil),
			l.expect(tx, []int{-1, 3, -1, 0, -1}, []int{3, 0}),
		)
	})
}

func lookupNone(e *env) error {
	return eachLookup(e, func(tx store.Tx, l lookup) error { return l.expect(tx, nil, nil) })
}

func lookupEmptyIDs(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	messages, err := e.messagesIn(c, 3)
	if err != nil {
		return err
	}
	for i := range messages {
		messages[i].ProviderID, messages[i].RequestKey = "", ""
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(messages...) }); err != nil {
		return fmt.Errorf("three messages without ids of others: %w", err)
	}
	return errors.Join(
		doing("MessagesFrom", e.expectNone(func(tx store.Tx) (any, error) { return tx.MessagesFrom(store.ProviderRef{Channel: sms}) })),
		doing("MessagesByRequest", e.expectNone(func(tx store.Tx) (any, error) { return tx.MessagesByRequest(acme, "") })),
	)
}

func lookupContactsOnce(e *env) error {
	both, err := some(2, e.contact)
	if err != nil {
		return err
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutContacts(both...) }); err != nil {
		return err
	}
	both[0].Version, both[1].Version = 1, 1
	at := func(c, a int) store.Identity { return store.IdentityOf(acme, both[c].Addresses[a]) }
	return e.expect([]store.Contact{both[1], both[0]}, func(tx store.Tx) (any, error) {
		return tx.ContactsAt(at(1, 1), at(0, 0), at(1, 0), at(0, 1), at(1, 1))
	})
}

func lookupOwnWrites(e *env) error {
	all, err := lookups(e)
	if err != nil {
		return err
	}
	return e.update(func(tx store.Tx) error {
		for _, l := range all {
			if err := l.put(tx); err != nil {
				return fmt.Errorf("putting the records of %s: %w", l.name, err)
			}
			if err := doing(l.name, l.expect(tx, []int{3, -1, 1}, []int{3, 1})); err != nil {
				return err
			}
		}
		return nil
	})
}
