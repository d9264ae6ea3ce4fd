package storetest

import (
	"github.com/teaminbox/teaminbox/store"
)

// The defects of counting are in what is selected, and in whose marks count.

// counting changes what is counted.
type counting struct {
	store.Tx
	count func(tx store.Tx, q store.UnreadQuery) (int, error)
}

func (t counting) CountUnread(q store.UnreadQuery) (int, error) { return t.count(t.Tx, q) }

func counts(count func(tx store.Tx, q store.UnreadQuery) (int, error)) func(*mutant) {
	return inTx(func(tx store.Tx) store.Tx { return counting{tx, count} })
}

// countingOf plants a defect that is in what is asked for.
func countingOf(change func(q *store.UnreadQuery)) func(*mutant) {
	return counts(func(tx store.Tx, q store.UnreadQuery) (int, error) {
		change(&q)
		return tx.CountUnread(q)
	})
}

// onePage counts what is on the first page of a list.
func onePage(tx store.Tx, q store.UnreadQuery) (int, error) {
	n, err := tx.CountUnread(q)
	return min(n, 200), err
}

// eachList counts in one list after the other.
func eachList(tx store.Tx, q store.UnreadQuery) (int, error) {
	if len(q.Inboxes) == 0 {
		return tx.CountUnread(q)
	}
	inboxes := q
	inboxes.Teams = nil
	n, err := tx.CountUnread(inboxes)
	if err != nil || len(q.Teams) == 0 {
		return n, err
	}
	q.Inboxes = nil
	more, err := tx.CountUnread(q)
	return n + more, err
}

// unmarked counts all that customers have ever written in.
func unmarked(tx store.Tx, q store.UnreadQuery) (int, error) {
	found, err := tx.ListConversations(store.ConversationQuery{
		Account: q.Account, Inboxes: q.Inboxes, User: q.User, Teams: q.Teams, Claimants: q.Claimants, Statuses: []store.Status{q.Status}, Limit: 1 << 20,
	})
	n := 0
	for _, c := range found {
		if c.InboundCount > 0 {
			n++
		}
	}
	return n, err
}

// bySeq counts conversations whose last message was not read, whoever wrote it.
func bySeq(tx store.Tx, q store.UnreadQuery) (int, error) {
	found, err := tx.ListConversations(store.ConversationQuery{
		Account: q.Account, Inboxes: q.Inboxes, User: q.User, Teams: q.Teams, Claimants: q.Claimants, Statuses: []store.Status{q.Status}, Limit: 1 << 20,
	})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range found {
		marks, err := tx.ReadMarks(q.Account, q.User, c.ID)
		if err != nil {
			return 0, err
		}
		if len(marks) == 0 || marks[0].Seq < c.LastSeq {
			n++
		}
	}
	return n, nil
}

// heldBackMarks counts as if marks were written only at the end.
type heldBackMarks struct {
	store.Tx
	held *[]store.ReadMark
}

func (t heldBackMarks) PutReadMarks(_ store.AccountID, ms ...store.ReadMark) error {
	*t.held = append(*t.held, ms...)
	return nil
}

func unreadDefects() []defect {
	return []defect{
		{"a mark is ignored", []string{"unread/mark", "unread/any query"}, counts(unmarked)},
		{"what a person wrote counts as unread", []string{"unread/mark", "unread/any query"}, counts(bySeq)},
		{"anybody's mark will do", []string{"unread/of one user", "unread/any query"}, inTx(func(tx store.Tx) store.Tx { return marksOfAll{tx} })},
		{"what is in two lists counts twice", []string{"unread/inbox, user or team", "unread/any query"}, counts(eachList)},
		{"only a page is counted", []string{"unread/many"}, counts(onePage)},
		{"a claim hides nothing", []string{"unread/claimants", "unread/after changes", "unread/any query"}, countingOf(func(q *store.UnreadQuery) { q.Claimants = nil })},
		{"a claim hides everywhere", []string{"unread/claimants", "unread/any query"}, countingOf(func(q *store.UnreadQuery) { q.Shared = nil })},
		{"nobody is not asked for", []string{"unread/claimants"}, countingOf(func(q *store.UnreadQuery) {
			if q.Claimants != nil && len(q.Claimants) == 0 {
				q.Claimants = nil
			}
		})},
		{"what is closed counts", []string{"unread/status", "unread/any query"}, counts(func(tx store.Tx, q store.UnreadQuery) (int, error) {
			n, err := tx.CountUnread(q)
			if err != nil || q.Status != store.Open {
				return n, err
			}
			q.Status = store.Closed
			more, err := tx.CountUnread(q)
			return n + more, err
		})},
		{"marks that are not committed don't count", []string{"unread/after changes"}, inTx(func(tx store.Tx) store.Tx { return heldBackMarks{tx, new([]store.ReadMark)} })},
	}
}

// marksOfAll sets a mark for all users at once.
type marksOfAll struct{ store.Tx }

func (t marksOfAll) PutReadMarks(account store.AccountID, ms ...store.ReadMark) error {
	for _, m := range ms {
		for _, user := range []store.UserID{alice, bob, carol, dave} {
			m.User = user
			if err := t.Tx.PutReadMarks(account, m); err != nil {
				return err
			}
		}
	}
	return nil
}
