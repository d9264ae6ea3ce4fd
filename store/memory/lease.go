package memory

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// dawn is before every moment at which a task can be due.
const dawn instant = -1 << 63

func (t *tx) NextDue() (time.Time, bool, error) {
	if err := t.ready(); err != nil {
		return time.Time{}, false, err
	}
	now := record.Time(t.now())
	var next time.Time
	found := false
	for q := range t.queues("") {
		if t.free(q, now) && (!found || q.value().DueAt.Before(next)) {
			next, found = q.value().DueAt, true
		}
	}
	return next, found, nil
}

// LeaseDue gives each account a turn, and another for as long as there is room.
// When there is not for all of them, it goes on behind the last that had one.
func (t *tx) LeaseDue(q store.LeaseQuery) ([]store.Lease, error) {
	if err := t.writable(); err != nil {
		return nil, err
	}
	now, last := record.Time(t.now()), instantOf(q.Now)
	due := func(w *queue) bool { return t.free(w, now) && w.key().at <= last }
	var waiting []*queue
	for w := range t.round() {
		if len(waiting) >= q.Limit {
			break
		}
		if due(w) {
			waiting = append(waiting, w)
		}
	}
	var taken []store.Lease
	for len(waiting) > 0 && len(taken) < q.Limit {
		turn := waiting[:min(len(waiting), q.Limit-len(taken))]
		if len(taken)+len(turn) == q.Limit {
			t.lastTurn = turn[len(turn)-1].account
		}
		for _, w := range slices.SortedFunc(slices.Values(turn), longest) {
			taken = append(taken, t.take(q.Owner, q.TTL, w.value().Conversation, now))
		}
		waiting = slices.DeleteFunc(waiting, func(w *queue) bool { return !due(w) })
	}
	return taken, nil
}

// queue is an account's tasks by when they are due, from one of them on.
type queue struct {
	account store.AccountID
	cursor[dueKey, *store.Task]
}

func longest(a, b *queue) int {
	return cmp.Or(cmp.Compare(a.key().at, b.key().at), cmp.Compare(a.key().task, b.key().task))
}

// queues returns those of the accounts whose ids are not below one.
func (t *tx) queues(from store.AccountID) iter.Seq[*queue] {
	return func(yield func(*queue) bool) {
		for {
			c := t.due.seek(dueKey{account: from, at: dawn})
			if !c.valid() {
				return
			}
			account := c.key().account
			if !yield(&queue{account, c}) {
				return
			}
			from = account + "\x00" // the next text there is
		}
	}
}

// round returns the queues of all accounts, beginning behind the one that had
// the last turn.
func (t *tx) round() iter.Seq[*queue] {
	return func(yield func(*queue) bool) {
		last := t.lastTurn
		for w := range t.queues(last + "\x00") {
			if !yield(w) {
				return
			}
		}
		for w := range t.queues("") {
			if w.account > last || !yield(w) {
				return
			}
		}
	}
}

// free moves a queue to the first task whose conversation nobody has, and
// reports whether there is one.
func (t *tx) free(w *queue, now time.Time) bool {
	for ; w.valid() && w.key().account == w.account; w.next() {
		if _, held := t.living(w.value().Conversation, now); !held {
			return true
		}
	}
	return false
}

func (t *tx) Lease(owner string, ttl time.Duration, cs ...store.ConversationID) ([]store.Lease, error) {
	if err := t.writable(); err != nil {
		return nil, err
	}
	now := record.Time(t.now())
	var taken []store.Lease
	for _, id := range cs {
		l, held := t.living(id, now)
		switch {
		case !held:
			taken = append(taken, t.take(owner, ttl, id, now))
		case l.Owner == owner:
			if until := record.Time(now.Add(ttl)); until.After(l.Until) {
				l.Until = until
				t.leases.set(t.number, id, l)
				t.wrote = true
			}
			taken = append(taken, l)
		}
	}
	return taken, nil
}

func (t *tx) Leases(cs ...store.ConversationID) ([]store.Lease, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	now := record.Time(t.now())
	var found []store.Lease
	for _, id := range cs {
		if l, held := t.living(id, now); held {
			found = append(found, l)
		}
	}
	return found, nil
}

func (t *tx) Release(ls ...store.Lease) error {
	return write(t, ls, func(t *tx, l store.Lease) error {
		if held, ok := t.leases.get(l.Conversation); ok && held.Fence == l.Fence {
			t.leases.delete(t.number, l.Conversation)
		}
		return nil
	})
}

// living returns the lease of a conversation that has not run out.
func (t *tx) living(id store.ConversationID, now time.Time) (store.Lease, bool) {
	l, ok := t.leases.get(id)
	return l, ok && now.Before(l.Until)
}

// take gives a lease of a conversation that nobody holds. Fences are numbered
// through for the whole Store, so that they grow even if a lease is forgotten.
func (t *tx) take(owner string, ttl time.Duration, id store.ConversationID, now time.Time) store.Lease {
	t.wrote = true
	t.lastFence++
	l := store.Lease{Conversation: id, Owner: owner, Fence: t.lastFence, Until: record.Time(now.Add(ttl))}
	t.leases.set(t.number, id, l)
	return l
}
