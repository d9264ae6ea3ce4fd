package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

func duplicateCases() []testCase {
	return []testCase{
		{"duplicate/endpoint", "PutInboxes fails with ErrDuplicate if an endpoint belongs to another inbox of any account.", duplicateEndpoint},
		{"duplicate/identity", "PutContacts fails with ErrDuplicate if an identity belongs to another contact of the account.", duplicateIdentity},
		{"duplicate/thread", "PutConversations fails with ErrDuplicate for a second conversation of one thread.", duplicateThread},
		{"duplicate/place", "PutMessages fails with ErrDuplicate if another message has the same place in its conversation.", duplicatePlace},
		{"duplicate/provider's id", "PutMessages fails with ErrDuplicate if another message has the same provider's id, which is unique within the channel.", duplicateProviderID},
		{"duplicate/request key", "PutMessages fails with ErrDuplicate if another message has the same request key, which is unique within the account if not \"\".", duplicateRequest},
		{"duplicate/ledger entry", "AppendConsent fails with ErrDuplicate if an id exists.", duplicateEntry},
		{"duplicate/ledger entry's place", "AppendConsent fails with ErrDuplicate if another entry has the same Link.Seq, which is unique within the key if not 0.", duplicateEntryPlace},
		{"duplicate/stray", "PutStrays fails with ErrDuplicate if another stray has the same channel and provider's id.", duplicateStray},
		{"duplicate/one's own keys", "A unique key is taken by another record only: a record keeps its keys when it is put again.", duplicateOwn},
		{"duplicate/keys that were given up", "A unique key is taken only as long as a record has it.", duplicateFreed},
	}
}

// rivals are two records of which the second wants a key of the first.
type rivals struct {
	k             kind
	first, second any
}

// expect puts two rivals in every way and checks that only the first is kept.
// It ends with the first one stored.
func (r rivals) expect(e *env) error {
	err := e.update(func(tx store.Tx) error { return r.k.put(tx, r.first, r.second) })
	if err := expectError(err, store.ErrDuplicate); err != nil {
		return fmt.Errorf("both in one call: %w", err)
	}
	err = e.update(func(tx store.Tx) error {
		if err := r.k.put(tx, r.first); err != nil {
			return err
		}
		return r.k.put(tx, r.second)
	})
	if err := expectError(err, store.ErrDuplicate); err != nil {
		return fmt.Errorf("both in one transaction: %w", err)
	}
	if err := e.expectNoKind(r.k, r.first); err != nil {
		return err
	}
	if err := e.putOne(r.k, r.first); err != nil {
		return err
	}
	if err := expectError(e.putOne(r.k, r.second), store.ErrDuplicate); err != nil {
		return fmt.Errorf("one after the other: %w", err)
	}
	return e.expectKind(r.k, withVersion(r.first, 1))
}

// fine puts records that have no key in common.
func (e *env) fine(what string, k kind, records ...any) error {
	return doing(what, e.update(func(tx store.Tx) error { return k.put(tx, records...) }))
}

func duplicateEndpoint(e *env) error {
	k := kindNamed("inbox")
	taken := e.endpoint()
	box := func(account store.AccountID, id store.InboxID, ends ...store.Endpoint) store.Inbox {
		return store.Inbox{Account: account, ID: id, Team: crew, Endpoints: ends}
	}
	if err := (rivals{k, box(acme, "first", taken), box(acme, "second", e.endpoint(), taken)}).expect(e); err != nil {
		return err
	}
	err := e.putOne(k, box(globex, "first", taken))
	if err := expectError(err, store.ErrDuplicate); err != nil {
		return fmt.Errorf("an inbox of the same id in another account: %w", err)
	}
	return e.fine("the same address on another channel", k, box(globex, "second", store.Endpoint{Channel: whatsapp, Address: taken.Address}))
}

func duplicateIdentity(e *env) error {
	k := kindNamed("contact")
	cs, err := some(5, e.contact)
	if err != nil {
		return err
	}
	cs[0].Addresses = []channel.Address{"+14155550101", "+14155550102"}
	cs[1].Addresses = []channel.Address{"+14155550103", "+14155550102"}
	if err := (rivals{k, cs[0], cs[1]}).expect(e); err != nil {
		return err
	}
	cs[2].Addresses = []channel.Address{"rcs:+14155550102"}
	if err := expectError(e.putOne(k, cs[2]), store.ErrDuplicate); err != nil {
		return fmt.Errorf("the same number on another medium of the family: %w", err)
	}
	cs[3].Account, cs[3].Addresses = globex, cs[0].Addresses
	cs[4].Addresses = []channel.Address{"whatsapp:+14155550102"}
	return errors.Join(
		e.fine("the same number in another account", k, cs[3]),
		e.fine("the same number in another family", k, cs[4]),
	)
}

func duplicateThread(e *env) error {
	k := kindNamed("conversation")
	cs, err := some(5, e.conversation)
	if err != nil {
		return err
	}
	theirs := cs[0].Theirs
	for i := range cs {
		cs[i].Theirs = theirs
	}
	if err := (rivals{k, cs[0], cs[1]}).expect(e); err != nil {
		return err
	}
	rcs := cs[1]
	rcs.Theirs = "rcs:" + theirs
	if err := expectError(e.putOne(k, rcs), store.ErrDuplicate); err != nil {
		return fmt.Errorf("the same number on another medium of the family: %w", err)
	}
	cs[2].Inbox = sales
	cs[3].Account = globex
	cs[4].Theirs = "whatsapp:" + theirs
	return errors.Join(
		e.fine("the same customer in another inbox", k, cs[2]),
		e.fine("the same customer in another account", k, cs[3]),
		e.fine("the same number in another family", k, cs[4]),
	)
}

// threeMessages makes two messages of a conversation and one of another.
func (e *env) threeMessages() (a, b, c store.Message, err error) {
	conv, err := e.stored()
	if err != nil {
		return a, b, c, err
	}
	both, err := e.messagesIn(conv, 2)
	if err != nil {
		return a, b, c, err
	}
	c, err = e.message()
	return both[0], both[1], c, err
}

func duplicatePlace(e *env) error {
	a, b, c, err := e.threeMessages()
	if err != nil {
		return err
	}
	b.Seq = a.Seq
	if err := (rivals{kindNamed("message"), a, b}).expect(e); err != nil {
		return err
	}
	c.Seq = a.Seq
	return e.fine("the same place in another conversation", kindNamed("message"), c)
}

func duplicateProviderID(e *env) error {
	k := kindNamed("message")
	a, b, c, err := e.threeMessages()
	if err != nil {
		return err
	}
	b.ProviderID, c.ProviderID = a.ProviderID, a.ProviderID
	if err := (rivals{k, a, b}).expect(e); err != nil {
		return err
	}
	if err := expectError(e.putOne(k, c), store.ErrDuplicate); err != nil {
		return fmt.Errorf("in another conversation: %w", err)
	}
	b.ProviderID = ""
	if err := e.putOne(k, b); err != nil {
		return err
	}
	b.ProviderID, b.Version = a.ProviderID, 1
	if err := expectError(e.putOne(k, b), store.ErrDuplicate); err != nil {
		return fmt.Errorf("learned later: %w", err)
	}
	c.Channel = whatsapp
	return e.fine("the same id on another channel", k, c)
}

func duplicateRequest(e *env) error {
	k := kindNamed("message")
	a, b, c, err := e.threeMessages()
	if err != nil {
		return err
	}
	b.RequestKey, c.RequestKey = a.RequestKey, a.RequestKey
	if err := (rivals{k, a, b}).expect(e); err != nil {
		return err
	}
	if err := expectError(e.putOne(k, c), store.ErrDuplicate); err != nil {
		return fmt.Errorf("in another conversation: %w", err)
	}
	conv, err := e.storedWith(func(c *store.Conversation) { c.Account = globex })
	if err != nil {
		return err
	}
	other, err := e.messageIn(conv, 1)
	if err != nil {
		return err
	}
	other.RequestKey = a.RequestKey
	return e.fine("the same key in another account", k, other)
}

func duplicateEntry(e *env) error {
	a, err1 := e.entry()
	b, err2 := e.entry()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	b.ID = a.ID
	return rivals{kindNamed("ledger entry"), a, b}.expect(e)
}

func duplicateEntryPlace(e *env) error {
	k := kindNamed("ledger entry")
	es, err := some(5, e.entry)
	if err != nil {
		return err
	}
	key := es[0].Key
	for i := range es {
		es[i].Key, es[i].Link.Seq = key, 7
	}
	if err := (rivals{k, es[0], es[1]}).expect(e); err != nil {
		return err
	}
	es[1].Link.Seq = 8
	es[2].Key.Family = "whatsapp"
	es[3].Link.Seq, es[4].Link.Seq = 0, 0
	return e.fine("another place, or another key, or none", k, es[1], es[2], es[3], es[4])
}

func duplicateStray(e *env) error {
	k := kindNamed("stray")
	ss, err := some(3, e.stray)
	if err != nil {
		return err
	}
	for i := range ss {
		ss[i].Inbound.ProviderID = "SM-stray"
	}
	if err := (rivals{k, ss[0], ss[1]}).expect(e); err != nil {
		return err
	}
	m, err := e.message()
	if err != nil {
		return err
	}
	m.ProviderID = "SM-stray"
	ss[2].Channel = whatsapp
	return errors.Join(
		e.fine("the same id on another channel", k, ss[2]),
		e.fine("a message with the id of a stray", kindNamed("message"), m),
	)
}

func duplicateOwn(e *env) error {
	return each(e, versioned(), func(k kind, a, b any) error {
		if err := e.fine("made", k, a, b); err != nil {
			return err
		}
		if err := e.fine("put again, in the other order", k, withVersion(b, 1), withVersion(a, 1)); err != nil {
			return err
		}
		return e.expectKind(k, withVersion(a, 2), withVersion(b, 2))
	})
}

func duplicateFreed(e *env) error {
	cs, err := some(2, e.contact)
	if err != nil {
		return err
	}
	m, second, _, err := e.threeMessages()
	if err != nil {
		return err
	}
	freed := e.endpoint()
	return e.update(func(tx store.Tx) error {
		inbox := store.Inbox{Account: acme, ID: "first", Team: crew, Endpoints: []store.Endpoint{freed}}
		address, key := cs[0].Addresses[0], m.RequestKey
		if err := errors.Join(tx.PutContacts(cs[0]), tx.PutInboxes(inbox), tx.PutMessages(m)); err != nil {
			return err
		}
		cs[0].Addresses, cs[0].Version = cs[0].Addresses[1:], 1
		inbox.Endpoints, inbox.Version = nil, 1
		m.RequestKey, m.Version = "another", 1
		if err := errors.Join(tx.PutContacts(cs[0]), tx.PutInboxes(inbox), tx.PutMessages(m)); err != nil {
			return err
		}
		found, err := tx.ContactsAt(store.IdentityOf(acme, address))
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return fmt.Errorf("a contact is found at an address that it no longer has: %+v", found)
		}
		cs[1].Addresses = []channel.Address{address}
		inbox.ID, inbox.Endpoints, inbox.Version = "second", []store.Endpoint{freed}, 0
		second.RequestKey = key
		return errors.Join(tx.PutContacts(cs[1]), tx.PutInboxes(inbox), tx.PutMessages(second))
	})
}
