package sqlite

import (
	"math"
	"slices"

	"github.com/teaminbox/teaminbox/internal/turns"
	"github.com/teaminbox/teaminbox/store"
)

// The statements that find work. What is due is so at ?1 and has no lease that
// lives at ?2.
const (
	// dueFirst is all that is due, the longest first.
	dueFirst = `
		SELECT k.account, k.conversation, k.due_at, k.id FROM tasks k
		WHERE k.set_aside = 0 AND k.due_at <= ?1 AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.conversation = k.conversation AND l.until > ?2)
		ORDER BY k.due_at, k.id`

	// dueRound jumps along the index from account to account, beginning with
	// ?3. Each comes with the task that is due longest, if it has one. It goes
	// only as far as somebody reads.
	dueRound = `
		WITH RECURSIVE round (account) AS (
			SELECT min(account) FROM tasks WHERE set_aside = 0 AND account >= ?3
			UNION ALL
			SELECT (SELECT min(k.account) FROM tasks k WHERE k.set_aside = 0 AND k.account > r.account) FROM round r
			WHERE r.account IS NOT NULL
		)
		SELECT r.account, d.conversation, d.due_at, d.id FROM round r LEFT JOIN tasks d ON d.id = (
			SELECT k.id FROM tasks k
			WHERE k.account = r.account AND k.set_aside = 0 AND k.due_at <= ?1
				AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.conversation = k.conversation AND l.until > ?2)
			ORDER BY k.due_at, k.id LIMIT 1
		)
		WHERE r.account IS NOT NULL`

	// dueBehind is what is due of an account behind a task.
	dueBehind = `
		SELECT k.conversation, k.due_at, k.id FROM tasks k
		WHERE k.account = ?3 AND k.set_aside = 0 AND k.due_at <= ?1 AND (k.due_at, k.id) > (?4, ?5)
			AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.conversation = k.conversation AND l.until > ?2)
		ORDER BY k.due_at, k.id`
)

// findDue returns conversations that have work and no lease, in the order in
// which they are to be taken, and reports whether those are all. They are as
// many as wanted, or the same number of each account.
func (t *tx) findDue(now int64, wanted int) (ids []store.ConversationID, all bool, err error) {
	found, looked, err := t.firstDue(now, wanted, turns.Patience)
	if err == nil && len(found) < wanted && looked == turns.Patience {
		crowd, err := t.crowd(now, wanted)
		if err != nil || len(crowd) <= wanted { // nothing to choose
			ids, _ = turns.Order(crowd, wanted)
			return ids, true, err
		}
		found, _, err = t.firstDue(now, wanted, math.MaxInt)
		if err != nil {
			return nil, false, err
		}
	}
	if err != nil || len(found) == 0 {
		return nil, true, err
	}
	if len(found) == wanted { // else everybody had a turn
		t.turns.Set(found[len(found)-1].Account)
	}
	if each := wanted / len(found); each > 1 {
		for _, first := range slices.Clip(found) {
			behind, err := t.behind(now, first, each-1)
			if err != nil {
				return nil, false, err
			}
			found = append(found, behind...)
		}
	}
	ids, all = turns.Order(found, wanted)
	return ids, all, nil
}

// crowd returns what is due longest, of more conversations than wanted if there
// are more.
func (t *tx) crowd(now int64, wanted int) ([]turns.Due, error) {
	var found distinct
	err := t.each(func(r row) (bool, error) {
		var d turns.Due
		err := r.Scan((*string)(&d.Account), (*int64)(&d.Conversation), timeColumn{&d.At}, (*int64)(&d.Task))
		found.add(d)
		return len(found.list) <= wanted, err
	}, dueFirst, now, t.now().UnixMicro())
	return found.list, err
}

// behind returns what is due of an account behind a conversation.
func (t *tx) behind(now int64, first turns.Due, wanted int) ([]turns.Due, error) {
	found := distinct{seen: map[store.ConversationID]bool{first.Conversation: true}}
	err := t.each(func(r row) (bool, error) {
		d := turns.Due{Account: first.Account}
		err := r.Scan((*int64)(&d.Conversation), timeColumn{&d.At}, (*int64)(&d.Task))
		found.add(d)
		return len(found.list) < wanted, err
	}, dueBehind, now, t.now().UnixMicro(), string(first.Account), first.At.UnixMicro(), int64(first.Task))
	return found.list, err
}

// distinct keeps the first task of each conversation.
type distinct struct {
	list []turns.Due
	seen map[store.ConversationID]bool
}

func (l *distinct) add(d turns.Due) {
	if l.seen == nil {
		l.seen = make(map[store.ConversationID]bool)
	}
	if !l.seen[d.Conversation] {
		l.seen[d.Conversation] = true
		l.list = append(l.list, d)
	}
}

// firstDue goes round the accounts, behind the one that had the last turn, and
// returns what is due longest of each, as many as wanted. It looks at no more
// accounts than patience, and returns at how many.
func (t *tx) firstDue(now int64, wanted, patience int) (found []turns.Due, looked int, err error) {
	last := t.turns.Account()
	walk := func(from string, again bool) error {
		return t.each(func(r row) (bool, error) {
			var d turns.Due
			var conversation, task *int64
			if err := r.Scan((*string)(&d.Account), &conversation, timeColumn{&d.At}, &task); err != nil {
				return false, err
			}
			if again && d.Account > last {
				return false, nil
			}
			looked++
			if task != nil {
				d.Conversation, d.Task = store.ConversationID(*conversation), store.TaskID(*task)
				found = append(found, d)
			}
			return len(found) < wanted && looked < patience, nil
		}, dueRound, now, t.now().UnixMicro(), from)
	}
	if last != "" {
		err = walk(string(last)+"\x00", false) // the next text there is
	}
	if err == nil && len(found) < wanted && looked < patience {
		err = walk("", last != "")
	}
	return found, looked, err
}
