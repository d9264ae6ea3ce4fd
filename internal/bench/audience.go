package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// audience is the agents of a town, each of whom listens to what happens in
// their company.
type audience struct {
	town      town
	agents    []attendee
	sizes     map[store.AccountID]int
	listening sync.WaitGroup
	timing    atomic.Bool // note how late events are

	mu     sync.Mutex
	failed error
}

// attendee is what one agent has heard.
type attendee struct {
	heard atomic.Int64
	lags  []time.Duration // of the first of those that were timed
}

// fewLags is how many events of each agent are timed.
const fewLags = 100

func newAudience(t town) *audience {
	a := &audience{town: t, agents: make([]attendee, t.agents), sizes: make(map[store.AccountID]int)}
	for n := range t.companies {
		a.sizes[t.account(n)] = len(t.staff(n))
	}
	return a
}

// listenersOf returns how many listen to an account.
func (a *audience) listenersOf(account store.AccountID) int { return a.sizes[account] }

// subscribe has all agents listen to an engine. When it returns, they do.
func (a *audience) subscribe(ctx context.Context, in *inbox.Inbox) error {
	var ready sync.WaitGroup
	for n := range a.agents {
		ready.Add(1)
		a.listening.Go(func() {
			agent := in.Agent(a.town.account(a.town.company(n)), a.town.agent(n))
			now, err := agent.Now(ctx)
			ready.Done()
			if err != nil {
				a.fail(err)
				return
			}
			for e, err := range agent.Events(ctx, now) {
				if err != nil {
					a.fail(err)
					return
				}
				if e.Type == store.MessageReceived {
					a.hear(n, e)
				}
			}
		})
	}
	ready.Wait()
	return a.failure()
}

// attend has all agents listen to a hub.
func (a *audience) attend(ctx context.Context, h *hub) {
	for n := range a.agents {
		events := h.listen(a.town.account(a.town.company(n)))
		a.listening.Go(func() {
			for {
				select {
				case e := <-events:
					a.hear(n, e)
				case <-ctx.Done():
					return
				}
			}
		})
	}
}

func (a *audience) hear(n int, e store.Event) {
	l := &a.agents[n]
	if a.timing.Load() && len(l.lags) < fewLags {
		l.lags = append(l.lags, time.Since(e.At))
	}
	l.heard.Add(1)
}

// heard returns how many events have arrived.
func (a *audience) heard() int64 {
	var sum int64
	for n := range a.agents {
		sum += a.agents[n].heard.Load()
	}
	return sum
}

// lags returns how late events were. Nobody is timed meanwhile.
func (a *audience) lags() []time.Duration {
	var all []time.Duration
	for n := range a.agents {
		all = append(all, a.agents[n].lags...)
	}
	return all
}

func (a *audience) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed == nil && !errors.Is(err, context.Canceled) {
		a.failed = err
	}
}

func (a *audience) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

// leave waits until nobody listens any more, which they don't when their
// context has ended, and returns why one has left before.
func (a *audience) leave() error {
	a.listening.Wait()
	return a.failure()
}
