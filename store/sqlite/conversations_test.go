package sqlite

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Whichever field of a conversation changes, it is written, though most are left
// alone when a conversation only goes on. A list that is changed where it is has
// changed, too.
func TestEachFieldOfAConversationIsWritten(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	c := store.Conversation{
		ID: 1, Account: "acme", Inbox: "support", Contact: 2, Channel: "sms", Ours: "+14155550100", Theirs: "+14155550101", Status: store.Open,
		SnoozedUntil: noon, Users: []store.UserID{"alice"}, Teams: []store.TeamID{"support"}, ClaimedBy: "alice", ClaimedAt: noon,
		LastSeq: 1, InboundCount: 1, LastAt: noon, LastInbound: noon, WaitingSince: noon, Preview: "Hello", CreatedAt: noon,
	}
	update(t, s, func(tx store.Tx) error { return tx.PutConversations(c) })
	c.Version = 1

	change := func(field string, to reflect.Value) {
		switch v := to.Addr().Interface().(type) {
		case *time.Time:
			*v = v.Add(time.Second)
		case *[]store.UserID:
			(*v)[0] += "x"
		case *[]store.TeamID:
			(*v)[0] += "x"
		default:
			switch to.Kind() {
			case reflect.String:
				to.SetString(to.String() + "1")
			case reflect.Int64:
				to.SetInt(to.Int() + 1)
			default:
				t.Fatalf("nobody knows how to change %s", field)
			}
		}
	}
	for i := range reflect.TypeFor[store.Conversation]().NumField() {
		field := reflect.TypeFor[store.Conversation]().Field(i).Name
		if field == "ID" || field == "Version" {
			continue
		}
		update(t, s, func(tx store.Tx) error {
			is, err := store.One(tx.Conversations(c.ID))
			if err != nil {
				return err
			}
			for range 2 { // as it was read, and as it was put
				change(field, reflect.ValueOf(&is).Elem().Field(i))
				if err := tx.PutConversations(is); err != nil {
					return err
				}
				is.Version++
			}
			c = is
			return nil
		})
		view(t, s, func(tx store.Tx) error {
			if is, err := store.One(tx.Conversations(c.ID)); err != nil || !reflect.DeepEqual(is, c) {
				t.Errorf("%s has changed, and there is\n%+v, %v, want\n%+v", field, is, err, c)
			}
			if found, err := tx.ConversationsIn(c.Thread()); err != nil || len(found) != 1 {
				t.Errorf("%s has changed, and its thread is %+v, %v", field, found, err)
			}
			return nil
		})
	}
}

// Whoever puts a conversation of an old version hears of it at once, whether it
// only goes on or not.
func TestOldConversationIsNotPut(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	c := store.Conversation{ID: 1, Account: "acme", Inbox: "support", Theirs: "+14155550101", Status: store.Open, Teams: []store.TeamID{"support"}}
	update(t, s, func(tx store.Tx) error { return tx.PutConversations(c) })
	c.Version = 1
	update(t, s, func(tx store.Tx) error { return tx.PutConversations(c) })
	for what, change := range map[string]func(*store.Conversation){
		"goes on": func(c *store.Conversation) { c.LastSeq++ },
		"changes": func(c *store.Conversation) { c.ClaimedBy = "alice" },
	} {
		old := c
		change(&old)
		err := s.Update(t.Context(), func(tx store.Tx) error {
			if err := tx.PutConversations(old); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a conversation that %s: %v", what, err)
			}
			return nil
		})
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("a conversation that %s is put: %v", what, err)
		}
	}
}
