package storetest

import (
	"cmp"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// The defects of queries are in what they select and in which order.

// unordered returns records as a database happens to find them.
type unordered struct{ store.Tx }

func (t unordered) Contacts(ids ...store.ContactID) ([]store.Contact, error) {
	cs, err := t.Tx.Contacts(ids...)
	slices.SortFunc(cs, func(a, b store.Contact) int { return cmp.Compare(a.ID, b.ID) })
	return cs, err
}

func (t unordered) ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error) {
	es, err := t.Tx.ConsentEntries(keys...)
	slices.Reverse(es)
	return es, err
}

// strict fails where a record is missing.
type strict struct{ store.Tx }

func (t strict) Messages(ids ...store.MessageID) ([]store.Message, error) {
	ms, err := t.Tx.Messages(ids...)
	if err == nil && len(ms) < len(ids) {
		err = store.ErrNotFound
	}
	return ms, err
}

// everything selects all where no key is given.
type everything struct{ store.Tx }

func (t everything) Strays(ids ...store.StrayID) ([]store.Stray, error) {
	if len(ids) == 0 {
		return t.WaitingStrays(acme, 1000)
	}
	return t.Tx.Strays(ids...)
}

func (t everything) ReadMarks(account store.AccountID, user store.UserID, ids ...store.ConversationID) ([]store.ReadMark, error) {
	if len(ids) == 0 {
		return []store.ReadMark{{User: user}}, nil
	}
	return t.Tx.ReadMarks(account, user, ids...)
}

// fewKeys reads as many keys as a statement has parameters.
type fewKeys struct{ store.Tx }

func (t fewKeys) MessagesFrom(refs ...store.ProviderRef) ([]store.Message, error) {
	return t.Tx.MessagesFrom(refs[:min(len(refs), 999)]...)
}

// twice returns a contact once for each address.
type twice struct{ store.Tx }

func (t twice) ContactsAt(ids ...store.Identity) (all []store.Contact, err error) {
	for _, id := range ids {
		cs, err := t.Tx.ContactsAt(id)
		if err != nil {
			return nil, err
		}
		all = append(all, cs...)
	}
	return all, nil
}

// listing changes what a list query selects.
type listing struct {
	store.Tx
	conversations func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error)
	messages      func(tx store.Tx, q store.MessageQuery) ([]store.Message, error)
}

func (t listing) ListConversations(q store.ConversationQuery) ([]store.Conversation, error) {
	if t.conversations == nil {
		return t.Tx.ListConversations(q)
	}
	return t.conversations(t.Tx, q)
}

func (t listing) ListMessages(q store.MessageQuery) ([]store.Message, error) {
	if t.messages == nil {
		return t.Tx.ListMessages(q)
	}
	return t.messages(t.Tx, q)
}

func listsConversations(list func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error)) func(*mutant) {
	return inTx(func(tx store.Tx) store.Tx { return listing{Tx: tx, conversations: list} })
}

func listsMessages(list func(tx store.Tx, q store.MessageQuery) ([]store.Message, error)) func(*mutant) {
	return inTx(func(tx store.Tx) store.Tx { return listing{Tx: tx, messages: list} })
}

// mixed returns the records of all accounts.
type mixed struct{ store.Tx }

func (t mixed) WaitingStrays(account store.AccountID, limit int) ([]store.Stray, error) {
	a, err1 := t.Tx.WaitingStrays(acme, limit)
	b, err2 := t.Tx.WaitingStrays(globex, limit)
	return append(a, b...), errors.Join(err1, err2)
}

func (t mixed) ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error) {
	var all []compliance.Key
	for _, k := range keys {
		all = append(all, k)
		k.Account = string(globex)
		all = append(all, k)
	}
	return t.Tx.ConsentEntries(all...)
}

// oneVersion says that the directory never changes.
type oneVersion struct{ store.Tx }

func (t oneVersion) DirectoryVersion() (int64, error) { return 1, nil }

// counted changes the directory's version whenever it is asked for.
type counted struct {
	store.Tx
	asked *atomic.Int64
}

func (t counted) DirectoryVersion() (int64, error) { return t.asked.Add(1), nil }

func queryDefects() []defect {
	one := func(wrap func(store.Tx) store.Tx, what string, caughtBy ...string) defect {
		return defect{what, caughtBy, inTx(wrap)}
	}
	return []defect{
		one(func(tx store.Tx) store.Tx { return unordered{tx} }, "a read by keys is not in their order",
			"keys/in the order given", "ledger/by key, then id"),
		one(func(tx store.Tx) store.Tx { return strict{tx} }, "a missing record is an error", "keys/what does not exist is left out"),
		one(func(tx store.Tx) store.Tx { return everything{tx} }, "no keys select something", "keys/none"),
		one(func(tx store.Tx) store.Tx { return fewKeys{tx} }, "a statement has 999 parameters", "keys/a thousand"),
		one(func(tx store.Tx) store.Tx { return twice{tx} }, "a contact comes once for each address", "keys/contacts once"),
		one(func(tx store.Tx) store.Tx { return mixed{tx} }, "accounts mix", "accounts/lists apart", "accounts/consent apart"),
		one(func(tx store.Tx) store.Tx { return oneVersion{tx} }, "the directory's version stands still", "directory/version", "processes/directory version"),
		{"the directory's version never stands still", []string{"directory/version at rest"}, func(m *mutant) {
			var asked atomic.Int64
			m.tx = func(tx store.Tx) store.Tx { return counted{tx, &asked} }
		}},
		{"a list has one too few", []string{"list/limit", "list/pages"}, listsConversations(func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error) {
			q.Limit = max(q.Limit-1, 1)
			return tx.ListConversations(q)
		})},
		{"a page begins with the last of the one before", []string{"list/pages", "list/any query"}, listsConversations(func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error) {
			q.Before.ID++
			return tx.ListConversations(q)
		})},
		{"a page skips what is of the same moment", []string{"list/pages"}, listsConversations(func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error) {
			q.Before.ID = 0
			return tx.ListConversations(q)
		})},
		{"conversations of one moment come by ascending id", []string{"list/newest first", "list/any query"}, listsConversations(func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error) {
			cs, err := tx.ListConversations(q)
			slices.SortStableFunc(cs, func(a, b store.Conversation) int {
				return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(a.ID, b.ID))
			})
			return cs, err
		})},
		{"the limit counts what is filtered out", []string{"list/claimants", "list/any query"}, listsConversations(func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error) {
			claimants := q.Claimants
			q.Claimants = nil
			cs, err := tx.ListConversations(q)
			return slices.DeleteFunc(cs, func(c store.Conversation) bool {
				return claimants != nil && !slices.Contains(claimants, c.ClaimedBy)
			}), err
		})},
		{"nobody's is everybody's", []string{"list/nobody's"}, listsConversations(func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error) {
			if len(q.Inboxes) == 0 && q.User == "" && len(q.Teams) == 0 {
				q.Inboxes = []store.InboxID{support, sales}
			}
			return tx.ListConversations(q)
		})},
		{"inbox, user and team are all asked for", []string{"list/inbox, user or team"}, listsConversations(func(tx store.Tx, q store.ConversationQuery) ([]store.Conversation, error) {
			cs, err := tx.ListConversations(q)
			return slices.DeleteFunc(cs, func(c store.Conversation) bool {
				return len(q.Inboxes) > 0 && !slices.Contains(q.Inboxes, c.Inbox)
			}), err
		})},
		{"After includes the message itself", []string{"messages/after", "messages/between"}, listsMessages(func(tx store.Tx, q store.MessageQuery) ([]store.Message, error) {
			q.After = max(q.After-1, min(q.After, 1))
			return tx.ListMessages(q)
		})},
		{"Before is ignored", []string{"messages/before", "messages/pages while others write"}, listsMessages(func(tx store.Tx, q store.MessageQuery) ([]store.Message, error) {
			if q.Before > 1 {
				q.Before++
			}
			return tx.ListMessages(q)
		})},
		{"messages come the oldest first", []string{"messages/newest first"}, listsMessages(func(tx store.Tx, q store.MessageQuery) ([]store.Message, error) {
			ms, err := tx.ListMessages(q)
			slices.SortFunc(ms, func(a, b store.Message) int { return cmp.Compare(a.Seq, b.Seq) })
			return ms, err
		})},
	}
}
