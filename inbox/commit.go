package inbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// commitTimeout bounds one transaction of a batch.
const commitTimeout = 30 * time.Second

// commitTries is how often a change is tried whose commit failed in a way
// that another try can cure. Every change is safe to repeat.
const commitTries = 3

// committer takes the changes that wait at the same moment through one
// transaction. Whoever comes first leads, and commits for all who came in the
// meantime, so it needs no goroutine of its own, never waits for company, and
// serves a change that is alone as fast as can be.
//
// Several lead at once if the Store gains from it, each a batch of its own. A
// transaction has a price of its own, too: a further one begins when enough wait
// for it.
//
// A change that needs what a transaction of somebody else's holds is parted from
// its batch, and made by its own caller when that is over: it holds up nobody but
// those who need the same.
//
// A change that fails before it has written anything is left out of its batch.
// If one fails after that, or the commit fails, the batch is cut in two and
// tried again, so that one bad change never fails the others. If the store does
// not even begin, it is nobody's fault, and all of them fail.
type committer struct {
	store      store.Store
	maxLeaders int
	share      int // how many changes are worth a transaction beside others
	maxBatch   int
	maxWaiting int
	now        func() time.Time
	secrets    [][]byte
	committed  func(events []store.AccountID, tasks bool)
	telemetry  *telemetry

	mu      sync.Mutex
	waiting []*change
	leaders int                 // how many are committing
	engaged map[subject]*change // what those are about, and their leaders
	parted  int                 // changes that were parted from their batches and are not made yet
}

// change is one caller's part of a transaction.
type change struct {
	apply   func(*tx) error
	expects []expectation

	keys   []store.Keys // that it expected, in the last try
	parted bool         // others hold what it needs; err says so
	doubt  error        // of an earlier try, when it was parted

	err   error
	after []func()

	// signal gets one value: what the caller has to do.
	signal chan signal
}

// signal says what becomes of a change that waited.
type signal uint8

const (
	done signal = iota // its outcome is there
	lead               // commit it and those behind it
	part               // make it by itself
)

// do applies a change and returns when it is durable, or why it is not. When
// the context ends while the change waits, it is withdrawn; when its
// transaction has begun, do waits for the outcome. A change that is a must
// waits even if too many do: it finishes what was begun, and makes no new
// work.
func (c *committer) do(ctx context.Context, must bool, apply func(*tx) error, expects ...expectation) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	ch := &change{apply: apply, expects: expects, signal: make(chan signal, 1)}
	c.mu.Lock()
	if len(c.waiting)+c.parted >= c.maxWaiting && !must {
		c.mu.Unlock()
		c.telemetry.refused.Add(ctx, 1)
		return ErrOverloaded
	}
	c.waiting = append(c.waiting, ch)
	c.appoint()
	c.mu.Unlock()

	select {
	case s := <-ch.signal:
		return c.follow(ctx, ch, s)
	case <-ctx.Done():
	}
	if c.withdraw(ch) {
		return fmt.Errorf("inbox: %w", ctx.Err())
	}
	return c.follow(ctx, ch, <-ch.signal)
}

// follow does what a caller is told to.
func (c *committer) follow(ctx context.Context, ch *change, s signal) error {
	if s == lead {
		s = c.lead(ctx, ch)
	}
	if s == part {
		c.alone(ctx, ch)
	}
	return ch.err
}

// withdraw takes a change back that nobody has begun and that is not to lead.
func (c *committer) withdraw(ch *change) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, ch)
	if i < 0 {
		return false
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	return true
}

// lead commits one batch, which begins with the leader's own change, and hands
// the lead to the next who waits. It returns what the leader has to do.
func (c *committer) lead(ctx context.Context, own *change) signal {
	batch := c.take(own)
	c.finish(ctx, batch, nil)

	c.mu.Lock()
	for _, ch := range batch {
		if ch.parted {
			c.parted++
		}
	}
	c.release(batch)
	c.appoint()
	c.mu.Unlock()
	for _, ch := range batch[1:] {
		ch.signal <- ch.next()
	}
	return own.next()
}

// next returns what the caller of a change has to do after a try.
func (ch *change) next() signal {
	if ch.parted {
		return part
	}
	return done
}

// finish commits a batch, which goes on if its leader leaves: it is not the
// leader's alone.
func (c *committer) finish(ctx context.Context, batch []*change, doubt error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	if err := protect(func() error { c.commit(ctx, batch, doubt); return nil }); err != nil {
		for _, ch := range batch { // a Store that panics must not leave the others waiting for ever
			ch.parted, ch.err = false, err
		}
	}
}

// commit takes a batch through a transaction and sets each change's err. The
// doubt is that of an earlier try, of which nobody knows whether it committed,
// or nil.
func (c *committer) commit(ctx context.Context, batch []*change, doubt error) {
	begun, err := c.try(ctx, batch)
	if errors.Is(err, store.ErrUnknown) {
		doubt = err
	}
	var busy *store.BusyError
	if errors.As(err, &busy) {
		if free := partFrom(batch, busy, doubt); len(free) > 0 {
			c.commit(ctx, free, doubt)
		}
		return
	}
	if err != nil && (errors.Is(err, store.ErrUnavailable) || !begun && !retryable(err)) {
		// Nobody's fault: the store is locked, or down. Each by itself would wait
		// as long, one after the other.
		for _, ch := range batch {
			ch.err = err
		}
	} else if err != nil && len(batch) > 1 {
		half := len(batch) / 2
		c.commit(ctx, batch[:half], doubt)
		c.commit(ctx, batch[half:], doubt)
		return
	}
	for try := 1; try < commitTries && retryable(err); try++ {
		if _, err = c.try(ctx, batch); errors.Is(err, store.ErrUnknown) {
			doubt = err
		}
	}
	switch {
	case errors.As(err, &busy):
		partFrom(batch, busy, doubt)
		return
	case err != nil:
		batch[0].err = err
	}
	for _, ch := range batch {
		if ch.err != nil && !errors.Is(ch.err, store.ErrUnknown) && !ours(ch.err) {
			ch.err = doubtful(ch.err, doubt)
		}
	}
}

// doubtful adds to the failure of a change the doubt of an earlier try, or nil.
func doubtful(err, doubt error) error {
	if doubt == nil {
		return err
	}
	return fmt.Errorf("%w; and then: %w", doubt, err)
}

// ours reports whether an error is a refusal of the engine's own: the change has
// then seen what the store holds, and an earlier try of it did not commit.
func ours(err error) bool {
	for _, known := range []error{
		ErrNotFound, ErrUnlicensed, ErrAlreadyClaimed, ErrNotClaimed, ErrBlocked, ErrOptedOut, ErrInvalid, ErrConflict, ErrSettled, ErrUnknownChannel,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// retryable reports whether another try may succeed: somebody was faster, or
// nobody knows whether the commit happened, which a repeated change finds out.
func retryable(err error) bool {
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrDuplicate) || errors.Is(err, store.ErrUnknown)
}

// try runs one transaction. It returns an error if nothing of it was kept, and
// whether it came as far as the changes.
func (c *committer) try(ctx context.Context, batch []*change) (begun bool, err error) {
	var events []store.AccountID
	var tasks bool
	var moves []moved
	since := c.now()
	err = c.store.Update(ctx, func(s store.Tx) error {
		begun = true
		t := newTx(s, c.now(), c.secrets)
		if err := prefetch(t, batch); err != nil {
			return err
		}
		for _, ch := range batch {
			writes := t.writes
			t.after = nil
			ch.err = protect(func() error { return ch.apply(t) })
			ch.after = t.after
			if ch.err != nil && t.writes > writes {
				return ch.err
			}
		}
		events, tasks, moves = t.events, t.tasks, t.moves
		return nil
	})
	c.telemetry.committed(ctx, c.now().Sub(since), len(batch), err)
	if err != nil {
		return begun, err
	}
	c.telemetry.moved(ctx, moves)
	c.committed(events, tasks)
	for _, ch := range batch {
		if ch.err != nil {
			continue
		}
		for _, fn := range ch.after {
			fn()
		}
	}
	return begun, nil
}

// length returns how many changes wait.
func (c *committer) length() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting) + c.parted
}

// panicError is a panic of a part that is not the engine's own.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("inbox: panic: %v", e.value) }

// protect runs fn and makes a panic an error.
func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	return fn()
}
