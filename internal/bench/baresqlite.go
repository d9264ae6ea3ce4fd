package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/teaminbox/teaminbox/store"
)

// bareSQLite takes messages through transactions of prepared statements. A
// connection of its own writes the log back into the file, so that no commit
// has to.
type bareSQLite struct {
	db         *sql.DB
	writer     *sql.Conn
	statements map[string]statement
	checkpoint *sql.Conn
	stop       context.CancelFunc
	done       sync.WaitGroup
	failed     error // of the checkpoints
}

// statement is a prepared statement that lives as long as the writer.
type statement struct{ prepared *sql.Stmt }

const bareCheckpoints = 100 * time.Millisecond // between two checkpoints

func openBareSQLite(ctx context.Context, path string) (committer, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(100000)", "cache_size(-32768)",
	}}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	b := &bareSQLite{db: db, statements: make(map[string]statement), stop: func() {}}
	if b.writer, err = db.Conn(ctx); err == nil {
		b.checkpoint, err = db.Conn(ctx)
	}
	if err == nil { // the triggers note words to search, of which it knows nothing
		_, err = b.writer.ExecContext(ctx, `DROP TRIGGER IF EXISTS search_written; DROP TRIGGER IF EXISTS search_changed`)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	ctx, b.stop = context.WithCancel(ctx)
	b.done.Go(func() { b.failed = b.checkpoints(ctx) })
	return b, nil
}

func (b *bareSQLite) close() error {
	b.stop()
	b.done.Wait()
	errs := []error{b.failed}
	for _, s := range b.statements {
		errs = append(errs, s.prepared.Close())
	}
	for _, c := range []*sql.Conn{b.writer, b.checkpoint} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(append(errs, b.db.Close())...)
}

// checkpoints writes the log back now and then.
func (b *bareSQLite) checkpoints(ctx context.Context) error {
	ticker := time.NewTicker(bareCheckpoints)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if _, err := b.checkpoint.ExecContext(context.WithoutCancel(ctx), `PRAGMA wal_checkpoint(PASSIVE)`); err != nil {
			return err
		}
	}
}

// commit runs to its end whatever becomes of the context, as the driver would
// need a goroutine for each statement to look at one.
func (b *bareSQLite) commit(ctx context.Context, batch []arrival) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := b.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := b.put(ctx, batch)
	if err == nil {
		_, err = b.exec(ctx, `COMMIT`)
	}
	if err != nil {
		_, undone := b.exec(ctx, `ROLLBACK`)
		return errors.Join(err, undone)
	}
	return nil
}

// put writes messages with five statements each.
func (b *bareSQLite) put(ctx context.Context, batch []arrival) error {
	var id, cursor int64
	if err := b.scan(ctx, `SELECT last_id, last_cursor FROM counters`, nil, &id, &cursor); err != nil {
		return err
	}
	now := time.Now().UnixMicro()
	for _, a := range batch {
		var conversation, seq, inbound int64
		var open bool
		err := b.scan(ctx, `SELECT id, last_seq + 1, inbound_count + 1, status = 'open' FROM conversations WHERE account = ? AND inbox = ? AND family = 'telephony' AND identity = ?`,
			[]any{string(account), string(inboxID), a.address}, &conversation, &seq, &inbound, &open)
		if err != nil {
			return err
		}
		added, err := b.exec(ctx, `
			INSERT INTO messages (id, account, conversation, seq, channel, provider_id, request_key, direction, author_kind, author_user, text, extras,
				from_address, to_address, inbound_count, opened, kind, rule, purpose, confirms, state, attempts, code, reason, segments, created_at, version)
			VALUES (?, ?, ?, ?, ?, ?, '', 'in', 'customer', '', ?, ?, ?, ?, ?, 0, 0, '', '', 0, '', 0, '', '', 0, ?, 1)
			ON CONFLICT (channel, provider_id) WHERE provider_id <> '' DO NOTHING`,
			id+1, string(account), conversation, seq, channelName, a.provider, a.text, a.extras, a.address, string(ours), inbound, now)
		if err != nil {
			return err
		}
		if added == 0 {
			continue // it is known
		}
		if _, err := b.exec(ctx, `
			UPDATE conversations SET status = 'open', last_seq = ?, inbound_count = ?, preview = ?, last_at = ?, last_inbound = ?, waiting_since = coalesce(waiting_since, ?), version = version + 1
			WHERE id = ?`, seq, inbound, a.text, now, now, now, conversation); err != nil {
			return err
		}
		events := []store.EventType{store.ConversationReopened, store.MessageReceived}
		if open {
			events = events[1:]
		}
		const tell = `INSERT INTO events (cursor, account, type, at, inbox, conversation, message, actor_kind, actor_user, detail) VALUES `
		const one = `(?, ?, ?, ?, ?, ?, ?, 'customer', '', '{}')`
		text, args := tell+one, make([]any, 0, 14)
		for i, what := range events {
			if i > 0 {
				text = tell + one + ", " + one
			}
			cursor++
			args = append(args, cursor, string(account), string(what), now, string(inboxID), conversation, id+1)
		}
		if _, err := b.exec(ctx, text, args...); err != nil {
			return err
		}
		if _, err := b.exec(ctx, `INSERT INTO tasks (id, account, conversation, kind, message, due_at, attempts, error, set_aside) VALUES (?, ?, ?, 'route', ?, ?, 0, '', 0)`,
			id+2, string(account), conversation, id+1, now); err != nil {
			return err
		}
		id += 2
	}
	_, err := b.exec(ctx, `UPDATE counters SET last_id = ?, last_cursor = ?`, id, cursor)
	return err
}

// exec runs a statement, which is prepared the first time, and returns how many
// rows it has changed.
func (b *bareSQLite) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := b.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	result, err := s.prepared.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (b *bareSQLite) scan(ctx context.Context, text string, args []any, to ...any) error {
	s, err := b.prepare(ctx, text)
	if err != nil {
		return err
	}
	return s.prepared.QueryRowContext(ctx, args...).Scan(to...)
}

func (b *bareSQLite) prepare(ctx context.Context, text string) (statement, error) {
	if s, found := b.statements[text]; found {
		return s, nil
	}
	prepared, err := b.writer.PrepareContext(ctx, text)
	if err != nil {
		return statement{}, err
	}
	b.statements[text] = statement{prepared}
	return statement{prepared}, nil
}
