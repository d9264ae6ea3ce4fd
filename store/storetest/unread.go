package storetest

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func unreadCases() []testCase {
	const counts = "CountUnread returns how many of the conversations have messages of the customer that the user has not read."
	return []testCase{
		{"unread/mark", counts + " InboundCount is compared with that of the user's mark, or with 0 if there is none.", unreadMark},
		{"unread/inbox, user or team", "A conversation is selected if it is in one of the inboxes, or if the user or one of the teams takes part.", unreadAlternatives},
		{"unread/claimants", "Claimants: claimed by one of these; nil: whoever. Shared: whose conversations are selected whoever has claimed them.", unreadClaimants},
		{"unread/status", "Status: only conversations that stand so.", unreadStatus},
		{"unread/of one user", counts + " The marks of others don't count.", unreadOfOne},
		{"unread/many", counts, unreadMany},
		{"unread/after changes", "A read sees what the same transaction has written.", unreadChanges},
		{"unread/any query", counts, unreadModel},
		{"unread/decisions on what others write", "Update runs the function in one atomic transaction, isolated as if it were alone.", unreadSkew},
	}
}

// openInSupport selects all open conversations of acme's support, for bob.
var openInSupport = store.UnreadQuery{Account: acme, Inboxes: []store.InboxID{support}, User: bob, Status: store.Open}

func (e *env) expectUnread(what string, q store.UnreadQuery, want int) error {
	return doing(what, e.view(func(tx store.Tx) error { return expectUnreadIn(tx, q, want) }))
}

func expectUnreadIn(tx store.Tx, q store.UnreadQuery, want int) error {
	got, err := tx.CountUnread(q)
	if err == nil && got != want {
		err = fmt.Errorf("%+v counts %d, must be %d", q, got, want)
	}
	return err
}

// marked notes that a user has read so many messages of a customer.
func (e *env) marked(account store.AccountID, user store.UserID, c store.Conversation, count int64) error {
	return e.update(func(tx store.Tx) error {
		return tx.PutReadMarks(account, store.ReadMark{User: user, Conversation: c.ID, Seq: 2 * count, InboundCount: count})
	})
}

func unreadMark(e *env) error {
	cs, err := e.listed(4, func(i int, c *store.Conversation) { c.LastSeq, c.InboundCount = 9, int64(i) })
	if err != nil {
		return err
	}
	if err := e.expectUnread("without marks", openInSupport, 3); err != nil {
		return err
	}
	for _, step := range []struct{ conversation, count, want int }{
		{3, 2, 3}, {3, 3, 2}, {1, 0, 2}, {2, 7, 1}, {3, 1, 2}, {0, 0, 2}, {1, 1, 1}, {3, 3, 0},
	} {
		if err := e.marked(acme, bob, cs[step.conversation], int64(step.count)); err != nil {
			return err
		}
		what := fmt.Sprintf("%d of %d messages are read", step.count, step.conversation)
		if err := e.expectUnread(what, openInSupport, step.want); err != nil {
			return err
		}
	}
	return nil
}

func unreadAlternatives(e *env) error {
	if _, err := e.takingPart(); err != nil {
		return err
	}
	for _, a := range alternatives {
		q := store.UnreadQuery{Account: acme, Inboxes: a.inboxes, User: a.user, Teams: a.teams, Status: store.Open}
		if err := e.expectUnread(a.what, q, len(a.see)); err != nil {
			return err
		}
	}
	return e.expectUnread("nobody's", store.UnreadQuery{Account: acme, Status: store.Open}, 0)
}

func unreadClaimants(e *env) error {
	_, err := e.listed(8, func(i int, c *store.Conversation) {
		c.InboundCount, c.ClaimedBy = 1, []store.UserID{"", alice, bob, ""}[i%4]
		if i >= 4 {
			c.Inbox, c.Users = sales, []store.UserID{bob}
		}
	})
	if err != nil {
		return err
	}
	for _, t := range []struct {
		claimants []store.UserID
		shared    []store.InboxID
		want      int
	}{
		{nil, nil, 8},
		{nil, []store.InboxID{sales}, 8},
		{[]store.UserID{}, nil, 0},
		{[]store.UserID{alice}, nil, 2},
		{[]store.UserID{""}, nil, 4},
		{[]store.UserID{"", bob}, nil, 6},
		{[]store.UserID{carol}, nil, 0},
		{[]store.UserID{"", bob}, []store.InboxID{support}, 7},
		{[]store.UserID{"", bob}, []store.InboxID{sales}, 7},
		{[]store.UserID{"", bob}, []store.InboxID{sales, support}, 8},
		{[]store.UserID{carol}, []store.InboxID{sales}, 4},
	} {
		q := openInSupport
		q.Claimants, q.Shared = t.claimants, t.shared
		if err := e.expectUnread(fmt.Sprintf("claimants %q, shared %q", t.claimants, t.shared), q, t.want); err != nil {
			return err
		}
	}
	return nil
}

func unreadStatus(e *env) error {
	_, err := e.listed(6, func(i int, c *store.Conversation) {
		c.InboundCount, c.Status = 1, []store.Status{store.Open, store.Snoozed, store.Closed, store.Open, store.Open, store.Closed}[i]
		if i >= 3 {
			c.Inbox, c.Users = sales, []store.UserID{bob}
		}
	})
	if err != nil {
		return err
	}
	for status, want := range map[store.Status]int{store.Open: 3, store.Snoozed: 1, store.Closed: 2} {
		q := openInSupport
		q.Status = status
		if err := e.expectUnread(string(status), q, want); err != nil {
			return err
		}
	}
	return nil
}

func unreadOfOne(e *env) error {
	cs, err := e.listed(3, func(i int, c *store.Conversation) {
		c.InboundCount = 2
		if i == 2 {
			c.Account = globex
		}
	})
	if err != nil {
		return err
	}
	if err := e.marked(acme, carol, cs[0], 2); err != nil {
		return err
	}
	if err := e.marked(globex, bob, cs[0], 2); err != nil {
		return err
	}
	if err := e.expectUnread("bob's", openInSupport, 2); err != nil {
		return err
	}
	q := openInSupport
	q.User = carol
	if err := e.expectUnread("carol's", q, 1); err != nil {
		return err
	}
	q.Account = globex
	return e.expectUnread("another account's", q, 1)
}

// unreadMany has more conversations than are read at once in other places.
func unreadMany(e *env) error {
	const many = 450
	cs, err := e.listed(many, func(i int, c *store.Conversation) {
		if c.InboundCount = 3; i%3 == 0 {
			c.Inbox, c.Users, c.Teams = sales, []store.UserID{bob}, []store.TeamID{crew}
		}
	})
	if err != nil {
		return err
	}
	var marks []store.ReadMark
	for _, c := range cs[:many/2] {
		marks = append(marks, store.ReadMark{User: bob, Conversation: c.ID, Seq: 3, InboundCount: 3})
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutReadMarks(acme, marks...) }); err != nil {
		return err
	}
	q := openInSupport
	q.Teams = []store.TeamID{crew}
	return e.expectUnread("many", q, many-many/2)
}

func unreadChanges(e *env) error {
	cs, err := e.listed(2, func(_ int, c *store.Conversation) { c.InboundCount = 1 })
	if err != nil {
		return err
	}
	c := cs[0]
	mark := func(count int64) func(tx store.Tx) error {
		return func(tx store.Tx) error {
			return tx.PutReadMarks(acme, store.ReadMark{User: bob, Conversation: c.ID, Seq: count, InboundCount: count})
		}
	}
	put := func(change func()) func(tx store.Tx) error {
		return func(tx store.Tx) error {
			change()
			err := tx.PutConversations(c)
			c.Version++
			return err
		}
	}
	steps := []struct {
		what string
		do   func(tx store.Tx) error
		want int
	}{
		{"read", mark(1), 1},
		{"a message came", put(func() { c.InboundCount = 2 }), 2},
		{"somebody else claims it", put(func() { c.ClaimedBy = alice }), 1},
		{"releases it", put(func() { c.ClaimedBy = "" }), 2},
		{"closed", put(func() { c.Status = store.Closed }), 1},
		{"opened elsewhere", put(func() { c.Status, c.Inbox = store.Open, sales }), 1},
		{"bob comes", put(func() { c.Users = []store.UserID{bob} }), 2},
		{"read again", mark(2), 1},
	}
	q := openInSupport
	q.Claimants = []store.UserID{"", bob}
	err = e.update(func(tx store.Tx) error {
		c = cs[0]
		for _, s := range steps {
			if err := s.do(tx); err != nil {
				return doing(s.what, err)
			}
			if err := expectUnreadIn(tx, q, s.want); err != nil {
				return doing(s.what, err)
			}
		}
		return errDeliberate
	})
	if err := expectError(err, errDeliberate); err != nil {
		return err
	}
	return e.expectUnread("nothing of it is committed", q, 2)
}

// unreadModel compares many queries with what their doc says, the plain way.
func unreadModel(e *env) error {
	var d dice
	users, teams := []store.UserID{alice, bob, carol, dave}, []store.TeamID{crew, night}
	inboxes, statuses := []store.InboxID{support, sales}, []store.Status{store.Open, store.Closed}
	cs, err := e.listed(80, func(_ int, c *store.Conversation) {
		c.Inbox, c.Status, c.InboundCount = inboxes[d.roll(2)], statuses[d.roll(2)], int64(d.roll(4))
		c.Users, c.Teams = subset(&d, users), subset(&d, teams)
		c.ClaimedBy = append(users, "", "")[d.roll(6)]
		c.LastAt = noon.Add(time.Duration(d.roll(20)) * time.Second)
	})
	if err != nil {
		return err
	}
	type key struct {
		user         store.UserID
		conversation store.ConversationID
	}
	marks := make(map[key]int64)
	for range 100 {
		c, user, count := cs[d.roll(len(cs))], users[d.roll(4)], int64(d.roll(4))
		if err := e.marked(acme, user, c, count); err != nil {
			return err
		}
		marks[key{user, c.ID}] = count
	}
	return e.view(func(tx store.Tx) error {
		for range 300 {
			q := store.UnreadQuery{
				Account: acme, Inboxes: subset(&d, inboxes), User: users[d.roll(4)], Teams: subset(&d, teams),
				Shared: subset(&d, inboxes), Status: statuses[d.roll(2)],
			}
			if d.roll(3) > 0 {
				q.Claimants = append(subset(&d, users), append(users, "")[d.roll(5)])
			}
			want := 0
			for _, c := range cs {
				list := store.ConversationQuery{Inboxes: q.Inboxes, User: q.User, Teams: q.Teams, Statuses: []store.Status{q.Status}}
				if !slices.Contains(q.Shared, c.Inbox) {
					list.Claimants = q.Claimants
				}
				if selects(list, c) && c.InboundCount > marks[key{q.User, c.ID}] {
					want++
				}
			}
			if err := expectUnreadIn(tx, q, want); err != nil {
				return err
			}
		}
		return nil
	})
}

// unreadSkew lets one transaction write because of what is unread, and another
// read because of what the first one writes: whoever goes second must see the
// other.
func unreadSkew(e *env) error {
	cs, err := e.listed(1, func(_ int, c *store.Conversation) { c.InboundCount = 1 })
	if err != nil {
		return err
	}
	for round := range 25 {
		ids, err := e.counters(1)
		if err != nil {
			return err
		}
		counted := func(tx store.Tx) error {
			n, err := tx.CountUnread(openInSupport)
			if err != nil || n == 0 {
				return err
			}
			runtime.Gosched()
			return addTo(tx, ids[0], 1)
		}
		marked := func(tx store.Tx) error {
			_, n, err := count(tx, ids[0])
			if err != nil || n > 0 {
				return err
			}
			runtime.Gosched()
			return tx.PutReadMarks(acme, store.ReadMark{User: bob, Conversation: cs[0].ID, Seq: 1, InboundCount: 1})
		}
		if err := all(2, func(i int) error { return e.retry([]func(store.Tx) error{counted, marked}[i]) }); err != nil {
			return err
		}
		err = e.view(func(tx store.Tx) error {
			_, n, err := count(tx, ids[0])
			if err != nil {
				return err
			}
			return expectUnreadIn(tx, openInSupport, n) // one of the two has written
		})
		if err != nil {
			return fmt.Errorf("round %d: each of two transactions was to write only if the other had not: %w", round, err)
		}
		if err := e.marked(acme, bob, cs[0], 0); err != nil {
			return err
		}
	}
	return nil
}
