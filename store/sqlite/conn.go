package sqlite

import (
	"context"
	"database/sql"
	"io"
)

// conn is a connection with the statements that were prepared on it. One
// goroutine uses it at a time.
//
// Statements run to their end whatever becomes of the caller's context:
// interrupting one costs a goroutine for each and leaves a connection that has
// to be thrown away. They are short; whoever runs many of them, or waits for a
// lock, looks at the context in between.
type conn struct {
	sql        session
	statements map[string]statement
}

// session is a connection, or a transaction of the host's on one.
type session interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

// statement is a prepared statement that lives as long as its connection.
type statement struct{ prepared *sql.Stmt }

// prepare returns the prepared statement of a text. Texts are constants of
// this package, so their number is bounded.
func (c *conn) prepare(ctx context.Context, text string) (statement, error) {
	if s, ok := c.statements[text]; ok {
		return s, nil
	}
	prepared, err := c.sql.PrepareContext(context.WithoutCancel(ctx), text)
	if err != nil {
		return statement{}, err
	}
	c.statements[text] = statement{prepared}
	return statement{prepared}, nil
}

// exec runs a statement and returns how many rows it has changed.
func (c *conn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	result, err := s.prepared.ExecContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs a statement that answers with rows. The caller closes them.
func (c *conn) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.prepared.QueryContext(context.WithoutCancel(ctx), args...)
}

// scan runs a statement that answers with one row, and reads it.
func (c *conn) scan(ctx context.Context, text string, dest ...any) error {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return err
	}
	return s.prepared.QueryRowContext(context.WithoutCancel(ctx)).Scan(dest...)
}

// one runs a statement whose answer is one value.
func one[T any](ctx context.Context, c *conn, text string) (T, error) {
	var value T
	err := c.scan(ctx, text, &value)
	return value, err
}

// script runs several statements.
func (c *conn) script(ctx context.Context, text string) error {
	_, err := c.sql.ExecContext(context.WithoutCancel(ctx), text)
	return err
}

// close closes a connection, which is one of a pool's.
func (c *conn) close() {
	for _, s := range c.statements {
		_ = s.prepared.Close() // the connection goes with it
	}
	if c, ok := c.sql.(io.Closer); ok {
		_ = c.Close() // nothing was left to write
	}
}
