package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

var _ store.Porter = (*Store)(nil)

// Export runs fn on a snapshot of the database. It does not end after
// Config.IdleTimeout: whoever takes the records may be slow.
func (s *Store) Export(ctx context.Context, fn func(store.Source) error) error {
	return s.port(ctx, true, func(p port) error {
		if err := p.begin(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`); err != nil {
			return err
		}
		return fn(p)
	})
}

// Import runs fn in a transaction that has all tables for itself; Views see
// them as they were before, and Updates wait. It fails with [ErrBusy] if another
// Import is under way, or if somebody goes on writing for Config.LockTimeout.
func (s *Store) Import(ctx context.Context, fn func(store.Target) error) error {
	return s.port(ctx, false, func(p port) error {
		if err := p.begin(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`); err != nil {
			return err
		}
		if err := p.lock(); err != nil {
			return err
		}
		if err := fn(p); err != nil {
			return err
		}
		// The planner takes tables for empty until somebody has looked.
		return p.ask(p.ctx, nil, statement{text: `ANALYZE @search, ` + portedTables})
	})
}

// port runs fn in a transaction, once: what it carries can't be asked for
// again.
func (s *Store) port(ctx context.Context, readOnly bool, fn func(port) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	_, err := s.attempt(ctx, readOnly, &again{}, func(t store.Tx) error { return fn(port{t.(*tx)}) })
	if errors.Is(err, errLost) && !errors.Is(err, store.ErrUnknown) {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}

// port carries records out of a transaction, or into one.
type port struct{ *tx }

var _ store.Target = port{}

// begin begins the transaction, with no limits but that for locks.
func (p port) begin(text string) error {
	return p.send(p.ctx, []statement{{text: text}, {
		text: `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', '0', true),
			set_config('idle_in_transaction_session_timeout', '0', true), set_config('synchronous_commit', $2, true),
			set_config('teaminbox.search', $3, true)`,
		args: []any{p.s.limits.lock, p.s.synchronousCommit, tokensVersion},
	}})
}

const portedTables = `@accounts, @inboxes, @endpoints, @teams, @users, @contacts, @identities, @conversations, @participants, @read_marks,
	@messages, @tasks, @leases, @consent, @events, @deleted_events, @strays, @watermarks`

// lock waits for everybody who writes in the tables, and keeps others from it.
// For another Import, too, it waits no longer than for any lock: that is time for
// the server to notice that whoever was at it has been killed, and otherwise it
// leaves nothing to do.
func (p port) lock() error {
	err := p.ask(p.ctx, nil, statement{text: `SELECT pg_advisory_xact_lock($1)`, args: []any{p.s.guards.of("import").key}},
		statement{`SELECT pg_current_xact_id()::text`, nil, func(rows pgx.Rows) error { return rows.Scan(&p.id) }})
	if errors.Is(err, ErrBusy) {
		return fmt.Errorf("%w: records are being copied into the schema %s already", err, p.s.cfg.Schema)
	}
	if err != nil {
		return err
	}
	err = p.ask(p.ctx, nil, statement{text: `LOCK TABLE ` + portedTables + ` IN SHARE ROW EXCLUSIVE MODE`})
	if errors.Is(err, ErrBusy) {
		return fmt.Errorf("%w; stop the engines that use the schema %s", err, p.s.cfg.Schema)
	}
	p.wrote = true
	return err
}

// Numbers returns the counters and the ends of the sequences. Fences are ids.
func (p port) Numbers() (n store.Numbers, err error) {
	err = p.ask(p.ctx, nil, statement{`
		SELECT CASE WHEN i.is_called THEN i.last_value + $1 ELSE i.last_value END - 1,
			CASE WHEN k.is_called THEN k.last_value ELSE k.last_value - 1 END, c.directory_version
		FROM @counters c, @ids i, @cursors k`, []any{int64(blockSize)},
		func(rows pgx.Rows) error { return rows.Scan(&n.LastID, (*int64)(&n.LastCursor), &n.DirectoryVersion) }})
	return n, err
}

// SetNumbers moves the sequences on. They stay so if the transaction is rolled
// back, which does no harm.
func (p port) SetNumbers(n store.Numbers) error {
	nextID := (n.LastID+blockSize-1)/blockSize*blockSize + 1 // where a block begins
	return p.ask(p.ctx, nil,
		statement{text: `UPDATE @counters SET directory_version = $1`, args: []any{n.DirectoryVersion}},
		statement{
			text: `SELECT setval('@ids', greatest($1::bigint, CASE WHEN is_called THEN last_value + $2 ELSE last_value END), false) FROM @ids`,
			args: []any{nextID, int64(blockSize)},
		},
		statement{
			text: `SELECT setval('@cursors', greatest($1::bigint, CASE WHEN is_called THEN last_value + 1 ELSE last_value END), false) FROM @cursors`,
			args: []any{int64(n.LastCursor) + 1},
		})
}

// Counts counts the rows of each table.
func (p port) Counts() (c store.Counts, err error) {
	err = p.ask(p.ctx, nil, statement{`
		SELECT (SELECT count(*) FROM @accounts), (SELECT count(*) FROM @inboxes), (SELECT count(*) FROM @teams), (SELECT count(*) FROM @users),
			(SELECT count(*) FROM @contacts), (SELECT count(*) FROM @conversations), (SELECT count(*) FROM @read_marks),
			(SELECT count(*) FROM @messages), (SELECT count(*) FROM @tasks), (SELECT count(*) FROM @consent), (SELECT count(*) FROM @events),
			(SELECT count(*) FROM @deleted_events), (SELECT count(*) FROM @strays), (SELECT count(*) FROM @watermarks)`, nil,
		func(rows pgx.Rows) error {
			return rows.Scan(&c.Accounts, &c.Inboxes, &c.Teams, &c.Users, &c.Contacts, &c.Conversations, &c.ReadMarks,
				&c.Messages, &c.Tasks, &c.Consent, &c.Events, &c.DeletedEvents, &c.Strays, &c.Watermarks)
		}})
	return c, err
}

// Batches reads each table from its beginning to its end.
func (p port) Batches() iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		t, b := p.tx, &store.Batch{}
		_ = batches(t, yield, b, &b.Accounts, "accounts", scanAccount, `SELECT id, name, version FROM @accounts ORDER BY id`) &&
			batches(t, yield, b, &b.Inboxes, "inboxes", scanInbox, `SELECT account, id, name, endpoints, team, settings, version FROM @inboxes ORDER BY account, id`) &&
			batches(t, yield, b, &b.Teams, "teams", scanTeam, `SELECT account, id, name, members, version FROM @teams ORDER BY account, id`) &&
			batches(t, yield, b, &b.Users, "users", scanUser, `SELECT account, id, name, licensed, availability, languages, version FROM @users ORDER BY account, id`) &&
			batches(t, yield, b, &b.Contacts, "contacts", scanContact, `SELECT `+contactColumns+` FROM @contacts c ORDER BY c.id`) &&
			batches(t, yield, b, &b.Conversations, "conversations", scanConversation, `SELECT `+conversationColumns+` FROM @conversations c ORDER BY c.id`) &&
			batches(t, yield, b, &b.ReadMarks, "read_marks", func(r scanner, m *store.AccountReadMark) error {
				err := r.Scan((*string)(&m.Account), (*string)(&m.User), (*int64)(&m.Conversation), &m.Seq, &m.InboundCount)
				unpackAll((*string)(&m.Account), (*string)(&m.User))
				return err
			}, `SELECT account, username, conversation, seq, inbound_count FROM @read_marks ORDER BY account, username, conversation`) &&
			batches(t, yield, b, &b.Messages, "messages", scanMessage, `SELECT `+messageColumns+` FROM @messages m ORDER BY m.id`) &&
			batches(t, yield, b, &b.Tasks, "tasks", scanTask, `SELECT `+taskColumns+` FROM @tasks k ORDER BY k.id`) &&
			batches(t, yield, b, &b.Consent, "consent", scanEntry, `SELECT `+consentColumns+` FROM @consent ORDER BY id`) &&
			batches(t, yield, b, &b.Events, "events", scanEvent, `SELECT `+eventColumns+` FROM @events ORDER BY cursor`) &&
			batches(t, yield, b, &b.DeletedEvents, "deleted_events", func(r scanner, d *store.DeletedEvents) error {
				err := r.Scan((*string)(&d.Account), (*int64)(&d.Through))
				unpackAll((*string)(&d.Account))
				return err
			}, `SELECT account, through FROM @deleted_events ORDER BY account`) &&
			batches(t, yield, b, &b.Strays, "strays", scanStray, `SELECT `+strayColumns+` FROM @strays s ORDER BY s.id`) &&
			batches(t, yield, b, &b.Watermarks, "watermarks", watermarkKind.scan, `SELECT id, through, asked_at, error, version FROM @watermarks ORDER BY id`)
	}
}

// batches yields the records of a table, with the list in a batch, and reports
// whether more are wanted. They come through a cursor, so that the connection
// is free while they are dealt with.
func batches[T any](t *tx, yield func(store.Batch, error) bool, b *store.Batch, list *[]T, name string, scan func(scanner, *T) error, text string) bool {
	fetched, err := store.BatchSize, t.declare(name, text)
	for err == nil && fetched == store.BatchSize {
		if err = t.ready(); err != nil {
			break
		}
		err = t.ask(t.ctx, nil, statement{fmt.Sprintf(`FETCH %d FROM copy_%s`, store.BatchSize, name), nil, collect(list, scan)})
		if fetched = len(*list); err != nil || fetched == 0 {
			break
		}
		full := *b
		*list = nil
		if !yield(full, nil) {
			return false
		}
	}
	if err == nil {
		err = t.ask(t.ctx, nil, statement{text: `CLOSE copy_` + name})
	}
	if err != nil {
		yield(store.Batch{}, err)
	}
	return err == nil
}

func (t *tx) declare(name, text string) error {
	return t.ask(t.ctx, nil, statement{text: `DECLARE copy_` + name + ` NO SCROLL CURSOR FOR ` + text})
}

// Put adds records, of which none is there yet, with the versions that they
// have.
func (p port) Put(b store.Batch) error {
	if err := p.writable(); err != nil {
		return err
	}
	d := &p.directory
	restore(&d.accounts, b.Accounts, func(a *store.Account) int64 { return a.Version })
	restore(&d.inboxes, b.Inboxes, func(i *store.Inbox) int64 { return i.Version })
	restore(&d.teams, b.Teams, func(m *store.Team) int64 { return m.Version })
	restore(&d.users, b.Users, func(u *store.User) int64 { return u.Version })
	d.written = len(b.Accounts)+len(b.Inboxes)+len(b.Teams)+len(b.Users) > 0
	restore(&p.contacts, b.Contacts, contactKind.version)
	restore(&p.conversations, b.Conversations, conversationKind.version)
	restore(&p.messages, b.Messages, messageKind.version)
	restore(&p.strays, b.Strays, strayKind.version)
	restore(&p.watermarks, b.Watermarks, watermarkKind.version)
	p.marks.pending = make(map[store.MarkRef]store.ReadMark, len(b.ReadMarks))
	for _, m := range b.ReadMarks {
		p.marks.pending[store.MarkRef{Account: m.Account, User: m.User, Conversation: m.Conversation}] = m.ReadMark
	}
	for _, k := range b.Tasks {
		p.tasks.change(k.ID, &k)
	}
	p.consent.pending = b.Consent
	statements, err := p.flush()
	if err != nil {
		return p.fail(err)
	}
	if len(b.Events) > 0 {
		args, err := params(portedEventFields, pointers(b.Events))
		if err != nil {
			return p.fail(err)
		}
		statements = append(statements, statement{text: `
			INSERT INTO @events (` + eventColumns + `)
			SELECT v.cursor, v.account, v.type, v.at, v.inbox, v.conversation, v.message, v.actor_kind, v.actor_user, v.detail::jsonb
			FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[])
				AS v(` + eventColumns + `)`, args: args})
	}
	for _, d := range b.DeletedEvents {
		statements = append(statements, statement{
			text: `INSERT INTO @deleted_events (account, through) VALUES ($1, $2)`, args: []any{pack(string(d.Account)), int64(d.Through)},
		})
	}
	return p.ask(p.ctx, nil, statements...)
}

// portedEventFields are those of events with a cursor.
var portedEventFields = append([]column[store.Event]{
	numberColumn("cursor", func(e *store.Event) int64 { return int64(e.Cursor) }),
}, eventFields...)

// restore notes records to be written as they are. They are not kept.
func restore[ID comparable, T any](r *records[ID, T], list []T, version func(*T) int64) {
	for i := range list {
		r.dirty = append(r.dirty, &slot[T]{exists: true, value: list[i], version: version(&list[i]), dirty: true})
	}
}
