package sqlite

import (
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// NextDue walks the tasks by when they are due, past those of conversations
// that somebody is at.
func (t *tx) NextDue() (time.Time, bool, error) {
	var at time.Time
	found := false
	err := t.each(func(r row) (bool, error) {
		found = true
		return false, r.Scan(timeColumn{&at})
	}, `
		SELECT k.due_at FROM tasks k
		WHERE k.set_aside = 0 AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.conversation = k.conversation AND l.until > ?)
		ORDER BY k.due_at, k.id LIMIT 1`, t.now().UnixMicro())
	return at, found, err
}

// LeaseDue takes leases of what findDue finds, and looks again for what is left
// over.
func (t *tx) LeaseDue(q store.LeaseQuery) ([]store.Lease, error) {
	if err := t.writable(); err != nil || q.Limit < 1 {
		return nil, err
	}
	var taken []store.Lease
	for len(taken) < q.Limit {
		due, all, err := t.findDue(q.Now.UnixMicro(), q.Limit-len(taken))
		if err != nil {
			return nil, err
		}
		leases, err := t.take(q.Owner, q.TTL, due)
		if err != nil {
			return nil, err
		}
		taken = append(taken, leases...)
		if all {
			break
		}
	}
	return taken, nil
}

// Lease takes or prolongs leases.
func (t *tx) Lease(owner string, ttl time.Duration, cs ...store.ConversationID) ([]store.Lease, error) {
	if err := t.writable(); err != nil {
		return nil, err
	}
	living, err := t.living(cs)
	if err != nil {
		return nil, err
	}
	until := t.now().Add(ttl).Truncate(time.Microsecond)
	var leases []store.Lease
	for _, id := range cs {
		l, held := living[id]
		switch {
		case !held:
			taken, err := t.take(owner, ttl, []store.ConversationID{id})
			if err != nil {
				return nil, err
			}
			l = taken[0]
		case l.Owner != owner:
			continue
		case until.After(l.Until):
			l.Until = until
			if _, err := t.exec(`UPDATE leases SET until = ? WHERE conversation = ?`, until.UnixMicro(), int64(id)); err != nil {
				return nil, err
			}
		}
		living[id] = l
		leases = append(leases, l)
	}
	return leases, nil
}

// take gives leases of conversations that nobody holds. Fences are numbers of
// the Store's sequence, so that they grow even though a lease is forgotten
// when it ends.
func (t *tx) take(owner string, ttl time.Duration, cs []store.ConversationID) ([]store.Lease, error) {
	until := t.now().Add(ttl).Truncate(time.Microsecond)
	leases := make([]store.Lease, len(cs))
	for i, id := range cs {
		fence, err := t.NewID()
		if err != nil {
			return nil, err
		}
		leases[i] = store.Lease{Conversation: id, Owner: owner, Fence: fence, Until: until}
		if _, err := t.exec(`INSERT OR REPLACE INTO leases (conversation, owner, fence, until) VALUES (?, ?, ?, ?)`,
			int64(id), owner, fence, until.UnixMicro()); err != nil {
			return nil, err
		}
	}
	return leases, nil
}

var leasesByConversation = newKeyed(`SELECT conversation, owner, fence, until FROM leases WHERE until > ? AND conversation IN %s`)

// Leases returns the living leases of conversations.
func (t *tx) Leases(cs ...store.ConversationID) ([]store.Lease, error) {
	return byKeys(t, &leasesByConversation, func(r row, l *store.Lease) error {
		return r.Scan((*int64)(&l.Conversation), &l.Owner, &l.Fence, timeColumn{&l.Until})
	}, func(l *store.Lease) store.ConversationID { return l.Conversation }, cs, t.now().UnixMicro())
}

func (t *tx) living(cs []store.ConversationID) (map[store.ConversationID]store.Lease, error) {
	leases, err := t.Leases(cs...)
	living := make(map[store.ConversationID]store.Lease, len(leases))
	for _, l := range leases {
		living[l.Conversation] = l
	}
	return living, err
}

// Release ends leases that still have the same fence.
func (t *tx) Release(ls ...store.Lease) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, l := range ls {
		if _, err := t.exec(`DELETE FROM leases WHERE conversation = ? AND fence = ?`, int64(l.Conversation), l.Fence); err != nil {
			return err
		}
	}
	return nil
}
