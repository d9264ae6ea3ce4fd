package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// TestKillLosesNothing kills the program in the middle of its work, again and
// again, and then asks what everybody was promised: Twilio, that each message
// it got a 2xx for is there once; the agent, that each reply that was taken is
// there once and has an end; the customer, that no reply was sent twice.
func TestKillLosesNothing(t *testing.T) {
	const rounds, customers = 6, 4
	fake := twiliotest.NewServer(t)
	db := dbFile(t)
	random := rand.New(rand.NewPCG(1, 2))

	var mu sync.Mutex
	acknowledged := make(map[string]bool) // texts of inbound messages
	taken := make(map[string]bool)        // texts of replies
	for round := range rounds {
		p := startOnTwilio(t, fake, db)
		work := 5 + random.IntN(40)
		enough := make(chan struct{}, 1000)
		var wg sync.WaitGroup
		for c := range customers {
			wg.Go(func() {
				from := fmt.Sprintf("+1415555%04d", 150+c)
				for i := 0; ; i++ {
					text := fmt.Sprintf("in %d %d %d", round, c, i)
					if receive(p, fake, twiliotest.Message{From: from, To: supportNumber, Body: text}) != nil {
						return // killed
					}
					mu.Lock()
					acknowledged[text] = true
					mu.Unlock()
					var page conversationPage
					if p.call("alice", http.MethodGet, "/api/conversations", nil, &page) != http.StatusOK {
						return
					}
					at := slices.IndexFunc(page.Conversations, func(c conversation) bool { return string(c.Address) == from })
					reply := written{Text: fmt.Sprintf("out %d %d %d", round, c, i), RequestKey: text}
					if p.call("alice", http.MethodPost, "/api/conversations/"+page.Conversations[at].ID.String()+"/reply", reply, nil) != http.StatusOK {
						return
					}
					mu.Lock()
					taken[reply.Text] = true
					mu.Unlock()
					enough <- struct{}{}
				}
			})
		}
		for range work {
			<-enough
		}
		p.kill()
		wg.Wait()
	}

	p := startOnTwilio(t, fake, db)
	times := make(map[string]int)
	cursor := p.conversations("alice").Cursor
	for _, c := range p.conversations("alice").Conversations {
		for _, m := range p.messages("alice", c.ID) {
			times[m.Text]++
		}
	}
	for text := range acknowledged {
		if times[text] != 1 {
			t.Errorf("inbound %q, which was acknowledged, is there %d times", text, times[text])
		}
	}
	for text := range taken {
		if times[text] != 1 {
			t.Errorf("reply %q, which was taken, is there %d times", text, times[text])
		}
	}

	// What was interrupted is settled when its time is up; nothing is left on
	// its way, and nothing was sent twice.
	p.settle("alice", cursor)
	sent := make(map[string]int)
	for _, call := range fake.Calls() {
		if strings.HasPrefix(call.Form.Get("Body"), "out ") {
			sent[call.Form.Get("Body")]++
		}
	}
	states := make(map[store.State]int)
	for _, c := range p.conversations("alice").Conversations {
		for _, m := range p.messages("alice", c.ID) {
			if m.Author != store.ByUser {
				continue
			}
			states[m.State]++
			switch n := sent[m.Text]; {
			case n > 1:
				t.Errorf("reply %q was sent %d times", m.Text, n)
			case n == 0 && m.State != store.StateUnconfirmed:
				t.Errorf("reply %q is %s but was never sent", m.Text, m.State)
			case m.State != store.StateAccepted && m.State != store.StateUnconfirmed:
				t.Errorf("reply %q is left %s", m.Text, m.State)
			}
		}
	}
	t.Logf("%d kills: %d inbound acknowledged, %d replies taken, sent once each; states %v", rounds, len(acknowledged), len(taken), states)
	if err := p.terminate(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// settle waits until no message of a user's conversations is on its way.
func (p *process) settle(user string, cursor inbox.Cursor) {
	p.t.Helper()
	underway := make(map[inbox.MessageID]bool)
	note := func(id inbox.MessageID, s store.State) {
		switch s {
		case store.StateQueued, store.StateAttempting, store.StateRetrying, store.StateDeferred:
			underway[id] = true
		default:
			delete(underway, id)
		}
	}
	for _, c := range p.conversations(user).Conversations {
		for _, m := range p.messages(user, c.ID) {
			note(m.ID, m.State)
		}
	}
	if len(underway) == 0 {
		return
	}
	p.await(user, cursor, "the end of what was on its way", func(e event) bool {
		if e.Type == store.MessageState {
			note(e.Message, e.Detail.State)
		}
		return len(underway) == 0
	})
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
