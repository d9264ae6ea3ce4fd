package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/teaminbox/teaminbox/inbox"
)

// agent answers in a user's name.
type agent struct {
	user    string
	desk    int // of several at which a user works
	random  *rand.Rand
	replies []*reply // the last may be undecided
}

// reply is what an agent wrote.
type reply struct {
	text         string
	conversation inbox.ConversationID
	customer     *phone
	message      inbox.MessageID // once it was taken
	blocked      bool
	again        bool // it was asked for more than once
}

// hire lets users work, or work at one more desk each.
func (l *load) hire(users ...string) {
	for _, user := range users {
		l.agents = append(l.agents, &agent{user: user, desk: len(l.agents), random: rand.New(rand.NewPCG(l.random.Uint64(), 0))})
	}
}

func (r *reply) undecided() bool { return r.message == 0 && !r.blocked }

// answer lets an agent reply to one of the newest conversations, or ask again
// about a reply of which nobody knows whether it was taken.
func (l *load) answer(ctx context.Context, a *agent) bool {
	if n := len(a.replies); n > 0 && a.replies[n-1].undecided() {
		return l.send(ctx, a, a.replies[n-1], true)
	}
	var page conversationPage
	if l.ask(ctx, a, http.MethodGet, "/api/conversations", nil, &page) != http.StatusOK {
		return false
	}
	if len(page.Conversations) == 0 {
		return true
	}
	conv := page.Conversations[a.random.IntN(len(page.Conversations))]
	r := &reply{text: fmt.Sprintf("out %s %d %d", a.user, a.desk, len(a.replies)), conversation: conv.ID, customer: l.at(string(conv.Address))}
	a.replies = append(a.replies, r)
	return l.send(ctx, a, r, false)
}

// ask makes a request to one of the hosts.
func (l *load) ask(ctx context.Context, a *agent, method, path string, body, to any) int {
	if l.giveUp > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.giveUp)
		defer cancel()
	}
	return l.host().request(ctx, a.user, method, path, body, to)
}

func (l *load) at(address string) *phone {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.customers {
		if c.number == address {
			return c
		}
	}
	l.t.Errorf("there is a conversation with %s, who has never written", address)
	return new(phone)
}

// send makes the request of a reply, perhaps again.
func (l *load) send(ctx context.Context, a *agent, r *reply, again bool) bool {
	l.begun("reply")
	r.again = again
	stopped, turns := l.consent(r.customer)
	var m message
	switch status := l.ask(ctx, a, http.MethodPost, "/api/conversations/"+r.conversation.String()+"/reply", written{Text: r.text, RequestKey: r.text}, &m); status {
	case http.StatusOK:
		// One that is asked for again may have been taken before the STOP.
		if _, now := l.consent(r.customer); stopped && turns == now && !again {
			l.t.Errorf("reply %q was queued for %s, who had opted out", r.text, r.customer.number)
		}
		r.message = m.ID
	case http.StatusUnprocessableEntity:
		r.blocked = true
	case 0:
		return false
	default:
		if status < http.StatusInternalServerError {
			l.t.Errorf("reply %q: HTTP %d", r.text, status)
		}
		return false
	}
	return true
}

func (l *load) consent(c *phone) (stopped bool, turns int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return c.stopped, c.turns
}
