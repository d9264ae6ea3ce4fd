package sqlite

import "context"

// conn is a connection with the statements that were prepared on it. One
// goroutine uses it at a time.
//
// Statements run to their end whatever becomes of the caller's context:
// interrupting one costs a goroutine for each and leaves a connection that has
// to be thrown away. They are short; whoever runs many of them, or waits for a
// lock, looks at the context in between. So the driver is given none: making one
// for each statement would have its price, too.
type conn struct {
	session
	statements map[string]statement
}

func newConn(s session) *conn { return &conn{s, make(map[string]statement)} }

// session is a connection of the driver's, or a transaction of the host's on
// one.
type session interface {
	// prepareStatement prepares a statement that lives as long as the session.
	prepareStatement(ctx context.Context, text string) (statement, error)
	// run runs one or several statements. The context may interrupt them.
	run(ctx context.Context, text string, args ...any) error
	// end closes a connection, and leaves a transaction to the host.
	end() error
}

// statement is a prepared statement. It is not run again before its rows are
// closed.
type statement interface {
	exec(args []any) (changed int64, err error)
	query(args []any) (answer, error)
	close() error
}

// answer is what a statement answers, like sql.Rows.
type answer interface {
	row
	Next() bool
	Err() error
	Close() error
}

// row is one row of an answer.
type row interface{ Scan(dest ...any) error }

// prepare returns the prepared statement of a text. Texts are constants of
// this package, so their number is bounded.
func (c *conn) prepare(ctx context.Context, text string) (statement, error) {
	if s, ok := c.statements[text]; ok {
		return s, nil
	}
	s, err := c.prepareStatement(context.WithoutCancel(ctx), text)
	if err != nil {
		return nil, err
	}
	c.statements[text] = s
	return s, nil
}

// exec runs a statement and returns how many rows it has changed.
func (c *conn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	return s.exec(args)
}

// query runs a statement that answers with rows. The caller closes them.
func (c *conn) query(ctx context.Context, text string, args ...any) (answer, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.query(args)
}

// scan runs a statement that answers with one row, and reads it.
func (c *conn) scan(ctx context.Context, text string, dest ...any) error {
	found, err := c.query(ctx, text)
	if err != nil {
		return err
	}
	if found.Next() {
		err = found.Scan(dest...)
	} else if err = found.Err(); err == nil {
		err = errNoRow
	}
	if closed := found.Close(); err == nil {
		err = closed
	}
	return err
}

// one runs a statement whose answer is one value.
func one[T any](ctx context.Context, c *conn, text string) (T, error) {
	var value T
	err := c.scan(ctx, text, &value)
	return value, err
}

// script runs several statements.
func (c *conn) script(ctx context.Context, text string) error {
	return c.run(context.WithoutCancel(ctx), text)
}

// close closes a connection, which is one of a pool's.
func (c *conn) close() error {
	for _, s := range c.statements {
		_ = s.close() // the connection goes with it
	}
	return c.end()
}
