package main

import (
	"context"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// The company that everything is about.
const (
	channelName               = "bench"
	inboxID     store.InboxID = "support"
	teamID      store.TeamID  = "support"
	agentID     store.UserID  = "alice"
	ours                      = channel.Address("+14155550100")
	account                   = store.DefaultAccount
	rareWord                  = "zebra"   // in one message of rareEvery
	commonWord                = "invoice" // in one of commonEvery
	allWord                   = "order"   // in all
	rareEvery                 = 50_000
	commonEvery               = 4
	keyEvery                  = 10 // one message in so many has a request key
)

// began is when the first message was written.
var began = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// customer returns the number of the n-th customer.
func customer(n int) channel.Address {
	return channel.Address(fmt.Sprintf("+1%010d", 2_000_000_000+n))
}

// scatter spreads numbers, so that what is next to each other in one order is
// not in another.
func scatter(n int) uint64 {
	x := uint64(n) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// archive is what a company has after a while: conversations with as many
// messages each, which were written in turn, so that those of one conversation
// lie far apart. Ids and cursors are computed, so that measurements know them.
type archive struct {
	conversations int
	each          int  // messages of a conversation
	resting       bool // all are open and no work waits, or else one in ten is open
}

func newArchive(c config) archive {
	return archive{conversations: c.conversations(), each: max(1, c.preload/c.conversations())}
}

func (a archive) messages() int { return a.conversations * a.each }

func (a archive) contact(n int) store.ContactID { return store.ContactID(1 + n) }
func (a archive) conversation(n int) store.ConversationID {
	return store.ConversationID(1 + a.conversations + n)
}

// message returns the id of the message that was written as the n-th of all.
func (a archive) message(n int) store.MessageID { return store.MessageID(1 + 2*a.conversations + n) }

func (a archive) task(n int) store.TaskID {
	return store.TaskID(1 + 2*a.conversations + a.messages() + n)
}

func providerID(n int) string { return fmt.Sprintf("SM%016x%016x", scatter(n), scatter(-n-1)) }
func requestKey(n int) string { return fmt.Sprintf("request-%016x", scatter(n)) }
func (a archive) at(n int) time.Time {
	return began.Add(time.Duration(n) * time.Second)
}

// load fills a store with it.
func (a archive) load(ctx context.Context, to store.Porter) error {
	return to.Import(ctx, func(t store.Target) error {
		l := &loader{archive: a, to: t}
		l.directory()
		l.people()
		l.talk()
		if !l.resting {
			l.work()
		}
		l.flush()
		if l.err != nil {
			return l.err
		}
		return t.SetNumbers(store.Numbers{LastID: int64(a.task(tasksDue + tasksLater)), LastCursor: store.Cursor(2 * a.messages()), DirectoryVersion: 1})
	})
}

// The work that waits.
const (
	tasksDue   = 200
	tasksLater = 5_000
)

// loader gathers records of one kind until a batch is full.
type loader struct {
	archive
	to  store.Target
	b   store.Batch
	n   int
	err error
}

// put adds a record to a list of the batch.
func put[T any](l *loader, list *[]T, record T) {
	if l.n == store.BatchSize || l.n > 0 && len(*list) == 0 {
		l.flush()
	}
	*list = append(*list, record)
	l.n++
}

func (l *loader) flush() {
	if l.err == nil && l.n > 0 {
		l.err = l.to.Put(l.b)
	}
	l.b, l.n = store.Batch{}, 0
}

func (l *loader) directory() {
	put(l, &l.b.Accounts, store.Account{ID: account, Name: "Acme", Version: 1})
	put(l, &l.b.Users, store.User{Account: account, ID: agentID, Name: "Alice", Licensed: true, Version: 1})
	put(l, &l.b.Users, store.User{Account: account, ID: "bob", Name: "Bob", Licensed: true, Version: 1})
	put(l, &l.b.Teams, store.Team{Account: account, ID: teamID, Name: "Support", Members: []store.UserID{agentID, "bob"}, Version: 1})
	put(l, &l.b.Inboxes, store.Inbox{
		Account: account, ID: inboxID, Name: "Support", Team: teamID, Endpoints: []store.Endpoint{{Channel: channelName, Address: ours}}, Version: 1,
	})
}

// isClaimed reports whether alice has claimed a conversation.
func isClaimed(n int) bool { return n%1000 == 0 }

// unclaimed returns the conversation itself or the one after it: nothing answers
// by itself where somebody has claimed the conversation.
func unclaimed(n int) int {
	if isClaimed(n) {
		return n + 1
	}
	return n
}

// people makes contacts and conversations. One conversation in ten is open,
// unless it rests, and alice takes part in one of twenty.
func (l *loader) people() {
	for n := range l.conversations {
		put(l, &l.b.Contacts, store.Contact{ID: l.contact(n), Account: account, Name: fmt.Sprintf("Customer %d", n), Addresses: []channel.Address{customer(n)}, Region: "US", CreatedAt: began, Version: 1})
	}
	for n := range l.conversations {
		last := l.at((l.each-1)*l.conversations + n)
		c := store.Conversation{
			ID: l.conversation(n), Account: account, Inbox: inboxID, Contact: l.contact(n), Channel: channelName, Ours: ours, Theirs: customer(n),
			Status: store.Closed, Teams: []store.TeamID{teamID}, LastSeq: int64(l.each), InboundCount: int64(l.each+1) / 2, LastAt: last, LastInbound: last,
			Preview: "Thanks, that was all.", CreatedAt: began, Version: 1,
		}
		if l.resting || n%10 == 0 {
			c.Status = store.Open
		}
		if n%20 == 0 {
			c.Users = []store.UserID{agentID}
		}
		if isClaimed(n) {
			c.ClaimedBy, c.ClaimedAt = agentID, last
		}
		put(l, &l.b.Conversations, c)
	}
	for n := 0; n < l.conversations; n += 3 {
		put(l, &l.b.ReadMarks, store.AccountReadMark{Account: account, ReadMark: store.ReadMark{User: agentID, Conversation: l.conversation(n), Seq: 1, InboundCount: 1}})
	}
}

// talk makes messages, in turn from the customer and from alice, and two events
// of each.
func (l *loader) talk() {
	for n := range l.messages() {
		seq := int64(n/l.conversations) + 1
		m := store.Message{
			ID: l.message(n), Account: account, Conversation: l.conversation(n % l.conversations), Seq: seq, Direction: store.Inbound,
			Author: store.Author{Kind: store.ByCustomer}, Text: text(n), Channel: channelName, ProviderID: providerID(n),
			From: customer(n % l.conversations), To: ours, InboundCount: (seq + 1) / 2, CreatedAt: l.at(n), Version: 1,
		}
		if seq%2 == 0 {
			m.Direction, m.Author, m.From, m.To = store.Outbound, store.Author{Kind: store.ByUser, User: agentID}, m.To, m.From
			m.State, m.StateAt, m.Attempts, m.Segments, m.Version = store.StateDelivered, m.CreatedAt, 1, 1, 4
			if n%keyEvery == 0 {
				m.RequestKey = requestKey(n)
			}
		}
		put(l, &l.b.Messages, m)
	}
	for n := range 2 * l.messages() {
		e := store.Event{
			Cursor: store.Cursor(n + 1), Account: account, Type: store.MessageReceived, At: l.at(n / 2), Inbox: inboxID,
			Conversation: l.conversation(n / 2 % l.conversations), Message: l.message(n / 2), Actor: store.Author{Kind: store.ByCustomer},
			Detail: store.Detail{Seq: int64(n/2/l.conversations) + 1},
		}
		if n%2 == 1 {
			e.Type, e.Actor, e.Detail = store.Alerted, store.Author{Kind: store.BySystem}, store.Detail{Users: []store.UserID{agentID, "bob"}}
		}
		put(l, &l.b.Events, e)
	}
}

// work makes ends of snoozes, a few of which are due.
func (l *loader) work() {
	for n := range tasksDue + tasksLater {
		due := l.at(l.messages()).Add(time.Duration(n-tasksDue) * time.Minute)
		put(l, &l.b.Tasks, store.Task{ID: l.task(n), Account: account, Conversation: l.conversation(n % l.conversations), Kind: store.TaskWake, DueAt: due})
	}
}

// text returns what the n-th message says.
func text(n int) string {
	s := fmt.Sprintf("Your order %d is on its way and arrives tomorrow between nine and eleven.", scatter(n)%10_000_000)
	if n%commonEvery == 0 {
		s += " The " + commonWord + " is in the parcel."
	}
	if n%rareEvery == rareEvery/2 {
		s += " With the " + rareWord + "."
	}
	return s
}
