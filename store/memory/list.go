package memory

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// listName names a list of conversations of an account: those of an inbox, a
// user or a team in one status.
type listName struct {
	account store.AccountID
	of      listKind
	name    string // of the inbox, user or team
	status  store.Status
}

type listKind uint8

const (
	ofInbox listKind = iota
	ofUser
	ofTeam
)

func compareListName(a, b listName) int {
	if c := strings.Compare(string(a.account), string(b.account)); c != 0 {
		return c
	}
	if c := cmp.Compare(a.of, b.of); c != 0 {
		return c
	}
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c
	}
	return strings.Compare(string(a.status), string(b.status))
}

// listNumber stands for a list's name in the keys of its entries, of which
// there are many.
type listNumber int64

// listKey sorts the entries of a list: by last message, then id, both
// descending.
type listKey struct {
	list   listNumber
	lastAt instant
	id     store.ConversationID
}

func compareList(a, b listKey) int {
	if c := cmp.Compare(a.list, b.list); c != 0 {
		return c
	}
	return compareNewest(a, b)
}

func compareNewest(a, b listKey) int {
	if c := cmp.Compare(b.lastAt, a.lastAt); c != 0 {
		return c
	}
	return cmp.Compare(b.id, a.id)
}

// relist moves a conversation between lists. There is no old one if it is new.
func (t *tx) relist(old, c *store.Conversation) {
	var was []listKey
	if old != nil {
		was = t.listsOf(old)
	}
	reindex(t, &t.lists, struct{}{}, was, t.listsOf(c))
}

// listsOf returns the places of a conversation in lists.
func (t *tx) listsOf(c *store.Conversation) []listKey {
	keys := make([]listKey, 0, 1+len(c.Users)+len(c.Teams))
	add := func(of listKind, name string) {
		number := t.listNumbered(listName{c.Account, of, name, c.Status})
		keys = append(keys, listKey{number, instantOf(c.LastAt), c.ID})
	}
	add(ofInbox, string(c.Inbox))
	for _, u := range c.Users {
		add(ofUser, string(u))
	}
	for _, team := range c.Teams {
		add(ofTeam, string(team))
	}
	return keys
}

func (t *tx) listNumbered(name listName) listNumber {
	n, ok := t.listNames.get(name)
	if !ok {
		t.lastList++
		n = t.lastList
		t.listNames.set(t.number, name, n)
	}
	return n
}

// ListConversations merges the lists that the query names.
func (t *tx) ListConversations(q store.ConversationQuery) ([]store.Conversation, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var found []store.Conversation
	for c := range t.listed(q) {
		if len(found) >= q.Limit {
			break
		}
		if q.Claimants == nil || slices.Contains(q.Claimants, c.ClaimedBy) {
			found = append(found, record.CopyConversation(*c))
		}
	}
	return found, nil
}

// CountUnread goes through the same lists.
func (t *tx) CountUnread(q store.UnreadQuery) (int, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	n := 0
	for c := range t.listed(store.ConversationQuery{
		Account: q.Account, Inboxes: q.Inboxes, User: q.User, Teams: q.Teams, Statuses: []store.Status{q.Status},
	}) {
		if q.Claimants != nil && !slices.Contains(q.Claimants, c.ClaimedBy) && !slices.Contains(q.Shared, c.Inbox) {
			continue
		}
		mark, _ := t.marks.get(markKey{q.Account, q.User, c.ID})
		if c.InboundCount > mark.InboundCount {
			n++
		}
	}
	return n, nil
}

// listed merges the lists that a query names: the newest first, each once.
func (t *tx) listed(q store.ConversationQuery) iter.Seq[*store.Conversation] {
	return func(yield func(*store.Conversation) bool) {
		for lists := t.listsFor(q); len(lists) > 0; {
			newest := 0
			for i := range lists {
				if compareNewest(lists[i].key(), lists[newest].key()) < 0 {
					newest = i
				}
			}
			id := lists[newest].key().id
			lists = skip(lists, id)
			if c, _ := t.conversations.get(id); !yield(c) {
				return
			}
		}
	}
}

// list is a place in one list.
type list struct {
	cursor[listKey, struct{}]
	number listNumber
}

func (l *list) atEnd() bool { return !l.valid() || l.key().list != l.number }

// listsFor returns the lists that a query names, each after the place where
// the query begins, without those that end there.
func (t *tx) listsFor(q store.ConversationQuery) []list {
	var lists []list
	add := func(of listKind, name string) {
		from := listName{account: q.Account, of: of, name: name}
		for k, number := range t.listNames.from(from) {
			if k.account != q.Account || k.of != of || k.name != name {
				break
			}
			if q.Statuses != nil && !slices.Contains(q.Statuses, k.status) {
				continue
			}
			start := listKey{number, instantOf(q.Before.LastAt), q.Before.ID - 1}
			if q.Before == (store.Position{}) {
				start.lastAt, start.id = 1<<63-1, 1<<63-1
			}
			if l := (list{t.lists.seek(start), number}); !l.atEnd() {
				lists = append(lists, l)
			}
		}
	}
	for _, inbox := range q.Inboxes {
		add(ofInbox, string(inbox))
	}
	if q.User != "" {
		add(ofUser, string(q.User))
	}
	for _, team := range q.Teams {
		add(ofTeam, string(team))
	}
	return lists
}

// skip moves all lists past a conversation and drops those that end.
func skip(lists []list, id store.ConversationID) []list {
	going := lists[:0]
	for _, l := range lists {
		if l.key().id == id {
			l.next()
		}
		if !l.atEnd() {
			going = append(going, l)
		}
	}
	return going
}
