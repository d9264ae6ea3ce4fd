package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// promises holds what a helpdesk shows at the end beside what customers, agents
// and Twilio know, and looks whether everybody got what they were promised.
type promises struct {
	t    *testing.T
	load *load

	threads  map[string]*thread // by the customer's number
	messages map[inbox.MessageID]message
	events   []event // of both agents: all there are
	calls    map[inbox.MessageID][]twiliotest.Call
	requests []request // the same, in order

	figures figures
}

// request is what Twilio was given.
type request struct {
	to      string
	message inbox.MessageID
	nth     int // of the message's requests, from 0
}

// thread is a conversation as it is at the end.
type thread struct {
	id       inbox.ConversationID
	messages []message
	events   []event
}

// keep checks every promise, on the hosts, on which nothing is under way any
// more. The readers have read from the first event, over all hosts.
func (l *load) keep(p *process, alice, bob *reader) *promises {
	l.t.Helper()
	// One more message, so that there is a last event that both are sent.
	l.quietDown()
	l.fake.OnTake(func(twiliotest.Call) {})
	last := &phone{number: "+12125550199", ours: supportNumber}
	l.customers = append(l.customers, last)
	d := &delivery{text: "in the end"}
	last.wrote = []*delivery{d}
	d.form = l.fake.WebhookForm(l.fake.Receive(twiliotest.Message{From: last.number, To: last.ours, Body: d.text}))
	if err := l.post(l.t.Context(), p, d.form); err != nil {
		l.t.Fatalf("the last webhook: %v\n%s", err, p.stderr)
	}
	d.acknowledged, d.at = true, time.Now()
	page := p.conversations("alice")
	at := slices.IndexFunc(page.Conversations, func(c conversation) bool { return string(c.Address) == last.number })
	if at < 0 {
		l.t.Fatalf("the last message was acknowledged and is not there\n%s", p.stderr)
	}
	end := page.Conversations[at].ID
	accepted := func(e event) bool { return e.Conversation == end && e.Detail.State == store.StateAccepted }
	k := &promises{t: l.t, load: l}
	var read [][]event
	for whole := false; !whole; {
		// What Twilio is asked about uncertain sends goes on meanwhile. What is
		// compared must be of one moment.
		read = [][]event{alice.until("the last event", accepted), bob.until("the last event", accepted)}
		k.join(read)
		k.gather(p)
		now := p.conversations("alice").Cursor
		whole = k.events[len(k.events)-1].Cursor == now
		accepted = func(e event) bool { return e.Cursor >= now }
	}
	for _, host := range l.hosts {
		k.compare(host, read)
	}
	k.figures = figures{events: len(k.events), states: make(map[store.State]int)}
	k.inbound()
	k.replies()
	k.sends()
	k.consent()
	k.outcomes()
	k.sequence()
	return k
}

// join puts together what the two agents were sent, which must be every event
// there is.
func (k *promises) join(read [][]event) {
	k.events = slices.Concat(read...)
	slices.SortStableFunc(k.events, func(a, b event) int { return int(a.Cursor - b.Cursor) })
	k.events = slices.CompactFunc(k.events, func(a, b event) bool { return a.Cursor == b.Cursor })
	there := k.load.cursors(k.events[len(k.events)-1].Cursor)
	for i, e := range k.events {
		if i >= len(there) || e.Cursor != there[i] {
			k.t.Fatalf("the agents were sent event %v where the store has event %v", e.Cursor, there[min(i, len(there)-1)])
		}
	}
}

// compare looks whether each of the two agents was sent over all hosts what a
// reader gets who asks one of them at the end.
func (k *promises) compare(p *process, read [][]event) {
	for i, user := range []string{"alice", "bob"} {
		anew := p.eventsUntil(user, read[i][len(read[i])-1].Cursor)
		if diff := cmp.Diff(anew, read[i]); diff != "" {
			k.t.Errorf("%s was sent other events over all hosts than at the end (-at the end +over all):\n%s", user, diff)
		}
	}
}

// gather reads what the host shows and what Twilio knows.
func (k *promises) gather(p *process) {
	k.threads, k.messages = make(map[string]*thread), make(map[inbox.MessageID]message)
	k.calls, k.requests = make(map[inbox.MessageID][]twiliotest.Call), nil
	events := make(map[inbox.ConversationID][]event)
	for _, e := range k.events {
		events[e.Conversation] = append(events[e.Conversation], e)
	}
	for _, c := range p.allConversations("alice") {
		th := &thread{id: c.ID, messages: p.messages("alice", c.ID), events: events[c.ID]}
		k.threads[string(c.Address)] = th
		for _, m := range th.messages {
			k.messages[m.ID] = m
		}
	}
	for _, call := range k.load.fake.Calls() {
		id, err := sentMessage(call.Form)
		if err != nil {
			k.t.Fatal(err)
		}
		k.requests = append(k.requests, request{call.Form.Get("To"), id, len(k.calls[id])})
		k.calls[id] = append(k.calls[id], call)
	}
}

// sentMessage returns which message a request to send is of.
func sentMessage(form url.Values) (id inbox.MessageID, err error) {
	callback, err := url.Parse(form.Get("StatusCallback"))
	if err != nil {
		return 0, err
	}
	return id, id.UnmarshalText([]byte(callback.Query().Get("teaminbox-message")))
}

// inbound: what a customer got a 2xx for is there, once, in the order in which
// it was written, and nothing else is. It was there when the 2xx came: what was
// lost and fetched from Twilio later is younger.
func (k *promises) inbound() {
	for _, c := range k.load.customers {
		var want, got []string
		for _, d := range c.wrote {
			if !d.acknowledged {
				k.t.Errorf("%q of %s was never acknowledged", d.text, c.number)
			}
			want = append(want, d.text)
		}
		for _, m := range k.thread(c).messages {
			if m.Direction != store.Inbound {
				continue
			}
			if got = append(got, m.Text); len(got) <= len(c.wrote) && m.At.After(c.wrote[len(got)-1].at) {
				k.t.Errorf("%q of %s was acknowledged at %v and taken in at %v", m.Text, c.number, c.wrote[len(got)-1].at, m.At)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			k.t.Errorf("%s wrote and was acknowledged (-), and is shown (+):\n%s", c.number, diff)
		}
	}
	if len(k.threads) > len(k.load.customers) {
		k.t.Errorf("there are %d conversations with %d customers", len(k.threads), len(k.load.customers))
	}
}

// thread returns a customer's conversation, which may be empty.
func (k *promises) thread(c *phone) *thread {
	if th := k.threads[c.number]; th != nil {
		return th
	}
	return new(thread)
}

// replies: what an agent got a 200 for is there, once, and what was refused is
// not.
func (k *promises) replies() {
	times := make(map[string]int)
	for _, m := range k.messages {
		if m.Author == store.ByUser {
			times[m.Text]++
		}
	}
	for _, a := range k.load.agents {
		for _, r := range a.replies {
			n := times[r.text]
			switch {
			case r.blocked && n == 0, !r.blocked && n == 1:
			case r.blocked && n == 1 && r.again: // a host that was stopped took it in when it woke up
			default:
				k.t.Errorf("reply %q (message %v, refused: %v) is there %d times", r.text, r.message, r.blocked, n)
			}
			if m := k.messages[r.message]; !r.blocked && m.Text != r.text {
				k.t.Errorf("reply %q is shown as %q", r.text, m.Text)
			}
		}
	}
}

// sends: no message is given to Twilio twice, unless Twilio had said that it
// certainly was not sent.
func (k *promises) sends() {
	for id, calls := range k.calls {
		m, known := k.messages[id]
		if !known {
			k.t.Errorf("message %v, which Twilio was given, is not there", id)
		}
		for _, before := range calls[:len(calls)-1] {
			if before.Taken || before.Status != http.StatusTooManyRequests {
				k.t.Errorf("message %v (%q, %s) was given to Twilio %d times: %s", id, m.Text, m.State, len(calls), describeCalls(calls))
				break
			}
		}
	}
}

func describeCalls(calls []twiliotest.Call) string {
	var all []string
	for _, c := range calls {
		all = append(all, fmt.Sprintf("taken %v, HTTP %d, code %d", c.Taken, c.Status, c.Code))
	}
	return strings.Join(all, "; ")
}

// rank orders what Twilio says about a message. It is written from what
// reliability asks, not from the engine's own table.
func rank(s store.State) int {
	return slices.Index([]store.State{"", store.StateAccepted, store.StateSent, store.StateFailed, store.StateDelivered}, s)
}

var rankOfWord = map[string]int{"queued": 1, "sent": 2, "undelivered": 3, "delivered": 4}

// outcomes: what was written to a customer has an end, which agrees with what
// Twilio did and said, and with the events.
func (k *promises) outcomes() {
	told := make(map[inbox.MessageID]store.State)
	doubtful := make(map[inbox.MessageID]bool)
	for _, e := range k.events {
		if e.Type == store.MessageQueued || e.Type == store.MessageState {
			told[e.Message] = e.Detail.State
		}
		if e.Detail.State == store.StateUnconfirmed {
			doubtful[e.Message] = true
		}
	}
	for id, m := range k.messages {
		if m.Direction != store.Outbound {
			continue
		}
		k.figures.states[m.State]++
		if doubtful[id] && m.State != store.StateUnconfirmed {
			k.figures.settled++
		}
		if told[id] != m.State {
			k.t.Errorf("message %v (%q) is %s, and the events say %s", id, m.Text, m.State, told[id])
		}
		calls := k.calls[id]
		var last twiliotest.Call
		if len(calls) > 0 {
			last = calls[len(calls)-1]
		}
		said := func(words []string) (highest int) {
			for _, w := range words {
				highest = max(highest, rankOfWord[w])
			}
			return highest
		}
		var heard, offered int
		if s := k.load.states[last.SID]; s != nil && last.Taken {
			heard, offered = said(s.acknowledged), said(s.offered)
		}
		wrong := ""
		switch m.State {
		case store.StateAccepted, store.StateSent, store.StateDelivered, store.StateFailed:
			switch {
			case !last.Taken:
				wrong = "Twilio does not have it"
			case rank(m.State) < heard:
				wrong = "Twilio's callbacks said more, and were acknowledged"
			case rank(m.State) > max(offered, rank(store.StateAccepted)):
				wrong = "Twilio never said so"
			}
		case store.StateUnconfirmed:
			if heard > 0 {
				wrong = "a callback was acknowledged"
			}
		case store.StateRejected:
			if len(calls) == 0 || last.Taken || last.Status != http.StatusBadRequest {
				wrong = "Twilio did not refuse it"
			}
		case store.StateBlocked:
			if slices.ContainsFunc(calls, func(c twiliotest.Call) bool { return c.Taken }) {
				wrong = "Twilio has it"
			}
		default:
			wrong = "it has no end"
		}
		if wrong != "" {
			k.t.Errorf("message %v (%q) is %s, but %s (%s)", id, m.Text, m.State, wrong, describeCalls(calls))
		}
	}
}

// sequence: the messages of a conversation are numbered without a gap, the
// stream has them in the same order as the list, and their first attempts begin
// in it and one after the other, but for the answers to keywords. None is
// answered automatically twice.
func (k *promises) sequence() {
	for number, th := range k.threads {
		var listed, streamed []inbox.MessageID
		for i, m := range th.messages {
			if m.Seq != int64(i+1) {
				k.t.Errorf("message %d of the conversation with %s has the number %d", i+1, number, m.Seq)
			}
			listed = append(listed, m.ID)
		}
		last, begun := int64(0), make(map[inbox.MessageID]bool)
		var sending inbox.MessageID // the attempt that is under way
		for _, e := range th.events {
			switch {
			case e.Type == store.MessageReceived || e.Type == store.MessageQueued:
				streamed = append(streamed, e.Message)
			case e.Type != store.MessageState || k.messages[e.Message].Author == store.BySystem:
			case e.Detail.State != store.StateAttempting:
				if sending == e.Message {
					sending = 0
				}
			default:
				if sending != 0 {
					k.t.Errorf("the send of message %d to %s was begun while message %v was being sent", e.Detail.Seq, number, sending)
				}
				sending = e.Message
				if !begun[e.Message] && e.Detail.Seq < last {
					k.t.Errorf("the send of message %d to %s was begun after that of %d", e.Detail.Seq, number, last)
				}
				begun[e.Message] = true
				last = max(last, e.Detail.Seq)
			}
		}
		answers := 0
		for _, m := range th.messages {
			if m.Author == store.ByResponder {
				answers++
			}
		}
		if answers > 1 {
			k.t.Errorf("%s was answered automatically %d times, though only the first message is", number, answers)
		}
		if diff := cmp.Diff(listed, streamed); diff != "" {
			k.t.Errorf("messages of the conversation with %s in the list (-) and in the stream (+):\n%s", number, diff)
		}
	}
}
