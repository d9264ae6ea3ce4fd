package memory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
)

// listKey sorts the conversations of an account into lists, one for each
// inbox, user and team in each status, the newest first.
type listKey struct {
	account store.AccountID
	of      listKind
	name    string // of the inbox, user or team
	status  store.Status
	lastAt  instant
	id      store.ConversationID
}

type listKind uint8

const (
	ofInbox listKind = iota
	ofUser
	ofTeam
)

func compareList(a, b listKey) int {
	if c := compareListName(a, b); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.status), string(b.status)); c != 0 {
		return c
	}
	return compareNewest(a, b)
}

func compareListName(a, b listKey) int {
	if c := strings.Compare(string(a.account), string(b.account)); c != 0 {
		return c
	}
	if c := cmp.Compare(a.of, b.of); c != 0 {
		return c
	}
	return strings.Compare(a.name, b.name)
}

// compareNewest sorts by last message, then id, both descending.
func compareNewest(a, b listKey) int {
	if c := cmp.Compare(b.lastAt, a.lastAt); c != 0 {
		return c
	}
	return cmp.Compare(b.id, a.id)
}

// relist moves a conversation between lists. There is no old one if it is new.
func (t *tx) relist(old, c *store.Conversation) {
	keys := listsOf(c)
	if old != nil {
		for _, k := range listsOf(old) {
			if !slices.Contains(keys, k) {
				t.lists.delete(t.number, k)
			}
		}
	}
	for _, k := range keys {
		t.lists.set(t.number, k, c)
	}
}

// listsOf returns the places of a conversation in lists.
func listsOf(c *store.Conversation) []listKey {
	k := listKey{account: c.Account, status: c.Status, lastAt: instantOf(c.LastAt), id: c.ID}
	keys := make([]listKey, 0, 1+len(c.Users)+len(c.Teams))
	k.of, k.name = ofInbox, string(c.Inbox)
	keys = append(keys, k)
	for _, u := range c.Users {
		k.of, k.name = ofUser, string(u)
		keys = append(keys, k)
	}
	for _, team := range c.Teams {
		k.of, k.name = ofTeam, string(team)
		keys = append(keys, k)
	}
	return keys
}

// ListConversations merges the lists that the query names.
func (t *tx) ListConversations(q store.ConversationQuery) ([]store.Conversation, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var found []store.Conversation
	lists := t.listsFor(q)
	for len(lists) > 0 && len(found) < q.Limit {
		newest := 0
		for i := range lists {
			if compareNewest(lists[i].key(), lists[newest].key()) < 0 {
				newest = i
			}
		}
		c := lists[newest].value()
		lists = skip(lists, c.ID)
		if q.Claimants == nil || slices.Contains(q.Claimants, c.ClaimedBy) {
			found = append(found, copyConversation(*c))
		}
	}
	return found, nil
}

// list is a place in one list.
type list struct {
	cursor[listKey, *store.Conversation]
	end listKey // of which only the name and the status count
}

func (l *list) atEnd() bool {
	return !l.valid() || compareListName(l.key(), l.end) != 0 || l.key().status != l.end.status
}

// listsFor returns the lists that a query names and that are not at their end.
func (t *tx) listsFor(q store.ConversationQuery) []list {
	var names []listKey
	for _, inbox := range q.Inboxes {
		names = append(names, listKey{account: q.Account, of: ofInbox, name: string(inbox)})
	}
	if q.User != "" {
		names = append(names, listKey{account: q.Account, of: ofUser, name: string(q.User)})
	}
	for _, team := range q.Teams {
		names = append(names, listKey{account: q.Account, of: ofTeam, name: string(team)})
	}
	var lists []list
	for _, name := range names {
		for _, status := range t.statusesFor(q, name) {
			start := name
			start.status = status
			start.lastAt, start.id = instantOf(q.Before.LastAt), q.Before.ID-1
			if q.Before == (store.Position{}) {
				start.lastAt, start.id = newestInstant, newestID
			}
			l := list{t.lists.seek(start), start}
			if !l.atEnd() {
				lists = append(lists, l)
			}
		}
	}
	return lists
}

// Where a list begins.
const (
	newestInstant instant              = 1<<63 - 1
	newestID      store.ConversationID = 1<<63 - 1
)

// statusesFor returns the statuses that a query asks for: any means those that
// occur under the name.
func (t *tx) statusesFor(q store.ConversationQuery, name listKey) []store.Status {
	if q.Statuses != nil {
		return slices.Compact(slices.Sorted(slices.Values(q.Statuses)))
	}
	var all []store.Status
	at := name
	at.lastAt, at.id = newestInstant, newestID
	for {
		c := t.lists.seek(at)
		if !c.valid() || compareListName(c.key(), name) != 0 {
			return all
		}
		all = append(all, c.key().status)
		at.status = c.key().status + "\x00" // the next that there can be
	}
}

// skip moves all lists past a conversation and drops those that end.
func skip(lists []list, id store.ConversationID) []list {
	going := lists[:0]
	for _, l := range lists {
		if l.value().ID == id {
			l.next()
		}
		if !l.atEnd() {
			going = append(going, l)
		}
	}
	return going
}
