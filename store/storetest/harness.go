package storetest

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Harness connects the kit to a store.
type Harness struct {
	// Open makes a store without records, of its own for each call. What has
	// to be closed is registered with t.Cleanup. Mandatory.
	Open func(t testing.TB) store.Store

	// Reopen opens the records of a store that Open made once more, as
	// another process would, and leaves the first open. For a store that
	// processes share by sharing the value, it returns s. Nil: the cases about
	// durability and several processes are skipped.
	Reopen func(t testing.TB, s store.Store) store.Store

	// Advance moves the clock by which a store that Open made measures leases
	// (and with it that of its reopened handles). Nil: the store's clock is a
	// real one, and the kit takes very short leases and waits for their end;
	// a case that needs to stop time is skipped.
	Advance func(s store.Store, d time.Duration)

	// Patience is how long a case may take before it fails. Defaults to 30
	// seconds.
	Patience time.Duration
}

const defaultPatience = 30 * time.Second
