package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// notifying starts Notify on a store if it is a Notifier, and returns a
// function that ends it and waits for that.
func (e *env) notifying(wake func()) (end func() error, err error) {
	n, ok := e.Store.(store.Notifier)
	if !ok {
		return nil, skipf("the store is no Notifier")
	}
	ctx, cancel := context.WithCancel(e.ctx)
	var result error
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		result = n.Notify(ctx, wake)
	}()
	return func() error {
		defer cancel()
		// One that does not block has returned long before.
		blocks := time.NewTimer(20 * time.Millisecond)
		defer blocks.Stop()
		select {
		case <-returned:
			return errors.Join(errors.New("Notify returned before its context ended"), result)
		case <-blocks.C:
		}
		cancel()
		limit := time.NewTimer(e.patience)
		defer limit.Stop()
		select {
		case <-returned: // with whatever error
			return nil
		case <-limit.C:
			return fmt.Errorf("Notify did not return within %v of the end of its context", e.patience)
		}
	}, nil
}

func processNotify(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	woken := make(chan struct{}, 1)
	end, err := e.notifying(func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	ids, err := e.counters(1)
	if err != nil {
		return err
	}
	// Three times, as a wake must not be the last one.
	for range 3 {
		err := e.await("a wake after another process's commits", func() (bool, error) {
			if err := other.retry(func(tx store.Tx) error { return addTo(tx, ids[0], 1) }); err != nil {
				return false, err
			}
			select {
			case <-woken:
				return true, nil
			default:
				return false, nil
			}
		})
		if err != nil {
			return errors.Join(err, end())
		}
	}
	return end()
}

func processSlowWake(e *env) error {
	other, err := e.another()
	if err != nil {
		return err
	}
	release := make(chan struct{})
	blocked := make(chan struct{}, 1)
	end, err := e.notifying(func() {
		select {
		case blocked <- struct{}{}:
		default:
		}
		<-release
	})
	if err != nil {
		return err
	}
	ids, err := e.counters(1)
	if err != nil {
		return err
	}
	err = e.await("a wake", func() (bool, error) {
		return len(blocked) > 0, other.retry(func(tx store.Tx) error { return addTo(tx, ids[0], 1) })
	})
	if err == nil {
		err = e.within("commits while wake does not return", func() error {
			for i := range 20 {
				p := []*env{e, other}[i%2]
				if err := p.retry(func(tx store.Tx) error { return addTo(tx, ids[0], 1) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	close(release)
	return errors.Join(err, end())
}

func processNotifyEnds(e *env) error {
	end, err := e.notifying(func() {})
	if err != nil {
		return err
	}
	return end()
}
