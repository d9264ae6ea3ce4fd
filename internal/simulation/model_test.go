package simulation

import (
	"cmp"
	"maps"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// model is what a store must hold after some commits of the journal.
type model struct {
	convs    map[store.ConversationID]store.Conversation
	messages map[store.MessageID]store.Message
	tasks    map[store.TaskID]store.Task
	leases   map[store.ConversationID]store.Lease
	marks    map[markKey]store.ReadMark
	contacts map[store.ContactID]store.Contact
	strays   map[store.StrayID]store.Stray
	users    map[userKey]store.User
	teams    map[teamKey]store.Team
	inboxes  map[inboxKey]store.Inbox
	entries  []compliance.Entry
	events   []store.Event
}

type (
	markKey struct {
		account store.AccountID
		user    store.UserID
		conv    store.ConversationID
	}
	userKey struct {
		account store.AccountID
		id      store.UserID
	}
	teamKey struct {
		account store.AccountID
		id      store.TeamID
	}
	inboxKey struct {
		account store.AccountID
		id      store.InboxID
	}
)

func newModel() *model {
	return &model{
		convs:    make(map[store.ConversationID]store.Conversation),
		messages: make(map[store.MessageID]store.Message),
		tasks:    make(map[store.TaskID]store.Task),
		leases:   make(map[store.ConversationID]store.Lease),
		marks:    make(map[markKey]store.ReadMark),
		contacts: make(map[store.ContactID]store.Contact),
		strays:   make(map[store.StrayID]store.Stray),
		users:    make(map[userKey]store.User),
		teams:    make(map[teamKey]store.Team),
		inboxes:  make(map[inboxKey]store.Inbox),
	}
}

// apply makes one write.
func (m *model) apply(write any) {
	switch r := write.(type) {
	case store.Conversation:
		r.Version++
		m.convs[r.ID] = r
	case store.Message:
		r.Version++
		m.messages[r.ID] = r
	case store.Task:
		m.tasks[r.ID] = r
	case taskDeleted:
		delete(m.tasks, store.TaskID(r))
	case leaseTaken:
		m.leases[r.Conversation] = r.Lease
	case leaseProlonged:
		m.leases[r.Conversation] = r.Lease
	case leaseReleased:
		if m.leases[r.Conversation].Fence == r.Fence {
			delete(m.leases, r.Conversation)
		}
	case markPut:
		m.marks[markKey{r.account, r.User, r.Conversation}] = r.ReadMark
	case store.Contact:
		r.Version++
		m.contacts[r.ID] = r
	case store.Stray:
		r.Version++
		m.strays[r.ID] = r
	case store.User:
		m.users[userKey{r.Account, r.ID}] = r
	case store.Team:
		m.teams[teamKey{r.Account, r.ID}] = r
	case store.Inbox:
		m.inboxes[inboxKey{r.Account, r.ID}] = r
	case compliance.Entry:
		m.entries = append(m.entries, r)
	case store.Event:
		m.events = append(m.events, r)
	}
}

// present is the model of all that is in the journal.
func (w *world) present() *model {
	for ; w.applied < len(w.journal); w.applied++ {
		for _, write := range w.journal[w.applied].writes {
			w.last.apply(write)
		}
	}
	return w.last
}

// tasksOf returns a conversation's tasks by id.
func (m *model) tasksOf(id store.ConversationID) []store.Task {
	var tasks []store.Task
	for _, t := range m.tasks {
		if t.Conversation == id {
			tasks = append(tasks, t)
		}
	}
	slices.SortFunc(tasks, func(a, b store.Task) int { return cmp.Compare(a.ID, b.ID) })
	return tasks
}

// messagesOf returns a conversation's messages by place.
func (m *model) messagesOf(id store.ConversationID) []store.Message {
	var messages []store.Message
	for _, msg := range m.messages {
		if msg.Conversation == id {
			messages = append(messages, msg)
		}
	}
	slices.SortFunc(messages, func(a, b store.Message) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
	})
	return messages
}

// sorted returns the records of a map by key, so that checks always find the
// same first.
func sorted[K cmp.Ordered, R any](records map[K]R) []R {
	all := make([]R, 0, len(records))
	for _, k := range slices.Sorted(maps.Keys(records)) {
		all = append(all, records[k])
	}
	return all
}

// from returns the message that came in with a provider's id.
func (m *model) from(providerID string) (store.Message, bool) {
	for _, msg := range m.messages {
		if msg.Direction == store.Inbound && msg.ProviderID == providerID {
			return msg, true
		}
	}
	return store.Message{}, false
}

// licensed reports whether a user has a seat.
func (m *model) licensed(account store.AccountID, u store.UserID) bool {
	return m.users[userKey{account, u}].Licensed
}

// members returns the users of a team who have a seat.
func (m *model) members(account store.AccountID, t store.TeamID) []store.UserID {
	var users []store.UserID
	for _, u := range m.teams[teamKey{account, t}].Members {
		if m.licensed(account, u) {
			users = append(users, u)
		}
	}
	return users
}

// reached returns the users with a seat who take part in a conversation.
func (m *model) reached(c store.Conversation) []store.UserID {
	var users []store.UserID
	for _, u := range c.Users {
		if m.licensed(c.Account, u) {
			users = append(users, u)
		}
	}
	for _, t := range c.Teams {
		users = append(users, m.members(c.Account, t)...)
	}
	return users
}

// keyOf is whose consent an outbound message needs.
func keyOf(msg store.Message) compliance.Key { return compliance.KeyOf(string(msg.Account), msg.To) }

// accountAt returns the account that has an address, or that of the strays.
func (m *model) accountAt(a channel.Address) store.AccountID {
	for _, box := range m.inboxes {
		if slices.Contains(box.Endpoints, store.Endpoint{Channel: carrierName, Address: a}) {
			return box.Account
		}
	}
	return strayAccount
}
