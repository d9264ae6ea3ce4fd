package storetest

import (
	"context"
	"errors"
	"iter"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// The defects of copies are in what is carried, and in what is left of a copy
// that has failed. Those that Copy notices by itself, since a target shows
// something else than it was given, count as caught.

// puts is a target that changes what it is given, and keeps that to itself: it
// shows what was meant.
type puts struct {
	store.Target
	change func(b store.Batch) store.Batch
	given  *[]store.Batch
}

func (p puts) Put(b store.Batch) error {
	*p.given = append(*p.given, b)
	if b = p.change(b); countsOf(b) == (store.Counts{}) {
		return nil
	}
	return p.Target.Put(b)
}

func (p puts) Counts() (c store.Counts, err error) {
	if len(*p.given) == 0 {
		return p.Target.Counts()
	}
	var all store.Batch
	for _, b := range *p.given {
		add(&all, b)
	}
	return countsOf(all), nil
}

func (p puts) Batches() iter.Seq2[store.Batch, error] { return inMemory(*p.given) }

func inMemory(all []store.Batch) iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		for _, b := range all {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// spoils plants a target that changes what it is given.
func spoils(change func(b store.Batch) store.Batch) func(*mutant) {
	return func(m *mutant) {
		m.target = func(t store.Target) store.Target { return puts{t, change, new([]store.Batch)} }
	}
}

// numbers is a target that changes the numbers that it is given.
type numbers struct {
	store.Target
	change func(n *store.Numbers)
	given  *store.Numbers
}

func (n numbers) SetNumbers(given store.Numbers) error {
	*n.given = given
	n.change(&given)
	return n.Target.SetNumbers(given)
}

func (n numbers) Numbers() (store.Numbers, error) { return *n.given, nil }

func renumbers(change func(n *store.Numbers)) func(*mutant) {
	return func(m *mutant) {
		m.target = func(t store.Target) store.Target { return numbers{t, change, new(store.Numbers)} }
	}
}

// source changes what is exported.
type source struct {
	store.Source
	batches func() iter.Seq2[store.Batch, error]
}

func (s source) Batches() iter.Seq2[store.Batch, error] { return s.batches() }

// claimsEmpty is a target that does not look whether it is empty.
type claimsEmpty struct{ store.Target }

func (c claimsEmpty) Counts() (store.Counts, error) { return store.Counts{}, nil }

// batchesOf returns the batches of a source.
func batchesOf(s store.Source) (all []store.Batch, err error) {
	for b, err := range s.Batches() {
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// restless is a source that shows what is there when it is asked for it, not
// one moment.
type restless struct {
	store.Source
	m *memory.Store
}

func (r restless) present() (all []store.Batch, err error) {
	err = r.m.Export(context.Background(), func(s store.Source) error {
		all, err = batchesOf(s)
		return err
	})
	return all, err
}

func (r restless) Counts() (store.Counts, error) {
	batches, err := r.present()
	var all store.Batch
	for _, b := range batches {
		add(&all, b)
	}
	return countsOf(all), err
}

func (r restless) Batches() iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		for i := 0; ; i++ {
			all, err := r.present()
			if err == nil && i >= len(all) {
				return
			}
			if err != nil {
				yield(store.Batch{}, err)
				return
			}
			if !yield(all[i], nil) {
				return
			}
		}
	}
}

// byPieces is an Import that keeps each Put.
type byPieces struct {
	store.Target
	m *memory.Store
}

func (p byPieces) each(fn func(store.Target) error) error {
	return p.m.Import(context.Background(), fn)
}

func (p byPieces) Put(b store.Batch) error {
	return p.each(func(t store.Target) error { return t.Put(b) })
}

func (p byPieces) SetNumbers(n store.Numbers) error {
	return p.each(func(t store.Target) error { return t.SetNumbers(n) })
}

func (p byPieces) Counts() (c store.Counts, err error) {
	err = p.m.Export(context.Background(), func(s store.Source) (err error) { c, err = s.Counts(); return err })
	return c, err
}

func (p byPieces) Numbers() (n store.Numbers, err error) {
	err = p.m.Export(context.Background(), func(s store.Source) (err error) { n, err = s.Numbers(); return err })
	return n, err
}

func (p byPieces) Batches() iter.Seq2[store.Batch, error] {
	return restless{m: p.m}.Batches() // nothing changes any more
}

func copyDefects() []defect {
	exports := func(batches func(s store.Source) iter.Seq2[store.Batch, error]) func(*mutant) {
		return func(m *mutant) {
			m.source = func(s store.Source) store.Source {
				return source{s, func() iter.Seq2[store.Batch, error] { return batches(s) }}
			}
		}
	}
	return []defect{
		{"a copy begins versions anew", []string{"copy/everything", "copy/numbers"}, spoils(func(b store.Batch) store.Batch {
			b.Users = append([]store.User(nil), b.Users...)
			for i := range b.Users {
				b.Users[i].Version = 1
			}
			return b
		})},
		{"a copy has no read marks", []string{"copy/everything"}, spoils(func(b store.Batch) store.Batch {
			b.ReadMarks = nil
			return b
		})},
		{"a copy forgets which events were deleted", []string{"copy/everything"}, spoils(func(b store.Batch) store.Batch {
			b.DeletedEvents = nil
			return b
		})},
		{"a copy does not list who takes part", []string{"copy/everything", "copy/source that fails"}, spoils(func(b store.Batch) store.Batch {
			b.Conversations = append([]store.Conversation(nil), b.Conversations...)
			for i := range b.Conversations {
				b.Conversations[i].Teams = nil
			}
			return b
		})},
		{"a copy numbers events anew", []string{"copy/everything"}, spoils(func(b store.Batch) store.Batch {
			b.Events = append([]store.Event(nil), b.Events...)
			for i := range b.Events {
				b.Events[i].Cursor += 1000
			}
			return b
		})},
		{"ids begin anew after a copy", []string{"copy/numbers"}, renumbers(func(n *store.Numbers) { n.LastID = 0 })},
		{"cursors go on from the last event that is kept", []string{"copy/numbers"}, renumbers(func(n *store.Numbers) { n.LastCursor = 0 })},
		{"fences begin anew after a copy", []string{"copy/leases"}, renumbers(func(n *store.Numbers) { n.LastID = 0 })},
		{"the directory version begins anew after a copy", []string{"copy/everything"}, renumbers(func(n *store.Numbers) { n.DirectoryVersion = 1 })},
		{"a copy is not of one moment", []string{"copy/snapshot"}, func(m *mutant) {
			m.source = func(s store.Source) store.Source { return restless{s, m.Store} }
		}},
		{"a store is exported in one batch", []string{"copy/small batches"}, exports(func(s store.Source) iter.Seq2[store.Batch, error] {
			return func(yield func(store.Batch, error) bool) {
				batches, err := batchesOf(s)
				var all store.Batch
				for _, b := range batches {
					add(&all, b)
				}
				yield(all, err)
			}
		})},
		{"the last batch is forgotten", []string{"copy/small batches", "copy/everything"}, exports(func(s store.Source) iter.Seq2[store.Batch, error] {
			return func(yield func(store.Batch, error) bool) {
				for b, err := range s.Batches() {
					if len(b.Messages)%store.BatchSize != 0 {
						continue
					}
					if !yield(b, err) {
						return
					}
				}
			}
		})},
		{"a target that has something takes more", []string{"copy/target that is not empty"}, func(m *mutant) {
			m.target = func(t store.Target) store.Target { return claimsEmpty{t} }
		}},
		{"a copy is kept piece by piece", []string{"copy/source that fails", "copy/cancelled"}, func(m *mutant) {
			m.imports = func(_ context.Context, fn func(store.Target) error) error { return fn(byPieces{m: m.Store}) }
		}},
		{"a copy that was cancelled is kept", []string{"copy/cancelled"}, func(m *mutant) {
			m.imports = func(_ context.Context, fn func(store.Target) error) error {
				var failed error
				err := m.Store.Import(context.Background(), func(t store.Target) error { failed = fn(t); return nil })
				return errors.Join(failed, err)
			}
		}},
		{"two copies at once share a target", []string{"copy/two at once"}, func(m *mutant) {
			m.imports = func(ctx context.Context, fn func(store.Target) error) error { return memory.New().Import(ctx, fn) }
		}},
	}
}
