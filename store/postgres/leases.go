package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// leases are those of the conversations whose guards a transaction has.
type leases struct {
	of    map[store.ConversationID]*leaseSlot
	dirty []*leaseSlot
}

// leaseSlot is what a transaction knows of a conversation's lease.
type leaseSlot struct {
	lease store.Lease
	held  bool
	dirty bool

	// spare is a fence that nobody has used. It was drawn when the guard was
	// held, so it is larger than that of every earlier lease.
	spare int64
}

// living reports whether a lease is held at the moment of the transaction.
// That is at its beginning, before it had the guard, so a lease that has run
// out by then will never be prolonged.
func (t *tx) living(s *leaseSlot) bool { return s.held && s.lease.Until.After(t.moment) }

// NextDue walks the tasks by when they are due, past those of conversations
// that somebody is at.
func (t *tx) NextDue() (time.Time, bool, error) {
	var at time.Time
	found := false
	err := t.read(nil, `
		SELECT k.due_at FROM @tasks k
		WHERE NOT k.set_aside AND NOT EXISTS (SELECT 1 FROM @leases l WHERE l.conversation = k.conversation AND l.until > @moment())
		ORDER BY k.due_at, k.id LIMIT 1`, func(rows pgx.Rows) error {
		found = true
		return rows.Scan(moment{&at})
	})
	return at, found, err
}

// LeaseDue takes leases of what findDue finds. It looks again for as long as
// there may be more: of what it has found, others may have been faster with a
// part, and what is left over goes round once more.
func (t *tx) LeaseDue(q store.LeaseQuery) ([]store.Lease, error) {
	if err := t.writable(); err != nil || q.Limit < 1 {
		return nil, err
	}
	// Leases are judged by the moment of the beginning, here and by the database.
	if err := t.ask(t.ctx, nil, alongIndexes); err != nil {
		return nil, err
	}
	var taken []store.Lease
	for len(taken) < q.Limit {
		due, all, err := t.findDue(q.Now, q.Limit-len(taken))
		if err != nil {
			return nil, err
		}
		for _, id := range due {
			if t.living(t.leases.of[id]) {
				continue
			}
			if err := t.take(t.leases.of[id], id, q.Owner, q.TTL); err != nil {
				return nil, err
			}
			taken = append(taken, t.leases.of[id].lease)
		}
		if all {
			break
		}
	}
	return taken, nil
}

// fetchLeases asks for leases, and for fences in case new ones are taken.
func (t *tx) fetchLeases(cs []store.ConversationID) *fetch {
	k := &t.leases
	if k.of == nil {
		k.of = make(map[store.ConversationID]*leaseSlot)
	}
	var unknown []store.ConversationID
	for _, id := range missing(k.of, cs) {
		if t.ids.drew(int64(id)) {
			k.of[id] = &leaseSlot{lease: store.Lease{Conversation: id}}
		} else {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	f := &fetch{guards: mapped(unknown, t.s.guards.lease), after: func() {}}
	f.statement = statement{
		text: `
			SELECT k.conversation, nextval('@ids'), l.conversation IS NOT NULL, coalesce(l.owner, ''), coalesce(l.fence, 0), l.until
			FROM unnest($1::bigint[]) AS k(conversation) LEFT JOIN @leases l ON l.conversation = k.conversation`,
		args: []any{numbers(unknown)},
		read: func(rows pgx.Rows) error {
			s := &leaseSlot{}
			l := &s.lease
			err := rows.Scan((*int64)(&l.Conversation), &s.spare, &s.held, &l.Owner, &l.Fence, moment{&l.Until})
			unpackAll(&l.Owner)
			k.of[l.Conversation] = s
			return err
		},
	}
	return f
}

// Lease takes or prolongs leases.
func (t *tx) Lease(owner string, ttl time.Duration, cs ...store.ConversationID) ([]store.Lease, error) {
	if err := t.writable(); err != nil {
		return nil, err
	}
	if err := t.fetch(t.fetchLeases(cs)); err != nil {
		return nil, err
	}
	var leases []store.Lease
	for _, id := range cs {
		s := t.leases.of[id]
		until := record.Time(t.moment.Add(ttl))
		switch {
		case !t.living(s):
			if err := t.take(s, id, owner, ttl); err != nil {
				return nil, err
			}
		case s.lease.Owner != owner:
			continue
		case until.After(s.lease.Until):
			s.lease.Until = until
			t.touch(s)
		}
		leases = append(leases, s.lease)
	}
	return leases, nil
}

// take gives a lease that nobody holds.
func (t *tx) take(s *leaseSlot, id store.ConversationID, owner string, ttl time.Duration) error {
	if s.spare == 0 && t.ids.drew(int64(id)) && s.lease.Fence == 0 { // nobody had a lease of it before
		var err error
		if s.spare, err = t.NewID(); err != nil {
			return err
		}
	}
	if s.spare == 0 {
		if err := t.ask(t.ctx, nil, statement{`SELECT nextval('@ids')`, nil, func(rows pgx.Rows) error { return rows.Scan(&s.spare) }}); err != nil {
			return err
		}
	}
	s.lease = store.Lease{Conversation: id, Owner: owner, Fence: s.spare, Until: record.Time(t.moment.Add(ttl))}
	s.held, s.spare = true, 0
	t.touch(s)
	return nil
}

// touch notes that a lease has to be written.
func (t *tx) touch(s *leaseSlot) {
	t.wrote = true
	if !s.dirty {
		s.dirty = true
		t.leases.dirty = append(t.leases.dirty, s)
	}
}

// Leases returns the living leases of conversations.
func (t *tx) Leases(cs ...store.ConversationID) ([]store.Lease, error) {
	if err := t.ready(); err != nil || len(cs) == 0 {
		return nil, err
	}
	if t.readOnly {
		return t.viewLeases(cs)
	}
	if err := t.fetch(t.fetchLeases(cs)); err != nil {
		return nil, err
	}
	var leases []store.Lease
	for _, id := range cs {
		if s := t.leases.of[id]; t.living(s) {
			leases = append(leases, s.lease)
		}
	}
	return leases, nil
}

func (t *tx) viewLeases(cs []store.ConversationID) ([]store.Lease, error) {
	found := make(map[store.ConversationID]store.Lease)
	err := t.read(nil, `SELECT conversation, owner, fence, until FROM @leases WHERE conversation = ANY($1::bigint[]) AND until > @moment()`, func(rows pgx.Rows) error {
		var l store.Lease
		err := rows.Scan((*int64)(&l.Conversation), &l.Owner, &l.Fence, moment{&l.Until})
		unpackAll(&l.Owner)
		found[l.Conversation] = l
		return err
	}, numbers(cs))
	var leases []store.Lease
	for _, id := range cs {
		if l, ok := found[id]; ok {
			leases = append(leases, l)
		}
	}
	return leases, err
}

// Release ends leases that still have the same fence.
func (t *tx) Release(ls ...store.Lease) error {
	if err := t.writable(); err != nil {
		return err
	}
	cs := make([]store.ConversationID, len(ls))
	for i, l := range ls {
		cs[i] = l.Conversation
	}
	if err := t.fetch(t.fetchLeases(cs)); err != nil {
		return err
	}
	for _, l := range ls {
		if s := t.leases.of[l.Conversation]; s.held && s.lease.Fence == l.Fence {
			s.held = false
			t.touch(s)
		}
	}
	return nil
}

// flush returns the statements that write leases. A lease that has ended is
// forgotten.
func (k *leases) flush() []statement {
	var gone, conversations, fences []int64
	var owners []string
	var until []time.Time
	for _, s := range k.dirty {
		s.dirty = false
		if !s.held {
			gone = append(gone, int64(s.lease.Conversation))
			continue
		}
		conversations, owners = append(conversations, int64(s.lease.Conversation)), append(owners, pack(s.lease.Owner))
		fences, until = append(fences, s.lease.Fence), append(until, s.lease.Until)
	}
	k.dirty = nil
	var statements []statement
	if len(gone) > 0 {
		statements = append(statements, statement{text: `DELETE FROM @leases WHERE conversation = ANY($1::bigint[])`, args: []any{gone}})
	}
	if len(conversations) > 0 {
		statements = append(statements, statement{text: `
			INSERT INTO @leases (conversation, owner, fence, until)
			SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[])
			ON CONFLICT (conversation) DO UPDATE SET owner = excluded.owner, fence = excluded.fence, until = excluded.until`,
			args: []any{conversations, owners, fences, until}})
	}
	return statements
}
