package main

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// drainLimit is how long the program may take to end: open requests, then what
// the engine has begun, see shutdownTimeout and inbox.Config.DrainTimeout.
const drainLimit = shutdownTimeout + 20*time.Second

// TestSIGTERMUnderLoad ends the program in good order in the middle of its work,
// again and again. It ends in its time with exit code 0, closes the event
// streams, records whatever it has begun, and holds on to nothing that the next
// start would have to wait for.
func TestSIGTERMUnderLoad(t *testing.T) {
	t.Parallel()
	rounds := 3
	if underRace {
		rounds = 1
	}
	const seed, sites = 20260505, 5
	d := newDrill(t, sites, seed)
	for _, n := range d.sites {
		n.load.hangs = false // see TestSIGTERMWaitsForTheProvider
	}
	var longest time.Duration
	var moments []string
	for range rounds {
		var mu sync.Mutex
		told := make(map[*process]time.Time)
		moments = append(moments, d.strike(func(p *process) {
			mu.Lock()
			defer mu.Unlock()
			told[p] = time.Now()
			p.signal(syscall.SIGTERM)
		})...)
		for _, n := range d.sites {
			if err := n.p.end(); err != nil {
				t.Fatalf("after SIGTERM: %v, want exit code 0\n%s", err, n.p.stderr)
			}
			longest = max(longest, n.p.at.Sub(told[n.p]))
			nothingHeld(t, n.db)
		}
		d.again()
	}
	if longest > drainLimit {
		t.Errorf("a program took %v to end, want at most %v", longest, drainLimit)
	}
	f := d.end()
	for _, n := range d.sites {
		for _, r := range []*reader{n.alice, n.bob} {
			// The last one ended with the program that stayed.
			if _, unclean := r.cuts(); unclean > 0 {
				t.Errorf("%d of %s's streams were cut off, want all of them closed", unclean, r.user)
			}
		}
	}
	t.Logf("seed %d, %d times SIGTERM just before: %s; the longest took %v", seed, len(moments), strings.Join(moments, ", "), longest.Round(time.Millisecond))
	t.Logf("%v", f)
}

// nothingHeld looks into the file that a program has left: no message is being
// sent, and no conversation leased.
func nothingHeld(t *testing.T, path string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.View(t.Context(), func(tx store.Tx) error {
		convs, err := tx.ListConversations(store.ConversationQuery{Account: inbox.DefaultAccount, Inboxes: []inbox.InboxID{"support", "sales"}, Limit: 10_000})
		if err != nil {
			return err
		}
		if len(convs) == 0 {
			t.Error("the program has left no conversation")
		}
		for _, c := range convs {
			messages, err := tx.ListMessages(store.MessageQuery{Conversation: c.ID, Limit: 10_000})
			if err != nil {
				return err
			}
			for _, m := range messages {
				if m.State == store.StateAttempting {
					t.Errorf("message %v (%q) was begun to be sent, and nothing else is known of it", m.ID, m.Text)
				}
			}
			leases, err := tx.Leases(c.ID)
			if err != nil {
				return err
			}
			if len(leases) > 0 {
				t.Errorf("the program ended with the lease %+v", leases[0])
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestSIGTERMWaitsForTheProvider ends the program while Twilio does not answer.
// It waits for the answer as long as a send may take, records that there was
// none, and ends with exit code 0.
func TestSIGTERMWaitsForTheProvider(t *testing.T) {
	plainOnly(t)
	t.Parallel()
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	p := startOnTwilio(t, fake, db)
	fake.Behave(twiliotest.Hang())
	called := make(chan struct{}, 1)
	fake.OnTake(func(twiliotest.Call) { called <- struct{}{} })
	if err := receive(p, fake, twiliotest.Message{From: customer, To: supportNumber, Body: "hello"}); err != nil {
		t.Fatal(err)
	}
	<-called
	told := time.Now()
	if err := p.terminate(); err != nil {
		t.Fatalf("after SIGTERM: %v, want exit code 0\n%s", err, p.stderr)
	}
	if took := time.Since(told); took > drainLimit {
		t.Errorf("the program took %v to end, want at most %v", took, drainLimit)
	}
	nothingHeld(t, db)
	p = startOnTwilio(t, fake, db)
	messages := p.messages("alice", p.conversations("alice").Conversations[0].ID)
	if len(messages) != 2 || messages[1].State != store.StateUnconfirmed {
		t.Errorf("after the restart there is %+v, want the automatic answer, unconfirmed", messages)
	}
	if n := len(fake.Calls()); n != 1 {
		t.Errorf("Twilio was given %d messages, want 1", n)
	}
}

func TestSIGTERMFinishesWhatWasTaken(t *testing.T) {
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	p := startOnTwilio(t, fake, db)
	for i := range 20 {
		if err := receive(p, fake, twiliotest.Message{From: fmt.Sprintf("+1415555%04d", 150+i), To: supportNumber, Body: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.terminate(); err != nil {
		t.Fatalf("after SIGTERM: %v, want exit code 0\n%s", err, p.stderr)
	}
	p = startOnTwilio(t, fake, db)
	if n := len(p.conversations("alice").Conversations); n != 20 {
		t.Errorf("%d conversations after the restart, want 20", n)
	}
	accepted := make(map[inbox.MessageID]bool)
	p.await("alice", 0, "the last automatic answer", func(e event) bool {
		if e.Detail.State == store.StateAccepted {
			accepted[e.Message] = true
		}
		return len(accepted) == 20
	})
	if n := len(fake.Calls()); n != 20 {
		t.Errorf("%d automatic answers, want one for each", n)
	}
}
