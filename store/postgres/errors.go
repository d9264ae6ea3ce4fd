package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/teaminbox/teaminbox/store"
)

// Errors of this Store, besides those of package store.
var (
	// ErrClosed means that the Store has been closed.
	ErrClosed = errors.New("postgres: store is closed")
	// ErrNotPostgres means that the server is another program that speaks
	// Postgres's language, on which the Store's promises would not hold.
	ErrNotPostgres = errors.New("postgres: not a PostgreSQL server")
	// ErrForeign means that the schema has tables of another program, so it is
	// left alone.
	ErrForeign = errors.New("postgres: not a schema of Team Inbox")
	// ErrNewer means that the schema was brought up to date by a later version
	// of the library, so it is left alone. Use that version, or a backup.
	ErrNewer = errors.New("postgres: schema is of a later version of the library")
	// ErrBusy is a store.ErrBusy: another Update had a record for longer than
	// Config.LockTimeout. In a transaction of the host's it means that this one
	// and another wait for each other, or have for longer than the host's own
	// lock_timeout: the whole transaction has to be run again.
	ErrBusy = fmt.Errorf("postgres: %w", store.ErrBusy)
)

var (
	// errTaken means that somebody else has a guard: try again, and wait for it.
	errTaken = errors.New("postgres: another transaction holds what this one needs")
	// errRetry wraps what another try of the transaction can cure.
	errRetry = errors.New("postgres: transaction was rolled back")
	// errLost wraps the loss of a connection.
	errLost = errors.New("postgres: connection lost")
)

// The codes that matter. Source: PostgreSQL documentation, Appendix A.
const (
	codeMust             = "TI001" // of the function must
	codeUniqueViolation  = "23505"
	codeSerialization    = "40001"
	codeDeadlock         = "40P01"
	codeLockNotAvailable = "55P03"
	codeQueryCanceled    = "57014"
	codeOutOfMemory      = "53200"
	codeIdleTransaction  = "25P03"
	codeInvalidParameter = "22023"
	codeNotAllowed       = "42501"
)

// statementError translates the failure of a statement.
func (s *Store) statementError(ctx context.Context, conn *pgx.Conn, err error) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("postgres: %w: %w", ended, err)
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if conn.IsClosed() {
			return fmt.Errorf("%w: %w", errLost, err)
		}
		return fmt.Errorf("postgres: %w", err)
	}
	switch {
	case e.Code == codeMust && e.Message == "guard":
		return errTaken
	case e.Code == codeMust && e.Message == "isolation":
		return errors.New("postgres: the host's transaction is not READ COMMITTED; begin it with pgx.TxOptions{IsoLevel: pgx.ReadCommitted}")
	case e.Code == codeMust && e.Message == "database":
		return fmt.Errorf("postgres: the host's transaction is on another database than the Store, with a schema %s too", s.cfg.Schema)
	case e.Code == codeMust:
		return fmt.Errorf("postgres: %w: a %s was changed since it was read; read it again", store.ErrConflict, e.Message)
	case e.Code == codeUniqueViolation && strings.HasSuffix(e.ConstraintName, "_pkey") && s.versioned(e.TableName):
		return fmt.Errorf("postgres: %w: a record is there already: %w", store.ErrConflict, err)
	case e.Code == codeUniqueViolation:
		return fmt.Errorf("postgres: %w: %w", store.ErrDuplicate, err)
	case e.Code == codeSerialization, e.Code == codeDeadlock:
		return fmt.Errorf("%w: %w", errRetry, err)
	case e.Code == codeLockNotAvailable:
		return fmt.Errorf("%w, for longer than Config.LockTimeout, or the host's own limit: %w", ErrBusy, err)
	case e.Code == codeOutOfMemory:
		return fmt.Errorf("postgres: the server has no room for more locks; raise its max_locks_per_transaction: %w", err)
	case e.Code == codeIdleTransaction:
		return fmt.Errorf("postgres: the transaction did nothing for more than %v: %w", s.cfg.IdleTimeout, err)
	case strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "08"): // the server goes down, or the connection does
		return fmt.Errorf("%w: %w", errLost, err)
	case e.Code == codeQueryCanceled:
		return fmt.Errorf("postgres: a statement took longer than Config.StatementTimeout, or the host's own limit: %w", err)
	}
	return fmt.Errorf("postgres: %w", err)
}

// versioned reports whether the primary key of a table is what versions are
// about.
func (s *Store) versioned(table string) bool {
	switch table {
	case "endpoints", "identities", "consent":
		return false
	}
	return true
}
