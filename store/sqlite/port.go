package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/teaminbox/teaminbox/store"
)

var _ store.Porter = (*Store)(nil)

// Export runs fn on a snapshot of the file. Until it ends, the log can't be
// begun anew, and grows with every Update.
func (s *Store) Export(ctx context.Context, fn func(store.Source) error) error {
	return s.View(ctx, func(t store.Tx) error { return fn(port{t.(*tx)}) })
}

// Import runs fn in a transaction, alone among all processes that share the
// file. It ends with everything in the index. What it puts is in the log until it is written back, so the disk needs
// room for everything twice.
func (s *Store) Import(ctx context.Context, fn func(store.Target) error) error {
	return s.Update(ctx, func(t store.Tx) error { return fn(port{t.(*tx)}) })
}

// port carries records out of a transaction, or into one.
type port struct{ *tx }

var _ store.Target = port{}

// Numbers returns the counters. Fences are ids.
func (p port) Numbers() (store.Numbers, error) {
	err := p.loadCounters()
	c := p.counters
	return store.Numbers{LastID: c.lastID, LastCursor: store.Cursor(c.lastCursor), DirectoryVersion: c.directoryVersion}, err
}

// SetNumbers changes the counters.
func (p port) SetNumbers(n store.Numbers) error {
	return p.count(func(c *counters) {
		c.lastID, c.lastCursor = max(c.lastID, n.LastID), max(c.lastCursor, int64(n.LastCursor))
		c.directoryVersion = n.DirectoryVersion
	})
}

// Counts counts the rows of each table.
func (p port) Counts() (c store.Counts, err error) {
	err = p.each(func(r row) (bool, error) {
		return false, r.Scan(&c.Accounts, &c.Inboxes, &c.Teams, &c.Users, &c.Contacts, &c.Conversations, &c.ReadMarks,
			&c.Messages, &c.Tasks, &c.Consent, &c.Events, &c.DeletedEvents, &c.Strays, &c.Watermarks)
	}, `SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM inboxes), (SELECT count(*) FROM teams), (SELECT count(*) FROM users),
		(SELECT count(*) FROM contacts), (SELECT count(*) FROM conversations), (SELECT count(*) FROM read_marks),
		(SELECT count(*) FROM messages), (SELECT count(*) FROM tasks), (SELECT count(*) FROM consent), (SELECT count(*) FROM events),
		(SELECT count(*) FROM deleted_events), (SELECT count(*) FROM strays), (SELECT count(*) FROM watermarks)`)
	return c, err
}

// Batches reads each table from its beginning to its end.
func (p port) Batches() iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		t, b := p.tx, &store.Batch{}
		_ = batches(t, yield, b, &b.Accounts, scanAccount, `SELECT id, name, version FROM accounts ORDER BY id`) &&
			batches(t, yield, b, &b.Inboxes, scanInbox, `SELECT account, id, name, endpoints, team, settings, version FROM inboxes ORDER BY account, id`) &&
			batches(t, yield, b, &b.Teams, scanTeam, `SELECT account, id, name, members, version FROM teams ORDER BY account, id`) &&
			batches(t, yield, b, &b.Users, scanUser, `SELECT account, id, name, licensed, availability, languages, version FROM users ORDER BY account, id`) &&
			batches(t, yield, b, &b.Contacts, scanContact, `SELECT `+contactColumns+` FROM contacts c ORDER BY id`) &&
			batches(t, yield, b, &b.Conversations, scanConversation, `SELECT `+conversationColumns+` FROM conversations ORDER BY id`) &&
			batches(t, yield, b, &b.ReadMarks, func(r row, m *store.AccountReadMark) error {
				return r.Scan((*string)(&m.Account), (*string)(&m.User), (*int64)(&m.Conversation), &m.Seq, &m.InboundCount)
			}, `SELECT account, user, conversation, seq, inbound_count FROM read_marks ORDER BY account, user, conversation`) &&
			batches(t, yield, b, &b.Messages, scanMessage, `SELECT `+messageColumns+` FROM messages ORDER BY id`) &&
			batches(t, yield, b, &b.Tasks, scanTask, `SELECT `+taskColumns+` FROM tasks ORDER BY id`) &&
			batches(t, yield, b, &b.Consent, scanEntry, `SELECT `+consentColumns+` FROM consent ORDER BY id`) &&
			batches(t, yield, b, &b.Events, scanEvent, `SELECT `+eventColumns+` FROM events ORDER BY cursor`) &&
			batches(t, yield, b, &b.DeletedEvents, func(r row, d *store.DeletedEvents) error {
				return r.Scan((*string)(&d.Account), (*int64)(&d.Through))
			}, `SELECT account, through FROM deleted_events ORDER BY account`) &&
			batches(t, yield, b, &b.Strays, scanStray, `SELECT `+strayColumns+` FROM strays ORDER BY id`) &&
			batches(t, yield, b, &b.Watermarks, scanWatermark, `SELECT id, through, asked_at, error, version FROM watermarks ORDER BY id`)
	}
}

// batches yields the records of a table, with the list in a batch, and reports
// whether more are wanted.
func batches[T any](t *tx, yield func(store.Batch, error) bool, b *store.Batch, list *[]T, scan func(row, *T) error, text string) bool {
	wanted := true
	flush := func() {
		full := *b
		*list = nil
		wanted = yield(full, nil)
	}
	err := t.each(func(r row) (bool, error) {
		*list = append(*list, *new(T))
		if err := scan(r, &(*list)[len(*list)-1]); err != nil {
			return false, err
		}
		if len(*list) == store.BatchSize {
			flush()
		}
		return wanted, nil
	}, text)
	switch {
	case err != nil && wanted:
		yield(store.Batch{}, err)
		return false
	case len(*list) > 0:
		flush()
	}
	return wanted
}

// Put adds records, of which none is there yet, with the versions that they
// have.
func (p port) Put(b store.Batch) error {
	t := p.tx
	t.restores = true
	err := cmp.Or(
		t.PutAccounts(b.Accounts...),
		t.PutInboxes(b.Inboxes...),
		t.PutTeams(b.Teams...),
		t.PutUsers(b.Users...),
		t.PutContacts(b.Contacts...),
		t.PutConversations(b.Conversations...),
		p.putReadMarks(b.ReadMarks),
		t.PutMessages(b.Messages...),
		t.PutTasks(b.Tasks...),
		t.AppendConsent(b.Consent...),
		p.putEvents(b.Events),
		p.putDeletedEvents(b.DeletedEvents),
		t.PutStrays(b.Strays...),
		t.PutWatermarks(b.Watermarks...),
	)
	for more := err == nil && len(b.Messages) > 0; more && err == nil; {
		more, err = t.indexPending(len(b.Messages))
	}
	t.restores = false
	clear(t.kept) // nobody puts them again
	return err
}

func (p port) putReadMarks(ms []store.AccountReadMark) error {
	for _, m := range ms {
		if err := p.PutReadMarks(m.Account, m.ReadMark); err != nil {
			return err
		}
	}
	return nil
}

// putEvents adds events with the cursors that they have.
func (p port) putEvents(es []store.Event) error {
	for _, e := range es {
		err := p.count(func(c *counters) { c.lastCursor = int64(e.Cursor) - 1 }) // SetNumbers comes last
		if err == nil {
			err = p.AppendEvents(e)
		}
		if err != nil {
			return fmt.Errorf("%w (event %v)", err, e.Cursor)
		}
	}
	return nil
}

func (p port) putDeletedEvents(ds []store.DeletedEvents) error {
	for _, d := range ds {
		if _, err := p.exec(`INSERT INTO deleted_events (account, through) VALUES (?, ?)`, string(d.Account), int64(d.Through)); err != nil {
			return err
		}
	}
	return nil
}
