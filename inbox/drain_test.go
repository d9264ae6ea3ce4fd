package inbox_test

import (
	"context"
	"fmt"
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
)

func TestRunFinishesTheSendThatItHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := make(chan struct{})
		c := newCompany(t, simulated.Config{Reports: []channel.DeliveryState{}, Hook: func(context.Context, channel.Outbound) simulated.Fault {
			close(begun)
			time.Sleep(3 * time.Second) // bubble time
			return simulated.Fault{}
		}})
		in := c.engine(inbox.Config{})
		stop := run(t, in)
		a, err := in.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: "1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		alice := in.Agent(inbox.DefaultAccount, "alice")
		for _, text := range []string{"first", "second"} {
			if _, err := alice.Reply(t.Context(), a.Conversation, inbox.Draft{Text: text}); err != nil {
				t.Fatal(err)
			}
		}
		<-begun
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		messages, err := alice.Messages(t.Context(), a.Conversation, inbox.MessagesQuery{After: 1})
		if err != nil {
			t.Fatal(err)
		}
		if messages[0].State != store.StateAccepted || messages[1].State != store.StateQueued {
			t.Errorf("the first is %s, the second %s; want accepted and queued: what was begun is finished, the rest is left", messages[0].State, messages[1].State)
		}
		// And left so that another can go on at once.
		err = c.store.View(t.Context(), func(tx store.Tx) error {
			leases, err := tx.Leases(a.Conversation)
			if len(leases) > 0 {
				t.Errorf("a lease is left behind: %+v", leases)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestRunHonoursItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := make(chan struct{})
		c := newCompany(t, simulated.Config{})
		router := routing.RouterFunc(func(ctx context.Context, _ routing.Request) (routing.Decision, error) {
			close(begun)
			<-ctx.Done()
			return routing.Decision{}, ctx.Err()
		})
		in := c.engine(inbox.Config{Router: router, RouteTimeout: time.Hour, DrainTimeout: 2 * time.Second})
		stop := run(t, in)
		if _, err := c.carrier.Phone(alicesCustomer).Send(inboxtest.SupportNumber, "hello"); err != nil {
			t.Fatal(err)
		}
		<-begun
		begin := time.Now()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("ended after %v, want its 2 s", took)
		}
		// The message is not lost: another engine takes it up.
		other := c.engine(inbox.Config{})
		stop = run(t, other)
		awaitAlert(t, other)
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestBoundedConcurrencyLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		var at, most atomic.Int32
		router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
			now := at.Add(1)
			defer at.Add(-1)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			time.Sleep(time.Second) // bubble time
			return routing.ToTeam(r), nil
		})
		in := c.engine(inbox.Config{Router: router, Concurrency: 4})
		stop := run(t, in)
		const n = 30
		for i := range n {
			if _, err := c.carrier.Phone(channel.Address(fmt.Sprintf("+1415555%04d", 100+i))).Send(inboxtest.SupportNumber, "hello"); err != nil {
				t.Fatal(err)
			}
		}
		alerts := 0
		for e, err := range in.Agent(inbox.DefaultAccount, "alice").Events(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Type == store.Alerted {
				if alerts++; alerts == n {
					break
				}
			}
		}
		if got := most.Load(); got > 4 {
			t.Errorf("%d conversations were worked on at once, want at most 4", got)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
