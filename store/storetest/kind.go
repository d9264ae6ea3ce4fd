package storetest

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// kind is one kind of record, so that a rule that holds for all is checked for
// all.
type kind struct {
	name string

	// fresh makes a record with every field set that can be put. What it
	// belongs to has been put.
	fresh func(e *env) (any, error)

	put func(tx store.Tx, records ...any) error

	// get returns the records that have the keys of the given ones, in their
	// order.
	get func(tx store.Tx, records ...any) ([]any, error)
}

func kindOf[T any](name string, fresh func(*env) (T, error), put func(store.Tx, ...T) error, get func(store.Tx, []T) ([]T, error)) kind {
	return kind{
		name:  name,
		fresh: func(e *env) (any, error) { return fresh(e) },
		put:   func(tx store.Tx, records ...any) error { return put(tx, typed[T](records)...) },
		get: func(tx store.Tx, records ...any) ([]any, error) {
			got, err := get(tx, typed[T](records))
			return untyped(got), err
		},
	}
}

func typed[T any](records []any) []T {
	out := make([]T, len(records))
	for i, r := range records {
		out[i] = r.(T)
	}
	return out
}

func untyped[T any](records []T) []any {
	out := make([]any, len(records))
	for i, r := range records {
		out[i] = r
	}
	return out
}

// mapped turns records into their keys.
func mapped[T, K any](records []T, key func(T) K) []K {
	keys := make([]K, len(records))
	for i, r := range records {
		keys[i] = key(r)
	}
	return keys
}

// picked returns those of all that have the keys of the given ones.
func picked[T any, K comparable](given, all []T, key func(T) K) []T {
	var out []T
	for _, g := range given {
		for _, a := range all {
			if key(a) == key(g) {
				out = append(out, a)
			}
		}
	}
	return out
}

// kinds returns every kind of record.
func kinds() []kind {
	return []kind{
		kindOf("account",
			func(e *env) (store.Account, error) {
				a := filled[store.Account](e)
				a.Version = 0
				return a, nil
			},
			store.Tx.PutAccounts,
			func(tx store.Tx, given []store.Account) ([]store.Account, error) {
				all, err := tx.Accounts()
				return picked(given, all, func(a store.Account) store.AccountID { return a.ID }), err
			}),
		kindOf("inbox",
			func(e *env) (store.Inbox, error) {
				i := filled[store.Inbox](e)
				i.Account, i.Team, i.Version = acme, crew, 0
				return i, nil
			},
			store.Tx.PutInboxes,
			func(tx store.Tx, given []store.Inbox) ([]store.Inbox, error) {
				all, err := tx.Inboxes(acme)
				return picked(given, all, func(i store.Inbox) store.InboxID { return i.ID }), err
			}),
		kindOf("team",
			func(e *env) (store.Team, error) {
				t := filled[store.Team](e)
				t.Account, t.Members, t.Version = acme, []store.UserID{carol, alice}, 0
				return t, nil
			},
			store.Tx.PutTeams,
			func(tx store.Tx, given []store.Team) ([]store.Team, error) {
				all, err := tx.Teams(acme)
				return picked(given, all, func(t store.Team) store.TeamID { return t.ID }), err
			}),
		kindOf("user",
			func(e *env) (store.User, error) {
				u := filled[store.User](e)
				u.Account, u.Version = acme, 0
				return u, nil
			},
			store.Tx.PutUsers,
			func(tx store.Tx, given []store.User) ([]store.User, error) {
				all, err := tx.Users(acme)
				return picked(given, all, func(u store.User) store.UserID { return u.ID }), err
			}),
		kindOf("contact", (*env).contact, store.Tx.PutContacts,
			func(tx store.Tx, given []store.Contact) ([]store.Contact, error) {
				return tx.Contacts(mapped(given, func(c store.Contact) store.ContactID { return c.ID })...)
			}),
		kindOf("conversation", (*env).conversation, store.Tx.PutConversations,
			func(tx store.Tx, given []store.Conversation) ([]store.Conversation, error) {
				return tx.Conversations(mapped(given, func(c store.Conversation) store.ConversationID { return c.ID })...)
			}),
		kindOf("read mark",
			func(e *env) (store.ReadMark, error) {
				c, err := e.stored()
				return store.ReadMark{User: bob, Conversation: c.ID, Seq: 7, InboundCount: 3}, err
			},
			func(tx store.Tx, ms ...store.ReadMark) error { return tx.PutReadMarks(acme, ms...) },
			func(tx store.Tx, given []store.ReadMark) ([]store.ReadMark, error) {
				return tx.ReadMarks(acme, bob, mapped(given, func(m store.ReadMark) store.ConversationID { return m.Conversation })...)
			}),
		kindOf("message", (*env).message, store.Tx.PutMessages,
			func(tx store.Tx, given []store.Message) ([]store.Message, error) {
				return tx.Messages(mapped(given, func(m store.Message) store.MessageID { return m.ID })...)
			}),
		kindOf("task", (*env).task, store.Tx.PutTasks,
			func(tx store.Tx, given []store.Task) ([]store.Task, error) {
				return tx.Tasks(mapped(given, func(t store.Task) store.ConversationID { return t.Conversation })...)
			}),
		kindOf("ledger entry", (*env).entry, store.Tx.AppendConsent,
			func(tx store.Tx, given []compliance.Entry) ([]compliance.Entry, error) {
				return tx.ConsentEntries(mapped(given, func(e compliance.Entry) compliance.Key { return e.Key })...)
			}),
		kindOf("event", (*env).event, store.Tx.AppendEvents,
			func(tx store.Tx, given []store.Event) ([]store.Event, error) {
				all, err := tx.Events(store.EventQuery{Account: acme, Limit: 10_000})
				all = picked(given, all, func(e store.Event) store.MessageID { return e.Message })
				for i := range all {
					all[i].Cursor = 0 // the store's own
				}
				return all, err
			}),
		kindOf("stray", (*env).stray, store.Tx.PutStrays,
			func(tx store.Tx, given []store.Stray) ([]store.Stray, error) {
				return tx.Strays(mapped(given, func(s store.Stray) store.StrayID { return s.ID })...)
			}),
		kindOf("watermark",
			func(e *env) (store.Watermark, error) {
				w := filled[store.Watermark](e)
				w.Version = 0
				return w, nil
			},
			store.Tx.PutWatermarks,
			func(tx store.Tx, given []store.Watermark) ([]store.Watermark, error) {
				return tx.Watermarks(mapped(given, func(w store.Watermark) store.WatermarkID { return w.ID })...)
			}),
	}
}

// versioned returns the kinds whose records have a version.
func versioned() []kind {
	var out []kind
	for _, k := range kinds() {
		switch k.name {
		case "read mark", "task", "ledger entry", "event":
		default:
			out = append(out, k)
		}
	}
	return out
}

// each checks kinds one after the other, with two fresh records of each.
func each(e *env, kinds []kind, check func(k kind, a, b any) error) error {
	var errs []error
	for _, k := range kinds {
		a, err := k.fresh(e)
		if err != nil {
			return doing("preparing a "+k.name, err)
		}
		b, err := k.fresh(e)
		if err != nil {
			return doing("preparing a "+k.name, err)
		}
		errs = append(errs, doing(k.name, check(k, a, b)))
	}
	return errors.Join(errs...)
}

// withVersion returns a record with another version. A record without
// versions is returned as it is.
func withVersion(record any, v int64) any {
	c := reflect.New(reflect.TypeOf(record)).Elem()
	c.Set(reflect.ValueOf(record))
	if f := c.FieldByName("Version"); f.IsValid() {
		f.SetInt(v)
	}
	return c.Interface()
}

// keptAs returns records as they are read after the first put.
func keptAs(records ...any) []any {
	out := make([]any, len(records))
	for i, r := range records {
		out[i] = withVersion(r, 1)
	}
	return out
}

// expectKind compares the records that are stored under the keys of the
// wanted ones.
func (e *env) expectKind(k kind, want ...any) error {
	return e.view(func(tx store.Tx) error { return expectKindIn(tx, k, want...) })
}

func expectKindIn(tx store.Tx, k kind, want ...any) error {
	got, err := k.get(tx, want...)
	if err != nil {
		return err
	}
	return same(want, got)
}

// expectNoKind fails if a record is stored under one of the keys.
func (e *env) expectNoKind(k kind, records ...any) error {
	return e.view(func(tx store.Tx) error {
		got, err := k.get(tx, records...)
		if err == nil && len(got) > 0 {
			err = fmt.Errorf("there are %d records that must not be there: %+v", len(got), got)
		}
		return err
	})
}
