package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

// Config says how a [Store] behaves. The zero value is a good one.
type Config struct {
	// Schema is where the tables are; Open makes it. Several inboxes that know
	// nothing of each other may share a database, each in a schema of its own.
	// Letters, digits and underscores, at most 40. Defaults to "teaminbox".
	Schema string

	// MaxConns is how many connections [Open] makes at the most, unless the URL
	// says pool_max_conns. One more listens. A pool of the host's has its own
	// limit. Defaults to 16.
	MaxConns int

	// LockTimeout is how long an Update waits for another that has a record
	// which it needs. Then it fails with [ErrBusy]. Defaults to 10 seconds.
	LockTimeout time.Duration

	// StatementTimeout is how long a statement may take, and the longest time
	// that an Update waits for the answer to its COMMIT. Defaults to 30
	// seconds.
	StatementTimeout time.Duration

	// IdleTimeout is how long a transaction may do nothing until Postgres ends
	// it, so that a process that has stopped holds nobody up. Defaults to 10
	// seconds.
	IdleTimeout time.Duration

	// NotifyInterval is how long other processes wait at the most to hear of
	// several commits at once, and how often [Store.Notify] wakes its caller
	// while it can't listen. Defaults to 20 milliseconds, and 20 times that.
	NotifyInterval time.Duration

	// Logger takes what an operator should know about the database. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Schema == "" {
		c.Schema = "teaminbox"
	}
	if c.MaxConns == 0 {
		c.MaxConns = 16
	}
	if c.LockTimeout == 0 {
		c.LockTimeout = 10 * time.Second
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = 30 * time.Second
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 10 * time.Second
	}
	if c.NotifyInterval == 0 {
		c.NotifyInterval = 20 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

var schemaName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)

// validate names every bad field at once.
func (c Config) validate() error {
	var errs []error
	if c.Schema != "" && !schemaName.MatchString(c.Schema) {
		errs = append(errs, fmt.Errorf("postgres: Config.Schema %q is no name of letters, digits and underscores, at most 40, which begins with no digit", c.Schema))
	}
	notNegative := func(field string, negative bool) {
		if negative {
			errs = append(errs, fmt.Errorf("postgres: Config.%s is negative; leave it 0 for the default", field))
		}
	}
	atLeast := func(field string, d time.Duration) {
		notNegative(field, d < 0)
		if d > 0 && d < time.Millisecond {
			errs = append(errs, fmt.Errorf("postgres: Config.%s is less than a millisecond, which Postgres would take for no limit", field))
		}
	}
	notNegative("MaxConns", c.MaxConns < 0)
	atLeast("LockTimeout", c.LockTimeout)
	atLeast("StatementTimeout", c.StatementTimeout)
	atLeast("IdleTimeout", c.IdleTimeout)
	notNegative("NotifyInterval", c.NotifyInterval < 0)
	return errors.Join(errs...)
}
