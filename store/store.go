package store

import (
	"context"
	"errors"
)

// Store keeps the records of any number of accounts.
//
// Both methods may be called from many goroutines at once and wait for each
// other as the Store needs; both return the context's error, wrapped, when it
// ends first. What the function returns comes back unchanged, matched by
// errors.Is, and nothing that it wrote is kept. A panic in the function rolls
// back and goes on to the caller.
//
// View runs the function on one consistent snapshot. Writing in it fails with
// [ErrReadOnly]. The Store may run the function again on a later snapshot, as
// when the connection was lost, so what it has gathered must not be added to.
//
// Update runs the function in one atomic transaction, isolated as if it were
// alone. When Update returns nil, everything is durable: it survives a crash
// of the process and of the machine. The Store may run the function more than
// once, after a conflict with another process, so it must have no effects but
// those on its Tx. When Update fails with [ErrUnknown], the commit may have
// happened; callers make their writes safe to repeat. When it fails with
// [ErrUnavailable], the Store could not be reached, and nothing was changed.
//
// A Tx is used by one goroutine and not after its function has returned.
//
// Test your implementation with package store/storetest.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction. Its methods fail when the context of the View or
// Update ends. Writes may be held back until the commit, so a conflict may be
// reported by the write or by Update.
type Tx interface {
	Directory
	Contacts
	Conversations
	Messages
	Work
	Ledger
	Events
	Strays
	Watermarks

	// NewID returns a number that is larger than zero and than every number
	// it has returned in this Store in a committed transaction that this
	// process has seen end. No two committed transactions get the same one. It
	// counts as a write.
	NewID() (int64, error)
}

// Notifier is a Store that learns of other processes' commits. Notify blocks
// until the context ends and calls wake after another process has committed
// something; it may call it too often, and does not hold it up.
type Notifier interface {
	Store
	Notify(ctx context.Context, wake func()) error
}

// Parallel is a Store that gains from several Updates at once, as a server does
// that is waited for. Parallelism returns how many one engine should have under way,
// and how many changes have to wait before another begins beside those, as each has
// a price of its own. It is asked once for each engine, changes no answer, and less
// than 1 counts as 1. Of a Store without it, an engine has one under way.
type Parallel interface {
	Store
	Parallelism() (updates, changes int)
}

// Errors of every Store.
var (
	// ErrNotFound means that there is no such record. Reads by keys don't
	// return it, [One] does.
	ErrNotFound = errors.New("store: not found")
	// ErrConflict means that a record was changed since it was read. Read it
	// again and decide anew.
	ErrConflict = errors.New("store: stale version")
	// ErrDuplicate means that a record with the same unique key exists.
	ErrDuplicate = errors.New("store: duplicate")
	// ErrReadOnly means that a View tried to write.
	ErrReadOnly = errors.New("store: read-only transaction")
	// ErrUnknown means that the commit may or may not have happened.
	ErrUnknown = errors.New("store: outcome of the commit is unknown")
	// ErrUnavailable means that the Store could not be reached. Nothing was
	// changed, and it would be the same for whatever was asked.
	ErrUnavailable = errors.New("store: not available")
	// ErrBusy means that another transaction has held what this one needs for
	// longer than the Store waits. Nothing was changed; it may succeed later.
	ErrBusy = errors.New("store: another transaction holds what this one needs")
	// ErrExpired means that an event cursor is older than what is kept, so
	// that the reader has to start again from the present state.
	ErrExpired = errors.New("store: cursor is older than the events that are kept")
)

// One returns the only record of a read by one key, or [ErrNotFound].
//
//	c, err := store.One(tx.Conversations(id))
func One[T any](records []T, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, err
	}
	if len(records) == 0 {
		return zero, ErrNotFound
	}
	return records[0], nil
}
