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

func (r *reply) undecided() bool { return r.message == 0 && !r.blocked }

// answer lets an agent reply to one of the newest conversations, or ask again
// about a reply of which nobody knows whether it was taken.
func (l *load) answer(ctx context.Context, a *agent) bool {
	if n := len(a.replies); n > 0 && a.replies[n-1].undecided() {
		return l.send(ctx, a, a.replies[n-1], true)
	}
	var page conversationPage
	if l.host().request(ctx, a.user, http.MethodGet, "/api/conversations", nil, &page) != http.StatusOK {
		return false
	}
	if len(page.Conversations) == 0 {
		return true
	}
	conv := page.Conversations[a.random.IntN(len(page.Conversations))]
	r := &reply{text: fmt.Sprintf("out %s %d", a.user, len(a.replies)), conversation: conv.ID, customer: l.at(string(conv.Address))}
	a.replies = append(a.replies, r)
	return l.send(ctx, a, r, false)
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
	switch status := l.host().request(ctx, a.user, http.MethodPost, "/api/conversations/"+r.conversation.String()+"/reply", written{Text: r.text, RequestKey: r.text}, &m); status {
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
