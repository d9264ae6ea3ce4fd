package sqlite

import (
	"errors"
	"fmt"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/teaminbox/teaminbox/store"
)

// Errors of this Store, besides those of package store.
var (
	// ErrClosed means that the Store has been closed.
	ErrClosed = errors.New("sqlite: store is closed")
	// ErrForeign means that a file is not a database of Team Inbox, so it is
	// left alone.
	ErrForeign = errors.New("sqlite: not a database of Team Inbox")
	// ErrNewer means that the file was written by a later version of the
	// library, so it is left alone. Use that version, or a backup.
	ErrNewer = errors.New("sqlite: database is of a later version of the library")
	// ErrBusy is a store.ErrBusy: another process was writing for longer than
	// Config.BusyTimeout.
	ErrBusy = fmt.Errorf("sqlite: another process holds the database: %w", store.ErrBusy)
	// ErrGone means that the file or its log has been deleted, moved or
	// replaced while it was open. What is written to it would be lost with the
	// process, so Updates and Views fail until it is back.
	ErrGone = errors.New("sqlite: the database is not where it was opened")
)

// codeOf returns the extended result code of an error of SQLite, or 0.
// Source: SQLite, Result and Error Codes.
func codeOf(err error) int {
	var e *modernc.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// primary returns the primary result code within an extended one.
func primary(code int) int { return code & 0xff }

// isDamaging reports whether an error says something about the connection or
// the file, so that a new connection is better than this one.
func isDamaging(err error) bool {
	switch primary(codeOf(err)) {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_INTERNAL:
		return true
	}
	return false
}

// statementError translates the failure of a statement.
func statementError(err error) error {
	switch code := codeOf(err); primary(code) {
	case sqlite3.SQLITE_CONSTRAINT:
		// The primary key is what versions are about, see tx.put.
		return fmt.Errorf("sqlite: %w: %w", store.ErrDuplicate, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("sqlite: there is no room for more data; free some and try again: %w", err)
	}
	return fmt.Errorf("sqlite: %w", err)
}

// commitError translates the failure of a COMMIT. If the log could not be
// written to its end, nothing was kept. If it could not be synchronised, its
// end may be there after a crash or not.
func commitError(err error) error {
	switch primary(codeOf(err)) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT:
		return statementError(err)
	}
	return fmt.Errorf("sqlite: %w: %w", store.ErrUnknown, err)
}

// openError translates the failure to open a connection.
func openError(err error) error {
	switch primary(codeOf(err)) {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w; if it was one, it is damaged: restore a backup: %w", ErrForeign, err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("sqlite: the database is damaged; restore a backup: %w", err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		return fmt.Errorf("sqlite: the database can't be opened for writing; the process needs write permission for the file and for its directory: %w", err)
	}
	return fmt.Errorf("sqlite: %w", err)
}
