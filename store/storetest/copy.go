package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func copyCases() []testCase {
	const whole = "When Import fails, and after a crash, nothing that was put is there."
	return []testCase{
		{"copy/everything", "All records come over as they are, with their ids, versions and cursors.", copyEverything},
		{"copy/numbers", "What the Store gives from then on is larger than they are.", copyNumbers},
		{"copy/leases", "Leases alone stay behind: they are about who is working, and during a copy nobody is.", copyLeases},
		{"copy/small batches", "Each batch has records of one kind, and at most BatchSize.", copyBatches},
		{"copy/snapshot", "Export runs fn on everything that the Store holds, in one consistent snapshot.", copySnapshot},
		{"copy/target that is not empty", "The target must be empty, or Copy fails with ErrNotEmpty.", copyNotEmpty},
		{"copy/two at once", "While it runs nobody else writes to the Store; of two Imports at once the second waits or fails.", copyTwice},
		{"copy/source that fails", whole, copyFails},
		{"copy/cancelled", whole, copyCancelled},
	}
}

// porter returns the store of the case, or a skip.
func (e *env) porter() (store.Porter, error) {
	p, ok := e.Store.(store.Porter)
	if !ok {
		return nil, skipf("the store is no store.Porter")
	}
	return p, nil
}

// target opens an empty store.
func (e *env) target() (*env, store.Porter, error) {
	t := &env{t: e.t, h: e.h, ctx: e.ctx, patience: e.patience, Store: e.h.Open(e.t)}
	p, err := t.porter()
	return t, p, err
}

// ports returns a store with something of everything, and an empty one.
func (e *env) ports() (from store.Porter, t *env, to store.Porter, err error) {
	if from, err = e.porter(); err != nil {
		return nil, nil, nil, err
	}
	if err := e.enrich(); err != nil {
		return nil, nil, nil, err
	}
	t, to, err = e.target()
	return from, t, to, err
}

func copyEverything(e *env) error {
	from, _, to, err := e.ports()
	if err != nil {
		return err
	}
	if _, err := store.Copy(e.ctx, to, from, nil); err != nil {
		return err
	}
	return equal(e.ctx, from, to)
}

func copyNumbers(e *env) error {
	from, t, to, err := e.ports()
	if err != nil {
		return err
	}
	all, _, err := contents(e.ctx, from)
	if err != nil {
		return err
	}
	lastID, err := e.id()
	if err != nil {
		return err
	}
	lastID = max(lastID, e.ids[len(e.ids)-1])
	last, err := e.lastEvent(acme)
	if err != nil {
		return err
	}
	// The company whose events are all deleted had the highest cursor.
	if err := e.appendEvents(store.Event{Account: globex, Type: store.Alerted}); err != nil {
		return err
	}
	highest, err := e.lastEvent(globex)
	if err != nil {
		return err
	}
	if err := e.deleteEvents(globex, highest); err != nil {
		return err
	}
	if _, err := store.Copy(e.ctx, to, from, nil); err != nil {
		return err
	}
	if id, err := t.id(); err != nil || id <= lastID {
		return errors.Join(err, fmt.Errorf("the first id is %d, the source had given %d", id, lastID))
	}
	version, err := readDirectoryVersion(t, to)
	if err != nil {
		return err
	}
	user := slices.MaxFunc(all.Users, func(a, b store.User) int { return cmp.Compare(a.Version, b.Version) })
	user.Name = "renamed"
	if err := t.update(func(tx store.Tx) error { return tx.PutUsers(user) }); err != nil {
		return fmt.Errorf("putting a user with the version that the source had: %w", err)
	}
	if changed, err := readDirectoryVersion(t, to); err != nil || changed == version {
		return errors.Join(err, fmt.Errorf("the directory version is still %d after a write", version))
	}
	if err := t.appendEvents(store.Event{Account: acme, Type: store.Alerted}); err != nil {
		return err
	}
	if next, err := t.lastEvent(acme); err != nil || next <= last || next <= highest {
		return errors.Join(err, fmt.Errorf("the next event has the cursor %d, the source had given %d", next, highest))
	}
	return nil
}

func copyLeases(e *env) error {
	from, err := e.porter()
	if err != nil {
		return err
	}
	ids, _, err := e.owed(0)
	if err != nil {
		return err
	}
	var first store.Lease
	for range 100 { // fences may have numbers of their own
		if first, err = e.leaseOne("one", time.Hour, ids[0]); err == nil {
			err = e.release(first)
		}
		if err != nil {
			return err
		}
	}
	if first, err = e.leaseOne("one", time.Hour, ids[0]); err != nil {
		return err
	}
	t, to, err := e.target()
	if err != nil {
		return err
	}
	if _, err := store.Copy(e.ctx, to, from, nil); err != nil {
		return err
	}
	second, err := t.leaseOne("two", time.Hour, ids[0])
	if err == nil && second.Fence <= first.Fence {
		err = fmt.Errorf("the first lease has the fence %d, the source had given %d", second.Fence, first.Fence)
	}
	return err
}

// putMany puts a conversation with many plain messages.
func (e *env) putMany(n int) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	ms := make([]store.Message, n)
	for i := range ms {
		id, err := e.id()
		if err != nil {
			return err
		}
		ms[i] = store.Message{ID: store.MessageID(id), Account: acme, Conversation: c.ID, Seq: int64(i + 1), Direction: store.Note, Text: fmt.Sprint("note ", i)}
	}
	return e.update(func(tx store.Tx) error { return tx.PutMessages(ms...) })
}

func copyBatches(e *env) error {
	from, err := e.porter()
	if err != nil {
		return err
	}
	if err := e.putMany(2*store.BatchSize + 1); err != nil {
		return err
	}
	sizes := make(map[int]int)
	err = from.Export(e.ctx, func(s store.Source) error {
		for b, err := range s.Batches() {
			if err != nil {
				return err
			}
			kinds := 0
			for _, field := range reflect.ValueOf(b).Fields() {
				if n := field.Len(); n > 0 {
					kinds++
					sizes[n]++
				}
				if field.Len() > store.BatchSize {
					return fmt.Errorf("a batch has %d records", field.Len())
				}
			}
			if kinds != 1 {
				return fmt.Errorf("a batch has records of %d kinds", kinds)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, to, err := e.target()
	if err != nil {
		return err
	}
	if _, err := store.Copy(e.ctx, to, from, nil); err != nil {
		return err
	}
	return equal(e.ctx, from, to)
}

// disturbed is a source to which something happens before each batch.
type disturbed struct {
	store.Porter
	before func(n int) error // nth batch, from 1
}

func (d disturbed) Export(ctx context.Context, fn func(store.Source) error) error {
	return d.Porter.Export(ctx, func(s store.Source) error { return fn(disturbedSource{s, d.before}) })
}

type disturbedSource struct {
	store.Source
	before func(n int) error
}

func (d disturbedSource) Batches() iter.Seq2[store.Batch, error] {
	return func(yield func(store.Batch, error) bool) {
		n := 0
		for b, err := range d.Source.Batches() {
			n++
			if err := d.before(n); err != nil {
				yield(store.Batch{}, err)
				return
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

func copySnapshot(e *env) error {
	from, t, to, err := e.ports()
	if err != nil {
		return err
	}
	before, _, err := contents(e.ctx, from)
	if err != nil {
		return err
	}
	_, err = store.Copy(e.ctx, to, disturbed{from, func(n int) error {
		return e.within("an Update during an Export", func() error {
			return e.update(func(tx store.Tx) error {
				return errors.Join(
					tx.PutAccounts(store.Account{ID: store.AccountID(fmt.Sprint("late ", n))}),
					tx.PutWatermarks(store.Watermark{ID: store.WatermarkID(fmt.Sprint("late ", n))}),
					tx.AppendEvents(store.Event{Account: acme, Type: store.Alerted}),
				)
			})
		})
	}}, nil)
	if err != nil {
		return err
	}
	after, _, err := contents(t.ctx, to)
	if err != nil {
		return err
	}
	return same(countsOf(before), countsOf(after))
}

func copyNotEmpty(e *env) error {
	from, err := e.porter()
	if err != nil {
		return err
	}
	for what, put := range map[string]func(store.Tx) error{
		"companies":   seed,
		"an account":  func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: acme}) },
		"a watermark": func(tx store.Tx) error { return tx.PutWatermarks(store.Watermark{ID: sms}) },
	} {
		t, to, err := e.target()
		if err != nil {
			return err
		}
		if err := t.update(put); err != nil {
			return err
		}
		before, _, err := contents(e.ctx, to)
		if err != nil {
			return err
		}
		_, err = store.Copy(e.ctx, to, from, nil)
		if err := expectError(err, store.ErrNotEmpty); err != nil {
			return doing("copying into a store with "+what, err)
		}
		after, _, err := contents(e.ctx, to)
		if err == nil {
			err = same(before, after)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyTwice(e *env) error {
	from, _, to, err := e.ports()
	if err != nil {
		return err
	}
	const copies = 3
	errs := make([]error, copies)
	err = e.within("copies at once", func() error {
		return all(copies, func(i int) error {
			_, errs[i] = store.Copy(e.ctx, to, from, nil)
			return nil
		})
	})
	if err != nil {
		return err
	}
	succeeded := 0
	for _, err := range errs {
		if err == nil {
			succeeded++
		}
	}
	if succeeded != 1 {
		return errors.Join(fmt.Errorf("of %d copies at once into one store %d succeeded", copies, succeeded), errors.Join(errs...))
	}
	return equal(e.ctx, from, to)
}

// expectEmpty fails if anything is in a store.
func (e *env) expectEmpty(to store.Porter) error {
	return to.Export(e.ctx, func(s store.Source) error {
		counts, err := s.Counts()
		if found := counts.String(); err == nil && found != "" {
			err = fmt.Errorf("there are %s", found)
		}
		return err
	})
}

func copyFails(e *env) error {
	from, _, to, err := e.ports()
	if err != nil {
		return err
	}
	for _, last := range []int{1, 2, 9} {
		var seen error
		_, err := store.Copy(e.ctx, to, disturbed{from, func(n int) error {
			if n < last {
				return nil
			}
			seen = e.expectEmpty(to)
			return errDeliberate
		}}, nil)
		if err := errors.Join(expectError(err, errDeliberate), doing("looking into a store that is being filled", seen)); err != nil {
			return err
		}
		if err := e.expectEmpty(to); err != nil {
			return fmt.Errorf("after a copy that failed at batch %d: %w", last, err)
		}
	}
	if _, err := store.Copy(e.ctx, to, from, nil); err != nil {
		return fmt.Errorf("copying again: %w", err)
	}
	return equal(e.ctx, from, to)
}

func copyCancelled(e *env) error {
	from, _, to, err := e.ports()
	if err != nil {
		return err
	}
	for _, last := range []int{1, 5} {
		ctx, cancel := context.WithCancel(e.ctx)
		_, err := store.Copy(ctx, to, disturbed{from, func(n int) error {
			if n == last {
				cancel()
			}
			return nil
		}}, nil)
		cancel()
		if err := expectError(err, context.Canceled); err != nil {
			return err
		}
		if err := e.expectEmpty(to); err != nil {
			return fmt.Errorf("after a copy that was cancelled at batch %d: %w", last, err)
		}
	}
	if _, err := store.Copy(e.ctx, to, from, nil); err != nil {
		return fmt.Errorf("copying again: %w", err)
	}
	return equal(e.ctx, from, to)
}
