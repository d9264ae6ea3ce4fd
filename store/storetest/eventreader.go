package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// follow reads events again and again from where it is, and calls got for
// each, until stop says so and nothing is left.
func follow(s store.Store, e *env, stop *atomic.Bool, got func(store.Event)) error {
	var after store.Cursor
	for {
		last := stop.Load()
		page, err := events(s, e, store.EventQuery{Account: acme, After: after, Limit: 7})
		if err != nil {
			return err
		}
		for _, ev := range page {
			if ev.Cursor <= after {
				return fmt.Errorf("the cursor %d follows %d", ev.Cursor, after)
			}
			after = ev.Cursor
			got(ev)
		}
		if last && len(page) == 0 {
			return nil
		}
	}
}

func eventsSlowWriters(e *env) error { return slowWriters(e, e.Store, e.Store) }

// slowWriters has events written through stores by many who take their time
// between the write and the commit, and reads along through each.
func slowWriters(e *env, through ...store.Store) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	const writers, updates = 6, 25
	var done atomic.Bool
	var running sync.WaitGroup
	running.Add(writers)
	go func() {
		running.Wait()
		done.Store(true)
	}()
	write := func(s store.Store, w int) error {
		defer running.Done()
		seq := int64(0)
		for u := range updates {
			n := 1 + (w+u)%3
			err := retryOn(e.ctx, s, func(tx store.Tx) error {
				for i := range n {
					ev := happened(c, 1)[0]
					ev.Detail.Seq, ev.Detail.Code = seq+int64(i+1), fmt.Sprint(w)
					if err := tx.AppendEvents(ev); err != nil {
						return err
					}
					runtime.Gosched()
				}
				// Some commit at once, some late.
				for range (w * u) % 7 * 20 {
					runtime.Gosched()
				}
				return nil
			})
			if err != nil {
				return err
			}
			seq += int64(n)
		}
		return nil
	}
	read := func(s store.Store) error {
		next := make(map[string]int64)
		err := follow(s, e, &done, func(ev store.Event) {
			w := ev.Detail.Code
			if next[w] >= 0 && ev.Detail.Seq == next[w]+1 {
				next[w]++
			} else {
				next[w] = -1
			}
		})
		if err != nil {
			return err
		}
		for w := range writers {
			want := int64(0)
			for u := range updates {
				want += int64(1 + (w+u)%3)
			}
			switch got := next[fmt.Sprint(w)]; {
			case got < 0:
				return fmt.Errorf("a reader missed an event of writer %d, or got its events out of order", w)
			case got != want:
				return fmt.Errorf("a reader got %d events of writer %d, who wrote %d", got, w, want)
			}
		}
		return nil
	}
	return all(writers+len(through), func(i int) error {
		if i < writers {
			return write(through[i%len(through)], i)
		}
		return doing("reading along", read(through[i-writers]))
	})
}

// whileOpen opens a transaction, appends events beside it, and if their Update
// returns before the other ends, as it need not, they must be there to be read.
func whileOpen(e *env, open func(fn func(store.Tx) error) error) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	opened, release := make(chan struct{}), make(chan struct{})
	long := make(chan error, 1)
	go func() {
		var once sync.Once
		long <- open(func(store.Tx) error {
			once.Do(func() { close(opened) })
			<-release
			return nil
		})
	}()
	select {
	case <-opened:
	case err := <-long:
		return fmt.Errorf("the long transaction: %w", err)
	}
	appended := make(chan error, 1)
	go func() { appended <- e.appendEvents(happened(c, 3)...) }()
	waits := time.NewTimer(100 * time.Millisecond)
	defer waits.Stop()
	select {
	case err = <-appended:
		if err == nil {
			err = doing("while another transaction is open", e.expectEvents(store.EventQuery{Account: acme, Limit: 10}, 1, 2, 3))
		}
		close(release)
	case <-waits.C: // the store lets one wait for the other
		close(release)
		err = <-appended
	}
	if err := errors.Join(err, doing("the long transaction", <-long)); err != nil {
		return err
	}
	return e.expectEvents(store.EventQuery{Account: acme, Limit: 10}, 1, 2, 3)
}

func eventsLongView(e *env) error { return whileOpen(e, e.view) }

func eventsLongUpdate(e *env) error {
	ids, err := e.counters(1)
	if err != nil {
		return err
	}
	return whileOpen(e, func(fn func(store.Tx) error) error {
		return e.update(func(tx store.Tx) error {
			if err := addTo(tx, ids[0], 1); err != nil {
				return err
			}
			return fn(tx)
		})
	})
}
