package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// listModel compares many queries with what their doc says, the plain way.
func listModel(e *env) error {
	var d dice
	users := []store.UserID{alice, bob, carol, dave}
	teams := []store.TeamID{crew, night}
	inboxes := []store.InboxID{support, sales}
	statuses := []store.Status{store.Open, store.Snoozed, store.Closed}
	cs, err := e.listed(60, func(_ int, c *store.Conversation) {
		c.Inbox, c.Status = inboxes[d.roll(2)], statuses[d.roll(3)]
		c.Users, c.Teams = subset(&d, users), subset(&d, teams)
		c.ClaimedBy = append(users, "", "")[d.roll(6)]
		c.LastAt = noon.Add(time.Duration(d.roll(20)) * time.Second)
	})
	if err != nil {
		return err
	}
	slices.SortFunc(cs, func(a, b store.Conversation) int { return comparePositions(positionOf(a), positionOf(b)) })
	return e.view(func(tx store.Tx) error {
		for range 300 {
			q := store.ConversationQuery{
				Account: acme, Inboxes: subset(&d, inboxes), Teams: subset(&d, teams),
				User: append(users, "")[d.roll(5)], Limit: 1 + d.roll(30),
			}
			if d.roll(2) == 0 {
				q.Statuses = append(subset(&d, statuses), statuses[d.roll(3)])
			}
			if d.roll(2) == 0 {
				q.Claimants = append(subset(&d, users), append(users, "")[d.roll(5)])
			}
			if d.roll(2) == 0 {
				q.Before = positionOf(cs[d.roll(len(cs))])
			}
			var want []store.Conversation
			for _, c := range cs {
				if len(want) < q.Limit && selects(q, c) {
					want = append(want, c)
				}
			}
			if err := expectListIn(tx, q, want...); err != nil {
				return err
			}
		}
		return nil
	})
}

// dice rolls the same numbers in each run.
type dice uint64

// roll returns a number from 0 to n-1.
func (d *dice) roll(n int) int {
	*d = *d*6364136223846793005 + 1442695040888963407 // Knuth's linear congruential generator, MMIX
	return int(*d>>33) % n
}

func subset[T any](d *dice, all []T) []T {
	var out []T
	for _, t := range all {
		if d.roll(3) == 0 {
			out = append(out, t)
		}
	}
	return out
}

// comparePositions sorts the newest first.
func comparePositions(a, b store.Position) int {
	if c := b.LastAt.Compare(a.LastAt); c != 0 {
		return c
	}
	return cmp.Compare(b.ID, a.ID)
}

func selects(q store.ConversationQuery, c store.Conversation) bool {
	takesPart := slices.Contains(q.Inboxes, c.Inbox) || q.User != "" && slices.Contains(c.Users, q.User) ||
		slices.ContainsFunc(q.Teams, func(t store.TeamID) bool { return slices.Contains(c.Teams, t) })
	return takesPart &&
		(q.Claimants == nil || slices.Contains(q.Claimants, c.ClaimedBy)) &&
		(q.Statuses == nil || slices.Contains(q.Statuses, c.Status)) &&
		(q.Before == (store.Position{}) || comparePositions(positionOf(c), q.Before) > 0)
}
