package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// gateStore is a Store whose transactions a test lets through one by one.
type gateStore struct {
	store.Store
	enter   chan struct{} // nil: everything goes through
	result  func(n int) error
	updates int
}

func (s *gateStore) Update(_ context.Context, fn func(store.Tx) error) error {
	s.updates++
	n := s.updates
	if s.enter != nil {
		<-s.enter
	}
	if err := fn(nil); err != nil {
		return err
	}
	if s.result != nil {
		return s.result(n)
	}
	return nil
}

func newCommitter(s store.Store) *committer {
	quiet, err := newTelemetry(nil, nil)
	if err != nil {
		panic(err)
	}
	return &committer{store: s, maxLeaders: 1, share: 1, maxBatch: 8, maxWaiting: 16, now: time.Now, committed: func([]store.AccountID, bool) {}, telemetry: quiet}
}

// applied collects in which transaction each change was applied last.
type applied struct{ batches [][]string }

func (a *applied) change(s *gateStore, name string, err error) func(*tx) error {
	return func(t *tx) error {
		for len(a.batches) < s.updates {
			a.batches = append(a.batches, nil)
		}
		a.batches[s.updates-1] = append(a.batches[s.updates-1], name)
		t.writes++
		return err
	}
}

func TestCommitterTakesWhatWaitsThroughOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &gateStore{enter: make(chan struct{})}
		c := newCommitter(s)
		var a applied
		for i := range 12 {
			go func() {
				if err := c.do(t.Context(), false, a.change(s, fmt.Sprint(i), nil)); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait() // in order: the first leads, the others wait
		}
		for range 3 {
			s.enter <- struct{}{}
			synctest.Wait()
		}
		want := []string{"0", "1 2 3 4 5 6 7 8", "9 10 11"}
		var got []string
		for _, b := range a.batches {
			got = append(got, strings.Join(b, " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("batches are %q, want %q: a change alone goes at once, then what waits, at most 8 at a time", got, want)
		}
		if c.leaders > 0 || len(c.waiting) > 0 {
			t.Errorf("leaders=%d, %d waiting, after everything was committed", c.leaders, len(c.waiting))
		}
	})
}

func TestCommitterOneBadChangeFailsAlone(t *testing.T) {
	errBad := errors.New("bad")
	for _, test := range []struct {
		name    string
		bad     func(*tx) error
		updates int // how many transactions it takes for the five that waited
	}{
		{"before it wrote, it is left out", func(*tx) error { return errBad }, 1},
		{"after it wrote, the batch is cut in two", func(x *tx) error { x.writes++; return errBad }, 5},
		{"a panic is a failure", func(x *tx) error { x.writes++; panic(errBad.Error()) }, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &gateStore{enter: make(chan struct{}, 100)}
				c := newCommitter(s)
				errs := make([]error, 6)
				committed := make([]bool, 6)
				for i := range errs {
					go func() {
						errs[i] = c.do(t.Context(), false, func(x *tx) error {
							x.onCommit(func() { committed[i] = true })
							if i == 3 {
								return test.bad(x)
							}
							x.writes++
							return nil
						})
					}()
					synctest.Wait()
				}
				for range cap(s.enter) {
					s.enter <- struct{}{}
				}
				synctest.Wait()
				for i, err := range errs {
					if bad := i == 3; (err != nil) != bad || committed[i] == bad {
						t.Errorf("change %d: error %v, committed %v", i, err, committed[i])
					}
				}
				if s.updates != 1+test.updates {
					t.Errorf("%d transactions, want %d", s.updates, 1+test.updates)
				}
			})
		})
	}
}

func TestCommitterTriesAgainWhatAnotherTryCanCure(t *testing.T) {
	for _, test := range []struct {
		err   error
		fails int
		want  int // transactions
		ok    bool
	}{
		{store.ErrConflict, 2, 3, true},
		{store.ErrDuplicate, 1, 2, true},
		{store.ErrUnknown, 1, 2, true},
		{store.ErrConflict, 99, 3, false},
		{errors.New("disk full"), 99, 1, false},
	} {
		s := &gateStore{result: func(n int) error {
			if n <= test.fails {
				return fmt.Errorf("commit: %w", test.err)
			}
			return nil
		}}
		err := newCommitter(s).do(t.Context(), false, func(x *tx) error { x.writes++; return nil })
		if (err == nil) != test.ok || !test.ok && !errors.Is(err, test.err) || s.updates != test.want {
			t.Errorf("%v, %d times: error %v after %d transactions, want %d", test.err, test.fails, err, s.updates, test.want)
		}
	}
}

func TestCommitterRefusesWhatWouldGrowWithoutBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &gateStore{enter: make(chan struct{})}
		c := newCommitter(s)
		for range 1 + c.maxWaiting { // one is being committed
			go func() { _ = c.do(t.Context(), false, func(*tx) error { return nil }) }()
			synctest.Wait()
		}
		if err := c.do(t.Context(), false, func(*tx) error { return nil }); !errors.Is(err, ErrOverloaded) {
			t.Errorf("error %v, want ErrOverloaded", err)
		}
		must := make(chan error, 1)
		go func() { must <- c.do(t.Context(), true, func(*tx) error { return nil }) }()
		synctest.Wait()
		close(s.enter)
		synctest.Wait()
		if err := <-must; err != nil {
			t.Errorf("what finishes work that was begun: %v", err)
		}
		if err := c.do(t.Context(), false, func(*tx) error { return nil }); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestCommitterWithdrawsWhatNobodyHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &gateStore{enter: make(chan struct{})}
		c := newCommitter(s)
		go func() { _ = c.do(t.Context(), false, func(*tx) error { return nil }) }()
		synctest.Wait()

		ctx, cancel := context.WithCancel(t.Context())
		var ran, begun bool
		var err, begunErr error
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			err = c.do(ctx, false, func(*tx) error { ran = true; return nil })
		}()
		synctest.Wait()
		cancel()
		<-returned
		if !errors.Is(err, context.Canceled) || ran {
			t.Errorf("withdrawn: error %v, applied %v", err, ran)
		}

		// What has been begun ends as it ends, whatever becomes of the caller.
		ctx, cancel = context.WithCancel(t.Context())
		returned = make(chan struct{})
		go func() {
			defer close(returned)
			begunErr = c.do(ctx, false, func(*tx) error { begun = true; return nil })
		}()
		synctest.Wait()
		s.enter <- struct{}{} // the first commits; the second leads and is in its transaction
		synctest.Wait()
		cancel()
		synctest.Wait()
		s.enter <- struct{}{}
		<-returned
		if begunErr != nil || !begun {
			t.Errorf("begun: error %v, applied %v", begunErr, begun)
		}
		if c.leaders > 0 || len(c.waiting) > 0 {
			t.Errorf("leaders=%d, %d waiting at the end", c.leaders, len(c.waiting))
		}
	})
}

func TestCommitterOutlivesAStoreThatPanics(t *testing.T) {
	s := &gateStore{result: func(n int) error {
		if n == 1 {
			panic("store is broken")
		}
		return nil
	}}
	c := newCommitter(s)
	if err := c.do(t.Context(), false, func(*tx) error { return nil }); err == nil || !strings.Contains(err.Error(), "store is broken") {
		t.Errorf("error %v, want the panic", err)
	}
	if err := c.do(t.Context(), false, func(*tx) error { return nil }); err != nil {
		t.Errorf("the next change: %v", err)
	}
}

// lockedStore lets nobody in.
type lockedStore struct {
	store.Store
	enter   chan struct{}
	updates int
}

var errLocked = errors.New("locked")

func (s *lockedStore) Update(context.Context, func(store.Tx) error) error {
	s.updates++
	<-s.enter
	return errLocked
}

func TestCommitterWaitsForALockedStoreOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &lockedStore{enter: make(chan struct{}, 100)}
		c := newCommitter(s)
		errs := make([]error, 6)
		for i := range errs {
			go func() { errs[i] = c.do(t.Context(), false, func(*tx) error { return nil }) }()
			synctest.Wait()
		}
		for range cap(s.enter) {
			s.enter <- struct{}{}
		}
		synctest.Wait()
		for i, err := range errs {
			if !errors.Is(err, errLocked) {
				t.Errorf("change %d: error %v", i, err)
			}
		}
		if s.updates != 2 { // one alone, and the five that waited
			t.Errorf("%d transactions, want 2", s.updates)
		}
	})
}
