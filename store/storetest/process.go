package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func processCases() []testCase {
	return []testCase{
		{"processes/durable", "When Update returns nil, everything is durable.", processDurable},
		{"processes/rolled back", "Nothing that a failed Update wrote is kept.", processRolledBack},
		{"processes/versions", "A version replaces exactly that version, or fails with ErrConflict, whichever process has written it.", processVersions},
		{"processes/no update is lost", "Update runs the function in one atomic transaction, isolated as if it were alone, after a conflict with another process once more.", processIncrements},
		{"processes/directory version", "DirectoryVersion changes with every committed write to any record of the Directory, by any process.", processDirectory},
		{"processes/ids", "No two committed transactions get the same id.", processIDs},
		{"processes/leases", "LeaseDue leaves out every conversation with a living lease, whoever holds it.", processLeases},
		{"processes/events", "A reader that goes on from the cursor of the last event it got misses none and gets none twice, whoever writes.", processEvents},
		{"processes/notify", "Notify calls wake after another process has committed something.", processNotify},
		{"processes/slow wake", "Notify does not hold up other processes' commits.", processSlowWake},
		{"processes/end of notify", "Notify blocks until the context ends.", processNotifyEnds},
	}
}

// another opens the same records once more.
func (e *env) another() (*env, error) {
	if e.h.Reopen == nil {
		return nil, skipf("the harness has no Reopen, so only one process can be shown")
	}
	s := e.h.Reopen(e.t, e.Store)
	if s == nil {
		return nil, errors.New("harness: Reopen returned nil")
	}
	return &env{Store: s, t: e.t, h: e.h, ctx: e.ctx, patience: e.patience}, nil
}

func processDurable(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	return each(e, kinds(), func(k kind, a, b any) error {
		if err := e.update(func(tx store.Tx) error { return k.put(tx, a, b) }); err != nil {
			return err
		}
		if err := other.expectKind(k, keptAs(a, b)...); err != nil {
			return fmt.Errorf("read by a process that was there: %w", err)
		}
		later, err := e.another()
		if err != nil {
			return err
		}
		return doing("read by a process that came later", later.expectKind(k, keptAs(a, b)...))
	})
}

func processRolledBack(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	return each(e, kinds(), func(k kind, a, _ any) error {
		err := e.update(func(tx store.Tx) error { return errors.Join(k.put(tx, a), errDeliberate) })
		if err := expectError(err, errDeliberate); err != nil {
			return err
		}
		if err := other.expectNoKind(k, a); err != nil {
			return err
		}
		return other.putOne(k, a)
	})
}

func processVersions(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	return each(e, versioned(), func(k kind, a, _ any) error {
		if err := e.putOne(k, a); err != nil {
			return err
		}
		if err := other.putOne(k, withVersion(a, 1)); err != nil {
			return fmt.Errorf("another process puts the version that it has read: %w", err)
		}
		if err := expectError(e.putOne(k, withVersion(a, 1)), store.ErrConflict); err != nil {
			return fmt.Errorf("putting the version before: %w", err)
		}
		return e.expectKind(k, withVersion(a, 2))
	})
}

func processIncrements(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	ids, err := e.counters(1)
	if err != nil {
		return err
	}
	const each = 30
	err = all(4, func(i int) error {
		mine := []*env{e, other}[i%2]
		for range each {
			if err := mine.retry(func(tx store.Tx) error { return addTo(tx, ids[0], 1) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return other.view(func(tx store.Tx) error {
		_, n, err := count(tx, ids[0])
		if err == nil && n != 4*each {
			err = fmt.Errorf("%d Updates of two processes added 1 and returned nil, the sum is %d", 4*each, n)
		}
		return err
	})
}

func processDirectory(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	seen := make(map[int64]bool)
	for i := range 6 {
		for _, p := range []*env{e, other} {
			v, err := readDirectoryVersion(e, p.Store)
			if err != nil {
				return err
			}
			if p == other != seen[v] {
				return fmt.Errorf("after %d writes, one process reads the directory version %d and the other not, or it is an old one", i, v)
			}
			seen[v] = true
		}
		writer := []*env{other, e}[i%2]
		err := writer.update(func(tx store.Tx) error {
			return tx.PutUsers(store.User{Account: acme, ID: "erin", Version: int64(i)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func processIDs(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	return idsUniqueThrough(e, e.Store, other.Store)
}

func processLeases(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	ids, _, err := e.owed(0, 1)
	if err != nil {
		return err
	}
	first, err := e.leaseOne("one", time.Hour, ids[0])
	if err != nil {
		return err
	}
	ls, err := other.leaseDue("two", noon.Add(time.Second), time.Hour, 10)
	if err == nil {
		err = expectLeased("by another process", ls, ids[1])
	}
	if err != nil {
		return err
	}
	if err := other.expect([]store.Lease{first}, func(tx store.Tx) (any, error) { return tx.Leases(ids[0]) }); err != nil {
		return err
	}
	if err := e.release(first); err != nil {
		return err
	}
	second, err := other.leaseOne("two", time.Hour, ids[0])
	if err == nil && second.Fence <= first.Fence {
		err = fmt.Errorf("a lease has the fence %d, the one before, of another process, had %d", second.Fence, first.Fence)
	}
	return err
}

func processEvents(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	return slowWriters(e, e.Store, other.Store)
}
