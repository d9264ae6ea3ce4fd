package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// direct is a connection of the driver's. There is no database/sql between:
// that guards connections which many goroutines share, and converts what the
// driver takes as it is, for a tenth of the time that a message takes here.
type direct struct{ driver driverConn }

// driverConn is what a connection of the driver's can do.
type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
}

// driverStmt is what a statement of the driver's can do.
type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func connect(ctx context.Context, to driver.Connector) (direct, error) {
	c, err := to.Connect(ctx)
	if err != nil {
		return direct{}, err
	}
	return direct{c.(driverConn)}, nil
}

func (d direct) prepareStatement(ctx context.Context, text string) (statement, error) {
	s, err := d.driver.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &directStatement{driver: s.(driverStmt)}, nil
}

func (d direct) run(ctx context.Context, text string, args ...any) error {
	bound, err := bind(nil, args)
	if err == nil {
		_, err = d.driver.ExecContext(ctx, text, bound)
	}
	return err
}

func (d direct) end() error { return d.driver.Close() }

// directStatement is a prepared statement with room for what goes in and comes
// out. It lives long, so none of that stays in it.
type directStatement struct {
	driver driverStmt
	args   []driver.NamedValue
	rows   directRows
}

func (s *directStatement) exec(args []any) (int64, error) {
	var err error
	if s.args, err = bind(s.args[:0], args); err != nil {
		return 0, err
	}
	result, err := s.driver.ExecContext(context.Background(), s.args)
	clear(s.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *directStatement) query(args []any) (answer, error) {
	var err error
	if s.args, err = bind(s.args[:0], args); err != nil {
		return nil, err
	}
	found, err := s.driver.QueryContext(context.Background(), s.args)
	clear(s.args) // SQLite has copies
	if err != nil {
		return nil, err
	}
	if s.rows.values == nil {
		s.rows.values = make([]driver.Value, len(found.Columns()))
	}
	s.rows.driver, s.rows.err = found, nil
	return &s.rows, nil
}

func (s *directStatement) close() error { return s.driver.Close() }

// bind appends the parameters of a statement.
func bind(bound []driver.NamedValue, args []any) ([]driver.NamedValue, error) {
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return bound, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		bound = append(bound, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	return bound, nil
}

// directRows are the rows of an answer.
type directRows struct {
	driver driver.Rows
	values []driver.Value // of the row
	err    error
}

func (r *directRows) Next() bool {
	err := r.driver.Next(r.values)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return err == nil
}

func (r *directRows) Err() error { return r.err }

func (r *directRows) Close() error {
	clear(r.values)
	found := r.driver
	r.driver = nil
	return found.Close()
}

// Scan reads a row into variables of the kinds that this package has.
func (r *directRows) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("a row of %d columns is read into %d variables", len(r.values), len(dest))
	}
	for i, to := range dest {
		if err := assign(to, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// errNoRow means that an answer is empty that never is.
var errNoRow = errors.New("the answer has no row")

// assign sets a variable to what a column holds.
func assign(to any, value driver.Value) error {
	switch to := to.(type) {
	case *int64:
		if n, ok := value.(int64); ok {
			*to = n
			return nil
		}
	case *string:
		if text, ok := value.(string); ok {
			*to = text
			return nil
		}
	case *int:
		if n, ok := value.(int64); ok && int64(int(n)) == n {
			*to = int(n)
			return nil
		}
	case *uint8:
		if n, ok := value.(int64); ok && int64(uint8(n)) == n {
			*to = uint8(n)
			return nil
		}
	case *bool:
		if n, ok := value.(int64); ok && (n == 0 || n == 1) {
			*to = n == 1
			return nil
		}
	case **int64:
		switch n := value.(type) {
		case nil:
			*to = nil
			return nil
		case int64:
			*to = &n
			return nil
		}
	case sql.Scanner:
		return to.Scan(value)
	}
	return fmt.Errorf("%T does not fit into %T", value, to)
}
