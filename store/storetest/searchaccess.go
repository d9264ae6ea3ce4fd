package storetest

import (
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

func searchAlternatives(e *env) error {
	_, ms, err := e.oneInEach(e.takingPart())
	if err != nil {
		return err
	}
	for _, a := range alternatives {
		q := store.SearchQuery{Account: acme, Text: "bicycle", Inboxes: a.inboxes, User: a.user, Teams: a.teams, Limit: 100}
		if err := doing(a.what, e.expectFound(q, those(ms, a.see)...)); err != nil {
			return err
		}
	}
	return nil
}

// oneInEach puts a message about a bicycle into each of the conversations, which
// have just been made.
func (e *env) oneInEach(cs []store.Conversation, err error) ([]store.Conversation, []store.Message, error) {
	if err != nil {
		return nil, nil, err
	}
	all := make([]store.Message, len(cs))
	for i, c := range cs {
		ms, err := e.writtenIn(c, fmt.Sprintf("bicycle no %d", i))
		if err != nil {
			return nil, nil, err
		}
		all[i] = ms[0]
	}
	return cs, all, nil
}

func searchNothing(e *env) error {
	_, ms, err := e.oneInEach(e.listed(2, func(_ int, c *store.Conversation) { c.Users = []store.UserID{""} }))
	if err != nil {
		return err
	}
	for _, q := range []store.SearchQuery{
		{},
		{Inboxes: []store.InboxID{}, Teams: []store.TeamID{}},
		{Claimants: []store.UserID{"", alice}, Shared: []store.InboxID{support}},
		{Conversation: ms[0].Conversation},
	} {
		q.Account, q.Text, q.Limit = acme, "bicycle", 100
		if err := e.expectFound(q); err != nil {
			return err
		}
	}
	return nil
}

func searchClaimants(e *env) error {
	_, ms, err := e.oneInEach(e.listed(6, func(i int, c *store.Conversation) {
		c.ClaimedBy = []store.UserID{"", alice, bob}[i%3]
		if i >= 3 {
			c.Inbox = sales
		}
	}))
	if err != nil {
		return err
	}
	for _, t := range []struct {
		claimants []store.UserID
		shared    []store.InboxID
		want      []store.Message
	}{
		{nil, nil, newestFirst(ms...)},
		{nil, []store.InboxID{sales}, newestFirst(ms...)},
		{[]store.UserID{alice}, nil, []store.Message{ms[4], ms[1]}},
		{[]store.UserID{""}, nil, []store.Message{ms[3], ms[0]}},
		{[]store.UserID{"", bob}, nil, []store.Message{ms[5], ms[3], ms[2], ms[0]}},
		{[]store.UserID{carol}, nil, nil},
		{[]store.UserID{}, nil, nil},
		{[]store.UserID{"", bob}, []store.InboxID{sales}, []store.Message{ms[5], ms[4], ms[3], ms[2], ms[0]}},
		{[]store.UserID{alice}, []store.InboxID{support, sales}, newestFirst(ms...)},
	} {
		q := searched("bicycle")
		q.Inboxes = []store.InboxID{support, sales}
		q.Claimants, q.Shared = t.claimants, t.shared
		if err := e.expectFound(q, t.want...); err != nil {
			return err
		}
		q.Limit = 1
		if err := e.expectFound(q, t.want[:min(1, len(t.want))]...); err != nil {
			return err
		}
	}
	q := searched("bicycle")
	q.Shared = []store.InboxID{sales}
	return doing("Shared selects nothing by itself", e.expectFound(q, ms[2], ms[1], ms[0]))
}

func searchTransfer(e *env) error {
	cs, ms, err := e.oneInEach(e.listed(1, func(_ int, c *store.Conversation) { c.Users = []store.UserID{alice} }))
	if err != nil {
		return err
	}
	c := cs[0]
	of := func(u store.UserID) store.SearchQuery {
		return store.SearchQuery{Account: acme, Text: "bicycle", User: u, Claimants: []store.UserID{"", u}, Limit: 10}
	}
	put := func(tx store.Tx) error {
		err := tx.PutConversations(c)
		c.Version++
		return err
	}
	if err := e.expectFound(of(alice), ms...); err != nil {
		return err
	}
	c.Users = []store.UserID{bob}
	err = e.update(func(tx store.Tx) error {
		if err := put(tx); err != nil {
			return err
		}
		if err := expectFoundIn(tx, of(alice)); err != nil {
			return err
		}
		return expectFoundIn(tx, of(bob), ms...)
	})
	if err != nil {
		return doing("transferred", err)
	}
	c.Users, c.ClaimedBy = []store.UserID{alice, bob}, bob
	if err := e.update(put); err != nil {
		return err
	}
	if err := e.expectFound(of(alice)); err != nil {
		return doing("claimed by another", err)
	}
	return e.expectFound(of(bob), ms...)
}

// searchFew has many messages that the reader may not see, and then few that
// they may.
func searchFew(e *env) error {
	return searchAmong(e, 3, 40, 60)
}

// searchMany has more conversations that the reader may see than a page, a
// statement's parameters or a batch have room for.
func searchMany(e *env) error {
	return searchAmong(e, 1100, 4, 400)
}

// searchAmong finds the messages of some conversations among those of others,
// each of which has a number of messages with the word.
func searchAmong(e *env, some, others, each int) error {
	theirs, err := e.listed(others, func(_ int, c *store.Conversation) { c.Inbox = sales })
	if err != nil {
		return err
	}
	ours, err := e.bare(some)
	if err != nil {
		return err
	}
	var seen []store.Message
	for i, c := range ours[:3] {
		ms, err := e.writtenIn(c, fmt.Sprintf("bicycle no %d", i), "car", "bicycle")
		if err != nil {
			return err
		}
		seen = append(seen, ms[0], ms[2])
	}
	for _, c := range theirs {
		texts := make([]string, each)
		for i := range texts {
			texts[i] = "bicycle"
		}
		if _, err := e.writtenIn(c, texts...); err != nil {
			return err
		}
	}
	last, err := e.bare(1)
	if err != nil {
		return err
	}
	newest, err := e.writtenIn(last[0], "the bicycle")
	if err != nil {
		return err
	}
	seen = append(seen, newest...)
	if err := e.pagesOf(searched("bicycle"), seen); err != nil {
		return err
	}
	return e.pagesOf(searched(`"bicycle"`), seen)
}

// searchWide finds messages of so many conversations at once that they are more
// than a statement may have parameters, first alone and then among others.
func searchWide(e *env) error {
	ours, err := e.bare(1000)
	if err != nil {
		return err
	}
	ms := make([]store.Message, len(ours))
	for i, c := range ours {
		if ms[i], err = e.messageIn(c, 1); err != nil {
			return err
		}
		ms[i].Text = fmt.Sprintf("bicycle no %d", i)
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(ms...) }); err != nil {
		return err
	}
	for i := range ms {
		ms[i].Version = 1
	}
	want := newestFirst(ms...)
	all := searched("bicycle")
	all.Limit = len(ms) + 1
	if err := e.expectFound(all, want...); err != nil {
		return err
	}
	theirs, err := e.listed(1, func(_ int, c *store.Conversation) { c.Inbox = sales })
	if err != nil {
		return err
	}
	if _, err := e.writtenIn(theirs[0], slices.Repeat([]string{"bicycle"}, 1500)...); err != nil {
		return err
	}
	if err := e.expectFound(all, want...); err != nil {
		return doing("among others", err)
	}
	some := searched("bicycle")
	return doing("some among others", e.expectFound(some, want[:some.Limit]...))
}

func searchInbox(e *env) error {
	cs, ms, err := e.oneInEach(e.listed(4, func(i int, c *store.Conversation) {
		c.Inbox = []store.InboxID{support, sales}[i%2]
		if i >= 2 {
			c.Users = []store.UserID{bob}
		}
	}))
	if err != nil {
		return err
	}
	for _, t := range []struct {
		what string
		q    store.SearchQuery
		want []store.Message
	}{
		{"any", store.SearchQuery{Inboxes: []store.InboxID{support, sales}}, newestFirst(ms...)},
		{"one of two", store.SearchQuery{Inboxes: []store.InboxID{support, sales}, Inbox: sales}, []store.Message{ms[3], ms[1]}},
		{"one in which a user takes part", store.SearchQuery{User: bob, Inbox: support}, []store.Message{ms[2]}},
		{"one that is not among the alternatives", store.SearchQuery{Inboxes: []store.InboxID{support}, Inbox: sales}, nil},
		{"one that is not, but for what a user takes part in", store.SearchQuery{Inboxes: []store.InboxID{support}, User: bob, Inbox: sales}, []store.Message{ms[3]}},
		{"one without alternatives", store.SearchQuery{Inbox: support}, nil},
		{"one and a conversation elsewhere", store.SearchQuery{Inboxes: []store.InboxID{support, sales}, Inbox: support, Conversation: cs[1].ID}, nil},
		{"one that does not exist", store.SearchQuery{Inboxes: []store.InboxID{support, sales}, Inbox: "nowhere"}, nil},
	} {
		t.q.Account, t.q.Text = acme, "bicycle"
		for _, limit := range []int{1, 100} {
			t.q.Limit = limit
			if err := doing(t.what, e.expectFound(t.q, t.want[:min(limit, len(t.want))]...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// bare puts conversations of acme's support that nobody takes part in.
func (e *env) bare(n int) ([]store.Conversation, error) {
	cs := make([]store.Conversation, n)
	for i := range cs {
		id, err := e.id()
		if err != nil {
			return nil, err
		}
		cs[i] = store.Conversation{ID: store.ConversationID(id), Account: acme, Inbox: support, Theirs: number(int(id)), Status: store.Open, LastAt: noon}
	}
	err := e.update(func(tx store.Tx) error { return tx.PutConversations(cs...) })
	return cs, err
}

// pagesOf goes through everything that a query finds, in pages of several
// sizes.
func (e *env) pagesOf(q store.SearchQuery, want []store.Message) error {
	want = newestFirst(want...)
	for _, limit := range []int{1, 2, 5, len(want), len(want) + 1} {
		q.Limit, q.Before = limit, 0
		for rest := want; ; {
			page := rest[:min(limit, len(rest))]
			if err := e.expectFound(q, page...); err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			rest, q.Before = rest[len(page):], page[len(page)-1].ID
		}
	}
	return nil
}
