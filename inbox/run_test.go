package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// company is a store with the default company and a carrier, for engines that
// run by themselves in a bubble, where time goes by when all wait.
type company struct {
	t       *testing.T
	store   store.Store
	carrier *simulated.Carrier
}

func newCompany(t *testing.T, cfg simulated.Config) *company {
	t.Helper()
	carrier, err := simulated.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := &company{t: t, store: memory.New(), carrier: carrier}
	admin := c.engine(inbox.Config{}).Admin(inbox.DefaultAccount)
	for _, u := range inboxtest.DefaultUsers() {
		err = errors.Join(err, admin.SaveUser(t.Context(), u))
	}
	for _, team := range inboxtest.DefaultTeams() {
		err = errors.Join(err, admin.SaveTeam(t.Context(), team))
	}
	for _, box := range inboxtest.DefaultInboxes() {
		err = errors.Join(err, admin.SaveInbox(t.Context(), box))
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *company) engine(cfg inbox.Config) *inbox.Inbox {
	c.t.Helper()
	cfg.Store, cfg.Channels, cfg.Logger = c.store, []channel.Channel{c.carrier}, slog.New(slog.DiscardHandler)
	in, err := inbox.New(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	return in
}

// run runs an engine until the returned function is called, which returns
// what Run did.
func run(t *testing.T, in *inbox.Inbox) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx) }()
	return func() error { cancel(); return <-ended }
}

// awaitAlert waits until somebody in alice's sight is alerted.
func awaitAlert(t *testing.T, in *inbox.Inbox) {
	t.Helper()
	for e, err := range in.Agent(inbox.DefaultAccount, "alice").Events(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == store.Alerted {
			return
		}
	}
}

func TestRunDoesItAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		in := c.engine(inbox.Config{})
		stop := run(t, in)
		alice := in.Agent(inbox.DefaultAccount, "alice")
		phone := c.carrier.Phone(alicesCustomer)
		if _, err := phone.Send(inboxtest.SupportNumber, "hello"); err != nil {
			t.Fatal(err)
		}
		for e, err := range alice.Events(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Type == store.Alerted {
				if _, err := alice.Reply(t.Context(), e.Conversation, inbox.Draft{Text: "hi"}); err != nil {
					t.Fatal(err)
				}
			}
			if e.Detail.State == store.StateDelivered {
				break
			}
		}
		if got, err := phone.Wait(t.Context(), 1); err != nil || got[0].Text != "hi" {
			t.Errorf("the phone has %+v, %v", got, err)
		}
		if err := in.Run(t.Context()); !errors.Is(err, inbox.ErrRunning) {
			t.Errorf("a second Run: error %v, want ErrRunning", err)
		}
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		// It can run again, and step when it does not run.
		if _, err := in.Step(t.Context()); err != nil {
			t.Errorf("Step after Run: %v", err)
		}
		if err := run(t, in)(); err != nil {
			t.Errorf("Run again: %v", err)
		}
	})
}

func TestRunTakesUpWhatAnotherLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		// Accepted and answered while no engine ran.
		idle := c.engine(inbox.Config{})
		a, err := idle.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := idle.Agent(inbox.DefaultAccount, "alice").Reply(t.Context(), a.Conversation, inbox.Draft{Text: "hello"}); err != nil {
			t.Fatal(err)
		}
		stop := run(t, c.engine(inbox.Config{}))
		if _, err := c.carrier.Phone(alicesCustomer).Wait(t.Context(), 1); err != nil {
			t.Error(err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestEnginesShareTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		var stops []func() error
		var engines []*inbox.Inbox
		for range 3 {
			engines = append(engines, c.engine(inbox.Config{}))
		}
		for _, in := range engines {
			stops = append(stops, run(t, in))
		}
		const customers, each = 20, 10
		var wg sync.WaitGroup
		for i := range customers {
			wg.Go(func() {
				from := channel.Address(fmt.Sprintf("+1415555%04d", 100+i))
				for j := range each {
					in := engines[(i+j)%len(engines)]
					a, err := in.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: fmt.Sprint(i, "-", j), From: from, To: inboxtest.SupportNumber, Text: "hi"})
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := in.Agent(inbox.DefaultAccount, "alice").Reply(t.Context(), a.Conversation, inbox.Draft{Text: fmt.Sprint(j)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for i := range customers {
			phone := c.carrier.Phone(channel.Address(fmt.Sprintf("+1415555%04d", 100+i)))
			got, err := phone.Wait(t.Context(), each)
			if err != nil {
				t.Fatal(err)
			}
			for j, m := range got {
				if m.Text != fmt.Sprint(j) {
					t.Fatalf("customer %d: message %d is %q; order is lost", i, j, m.Text)
				}
			}
		}
		for _, stop := range stops {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
		if n := len(c.carrier.Sent()); n != customers*each {
			t.Errorf("%d sends, want %d: each message once", n, customers*each)
		}
	})
}

func TestDeadEnginesWorkIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		// An engine that took the lease and was never heard of again.
		idle := c.engine(inbox.Config{})
		a, err := idle.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		err = c.store.Update(t.Context(), func(tx store.Tx) error {
			_, err := tx.Lease("dead", 10*time.Second, a.Conversation)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		in := c.engine(inbox.Config{})
		stop := run(t, in)
		awaitAlert(t, in)
		if waited := time.Since(begin); waited < 10*time.Second || waited > 12*time.Second {
			t.Errorf("taken up after %v, want soon after the lease of 10 s", waited)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestSlowRouterHoldsUpOnlyItsConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		router := routing.RouterFunc(func(ctx context.Context, r routing.Request) (routing.Decision, error) {
			if r.Message.Text == "slow" {
				<-ctx.Done()
				return routing.Decision{}, ctx.Err()
			}
			return routing.ToTeam(r), nil
		})
		in := c.engine(inbox.Config{Router: router})
		stop := run(t, in)
		begin := time.Now()
		alerted := make(map[inbox.ConversationID]time.Duration)
		if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, "slow"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.carrier.Phone(otherCustomer).Send(inboxtest.SupportNumber, "quick"); err != nil {
			t.Fatal(err)
		}
		for e, err := range in.Agent(inbox.DefaultAccount, "alice").Events(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Type == store.Alerted {
				alerted[e.Conversation] = time.Since(begin)
			}
			if len(alerted) == 2 {
				break
			}
		}
		var quick, slow int
		for _, d := range alerted {
			switch {
			case d < 100*time.Millisecond:
				quick++
			case d >= 5*time.Second && d < 6*time.Second:
				slow++
			}
		}
		if quick != 1 || slow != 1 {
			t.Errorf("alerted after %v, want one at once and one after the router's 5 s", alerted)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestLeaseIsKeptWhileARouterThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		var asked atomic.Int32
		router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
			asked.Add(1)
			time.Sleep(40 * time.Second) // bubble time: longer than two leases
			return routing.ToTeam(r), nil
		})
		one := c.engine(inbox.Config{Router: router, RouteTimeout: time.Minute})
		two := c.engine(inbox.Config{Router: router, RouteTimeout: time.Minute})
		stopOne, stopTwo := run(t, one), run(t, two)
		if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, "hello"); err != nil {
			t.Fatal(err)
		}
		awaitAlert(t, one)
		if n := asked.Load(); n != 1 {
			t.Errorf("the router was asked %d times; the lease ran out while it thought", n)
		}
		if err := errors.Join(stopOne(), stopTwo()); err != nil {
			t.Error(err)
		}
	})
}

func TestStepKeepsItsLeaseWhileARouterThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		var asked atomic.Int32
		router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
			asked.Add(1)
			time.Sleep(40 * time.Second) // bubble time: longer than two leases
			return routing.ToTeam(r), nil
		})
		in := c.engine(inbox.Config{Router: router, RouteTimeout: time.Minute})
		if _, err := in.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"}); err != nil {
			t.Fatal(err)
		}
		if n, err := in.Step(t.Context()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		events, _, err := in.Agent(inbox.DefaultAccount, "alice").EventsAfter(t.Context(), 0)
		if err != nil || events[len(events)-1].Type != store.Alerted || asked.Load() != 1 {
			t.Errorf("events %v, %v; the router was asked %d times", events, err, asked.Load())
		}
	})
}
