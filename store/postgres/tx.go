package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

// tx is a transaction. What an Update reads by keys is read once, and what it
// writes is held back until the commit: reads by keys see it, and before other
// reads it is written.
type tx struct {
	s        *Store
	ctx      context.Context
	conn     connection
	hosts    bool // it is part of a transaction of the host's, see Within
	readOnly bool

	begun  bool
	failed error // what a statement failed with, so that the transaction can't be committed
	ended  bool
	wrote  bool // something was written, or is to be

	again     *again  // what earlier tries of an Update have found out
	impatient bool    // it has prefetched, and waits for nobody for long
	guarded   bool    // it has the guards that it began with
	late      bool    // it has waited for them in vain
	taken     []int64 // guards that others have, if it probes

	held   guardSet // guards that the transaction has
	needed guardSet // and those that it needs at the latest when it writes

	id     string    // of the transaction in Postgres
	moment time.Time // of its beginning, by the database's clock
	server time.Time // when the server was started
	ids    idBlocks

	contacts      records[store.ContactID, store.Contact]
	owners        index[store.Identity, store.ContactID]
	conversations records[store.ConversationID, store.Conversation]
	threads       index[store.Thread, store.ConversationID]
	messages      records[store.MessageID, store.Message]
	providers     index[store.ProviderRef, store.MessageID]
	requests      index[store.RequestRef, store.MessageID]
	strays        records[store.StrayID, store.Stray]
	origins       index[store.ProviderRef, store.StrayID]
	watermarks    records[store.WatermarkID, store.Watermark]
	tasks         tasks
	leases        leases
	consent       ledger
	directory     directory
	marks         marks
	stretches     stretches
	deletions     []deletion
	events        []store.Event

	searches  bool // has the cursor of a search
	tokenized int  // messages that were added to the index
}

// connection is one of the pool's, or a transaction of the host's.
type connection interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	Conn() *pgx.Conn
}

var _ store.Prefetcher = (*tx)(nil)

var errEnded = errors.New("postgres: transaction is used after its function has returned")

// ready returns why the transaction can't go on, if it can't.
func (t *tx) ready() error {
	if t.ended {
		return errEnded
	}
	if t.failed != nil {
		return t.failed
	}
	if err := t.ctx.Err(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

// writable is ready for a write.
func (t *tx) writable() error {
	if err := t.ready(); err != nil {
		return err
	}
	if t.readOnly {
		return fmt.Errorf("postgres: %w", store.ErrReadOnly)
	}
	return nil
}

// fail keeps the transaction from being committed.
func (t *tx) fail(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// need notes guards that a write needs.
func (t *tx) need(gs ...guard) {
	t.wrote = true
	for _, g := range gs {
		t.needed.add(g)
	}
}

// statement is one of several that are sent together.
type statement struct {
	text string
	args []any
	read func(pgx.Rows) error // takes a row of the answer; nil: there is nothing to take
}

// ask sends statements, in one go with what has to come before them: the
// beginning of the transaction and guards.
func (t *tx) ask(ctx context.Context, gs []guard, statements ...statement) error {
	all, err := t.before(gs)
	if err != nil {
		return err
	}
	all = append(all, statements...)
	if !t.begun && !t.prepared(all) {
		n := len(t.begin())
		if err := t.send(ctx, all[:n]); err != nil {
			return err
		}
		all = all[n:]
	}
	if err := t.send(ctx, all); err != nil {
		return err
	}
	if len(t.taken) > 0 {
		return t.busy()
	}
	t.guarded = true
	for _, g := range gs {
		t.held.add(g)
	}
	return nil
}

// before returns the statements that have to come before others.
func (t *tx) before(gs []guard) ([]statement, error) {
	var all []statement
	if !t.begun {
		all = append(all, t.begin()...)
	}
	if t.directory.presumed {
		all = append(all, t.verification())
	}
	if t.readOnly {
		return all, nil
	}
	if !t.begun {
		for _, g := range t.again.first {
			t.held.add(g)
		}
		switch {
		case len(t.again.first) == 0:
		case t.again.probe:
			all = append(all, t.probe(t.again.first))
		default:
			all = append(all, guardStatement(waitForGuards, t.again.first))
		}
	}
	missing := make(guardSet)
	for _, g := range gs {
		if shared, held := t.held[g.key]; !held || shared && !g.shared {
			missing.add(g)
		}
	}
	if len(missing) > 0 {
		switch {
		case t.again.probe:
			all = append(all, t.probe(missing.sorted()))
		case len(t.held) == 0:
			all = append(all, guardStatement(waitForGuards, missing.sorted()))
		default:
			all = append(all, guardStatement(tryGuards, missing.sorted()))
		}
		for key, shared := range missing {
			t.needed.add(guard{key, shared}) // so that another try has them from the beginning
		}
	}
	if t.hurries() {
		all = append(all, t.limits())
	}
	if !t.begun {
		all = append(all, t.opening())
	}
	return all, nil
}

// begin returns the statements that begin the transaction. One of the host's has
// begun. There, guards keep their promise only if each statement sees what was
// committed before it.
func (t *tx) begin() []statement {
	switch {
	case t.hosts && t.readOnly:
		return nil
	case t.hosts:
		return []statement{{
			text: `SELECT @must('isolation', current_setting('transaction_isolation') = 'read committed'), @must('database', id::text = $1),
				set_config('teaminbox.search', $2, true) FROM @self`,
			args: []any{t.s.self, tokensVersion},
		}}
	case t.readOnly:
		return []statement{{text: `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`}, t.limits()}
	}
	limits := t.limits()
	if t.hurries() {
		limits = t.setLimits(t.s.limits.giveWay, t.s.limits.giveWay) // for all guards together
	}
	return []statement{{text: `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`}, limits}
}

func guardStatement(text string, gs []guard) statement {
	keys, shared := keysOf(gs)
	return statement{text: text, args: []any{keys, shared}}
}

// opening asks for what every Update needs.
func (t *tx) opening() statement {
	return statement{
		text: `SELECT pg_current_xact_id()::text, @moment(), pg_postmaster_start_time(), nextval('@ids') FROM generate_series(1, $1::int)`,
		args: []any{t.s.blocks.expected()},
		read: func(rows pgx.Rows) error {
			var block int64
			err := rows.Scan(&t.id, moment{&t.moment}, moment{&t.server}, &block)
			t.ids.add(block)
			return err
		},
	}
}

// prepared reports whether the connection has prepared all statements, and notes
// that it will have. Preparing one takes locks on its tables, before anything
// that it is sent with is run: the limits have to be there already.
func (t *tx) prepared(statements []statement) bool {
	const key = "teaminbox: prepared"
	data := t.conn.Conn().PgConn().CustomData()
	texts, _ := data[key].(map[string]bool)
	if texts == nil {
		texts = make(map[string]bool)
		data[key] = texts
	}
	all := true
	for _, st := range statements {
		text := t.s.text(st.text)
		all = all && texts[text]
		texts[text] = true
	}
	return all
}

// limits sets the limits of a transaction, and says that it indexes what it
// writes.
//
// Statements are planned once for a connection, whatever their arguments: the
// planner thinks that one key is worth another plan than ten, and planning takes
// longer than reading. No statement takes so long that it is worth to be compiled,
// which takes hundreds of milliseconds, or to begin other processes for it, but of
// some the planner thinks so.
// Source: PostgreSQL documentation, PREPARE, and plan_cache_mode.
func (t *tx) limits() statement {
	return t.setLimits(t.s.limits.lock, t.s.limits.statement)
}

func (t *tx) setLimits(lock, statementTimeout string) statement {
	return statement{
		text: `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
			set_config('idle_in_transaction_session_timeout', $3, true), set_config('synchronous_commit', $4, true),
			set_config('teaminbox.search', $5, true), set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true),
			set_config('max_parallel_workers_per_gather', '0', true)`,
		args: []any{lock, statementTimeout, t.s.limits.idle, t.s.synchronousCommit, tokensVersion},
	}
}

// send sends statements and takes their answers.
func (t *tx) send(ctx context.Context, statements []statement) error {
	batch := &pgx.Batch{}
	for _, st := range statements {
		batch.Queue(t.s.text(st.text), st.args...)
	}
	t.begun = true
	answers := t.conn.SendBatch(ctx, batch)
	for _, st := range statements {
		if err := take(answers, st); err != nil {
			_ = answers.Close() // the rest was not run
			return t.fail(t.waitedInVain(t.s.statementError(ctx, t.conn.Conn(), err)))
		}
	}
	if err := answers.Close(); err != nil {
		return t.fail(t.waitedInVain(t.s.statementError(ctx, t.conn.Conn(), err)))
	}
	return nil
}

func take(answers pgx.BatchResults, st statement) error {
	if st.read == nil {
		_, err := answers.Exec()
		return err
	}
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := st.read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read sends one reading statement.
func (t *tx) read(gs []guard, text string, each func(pgx.Rows) error, args ...any) error {
	return t.readAll(gs, statement{text: text, args: args, read: each})
}

// readAll sends reading statements, and first what was held back, if they could
// miss it.
func (t *tx) readAll(gs []guard, statements ...statement) error {
	if err := t.ready(); err != nil {
		return err
	}
	var before []statement
	if !t.readOnly {
		var err error
		if before, err = t.flush(); err != nil {
			return t.fail(err)
		}
		if len(before) > 0 {
			gs = append(gs[:len(gs):len(gs)], t.needed.sorted()...)
		}
	}
	return t.ask(t.ctx, gs, append(before, statements...)...)
}

// plannedEachTime has the server plan a statement for its arguments, if these say
// which of two ways is much the faster one. In a transaction of the host's the
// setting is the host's.
func (t *tx) plannedEachTime(st statement) []statement {
	if t.hosts {
		return []statement{st}
	}
	const set = `SELECT set_config('plan_cache_mode', $1, true)`
	return []statement{{text: set, args: []any{"force_custom_plan"}}, st, {text: set, args: []any{"force_generic_plan"}}}
}

// only returns the guards of a read, which a View does without.
func (t *tx) only(gs ...guard) []guard {
	if t.readOnly {
		return nil
	}
	return gs
}

// all reads the records of an answer.
func all[T any](t *tx, gs []guard, scan func(scanner, *T) error, text string, args ...any) ([]T, error) {
	var found []T
	err := t.read(gs, text, collect(&found, scan), args...)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// collect takes rows into a list.
func collect[T any](found *[]T, scan func(scanner, *T) error) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		*found = append(*found, *new(T))
		return scan(rows, &(*found)[len(*found)-1])
	}
}

// flush returns the statements that write what was held back, but for events.
func (t *tx) flush() ([]statement, error) {
	var all []statement
	var errs []error
	add := func(statements []statement, err error) {
		all = append(all, statements...)
		errs = append(errs, err)
	}
	add(t.directory.flush())
	add(t.flushContacts())
	add(t.flushConversations())
	add(t.flushMessages())
	add(t.strays.flush(&straysTable))
	add(t.watermarks.flush(&watermarksTable))
	add(t.tasks.flush())
	add(t.leases.flush(), nil)
	add(t.consent.flush())
	add(t.marks.flush(), nil)
	add(t.flushDeletions(), nil)
	return all, errors.Join(errs...)
}

// commit writes what was held back and commits, in one go.
func (t *tx) commit() error {
	if !t.begun { // so that the transaction has a name, to ask for if the answer gets lost
		if err := t.ask(t.ctx, nil); err != nil {
			return err
		}
	}
	statements, err := t.flush()
	if err != nil {
		return err
	}
	events, err := t.flushEvents()
	if err != nil {
		return err
	}
	statements = slices.Concat(statements, events, []statement{{text: `COMMIT`}})
	if err := t.ctx.Err(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	// From here on the caller's context is of no use: what is on its way is
	// faster done than found out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), t.s.cfg.StatementTimeout)
	defer cancel()
	return t.ask(ctx, t.needed.sorted(), statements...)
}
