package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

// fetch is a read by keys of what a transaction does not know yet. Several go
// together.
type fetch struct {
	guards    []guard
	statement statement
	after     func() // notes what does not exist
}

// fetch sends fetches together. Those that are nil have nothing to ask.
func (t *tx) fetch(fetches ...*fetch) error {
	var gs []guard
	var statements []statement
	for _, f := range fetches {
		if f != nil {
			gs, statements = append(gs, f.guards...), append(statements, f.statement)
		}
	}
	if len(statements) == 0 {
		return nil
	}
	if t.readOnly {
		gs = nil
	}
	if err := t.ask(t.ctx, gs, statements...); err != nil {
		return err
	}
	for _, f := range fetches {
		if f != nil {
			f.after()
		}
	}
	return nil
}

// fetchByID asks for records by their ids. What the transaction has numbered
// itself is nobody's yet.
func fetchByID[ID comparable, T any](t *tx, r *records[ID, T], k kind[ID, T], guardOf func(ID) guard, text string, param func([]ID) any, ids []ID) *fetch {
	unknown := missing(r.known, ids)
	for _, id := range unknown {
		if t.drew(id) {
			r.set(id, &slot[T]{})
		}
	}
	if unknown = missing(r.known, unknown); len(unknown) == 0 {
		return nil
	}
	f := &fetch{guards: mapped(unknown, guardOf)}
	f.statement = statement{text, []any{param(unknown)}, func(rows pgx.Rows) error {
		var value T
		err := k.scan(rows, &value)
		r.found(k.id(&value), value, k.version(&value))
		return err
	}}
	f.after = func() {
		for _, id := range unknown {
			if _, ok := r.known[id]; !ok {
				r.set(id, &slot[T]{})
			}
		}
	}
	return f
}

// fetchByKey asks for records by a natural key. The text answers with the key's
// number among those asked for, and then the record.
func fetchByKey[K, ID comparable, T any](x *index[K, ID], r *records[ID, T], k kind[ID, T], guardOf func(K) guard, text string, params func([]K) []any, keys []K) *fetch {
	unknown := missing(x.known, keys)
	if len(unknown) == 0 {
		return nil
	}
	f := &fetch{guards: mapped(unknown, guardOf)}
	f.statement = statement{text, params(unknown), func(rows pgx.Rows) error {
		var n int64
		var value T
		if err := k.scan(numbered{rows, &n}, &value); err != nil {
			return err
		}
		id := k.id(&value)
		r.found(id, value, k.version(&value))
		x.set(unknown[n-1], owner[ID]{id, true})
		return nil
	}}
	f.after = func() {
		for _, key := range unknown {
			if _, ok := x.known[key]; !ok {
				x.set(key, owner[ID]{})
			}
		}
	}
	return f
}

func mapped[A, B any](list []A, of func(A) B) []B {
	all := make([]B, len(list))
	for i, a := range list {
		all[i] = of(a)
	}
	return all
}

// drew reports whether an id is a number that this transaction has drawn.
func (t *tx) drew(id any) bool {
	switch id := id.(type) {
	case store.ContactID:
		return t.ids.drew(int64(id))
	case store.ConversationID:
		return t.ids.drew(int64(id))
	case store.MessageID:
		return t.ids.drew(int64(id))
	case store.TaskID:
		return t.ids.drew(int64(id))
	case store.StrayID:
		return t.ids.drew(int64(id))
	}
	return false
}
