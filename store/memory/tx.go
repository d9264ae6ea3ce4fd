package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// tx is a transaction: a View if its number is 0.
type tx struct {
	*state // in a View, everybody's; in an Update, its own
	ctx    context.Context
	now    func() time.Time // for leases
	number uint64           // owns the nodes that it may change

	wrote  bool
	failed error // what a write failed with, so that the rest may be missing
	ended  bool
}

var _ store.Tx = (*tx)(nil)

var errEnded = errors.New("memory: transaction is used after its function has returned")

func (t *tx) end() { t.ended = true }

// ready returns why the transaction can't go on, if it can't.
func (t *tx) ready() error {
	if t.ended {
		return errEnded
	}
	if t.failed != nil {
		return t.failed
	}
	if err := t.ctx.Err(); err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	return nil
}

// writable is ready for a write.
func (t *tx) writable() error {
	if err := t.ready(); err != nil {
		return err
	}
	if t.number == 0 {
		return fmt.Errorf("memory: %w", store.ErrReadOnly)
	}
	return nil
}

// NewID returns the next number of the Store.
func (t *tx) NewID() (int64, error) {
	if err := t.writable(); err != nil {
		return 0, err
	}
	t.wrote = true
	t.lastID++
	return t.lastID, nil
}

// write puts records one by one. If one fails, so does the transaction.
func write[R any](t *tx, records []R, put func(*tx, R) error) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, r := range records {
		t.wrote = true
		if err := put(t, r); err != nil {
			t.failed = err
			return err
		}
	}
	return nil
}

// read returns copies of the records that exist, in the order of the keys.
func read[K, R any](t *tx, records *tree[K, *R], keys []K, clone func(R) R) ([]R, error) {
	if err := t.ready(); err != nil || len(keys) == 0 {
		return nil, err
	}
	found := make([]R, 0, len(keys))
	for _, k := range keys {
		if r, ok := records.get(k); ok {
			found = append(found, clone(*r))
		}
	}
	return found, nil
}

// find is read by a unique key, through its index.
func find[K, ID, R any](t *tx, index *tree[K, ID], records *tree[ID, *R], keys []K, clone func(R) R) ([]R, error) {
	ids := make([]ID, 0, len(keys))
	for _, k := range keys {
		if id, ok := index.get(k); ok {
			ids = append(ids, id)
		}
	}
	return read(t, records, ids, clone)
}

// owner returns which other record has a unique key, if one has.
func owner[K any, ID comparable](index *tree[K, ID], k K, id ID) (ID, bool) {
	other, ok := index.get(k)
	return other, ok && other != id
}

// reindex makes an index follow a record from the keys that it had to those
// that it has.
func reindex[K comparable, ID any](t *tx, index *tree[K, ID], id ID, had, has []K) {
	for _, k := range had {
		if !slices.Contains(has, k) {
			index.delete(t.number, k)
		}
	}
	for _, k := range has {
		if !slices.Contains(had, k) {
			index.set(t.number, k, id)
		}
	}
}

// checkVersion compares the version of a record that is put with that of the
// record that is there, 0 if none is.
func checkVersion(what string, id any, stored, put int64) error {
	if stored != put {
		return fmt.Errorf("memory: %w: %s %v has version %d and was put with %d; read it again", store.ErrConflict, what, id, stored, put)
	}
	return nil
}

func duplicate(what string, id any, key string, owner any) error {
	return fmt.Errorf("memory: %w: %s %v has the %s of %v", store.ErrDuplicate, what, id, key, owner)
}
