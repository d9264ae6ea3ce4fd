package sqlite

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config says how a [Store] behaves. The zero value is a good one.
type Config struct {
	// MaxReaders is how many Views run at once; more wait. Each has a
	// connection with a cache of a few megabytes. Defaults to 8.
	MaxReaders int

	// BusyTimeout is how long an Update waits for another process that is
	// writing, unless its context ends sooner. Updates of the same process
	// wait for each other without this limit. Defaults to 30 seconds.
	BusyTimeout time.Duration

	// NotifyInterval is how often [Store.Notify] looks whether another
	// process has committed something. Defaults to 100 milliseconds.
	NotifyInterval time.Duration

	// Now is the clock that leases are measured by. Processes that share a
	// file must agree about it; they do if they leave it alone, since they run
	// on the same machine. Defaults to time.Now.
	Now func() time.Time

	// Logger takes what an operator should know about the file. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.MaxReaders == 0 {
		c.MaxReaders = 8
	}
	if c.BusyTimeout == 0 {
		c.BusyTimeout = 30 * time.Second
	}
	if c.NotifyInterval == 0 {
		c.NotifyInterval = 100 * time.Millisecond
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the machine's clock is the one that all processes of a file share
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// validate names every bad field at once.
func (c Config) validate() error {
	var errs []error
	notNegative := func(field string, negative bool) {
		if negative {
			errs = append(errs, fmt.Errorf("sqlite: Config.%s is negative; leave it 0 for the default", field))
		}
	}
	notNegative("MaxReaders", c.MaxReaders < 0)
	notNegative("BusyTimeout", c.BusyTimeout < 0)
	notNegative("NotifyInterval", c.NotifyInterval < 0)
	return errors.Join(errs...)
}
