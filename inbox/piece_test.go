package inbox_test

import (
	"context"
	"log/slog"
	"reflect"
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

// doorStore is a Store whose Updates wait while its door is shut.
type doorStore struct {
	store.Store
	open chan struct{} // holds a value if it is open
}

func (s *doorStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	<-s.open
	s.open <- struct{}{}
	return s.Store.Update(ctx, fn)
}

// A turn that has waited for a place looks again before it asks the router:
// what it was to begin with may be dealt with.
func TestTurnThatHasWaitedLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		asked := make(map[channel.Address]int)
		router := routing.RouterFunc(func(ctx context.Context, r routing.Request) (routing.Decision, error) {
			asked[r.Message.From]++
			<-ctx.Done() // after five seconds
			return routing.Decision{}, ctx.Err()
		})
		s := &doorStore{Store: c.store, open: make(chan struct{}, 1)}
		s.open <- struct{}{}
		in, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{c.carrier}, Router: router, Concurrency: 1, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, in)
		synctest.Wait()

		// While the door is shut, two messages come to wait for one transaction,
		// in which there is room for both.
		<-s.open
		go func() { _ = in.Admin(inbox.DefaultAccount).SaveUser(t.Context(), inboxtest.DefaultUsers()[0]) }()
		synctest.Wait()
		var second inbox.Acceptance
		for i, from := range []channel.Address{alicesCustomer, otherCustomer} {
			go func() {
				got, err := in.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: "SM" + string(from), From: from, To: inboxtest.SupportNumber, Text: "hello"})
				if err != nil {
					t.Error(err)
				}
				if i == 1 {
					second = got
				}
			}()
			synctest.Wait()
		}
		s.open <- struct{}{}
		synctest.Wait()

		time.Sleep(2 * time.Second) // bubble time
		if err := in.Agent(inbox.DefaultAccount, "alice").Claim(t.Context(), second.Conversation); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if want := map[channel.Address]int{alicesCustomer: 1}; !reflect.DeepEqual(asked, want) {
			t.Errorf("the router was asked %v times, want %v: the other conversation was claimed while its turn waited for a place", asked, want)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// A piece that a transaction knew is not what its turn begins with if the
// conversation was claimed in the same transaction.
func TestTurnLooksAgainAfterItsOwnTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t, simulated.Config{})
		var asked []int64
		router := routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
			asked = append(asked, r.Message.Seq)
			return routing.ToTeam(r), nil
		})
		s := &doorStore{Store: c.store, open: make(chan struct{}, 1)}
		s.open <- struct{}{}
		in, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{c.carrier}, Router: router, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, in)
		synctest.Wait()
		receive := func(id string) inbox.Acceptance {
			got, err := in.Receive(t.Context(), c.carrier.Name(), channel.Inbound{ProviderID: id, From: alicesCustomer, To: inboxtest.SupportNumber, Text: "hello"})
			if err != nil {
				t.Error(err)
			}
			return got
		}
		conversation := receive("SM1").Conversation
		synctest.Wait()

		// While the door is shut, a message and a claim come to wait for one
		// transaction.
		<-s.open
		go func() { _ = in.Admin(inbox.DefaultAccount).SaveUser(t.Context(), inboxtest.DefaultUsers()[0]) }()
		synctest.Wait()
		go receive("SM2")
		synctest.Wait()
		go func() {
			if err := in.Agent(inbox.DefaultAccount, "alice").Claim(t.Context(), conversation); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		s.open <- struct{}{}
		synctest.Wait()
		if want := []int64{1}; !reflect.DeepEqual(asked, want) {
			t.Errorf("the router was asked about the messages %v, want %v: alice had claimed the conversation", asked, want)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
