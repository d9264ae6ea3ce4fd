package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"

	"github.com/teaminbox/teaminbox/internal/sources"
)

// bare does with the driver alone what a message needs, in the store's own
// tables: it looks whether the message is known, finds the conversation, adds
// the message, changes the conversation, adds the events, of which there are two
// if that opens it, and a task. Like the engine it has writers that take whatever waits, at most maxBatch messages,
// through one transaction, and answers when that has committed. It does nothing
// else: no opt-outs, no directory, no lists by participant, no words to search,
// no guards but the rows' own locks.
type bare struct {
	prefix  string
	writers []*bareWriter
}

const maxBatch = 64

// arrival is a message that waits for its transaction.
type arrival struct {
	provider, address, text string
	extras                  *string // what else came with it, in JSON
	answer                  chan error
}

// committer puts messages into a store in one transaction.
type committer interface {
	commit(ctx context.Context, batch []arrival) error
	close() error
}

// newBare has several writers if the job says so. One customer's messages are
// always for the same, so that no two writers wait for each other's rows.
func newBare(ctx context.Context, j job) (*bare, error) {
	open := openBarePostgres
	if j.Store == "sqlite" {
		open = openBareSQLite
	}
	b := &bare{prefix: sources.Real().Name()}
	for range max(j.Writers, 1) {
		to, err := open(ctx, j.URL)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		b.writers = append(b.writers, startBareWriter(ctx, to, j.Clients))
	}
	return b, nil
}

func (b *bare) receive(ctx context.Context, n int64, from int) error {
	return b.take(ctx, arrival{provider: fmt.Sprintf("SM%s%d", b.prefix, n), address: string(customer(from)), text: text(int(n))})
}

// take returns when a message is durable.
func (b *bare) take(ctx context.Context, a arrival) error {
	a.answer = make(chan error, 1)
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(a.address)) // a hash's Write returns no error
	w := b.writers[hash.Sum32()%uint32(len(b.writers))]
	select {
	case w.waiting <- a:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *bare) close() error {
	var errs []error
	for _, w := range b.writers {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}

// bareWriter puts what waits into a store, one transaction after the other.
type bareWriter struct {
	to      committer
	waiting chan arrival
	stop    context.CancelFunc
	done    sync.WaitGroup
}

func startBareWriter(ctx context.Context, to committer, room int) *bareWriter {
	w := &bareWriter{to: to, waiting: make(chan arrival, room)}
	ctx, w.stop = context.WithCancel(ctx)
	w.done.Go(func() { w.write(ctx) })
	return w
}

func (w *bareWriter) close() error {
	w.stop()
	w.done.Wait()
	return w.to.close()
}

// write takes what waits.
func (w *bareWriter) write(ctx context.Context) {
	for {
		var batch []arrival
		select {
		case a := <-w.waiting:
			batch = append(batch, a)
		case <-ctx.Done():
			return
		}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case a := <-w.waiting:
				batch = append(batch, a)
			default:
				more = false
			}
		}
		err := w.to.commit(ctx, batch)
		for _, a := range batch {
			a.answer <- err
		}
	}
}
