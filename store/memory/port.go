package memory

import (
	"cmp"
	"context"
	"iter"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

var _ store.Porter = (*Store)(nil)

// Export runs fn on everything that is committed at the moment of the call.
func (s *Store) Export(ctx context.Context, fn func(store.Source) error) error {
	return s.View(ctx, func(t store.Tx) error { return fn(port{t.(*tx)}) })
}

// Import runs fn when its turn has come, and keeps what it has put if it
// returns nil.
func (s *Store) Import(ctx context.Context, fn func(store.Target) error) error {
	return s.Update(ctx, func(t store.Tx) error { return fn(port{t.(*tx)}) })
}

// port carries records out of a transaction, or into one.
type port struct{ *tx }

var _ store.Target = port{}

// Numbers returns the numbers of the Store. Fences have a number of their own
// here, and that of ids elsewhere.
func (p port) Numbers() (store.Numbers, error) {
	return store.Numbers{LastID: max(p.lastID, p.lastFence), LastCursor: p.lastCursor, DirectoryVersion: p.directoryVersion}, p.ready()
}

func (p port) SetNumbers(n store.Numbers) error {
	if err := p.writable(); err != nil {
		return err
	}
	p.wrote = true
	p.lastID, p.lastFence = max(p.lastID, n.LastID), max(p.lastFence, n.LastID)
	p.lastCursor, p.directoryVersion = max(p.lastCursor, n.LastCursor), n.DirectoryVersion
	return nil
}

func (p port) Counts() (store.Counts, error) {
	return store.Counts{
		Accounts:      size(&p.accounts),
		Inboxes:       size(&p.inboxes),
		Teams:         size(&p.teams),
		Users:         size(&p.users),
		Contacts:      size(&p.contacts),
		Conversations: size(&p.conversations),
		ReadMarks:     size(&p.marks),
		Messages:      size(&p.messages),
		Tasks:         size(&p.tasks),
		Consent:       size(&p.entries),
		Events:        count(&p.events, ofAccountAlone),
		DeletedEvents: count(&p.streams, hasDeleted),
		Strays:        size(&p.strays),
		Watermarks:    size(&p.watermarks),
	}, p.ready()
}

// ofAccountAlone leaves out the second place that an event of a conversation
// has.
func ofAccountAlone(k eventKey, _ *store.Event) bool { return k.conversation == 0 }

func hasDeleted(_ store.AccountID, s stream) bool { return s.deleted != 0 }

func size[K, V any](t *tree[K, V]) int64 {
	return count(t, func(K, V) bool { return true })
}

func count[K, V any](t *tree[K, V], counts func(K, V) bool) int64 {
	var n int64
	for k, v := range t.all() {
		if counts(k, v) {
			n++
		}
	}
	return n
}

func (p port) Batches() iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		b := &store.Batch{}
		_ = records(p, yield, b, &b.Accounts, &p.accounts, record.CopyAccount) &&
			records(p, yield, b, &b.Inboxes, &p.inboxes, record.CopyInbox) &&
			records(p, yield, b, &b.Teams, &p.teams, record.CopyTeam) &&
			records(p, yield, b, &b.Users, &p.users, record.CopyUser) &&
			records(p, yield, b, &b.Contacts, &p.contacts, record.CopyContact) &&
			records(p, yield, b, &b.Conversations, &p.conversations, record.CopyConversation) &&
			entries(p, yield, b, &b.ReadMarks, &p.marks, func(k markKey, m store.ReadMark) (store.AccountReadMark, bool) {
				return store.AccountReadMark{Account: k.account, ReadMark: m}, true
			}) &&
			records(p, yield, b, &b.Messages, &p.messages, record.CopyMessage) &&
			records(p, yield, b, &b.Tasks, &p.tasks, record.CopyTask) &&
			records(p, yield, b, &b.Consent, &p.entries, record.CopyEntry) &&
			entries(p, yield, b, &b.Events, &p.events, func(k eventKey, e *store.Event) (store.Event, bool) {
				return record.CopyEvent(*e), ofAccountAlone(k, e)
			}) &&
			entries(p, yield, b, &b.DeletedEvents, &p.streams, func(a store.AccountID, s stream) (store.DeletedEvents, bool) {
				return store.DeletedEvents{Account: a, Through: s.deleted}, hasDeleted(a, s)
			}) &&
			records(p, yield, b, &b.Strays, &p.strays, record.CopyStray) &&
			records(p, yield, b, &b.Watermarks, &p.watermarks, record.CopyWatermark)
	}
}

// records yields batches with copies of all records of a tree. It reports
// whether more are wanted.
func records[K, R any](p port, yield func(store.Batch, error) bool, b *store.Batch, list *[]R, t *tree[K, *R], clone func(R) R) bool {
	return entries(p, yield, b, list, t, func(_ K, r *R) (R, bool) { return clone(*r), true })
}

// entries yields batches with what pick makes of the entries of a tree. The
// list is the batch's.
func entries[K, V, R any](p port, yield func(store.Batch, error) bool, b *store.Batch, list *[]R, t *tree[K, V], pick func(K, V) (R, bool)) bool {
	flush := func() bool {
		if err := p.ready(); err != nil {
			yield(store.Batch{}, err)
			return false
		}
		full := *b
		*list = nil
		return yield(full, nil)
	}
	for k, v := range t.all() {
		if r, ok := pick(k, v); ok {
			*list = append(*list, r)
		}
		if len(*list) == store.BatchSize && !flush() {
			return false
		}
	}
	return len(*list) == 0 || flush()
}

// Put adds records, of which none is there yet.
func (p port) Put(b store.Batch) error {
	t := p.tx
	return cmp.Or(
		restore(t, b.Accounts, (*tx).putAccount, &t.accounts, func(a *store.Account) (store.AccountID, *int64) { return a.ID, &a.Version }),
		restore(t, b.Inboxes, (*tx).putInbox, &t.inboxes, func(i *store.Inbox) (named[store.InboxID], *int64) {
			return named[store.InboxID]{i.Account, i.ID}, &i.Version
		}),
		restore(t, b.Teams, (*tx).putTeam, &t.teams, func(m *store.Team) (named[store.TeamID], *int64) {
			return named[store.TeamID]{m.Account, m.ID}, &m.Version
		}),
		restore(t, b.Users, (*tx).putUser, &t.users, func(u *store.User) (named[store.UserID], *int64) {
			return named[store.UserID]{u.Account, u.ID}, &u.Version
		}),
		restore(t, b.Contacts, (*tx).putContact, &t.contacts, func(c *store.Contact) (store.ContactID, *int64) { return c.ID, &c.Version }),
		restore(t, b.Conversations, (*tx).putConversation, &t.conversations, func(c *store.Conversation) (store.ConversationID, *int64) {
			return c.ID, &c.Version
		}),
		write(t, b.ReadMarks, func(t *tx, m store.AccountReadMark) error { return t.PutReadMarks(m.Account, m.ReadMark) }),
		restore(t, b.Messages, (*tx).putMessage, &t.messages, func(m *store.Message) (store.MessageID, *int64) { return m.ID, &m.Version }),
		write(t, b.Tasks, (*tx).putTask),
		write(t, b.Consent, (*tx).appendConsent),
		write(t, b.Events, func(t *tx, e store.Event) error {
			s, _ := t.streams.get(e.Account)
			t.lastCursor = e.Cursor - 1 // SetNumbers comes last
			if err := t.appendEvent(e); err != nil || s.last < e.Cursor {
				return err
			}
			t.streams.set(t.number, e.Account, s)
			return nil
		}),
		write(t, b.DeletedEvents, func(t *tx, d store.DeletedEvents) error {
			s, _ := t.streams.get(d.Account)
			t.streams.set(t.number, d.Account, stream{last: max(s.last, d.Through), deleted: d.Through})
			return nil
		}),
		restore(t, b.Strays, (*tx).putStray, &t.strays, func(s *store.Stray) (store.StrayID, *int64) { return s.ID, &s.Version }),
		restore(t, b.Watermarks, (*tx).putWatermark, &t.watermarks, func(w *store.Watermark) (store.WatermarkID, *int64) { return w.ID, &w.Version }),
	)
}

// restore puts records as new ones and gives them back the versions that they
// had. What was put belongs to the transaction still.
func restore[K, R any](t *tx, records []R, put func(*tx, R) error, stored *tree[K, *R], of func(*R) (K, *int64)) error {
	return write(t, records, func(t *tx, r R) error {
		key, version := of(&r)
		had := *version
		*version = 0
		if err := put(t, r); err != nil {
			return err
		}
		kept, _ := stored.get(key)
		_, version = of(kept)
		*version = had
		return nil
	})
}

// all returns all entries of a tree, ascending.
func (t *tree[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if t.root != nil {
			t.root.all(yield)
		}
	}
}

func (n *node[K, V]) all(yield func(K, V) bool) bool {
	for i, k := range n.keys {
		if n.kids == nil && !yield(k, n.vals[i]) || n.kids != nil && !n.kids[i].all(yield) {
			return false
		}
	}
	return true
}
