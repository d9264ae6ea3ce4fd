package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// Equal fails the test unless two stores that can be carried hold the same, but
// for leases, and give the same answers to every read.
func Equal(t testing.TB, want, got store.Porter) {
	t.Helper()
	if err := equal(t.Context(), want, got); err != nil {
		t.Error(err)
	}
}

func equal(ctx context.Context, want, got store.Porter) error {
	all, numbers, err := contents(ctx, want)
	if err != nil {
		return err
	}
	arrived, n, err := contents(ctx, got)
	if err != nil {
		return err
	}
	if n.LastID < numbers.LastID || n.LastCursor < numbers.LastCursor || n.DirectoryVersion != numbers.DirectoryVersion {
		return fmt.Errorf("the numbers are %+v, must go on from %+v", n, numbers)
	}
	if err := same(countsOf(all), countsOf(arrived)); err != nil {
		return err
	}
	questions := questionsAbout(all)
	answers := make([]any, len(questions))
	if err := want.View(ctx, func(tx store.Tx) error {
		for i, q := range questions {
			var err error
			if answers[i], err = q.ask(tx); err != nil {
				return doing(q.what, err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return got.View(ctx, func(tx store.Tx) error {
		for i, q := range questions {
			if err := expectIn(tx, answers[i], q.ask); err != nil {
				return doing(q.what, err)
			}
		}
		return nil
	})
}

// contents returns everything that a store holds.
func contents(ctx context.Context, s store.Porter) (all store.Batch, n store.Numbers, err error) {
	err = s.Export(ctx, func(from store.Source) (err error) {
		if n, err = from.Numbers(); err != nil {
			return err
		}
		counts, err := from.Counts()
		if err != nil {
			return err
		}
		for b, err := range from.Batches() {
			if err != nil {
				return err
			}
			add(&all, b)
		}
		return doing("counts and batches", same(counts, countsOf(all)))
	})
	return all, n, err
}

// question is a read that two stores must answer alike.
type question struct {
	what string
	ask  read
}

// many is a limit that is never reached.
const many = math.MaxInt32

// questionsAbout returns every read of everything.
func questionsAbout(all store.Batch) []question {
	var qs []question
	ask := func(what string, r read) { qs = append(qs, question{what, r}) }
	conversations := mapped(all.Conversations, func(c store.Conversation) store.ConversationID { return c.ID })

	ask("DirectoryVersion", func(tx store.Tx) (any, error) { return tx.DirectoryVersion() })
	ask("Accounts", func(tx store.Tx) (any, error) { return tx.Accounts() })
	for _, i := range all.Inboxes {
		ask("InboxesAt", func(tx store.Tx) (any, error) { return tx.InboxesAt(i.Endpoints...) })
	}
	ask("Contacts", func(tx store.Tx) (any, error) {
		return tx.Contacts(mapped(all.Contacts, func(c store.Contact) store.ContactID { return c.ID })...)
	})
	for _, c := range all.Contacts {
		ask("ContactsAt", func(tx store.Tx) (any, error) {
			return tx.ContactsAt(mapped(c.Addresses, func(a channel.Address) store.Identity { return store.IdentityOf(c.Account, a) })...)
		})
	}
	ask("Conversations", func(tx store.Tx) (any, error) { return tx.Conversations(conversations...) })
	ask("ConversationsIn", func(tx store.Tx) (any, error) {
		return tx.ConversationsIn(mapped(all.Conversations, store.Conversation.Thread)...)
	})
	for _, m := range all.ReadMarks {
		ask("ReadMarks", func(tx store.Tx) (any, error) { return tx.ReadMarks(m.Account, m.User, m.Conversation) })
	}
	ask("Messages", func(tx store.Tx) (any, error) {
		return tx.Messages(mapped(all.Messages, func(m store.Message) store.MessageID { return m.ID })...)
	})
	ask("MessagesFrom", func(tx store.Tx) (any, error) {
		return tx.MessagesFrom(mapped(all.Messages, func(m store.Message) store.ProviderRef {
			return store.ProviderRef{Channel: m.Channel, ProviderID: m.ProviderID}
		})...)
	})
	for _, id := range conversations {
		ask("ListMessages", func(tx store.Tx) (any, error) {
			return tx.ListMessages(store.MessageQuery{Conversation: id, Limit: many})
		})
	}
	ask("Tasks", func(tx store.Tx) (any, error) { return tx.Tasks(conversations...) })
	ask("NextDue", func(tx store.Tx) (any, error) {
		at, exists, err := tx.NextDue()
		return []any{at, exists}, err
	})
	ask("ConsentEntries", func(tx store.Tx) (any, error) {
		return tx.ConsentEntries(mapped(all.Consent, func(e compliance.Entry) compliance.Key { return e.Key })...)
	})
	ask("Strays", func(tx store.Tx) (any, error) {
		return tx.Strays(mapped(all.Strays, func(s store.Stray) store.StrayID { return s.ID })...)
	})
	ask("StraysFrom", func(tx store.Tx) (any, error) {
		return tx.StraysFrom(mapped(all.Strays, func(s store.Stray) store.ProviderRef {
			return store.ProviderRef{Channel: s.Channel, ProviderID: s.Inbound.ProviderID}
		})...)
	})
	ask("Watermarks", func(tx store.Tx) (any, error) {
		return tx.Watermarks(mapped(all.Watermarks, func(w store.Watermark) store.WatermarkID { return w.ID })...)
	})
	for _, a := range all.Accounts {
		qs = append(qs, questionsAboutAccount(all, a.ID)...)
	}
	return qs
}

func questionsAboutAccount(all store.Batch, account store.AccountID) []question {
	var qs []question
	ask := func(what string, r read) { qs = append(qs, question{fmt.Sprintf("%s of %q", what, account), r}) }
	list := func(q store.ConversationQuery) {
		q.Account, q.Limit = account, many
		ask("ListConversations", func(tx store.Tx) (any, error) { return tx.ListConversations(q) })
	}
	events := func(q store.EventQuery) {
		q.Account, q.Limit = account, many
		ask("Events", func(tx store.Tx) (any, error) {
			es, err := tx.Events(q)
			if errors.Is(err, store.ErrExpired) {
				return "expired", nil
			}
			return es, err
		})
	}
	ask("Inboxes", func(tx store.Tx) (any, error) { return tx.Inboxes(account) })
	ask("Teams", func(tx store.Tx) (any, error) { return tx.Teams(account) })
	ask("Users", func(tx store.Tx) (any, error) { return tx.Users(account) })
	for _, i := range all.Inboxes {
		if i.Account == account {
			list(store.ConversationQuery{Inboxes: []store.InboxID{i.ID}})
			list(store.ConversationQuery{Inboxes: []store.InboxID{i.ID}, Claimants: []store.UserID{bob}})
		}
	}
	for _, u := range all.Users {
		if u.Account == account {
			list(store.ConversationQuery{User: u.ID})
		}
	}
	for _, m := range all.Teams {
		if m.Account == account {
			list(store.ConversationQuery{Teams: []store.TeamID{m.ID}})
		}
	}
	ask("MessagesByRequest", func(tx store.Tx) (any, error) {
		return tx.MessagesByRequest(account, mapped(all.Messages, func(m store.Message) string { return m.RequestKey })...)
	})
	ask("TasksSetAside", func(tx store.Tx) (any, error) { return tx.TasksSetAside(account, many) })
	ask("WaitingStrays", func(tx store.Tx) (any, error) { return tx.WaitingStrays(account, many) })
	ask("LastEvent", func(tx store.Tx) (any, error) { return tx.LastEvent(account) })
	events(store.EventQuery{})
	for _, d := range all.DeletedEvents {
		events(store.EventQuery{After: d.Through - 1})
		events(store.EventQuery{After: d.Through})
	}
	for _, e := range all.Events {
		if e.Account == account {
			events(store.EventQuery{Conversation: e.Conversation, After: e.Cursor - 1})
		}
	}
	return qs
}
