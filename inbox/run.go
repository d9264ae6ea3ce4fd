package inbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// stepLimit is how many conversations one step takes.
const stepLimit = 128

// Run works: it routes and answers what came in, sends what is queued, keeps
// the time, listens to the channels that push, and fetches what came in while
// nobody listened. It blocks until the context
// ends, then finishes what it has begun, at the most for Config.DrainTimeout,
// and returns nil. What it could not finish another engine takes up, or this
// one when it runs again. A second call while it runs returns ErrRunning.
//
// Any number of engines may run on one store.
func (in *Inbox) Run(ctx context.Context) error {
	if !in.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer in.running.Store(false)

	in.work.begin()
	var others sync.WaitGroup
	background, stop := context.WithCancel(ctx)
	defer stop()
	in.catchUp(background, &others)

	// What has been begun is finished after ctx ends.
	turns, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	in.work.open(turns)
	in.work.wake()
	defer in.observe()()
	for _, ch := range in.cfg.Channels {
		if l, ok := ch.(channel.Listener); ok {
			others.Go(func() { in.listen(background, l) })
		}
	}
	if n, ok := in.store.(store.Notifier); ok {
		others.Go(func() { in.notify(background, n) })
	}
	// Leases are kept until the last turn has ended.
	renewing, stopRenewing := context.WithCancel(turns)
	defer stopRenewing()
	renewer := make(chan struct{})
	go func() { defer close(renewer); in.renew(renewing) }()

	in.dispatch(ctx)
	in.work.drain()
	stop()
	in.drained(&others, abandon)
	stopRenewing()
	<-renewer
	return nil
}

// dispatch begins turns until the context ends.
func (in *Inbox) dispatch(ctx context.Context) {
	for ctx.Err() == nil {
		leases, wait, err := in.stepDue(ctx, min(stepLimit, in.work.room()))
		in.work.looked()
		if err != nil && ctx.Err() == nil {
			in.log.Error("the store could not be asked for work; trying again", "err", err)
		}
		for _, l := range leases {
			in.startTurn(l, nil)
		}
		if wait <= 0 {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-in.work.woken:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// abandonedFor is how long Run waits for what it has abandoned to notice.
const abandonedFor = time.Second

// drained waits for the turns and the listeners that run, and abandons them
// when the time is up. One that does not even notice that is left behind.
func (in *Inbox) drained(others *sync.WaitGroup, abandon context.CancelFunc) {
	idle := make(chan struct{})
	go func() {
		others.Wait()
		in.work.idle.Wait()
		close(idle)
	}()
	if within(idle, in.cfg.DrainTimeout) {
		return
	}
	in.log.Warn("some work could not be finished in time; it is taken up again later")
	abandon()
	if !within(idle, abandonedFor) {
		in.log.Error("a channel or a store ignores that its context has ended; it is left behind")
	}
}

// within reports whether a channel is closed before some time is up.
func within(done <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func (in *Inbox) renew(ctx context.Context) {
	for pause(ctx, in.cfg.LeaseTTL/3) {
		if err := in.stepRenew(ctx); err != nil && ctx.Err() == nil {
			in.log.Error("leases could not be renewed", "err", err)
		}
	}
}

// listen keeps a listener listening.
func (in *Inbox) listen(ctx context.Context, l channel.Listener) {
	for ctx.Err() == nil {
		in.listening.add(l.Name())
		err := protect(func() error { return l.Listen(ctx, sink{in, l.Name()}) })
		in.listening.remove(l.Name())
		if ctx.Err() != nil {
			return
		}
		in.log.Error("a channel stopped listening; starting it again", "channel", l.Name(), "err", err)
		pause(ctx, in.cfg.PollInterval)
	}
}

// notify wakes this engine when another process has committed something.
func (in *Inbox) notify(ctx context.Context, n store.Notifier) {
	for ctx.Err() == nil {
		err := protect(func() error { return n.Notify(ctx, func() { in.feeds.wakeAll(); in.work.wake() }) })
		if ctx.Err() != nil {
			return
		}
		in.log.Error("the store stopped telling of other processes' commits; polling goes on", "err", err)
		pause(ctx, in.cfg.PollInterval)
	}
}

// sink takes in what a listener receives.
type sink struct {
	in      *Inbox
	channel string
}

func (s sink) Receive(ctx context.Context, m channel.Inbound) error {
	_, err := s.in.Receive(ctx, s.channel, m)
	return err
}

func (s sink) Status(ctx context.Context, u channel.StatusUpdate) error {
	return s.in.Status(ctx, s.channel, u)
}

func (s sink) Consent(ctx context.Context, u channel.ConsentUpdate) error {
	return s.in.Consent(ctx, s.channel, u)
}

// Step does what is due at this moment, one conversation after the other, and
// returns how many had work. It is for hosts without a place for [Inbox.Run]
// and for tests: call it until it returns 0. It may run beside Run and beside
// other engines.
func (in *Inbox) Step(ctx context.Context) (int, error) {
	for n := range stepLimit {
		leases, _, err := in.stepDue(ctx, 1) // one at a time: a lease runs while the others are worked on
		if err != nil || len(leases) == 0 {
			return n, err
		}
		if err := in.stepTurn(ctx, leases[0]); err != nil {
			return n, fmt.Errorf("inbox: step: %w", err)
		}
	}
	return stepLimit, nil
}

// stepTurn works on one conversation and keeps its lease meanwhile.
func (in *Inbox) stepTurn(ctx context.Context, lease store.Lease) error {
	defer in.work.hold(lease, in.now())()
	renewing, stop := context.WithCancel(ctx)
	renewer := make(chan struct{})
	go func() { defer close(renewer); in.renew(renewing) }()
	defer func() { stop(); <-renewer }()
	return in.turn(ctx, lease, nil)
}

// names is a set of names that many goroutines use.
type names struct{ all sync.Map }

func (n *names) add(name string)      { n.all.Store(name, true) }
func (n *names) remove(name string)   { n.all.Delete(name) }
func (n *names) has(name string) bool { _, ok := n.all.Load(name); return ok }
