package simulated

import (
	"context"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// enqueue makes an item wait, disturbed as ordered or by chance.
func (c *Carrier) enqueue(customer channel.Address, it item, d Disturbance) {
	if c.chance(c.faults.Delayed) {
		d.Delay += time.Duration(c.draw() * float64(c.faults.MaxDelay))
	}
	if c.chance(c.faults.Doubled) {
		d.Copies++
	}
	d.Swapped = c.chance(c.faults.Reordered) || d.Swapped
	it.due = it.due.Add(d.Delay)
	for range 1 + d.Copies {
		if it.of != nil {
			it.of.unclaimed++
		}
		one := it
		c.queue.add(customer, &one, d.Swapped)
		d.Swapped = false
	}
	c.change.fire()
}

// Listen hands over what the carrier has for us: inbound messages, status
// updates and consent updates. It calls the sink for several customers at once, but for each one
// at a time and in order, and offers again what the sink refuses, after a
// pause that grows from 10 milliseconds to one second. It returns the
// context's error once the context has ended and no call is open.
//
// Several calls of Listen and [Carrier.Step] share what there is. A delayed
// item is due by the carrier's clock, so Listen is for a clock that runs by
// itself; with one that stands still, use Step.
func (c *Carrier) Listen(ctx context.Context, s channel.Sink) error {
	var open sync.WaitGroup
	defer open.Wait()
	places := make(chan struct{}, c.cfg.Concurrency)
	for {
		l, err := c.awaitLane(ctx)
		if err != nil {
			return err
		}
		// Taken here, so that there are no more goroutines than places but for
		// those that pause.
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			c.done(l, false)
			return ctx.Err()
		}
		open.Go(func() { c.insist(ctx, s, l, places) })
	}
}

// insist offers the first item of a busy lane until the sink takes it or the
// context ends. It has a place when it is called, and gives it up while it
// pauses, so that a refused customer holds up no other.
func (c *Carrier) insist(ctx context.Context, s channel.Sink, l *lane, places chan struct{}) {
	taken := false
	defer func() { c.done(l, taken) }()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := handOver(ctx, s, l.head)
		<-places
		taken = err == nil
		if taken || !sleep(ctx, pause) {
			return
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// sleep pauses and reports whether the context still runs.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// awaitLane waits until an item is due and makes its lane busy.
func (c *Carrier) awaitLane(ctx context.Context) (*lane, error) {
	for {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c.mu.Lock()
		due, waits := c.queue.next()
		left := due.Sub(c.now())
		if waits && left <= 0 {
			defer c.mu.Unlock()
			return c.queue.take(), nil
		}
		changed := c.change.next()
		c.mu.Unlock()

		var timer *time.Timer
		var expired <-chan time.Time
		if waits {
			timer = time.NewTimer(left)
			expired = timer.C
		}
		select {
		case <-changed:
		case <-expired:
		case <-ctx.Done():
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

// handOver offers the first item of a busy lane to the sink.
func handOver(ctx context.Context, s channel.Sink, it *item) error {
	switch {
	case it.inbound != nil:
		return s.Receive(ctx, cloneInbound(*it.inbound))
	case it.consent != nil:
		return s.Consent(ctx, *it.consent)
	}
	return s.Status(ctx, *it.status)
}

func (c *Carrier) done(l *lane, taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if of := l.head.of; taken && of != nil {
		of.unclaimed--
	}
	c.queue.done(l, taken)
	c.change.fire()
}

// Step hands over exactly one item, the one that has been due for longest, and
// reports whether there was one. The error is the sink's; the item then stays
// the first of its customer and is offered again. Step starts no goroutine,
// waits for nothing and reads no clock but the carrier's, so that a test or a
// simulation can drive a carrier one item at a time. Calls may overlap, for
// different customers.
func (c *Carrier) Step(ctx context.Context, s channel.Sink) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	c.mu.Lock()
	due, waits := c.queue.next()
	if !waits || due.After(c.now()) {
		c.mu.Unlock()
		return false, nil
	}
	l := c.queue.take()
	c.mu.Unlock()
	taken := false
	defer func() { c.done(l, taken) }()
	err := handOver(ctx, s, l.head)
	taken = err == nil
	return true, err
}

// Deliver hands over everything that is due, one item after the other, and
// returns how many the sink took. It stops at the sink's first error.
func (c *Carrier) Deliver(ctx context.Context, s channel.Sink) (int, error) {
	for n := 0; ; n++ {
		some, err := c.Step(ctx, s)
		if err != nil || !some {
			return n, err
		}
	}
}

// Flush waits until everything that the carrier has to hand over was taken, or
// the context has ended, whose error it returns then. Somebody has to listen or
// to step meanwhile.
func (c *Carrier) Flush(ctx context.Context) error {
	return c.await(ctx, func() bool { return c.queue.size == 0 })
}

// Pending returns how many items have not been taken yet, and when the first
// of those that nobody is handing over is due: the zero time if there is none.
func (c *Carrier) Pending() (items int, due time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	due, _ = c.queue.next()
	return c.queue.size, due
}
