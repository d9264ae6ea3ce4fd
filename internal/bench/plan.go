package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// heard is a statement as the store has sent it.
type heard struct {
	text string
	args []any
}

// listener hears what a store sends.
type listener struct {
	mu  sync.Mutex
	on  bool
	all []heard
}

var (
	_ pgx.QueryTracer = (*listener)(nil)
	_ pgx.BatchTracer = (*listener)(nil)
)

// hear returns what is sent while fn runs, each text once, but for settings.
func (l *listener) hear(fn func() error) ([]heard, error) {
	l.mu.Lock()
	l.on, l.all = true, nil
	l.mu.Unlock()
	err := fn()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = false
	return l.all, err
}

func (l *listener) add(text string, args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.all {
		if h.text == text && !isSetting(text) {
			return
		}
	}
	if l.on {
		l.all = append(l.all, heard{text, args})
	}
}

func (l *listener) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	l.add(d.SQL, d.Args)
	return ctx
}
func (l *listener) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (l *listener) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	if d.Batch != nil {
		for _, q := range d.Batch.QueuedQueries {
			l.add(q.SQL, q.Arguments)
		}
	}
	return ctx
}
func (l *listener) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (l *listener) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// bigTable is how many rows a table has that must not be read from end to end.
const bigTable = 50_000

// explain has the server explain every statement of a query.
func (q *querist) explain(ctx context.Context, x query) error {
	statements, err := q.listen.hear(func() error { return x.ask(ctx, q) })
	if err != nil {
		return err
	}
	conn, err := q.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var pages float64
	var settings []heard
	for _, h := range statements {
		if isSetting(h.text) {
			settings = append(settings, h)
		}
		if !explainable(h.text) {
			continue
		}
		plan, err := explained(ctx, conn.Conn(), settings, h)
		if err != nil {
			return fmt.Errorf("%w, in %s", err, h.text)
		}
		pages += plan.buffers()
		for _, table := range plan.scanned() {
			if rows, err := rowsOf(ctx, conn.Conn(), table); err != nil {
				return err
			} else if rows >= bigTable {
				q.report.miss("query.%s reads all of %s, which has %.0f rows: %s", x.name, table, rows, brief(h.text))
			}
		}
		if took := time.Duration(plan.Time * float64(time.Millisecond)); took > slowest && x.slow == "" {
			q.report.miss("query.%s takes %v: %s", x.name, took.Round(time.Millisecond), brief(h.text))
		}
		if plan.JIT != nil {
			q.report.miss("query.%s is compiled by the server: %s", x.name, brief(h.text))
		}
	}
	q.report.value("query."+x.name+".pages", pages, "pages")
	return nil
}

// brief is the beginning of a statement, in one line.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return text[:min(len(text), 160)]
}

// explainable reports whether a statement has a plan.
func explainable(text string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	switch strings.ToUpper(strings.TrimSpace(word)) {
	case "SELECT", "WITH", "INSERT", "UPDATE", "DELETE":
		return !isSetting(text)
	}
	return false
}

// isSetting reports whether a statement says how those after it are run.
func isSetting(text string) bool { return strings.Contains(text, "set_config(") }

// plan is how a statement was run.
type plan struct {
	Plan node            `json:"Plan"`
	Time float64         `json:"Execution Time"` // in milliseconds
	JIT  json.RawMessage `json:"JIT"`            // there if the server has compiled the plan, which takes longer than all else
}

type node struct {
	Type  string  `json:"Node Type"`
	Table string  `json:"Relation Name"`
	Hit   float64 `json:"Shared Hit Blocks"` // with those of the nodes below
	Read  float64 `json:"Shared Read Blocks"`
	Plans []node  `json:"Plans"`
}

func (p plan) buffers() float64 { return p.Plan.Hit + p.Plan.Read }

// scanned returns the tables that were read from end to end.
func (p plan) scanned() []string { return p.Plan.scanned(nil) }

func (n node) scanned(found []string) []string {
	if n.Type == "Seq Scan" {
		found = append(found, n.Table)
	}
	for _, below := range n.Plans {
		found = below.scanned(found)
	}
	return found
}

// explained runs a statement with the settings that were sent before it, and
// returns its plan. What the statement writes is undone.
func explained(ctx context.Context, conn *pgx.Conn, settings []heard, h heard) (p plan, err error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	for _, s := range settings {
		if _, err := tx.Exec(ctx, s.text, s.args...); err != nil {
			return p, err
		}
	}
	described, err := tx.Prepare(ctx, "", h.text)
	if err != nil {
		return p, err
	}
	call, err := execute(conn.TypeMap(), described.ParamOIDs, h.args)
	if err != nil {
		return p, err
	}
	run := func(text string) error { _, err := tx.Exec(ctx, text, pgx.QueryExecModeSimpleProtocol); return err }
	if err := run(`PREPARE explained AS ` + h.text); err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, run(`DEALLOCATE explained`)) }()
	var text string
	if err := tx.QueryRow(ctx, `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) `+call, pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
		return p, err
	}
	var plans []plan
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		return p, err
	}
	return plans[0], nil
}

// execute returns the call of the prepared statement with its arguments.
func execute(types *pgtype.Map, oids []uint32, args []any) (string, error) {
	if len(args) == 0 {
		return `EXECUTE explained`, nil
	}
	literals := make([]string, len(args))
	for i, arg := range args {
		text, err := types.Encode(oids[i], pgtype.TextFormatCode, arg, nil)
		switch {
		case err != nil:
			return "", err
		case text == nil:
			literals[i] = "NULL"
		default:
			literals[i] = "'" + strings.ReplaceAll(string(text), "'", "''") + "'"
		}
	}
	return `EXECUTE explained(` + strings.Join(literals, ", ") + `)`, nil
}

// rowsOf is how many rows a table has, by the server's statistics.
func rowsOf(ctx context.Context, conn *pgx.Conn, table string) (rows float64, err error) {
	err = conn.QueryRow(ctx, `SELECT reltuples FROM pg_class WHERE relname = $1 AND relkind = 'r' AND relnamespace = 'teaminbox'::regnamespace`, table).Scan(&rows)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return rows, err
}
