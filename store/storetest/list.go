package storetest

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func listCases() []testCase {
	const (
		order  = "ListConversations returns the newest first: by LastAt, then ID, both descending."
		either = "A conversation is selected if it is in one of the inboxes, or if the user or one of the teams takes part."
		before = "Before selects only what comes after this place."
	)
	return []testCase{
		{"list/newest first", order, listOrder},
		{"list/limit", "Limit: at most so many.", listLimit},
		{"list/pages", before, listPages},
		{"list/a place that is gone", before, listPlaceGone},
		{"list/inbox, user or team", either, listAlternatives},
		{"list/nobody's", "If Inboxes, User and Teams are all empty, none is selected.", listNothing},
		{"list/claimants", "Claimants: claimed by one of these, \"\" being nobody; nil: whoever.", listClaimants},
		{"list/statuses", "Statuses: one of these; nil: any.", listStatuses},
		{"list/after changes", "A read sees what the same transaction has written: a list shows conversations as they are.", listChanges},
		{"list/never written to", order + " The zero time stays the zero time.", listZeroTime},
		{"list/pages while others write", before + " What does not move is neither skipped nor seen twice.", listWhileWriting},
		{"list/any query", either + " " + order + " " + before, listModel},
	}
}

// listed makes conversations that are alike but for what change does, and
// returns them as they are stored.
func (e *env) listed(n int, change func(i int, c *store.Conversation)) ([]store.Conversation, error) {
	i := -1
	cs, err := some(n, func() (store.Conversation, error) {
		c, err := e.conversation()
		c.Users, c.Teams, c.ClaimedBy, c.Status = nil, nil, "", store.Open
		i++
		c.LastAt = noon.Add(time.Duration(i) * time.Minute)
		change(i, &c)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	err = e.update(func(tx store.Tx) error { return tx.PutConversations(cs...) })
	for i := range cs {
		cs[i].Version = 1
	}
	return cs, err
}

// inSupport selects all conversations of acme's support.
var inSupport = store.ConversationQuery{Account: acme, Inboxes: []store.InboxID{support}, Limit: 100}

// expectList compares what a query selects.
func (e *env) expectList(what string, q store.ConversationQuery, want ...store.Conversation) error {
	return doing(what, e.view(func(tx store.Tx) error { return expectListIn(tx, q, want...) }))
}

func expectListIn(tx store.Tx, q store.ConversationQuery, want ...store.Conversation) error {
	got, err := tx.ListConversations(q)
	if err != nil {
		return err
	}
	id := func(c store.Conversation) store.ConversationID { return c.ID }
	if err := same(mapped(want, id), mapped(got, id)); err != nil {
		return fmt.Errorf("%+v selects others: %w", q, err)
	}
	return same(want, got)
}

func positionOf(c store.Conversation) store.Position {
	return store.Position{LastAt: c.LastAt, ID: c.ID}
}

func listOrder(e *env) error {
	// Two at the same moment, and one a microsecond later.
	offsets := []time.Duration{3, 1, 1, 5, 2, 5}
	cs, err := e.listed(len(offsets), func(i int, c *store.Conversation) { c.LastAt = noon.Add(offsets[i] * time.Microsecond) })
	if err != nil {
		return err
	}
	return e.expectList("all", inSupport, cs[5], cs[3], cs[0], cs[4], cs[2], cs[1])
}

// takingPart makes six conversations in which people take part in different ways,
// two of them in support and the others in sales.
func (e *env) takingPart() ([]store.Conversation, error) {
	return e.listed(6, func(i int, c *store.Conversation) {
		c.Inbox, c.InboundCount = sales, 1
		switch i {
		case 0:
			c.Inbox = support
		case 1:
			c.Users = []store.UserID{carol, bob}
		case 2:
			c.Teams = []store.TeamID{night, crew}
		case 3:
			c.Inbox, c.Users, c.Teams = support, []store.UserID{bob}, []store.TeamID{crew}
		case 4:
			c.Users, c.Teams = []store.UserID{dave}, []store.TeamID{night}
		}
	})
}

// alternatives are who may see which of these conversations, the newest first.
var alternatives = []struct {
	what    string
	inboxes []store.InboxID
	user    store.UserID
	teams   []store.TeamID
	see     []int
}{
	{what: "an inbox", inboxes: []store.InboxID{support}, see: []int{3, 0}},
	{what: "an inbox twice", inboxes: []store.InboxID{support, support}, see: []int{3, 0}},
	{what: "two inboxes", inboxes: []store.InboxID{sales, support}, see: []int{5, 4, 3, 2, 1, 0}},
	{what: "a user", user: bob, see: []int{3, 1}},
	{what: "a team", teams: []store.TeamID{crew}, see: []int{3, 2}},
	{what: "two teams", teams: []store.TeamID{crew, night}, see: []int{4, 3, 2}},
	{what: "a user and a team", user: dave, teams: []store.TeamID{night}, see: []int{4, 2}},
	{what: "all three, each once", inboxes: []store.InboxID{support}, user: bob, teams: []store.TeamID{crew}, see: []int{3, 2, 1, 0}},
	{what: "one that does not exist", user: "erin"},
	{what: "another's", user: dave, see: []int{4}},
}

// those returns records by their numbers.
func those[T any](all []T, numbers []int) []T {
	return mapped(numbers, func(i int) T { return all[i] })
}

func listAlternatives(e *env) error {
	cs, err := e.takingPart()
	if err != nil {
		return err
	}
	for _, a := range alternatives {
		q := store.ConversationQuery{Account: acme, Inboxes: a.inboxes, User: a.user, Teams: a.teams, Limit: 100}
		if err := e.expectList(a.what, q, those(cs, a.see)...); err != nil {
			return err
		}
	}
	return nil
}

func listNothing(e *env) error {
	if _, err := e.listed(2, func(_ int, c *store.Conversation) { c.Users = []store.UserID{""} }); err != nil {
		return err
	}
	for _, q := range []store.ConversationQuery{
		{Account: acme, Limit: 10},
		{Account: acme, Inboxes: []store.InboxID{}, Teams: []store.TeamID{}, Limit: 10},
		{Account: acme, Claimants: []store.UserID{"", alice}, Statuses: []store.Status{store.Open}, Limit: 10},
	} {
		if err := e.expectList("nobody's", q); err != nil {
			return err
		}
	}
	return nil
}

func listClaimants(e *env) error {
	cs, err := e.listed(4, func(i int, c *store.Conversation) { c.ClaimedBy = []store.UserID{"", alice, bob, ""}[i] })
	if err != nil {
		return err
	}
	for _, t := range []struct {
		claimants []store.UserID
		want      []store.Conversation
	}{
		{nil, []store.Conversation{cs[3], cs[2], cs[1], cs[0]}},
		{[]store.UserID{alice}, []store.Conversation{cs[1]}},
		{[]store.UserID{""}, []store.Conversation{cs[3], cs[0]}},
		{[]store.UserID{"", bob}, []store.Conversation{cs[3], cs[2], cs[0]}},
		{[]store.UserID{carol}, nil},
	} {
		q := inSupport
		q.Claimants = t.claimants
		if err := e.expectList(fmt.Sprintf("claimants %q", t.claimants), q, t.want...); err != nil {
			return err
		}
	}
	q := inSupport
	q.Claimants, q.Limit = []store.UserID{alice}, 1
	return e.expectList("the limit counts what is selected", q, cs[1])
}

func listStatuses(e *env) error {
	cs, err := e.listed(4, func(i int, c *store.Conversation) {
		c.Status = []store.Status{store.Open, store.Snoozed, store.Closed, store.Open}[i]
	})
	if err != nil {
		return err
	}
	for _, t := range []struct {
		statuses []store.Status
		want     []store.Conversation
	}{
		{nil, []store.Conversation{cs[3], cs[2], cs[1], cs[0]}},
		{[]store.Status{store.Open}, []store.Conversation{cs[3], cs[0]}},
		{[]store.Status{store.Snoozed, store.Closed}, []store.Conversation{cs[2], cs[1]}},
		{[]store.Status{store.Closed, store.Open, store.Closed}, []store.Conversation{cs[3], cs[2], cs[0]}},
	} {
		q := inSupport
		q.Statuses = t.statuses
		if err := e.expectList(fmt.Sprintf("statuses %q", t.statuses), q, t.want...); err != nil {
			return err
		}
	}
	return nil
}

func listChanges(e *env) error {
	cs, err := e.listed(3, func(_ int, c *store.Conversation) {
		c.Users, c.Teams = []store.UserID{alice, bob}, []store.TeamID{crew}
	})
	if err != nil {
		return err
	}
	c := cs[0]
	of := func(q store.ConversationQuery) store.ConversationQuery {
		q.Account, q.Limit = acme, 10
		return q
	}
	byUser := of(store.ConversationQuery{User: alice})
	byTeam := of(store.ConversationQuery{Teams: []store.TeamID{crew}})
	open := of(store.ConversationQuery{Inboxes: []store.InboxID{support}, Statuses: []store.Status{store.Open}})
	steps := []struct {
		what   string
		change func()
		q      store.ConversationQuery
		want   func() []store.Conversation
	}{
		{"a message came", func() { c.LastAt = noon.Add(time.Hour) }, inSupport, func() []store.Conversation { return []store.Conversation{c, cs[2], cs[1]} }},
		{"closed", func() { c.Status = store.Closed }, open, func() []store.Conversation { return []store.Conversation{cs[2], cs[1]} }},
		{"reopened", func() { c.Status = store.Open }, open, func() []store.Conversation { return []store.Conversation{c, cs[2], cs[1]} }},
		{"a user left", func() { c.Users = []store.UserID{bob} }, byUser, func() []store.Conversation { return []store.Conversation{cs[2], cs[1]} }},
		{"a user came", func() { c.Users = []store.UserID{alice} }, byUser, func() []store.Conversation { return []store.Conversation{c, cs[2], cs[1]} }},
		{"a team left", func() { c.Teams = nil }, byTeam, func() []store.Conversation { return []store.Conversation{cs[2], cs[1]} }},
	}
	// Once all in one transaction, and once in one for each.
	for round, run := range []func(do func(tx store.Tx, i int) error) error{
		func(do func(tx store.Tx, i int) error) error {
			return e.update(func(tx store.Tx) error {
				c = cs[0]
				for i := range steps {
					if err := do(tx, i); err != nil {
						return err
					}
				}
				return errDeliberate
			})
		},
		func(do func(tx store.Tx, i int) error) error {
			c = cs[0]
			for i, s := range steps {
				if err := e.update(func(tx store.Tx) error { return do(tx, i) }); err != nil {
					return err
				}
				if err := e.expectList(s.what+", after the commit", s.q, s.want()...); err != nil {
					return err
				}
			}
			return errDeliberate
		},
	} {
		err := run(func(tx store.Tx, i int) error {
			steps[i].change()
			if err := tx.PutConversations(c); err != nil {
				return err
			}
			c.Version++
			return doing(steps[i].what, expectListIn(tx, steps[i].q, steps[i].want()...))
		})
		if err := expectError(err, errDeliberate); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}
