package storetest

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// method is one call of a Tx that would succeed in an Update.
type method struct {
	name  string
	write bool
	call  func(tx store.Tx) error
}

// methods returns a call of every method of a Tx but NewID.
func methods(e *env) ([]method, error) {
	records := make(map[string]any)
	for _, k := range kinds() {
		r, err := k.fresh(e)
		if err != nil {
			return nil, err
		}
		records[k.name] = r
	}
	c, err := e.stored()
	if err != nil {
		return nil, err
	}
	all := []method{
		{"LeaseDue", true, func(tx store.Tx) error {
			_, err := tx.LeaseDue(store.LeaseQuery{Owner: "one", Now: noon, TTL: time.Hour, Limit: 10})
			return err
		}},
		{"Lease", true, func(tx store.Tx) error {
			_, err := tx.Lease("one", time.Hour, c.ID)
			return err
		}},
		{"Release", true, func(tx store.Tx) error { return tx.Release(store.Lease{Conversation: c.ID, Owner: "one", Fence: 1}) }},
		{"DeleteTasks", true, func(tx store.Tx) error { return tx.DeleteTasks(1) }},
		{"DeleteEvents", true, func(tx store.Tx) error { return tx.DeleteEvents(acme, 1) }},
		{"EraseReasons", true, func(tx store.Tx) error {
			_, err := tx.EraseReasons(store.EventQuery{Account: acme, Limit: 10})
			return err
		}},
		{"EraseConsent", true, func(tx store.Tx) error {
			key := compliance.KeyOf(string(acme), number(1))
			return tx.EraseConsent(key, pseudonymOf(key))
		}},

		reading("DirectoryVersion", store.Tx.DirectoryVersion),
		reading("Accounts", store.Tx.Accounts),
		reading("Inboxes", func(tx store.Tx) ([]store.Inbox, error) { return tx.Inboxes(acme) }),
		reading("Teams", func(tx store.Tx) ([]store.Team, error) { return tx.Teams(acme) }),
		reading("Users", func(tx store.Tx) ([]store.User, error) { return tx.Users(acme) }),
		reading("InboxesAt", func(tx store.Tx) ([]store.Inbox, error) {
			return tx.InboxesAt(store.Endpoint{Channel: sms, Address: number(1)})
		}),
		reading("Contacts", func(tx store.Tx) ([]store.Contact, error) { return tx.Contacts(c.Contact) }),
		reading("ContactsAt", func(tx store.Tx) ([]store.Contact, error) {
			return tx.ContactsAt(store.IdentityOf(acme, c.Theirs))
		}),
		reading("Conversations", func(tx store.Tx) ([]store.Conversation, error) { return tx.Conversations(c.ID) }),
		reading("ConversationsIn", func(tx store.Tx) ([]store.Conversation, error) { return tx.ConversationsIn(c.Thread()) }),
		reading("ListConversations", func(tx store.Tx) ([]store.Conversation, error) {
			return tx.ListConversations(store.ConversationQuery{Account: acme, Inboxes: []store.InboxID{support}, Limit: 10})
		}),
		reading("ReadMarks", func(tx store.Tx) ([]store.ReadMark, error) { return tx.ReadMarks(acme, bob, c.ID) }),
		reading("CountUnread", func(tx store.Tx) (int, error) { return tx.CountUnread(openInSupport) }),
		reading("Messages", func(tx store.Tx) ([]store.Message, error) { return tx.Messages(1) }),
		reading("MessagesFrom", func(tx store.Tx) ([]store.Message, error) {
			return tx.MessagesFrom(store.ProviderRef{Channel: sms, ProviderID: "SM1"})
		}),
		reading("MessagesByRequest", func(tx store.Tx) ([]store.Message, error) { return tx.MessagesByRequest(acme, "request-1") }),
		reading("ListMessages", func(tx store.Tx) ([]store.Message, error) {
			return tx.ListMessages(store.MessageQuery{Conversation: c.ID, Limit: 10})
		}),
		reading("SearchMessages", func(tx store.Tx) ([]store.Message, error) {
			return tx.SearchMessages(store.SearchQuery{Account: acme, Text: "value", Inboxes: []store.InboxID{support}, Limit: 10})
		}),
		reading("Tasks", func(tx store.Tx) ([]store.Task, error) { return tx.Tasks(c.ID) }),
		reading("TasksSetAside", func(tx store.Tx) ([]store.Task, error) { return tx.TasksSetAside(acme, 10) }),
		reading("NextDue", func(tx store.Tx) (time.Time, error) {
			at, _, err := tx.NextDue()
			return at, err
		}),
		reading("Leases", func(tx store.Tx) ([]store.Lease, error) { return tx.Leases(c.ID) }),
		reading("ConsentEntries", func(tx store.Tx) ([]compliance.Entry, error) {
			return tx.ConsentEntries(compliance.KeyOf(string(acme), channel.Address("+14155550123")))
		}),
		reading("Events", func(tx store.Tx) ([]store.Event, error) {
			return tx.Events(store.EventQuery{Account: acme, Limit: 10})
		}),
		reading("LastEvent", func(tx store.Tx) (store.Cursor, error) { return tx.LastEvent(acme) }),
		reading("Strays", func(tx store.Tx) ([]store.Stray, error) { return tx.Strays(1) }),
		reading("StraysFrom", func(tx store.Tx) ([]store.Stray, error) {
			return tx.StraysFrom(store.ProviderRef{Channel: sms, ProviderID: "SM1"})
		}),
		reading("Watermarks", func(tx store.Tx) ([]store.Watermark, error) { return tx.Watermarks(sms) }),
		reading("ListStrays", func(tx store.Tx) ([]store.Stray, error) { return tx.ListStrays(acme, 0, 10) }),
		reading("WaitingStrays", func(tx store.Tx) ([]store.Stray, error) { return tx.WaitingStrays(acme, 10) }),
	}
	for _, k := range kinds() {
		all = append(all, method{"putting a " + k.name, true, func(tx store.Tx) error { return k.put(tx, records[k.name]) }})
	}
	return all, nil
}

func reading[T any](name string, call func(store.Tx) (T, error)) method {
	return method{name: name, call: func(tx store.Tx) error {
		_, err := call(tx)
		return err
	}}
}
