package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/postgres"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// busyTimeout is how long a change waits for another program that writes in
// the same place. A webhook that waits, perhaps behind one that does, must be
// told before its provider gives up: Twilio waits for 15 seconds. Nor may a
// program that stands still in the middle of a change hold up others for longer.
const busyTimeout = 2 * time.Second

// closableStore is a store that is closed at the end.
type closableStore interface {
	store.Store
	Close() error
}

// openStore opens what -db names.
func openStore(ctx context.Context, name string, log *slog.Logger) (closableStore, error) {
	if isPostgres(name) {
		return postgres.Open(ctx, name, postgres.Config{LockTimeout: busyTimeout, IdleTimeout: busyTimeout, StatementTimeout: 5 * time.Second, Logger: log})
	}
	return sqlite.Open(ctx, name, sqlite.Config{BusyTimeout: busyTimeout, Logger: log})
}

// isPostgres reports whether -db names a Postgres database.
func isPostgres(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}
