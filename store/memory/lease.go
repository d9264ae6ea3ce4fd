package memory

import (
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
	for _, task := range t.due.from(dueKey{at: dawn}) {
		if _, held := t.living(task.Conversation, now); !held {
			return task.DueAt, true, nil
		}
	}
	return time.Time{}, false, nil
}

func (t *tx) LeaseDue(q store.LeaseQuery) ([]store.Lease, error) {
	if err := t.writable(); err != nil {
		return nil, err
	}
	now, last := record.Time(t.now()), instantOf(q.Now)
	var taken []store.Lease
	for k, task := range t.due.from(dueKey{at: dawn}) {
		if k.at > last || len(taken) >= q.Limit {
			break
		}
		if _, held := t.living(task.Conversation, now); !held {
			taken = append(taken, t.take(q.Owner, q.TTL, task.Conversation, now))
		}
	}
	return taken, nil
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
