package postgres

import (
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

// records are those of one kind that a transaction has read or is to write.
type records[ID comparable, T any] struct {
	known map[ID]*slot[T]
	dirty []*slot[T] // in the order in which they were first put
}

// slot is what a transaction knows of one record.
type slot[T any] struct {
	exists  bool
	value   T
	version int64 // of the value
	base    int64 // the version that is in the database; 0: none
	kept    *T    // the value that is in the database, if that is known
	dirty   bool
}

func (r *records[ID, T]) set(id ID, s *slot[T]) {
	if r.known == nil {
		r.known = make(map[ID]*slot[T])
	}
	r.known[id] = s
}

// found notes a record that was read, and returns what the transaction knows
// of it, which may be newer.
func (r *records[ID, T]) found(id ID, value T, version int64) *slot[T] {
	if s, ok := r.known[id]; ok {
		return s
	}
	s := &slot[T]{exists: true, value: value, version: version, base: version, kept: &value}
	r.set(id, s)
	return s
}

// put changes a record. It must be known, or be new.
func (r *records[ID, T]) put(what string, id ID, value T, version int64) (*slot[T], error) {
	s, ok := r.known[id]
	if !ok {
		s = &slot[T]{exists: version != 0, version: version, base: version}
		r.set(id, s)
	}
	switch {
	case s.version != version && s.exists && version == 0:
		return nil, fmt.Errorf("postgres: %w: %s %v is there already", store.ErrConflict, what, id)
	case s.version != version:
		return nil, fmt.Errorf("postgres: %w: %s %v does not have version %d; read it again", store.ErrConflict, what, id, version)
	}
	s.exists, s.value, s.version = true, value, version+1
	if !s.dirty {
		s.dirty = true
		r.dirty = append(r.dirty, s)
	}
	return s, nil
}

// flush returns the statements that write what was put.
func (r *records[ID, T]) flush(table *table[T]) ([]statement, error) {
	if len(r.dirty) == 0 {
		return nil, nil
	}
	statements, err := table.write(r.dirty)
	if err != nil {
		return nil, err
	}
	for _, s := range r.dirty {
		value := s.value
		s.dirty, s.base, s.kept = false, s.version, &value
	}
	r.dirty = nil
	return statements, nil
}

// index says which records have a key, as far as a transaction knows.
type index[K, ID comparable] struct {
	known map[K]owner[ID]
}

// owner is who has a key, if anybody.
type owner[ID comparable] struct {
	id     ID
	exists bool
}

func (x *index[K, ID]) set(key K, o owner[ID]) {
	if x.known == nil {
		x.known = make(map[K]owner[ID])
	}
	x.known[key] = o
}

// take gives a key to a record. It fails if another has it.
func (x *index[K, ID]) take(key K, id ID, what string) error {
	if o, ok := x.known[key]; ok && o.exists && o.id != id {
		return fmt.Errorf("postgres: %w: %s of %v belongs to %v", store.ErrDuplicate, what, id, o.id)
	}
	x.set(key, owner[ID]{id, true})
	return nil
}

// drop takes a key from a record.
func (x *index[K, ID]) drop(key K, id ID) {
	if o, ok := x.known[key]; !ok || o.exists && o.id == id {
		x.set(key, owner[ID]{})
	}
}

// missing returns the keys that are not known yet, each once.
func missing[K comparable, V any](known map[K]V, keys []K) []K {
	var unknown []K
	seen := make(map[K]bool)
	for _, k := range keys {
		if _, ok := known[k]; !ok && !seen[k] {
			seen[k] = true
			unknown = append(unknown, k)
		}
	}
	return unknown
}

// kind is how records of a kind are read and copied.
type kind[ID comparable, T any] struct {
	scan    func(scanner, *T) error
	copy    func(T) T
	id      func(*T) ID
	version func(*T) int64
}

// byID reads records by their ids. In an Update each is read once.
func byID[ID comparable, T any](t *tx, r *records[ID, T], k kind[ID, T], fetch func([]ID) *fetch, ids []ID) ([]T, error) {
	if err := t.ready(); err != nil || len(ids) == 0 {
		return nil, err
	}
	if err := t.fetch(fetch(ids)); err != nil {
		return nil, err
	}
	var found []T
	for _, id := range ids {
		if s := r.known[id]; s.exists {
			found = append(found, k.copy(s.value))
		}
	}
	return found, nil
}

// byKey reads records by a natural key.
func byKey[K, ID comparable, T any](t *tx, x *index[K, ID], r *records[ID, T], k kind[ID, T], fetch func([]K) *fetch, keys []K) ([]T, error) {
	if err := t.ready(); err != nil || len(keys) == 0 {
		return nil, err
	}
	if err := t.fetch(fetch(keys)); err != nil {
		return nil, err
	}
	var found []T
	for _, key := range keys {
		if o := x.known[key]; o.exists {
			found = append(found, k.copy(r.known[o.id].value))
		}
	}
	return found, nil
}

// know reads those of the records that are to be replaced and that the
// transaction has not read, since their keys are needed.
func know[ID comparable, T any](t *tx, r *records[ID, T], k kind[ID, T], changed []T, read func(...ID) ([]T, error)) error {
	var unknown []ID
	for i := range changed {
		id := k.id(&changed[i])
		if _, ok := r.known[id]; !ok && k.version(&changed[i]) != 0 {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	_, err := read(unknown...)
	return err
}

// numbered are rows whose first column is a number beside the record.
type numbered struct {
	scanner
	n *int64
}

func (r numbered) Scan(dest ...any) error {
	return r.scanner.Scan(append(slices.Grow([]any{r.n}, len(dest)), dest...)...)
}
