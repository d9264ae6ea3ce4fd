package inbox_test

import (
	"context"
	"errors"
	"fmt"
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

// A flood in one account, which keeps an engine busy for minutes, delays what
// another account's customer writes by a turn, not by the flood.
func TestFloodDelaysOtherAccountsByATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const turn = time.Second
		const theirNumber channel.Address = "+14155550150"
		c := newCompany(t, simulated.Config{})
		begun := make(chan store.AccountID, 1000)
		in := c.engine(inbox.Config{Concurrency: 4, Router: routing.RouterFunc(func(_ context.Context, r routing.Request) (routing.Decision, error) {
			begun <- r.Conversation.Account
			time.Sleep(turn) // bubble time
			return routing.ToTeam(r), nil
		})})
		other := in.Admin("globex")
		if err := errors.Join(
			other.SaveUser(t.Context(), inbox.User{ID: "erin", Name: "Erin", Licensed: true}),
			other.SaveTeam(t.Context(), inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"erin"}}),
			other.SaveInbox(t.Context(), store.Inbox{ID: "support", Name: "Globex Support", Team: "support", Endpoints: []store.Endpoint{{Channel: c.carrier.Name(), Address: theirNumber}}}),
		); err != nil {
			t.Fatal(err)
		}
		receive := func(i int, to channel.Address) {
			t.Helper()
			if _, err := in.Receive(t.Context(), c.carrier.Name(), channel.Inbound{
				ProviderID: fmt.Sprint("SM", i), From: channel.Address(fmt.Sprintf("+1415556%04d", i)), To: to, Text: "hello",
			}); err != nil {
				t.Fatal(err)
			}
		}
		stop := run(t, in)
		const flood = 400
		for i := range flood {
			receive(i, inboxtest.SupportNumber)
		}
		// Twice, since who comes first of two accounts is the store's choice.
		for i := range 2 {
			time.Sleep(5*turn + turn/2)
			for len(begun) > 0 {
				<-begun
			}
			written := time.Now()
			receive(flood+i, theirNumber)
			before := 0
			for <-begun != "globex" {
				before++
			}
			if waited := time.Since(written); waited > turn || before > 4 {
				t.Errorf("the other account's message waited %v and for %d of the flood's", waited, before)
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
