package storetest

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// contact makes a contact of acme with every field set.
func (e *env) contact() (store.Contact, error) {
	id, err := e.id()
	c := filled[store.Contact](e)
	c.ID, c.Account, c.Version = store.ContactID(id), acme, 0
	return c, err
}

// conversation makes a conversation of acme with every field set. Its contact
// is put.
func (e *env) conversation() (store.Conversation, error) {
	contact, err := e.contact()
	if err != nil {
		return store.Conversation{}, err
	}
	id, err := e.id()
	if err != nil {
		return store.Conversation{}, err
	}
	c := filled[store.Conversation](e)
	c.ID, c.Account, c.Inbox, c.Contact, c.Version = store.ConversationID(id), acme, support, contact.ID, 0
	c.Channel, c.Theirs = sms, contact.Addresses[0]
	c.Users, c.Teams, c.ClaimedBy = []store.UserID{bob, alice}, []store.TeamID{night, crew}, bob
	return c, e.update(func(tx store.Tx) error { return tx.PutContacts(contact) })
}

// stored makes a conversation of acme and puts it.
func (e *env) stored() (store.Conversation, error) {
	return e.storedWith(func(*store.Conversation) {})
}

// storedWith makes a conversation of acme, changes it and puts it.
func (e *env) storedWith(change func(*store.Conversation)) (store.Conversation, error) {
	c, err := e.conversation()
	if err != nil {
		return c, err
	}
	change(&c)
	err = e.update(func(tx store.Tx) error { return tx.PutConversations(c) })
	c.Version = 1
	return c, err
}

// message makes a message with every field set, the first of a conversation
// of its own, which is put.
func (e *env) message() (store.Message, error) {
	c, err := e.stored()
	if err != nil {
		return store.Message{}, err
	}
	return e.messageIn(c, 1)
}

// messageIn makes a message of a conversation with every field set.
func (e *env) messageIn(c store.Conversation, seq int64) (store.Message, error) {
	id, err := e.id()
	m := filled[store.Message](e)
	m.ID, m.Account, m.Conversation, m.Seq, m.Version = store.MessageID(id), c.Account, c.ID, seq, 0
	m.Channel, m.Author.User, m.Confirms = sms, bob, 0
	m.ProviderID, m.RequestKey = fmt.Sprintf("SM%d", id), fmt.Sprintf("request-%d", id)
	return m, err
}

// messagesIn makes the messages of a conversation from 1 to n.
func (e *env) messagesIn(c store.Conversation, n int) ([]store.Message, error) {
	out := make([]store.Message, n)
	for i := range out {
		m, err := e.messageIn(c, int64(i+1))
		if err != nil {
			return nil, err
		}
		out[i] = m
	}
	return out, nil
}

// task makes a task with every field set, of a conversation of its own.
func (e *env) task() (store.Task, error) {
	m, err := e.message()
	if err != nil {
		return store.Task{}, err
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(m) }); err != nil {
		return store.Task{}, err
	}
	t, err := e.taskOf(m.Conversation)
	t.Message, t.Attempts, t.Error, t.SetAside, t.NotBefore = m.ID, 5, "value of an error", true, noon.Add(time.Hour+time.Microsecond)
	return t, err
}

// taskOf makes a plain task of a conversation, due at noon.
func (e *env) taskOf(c store.ConversationID) (store.Task, error) {
	id, err := e.id()
	return store.Task{ID: store.TaskID(id), Account: acme, Conversation: c, Kind: store.TaskWake, DueAt: noon}, err
}

// entry makes a ledger entry with every field set, under a key of its own.
func (e *env) entry() (compliance.Entry, error) {
	id, err := e.id()
	en := filled[compliance.Entry](e)
	en.ID, en.Key = compliance.EntryID(id), compliance.KeyOf(string(acme), number(int(id)))
	en.Link.Seq = id // a place that no other has, whatever its key
	return en, err
}

// event makes an event with every field set, of a conversation of its own.
func (e *env) event() (store.Event, error) {
	m, err := e.message()
	if err != nil {
		return store.Event{}, err
	}
	ev := filled[store.Event](e)
	ev.Cursor, ev.Account, ev.Inbox, ev.Conversation, ev.Message, ev.Actor.User = 0, acme, support, m.Conversation, m.ID, bob
	return ev, e.update(func(tx store.Tx) error { return tx.PutMessages(m) })
}

// stray makes a stray with every field set.
func (e *env) stray() (store.Stray, error) {
	id, err := e.id()
	s := filled[store.Stray](e)
	s.ID, s.Account, s.Channel, s.ResolvedBy, s.Version = store.StrayID(id), acme, sms, bob, 0
	s.Inbound.ProviderID = fmt.Sprintf("SM%d", id)
	return s, err
}

// endpoint returns an endpoint that nobody owns.
func (e *env) endpoint() store.Endpoint {
	return store.Endpoint{Channel: sms, Address: filled[channel.Address](e)}
}
