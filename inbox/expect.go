package inbox

import (
	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// expectation says what a change is about, and what it is likely to read.
type expectation struct {
	about []subject
	reads reads
}

// reads says what a change is likely to read by keys. Where a read is a round
// trip, the changes of a batch are asked what they expect, and all of it is read
// at once; they are asked again when it is there, since what they read says what
// they read next. It reads only what it has expected in an earlier round. If it is
// wrong, the change reads what it needs by itself.
type reads func(t *tx, round int) store.Keys

// expectationRounds is how often changes are asked.
const expectationRounds = 3

// prefetch reads what changes expect, if the store gains from it. It does so even
// if they expect nothing: the store then knows that they are several.
func prefetch(t *tx, batch []*change) error {
	p, ok := t.Tx.(store.Prefetcher)
	if !ok {
		return nil
	}
	for _, ch := range batch {
		ch.keys = ch.keys[:0]
	}
	for round := range expectationRounds {
		var all store.Keys
		any := false
		for _, ch := range batch {
			for _, expect := range ch.expects {
				any = true
				k := expect.reads(t, round)
				ch.keys = append(ch.keys, k)
				all.Add(k)
			}
		}
		if !any && round > 0 {
			return nil
		}
		if err := p.Prefetch(all); err != nil {
			return err
		}
	}
	return nil
}

// expectDelivery expects what is read for what a provider has delivered.
func (in *Inbox) expectDelivery(channelName string, d channel.Delivery) []expectation {
	all := []expectation{in.expectArrivals(channelName, d.Inbound), in.expectReports(channelName, d.Status)}
	if len(d.Consent) > 0 {
		all = append(all, in.expectConsent(channelName, d.Consent))
	}
	return all
}

// expectArrivals expects what accept reads of messages.
func (in *Inbox) expectArrivals(channelName string, messages []channel.Inbound) expectation {
	boxes := make([]*store.Inbox, len(messages)) // those whose customers were asked for
	known := make([]bool, len(messages))         // those of which all was asked for
	about := make([]subject, len(messages))
	for i, m := range messages {
		about[i] = aboutCustomer(m.From)
	}
	return expectation{about, func(t *tx, round int) store.Keys {
		if round == 0 {
			clear(boxes)
			clear(known)
		}
		var k store.Keys
		for i, m := range messages {
			switch box := boxes[i]; {
			case known[i]:
				continue
			case box != nil:
				expectKnown(t, *box, m, &k)
				known[i] = true
				continue
			}
			k.Providers = append(k.Providers, store.ProviderRef{Channel: channelName, ProviderID: m.ProviderID})
			box := in.likelyInboxAt(t, round, store.Endpoint{Channel: channelName, Address: m.To})
			if box == nil {
				continue
			}
			boxes[i] = box
			k.Identities = append(k.Identities, identitiesOf(box.Account, m)...)
			k.Threads = append(k.Threads, threadOf(*box, m))
			k.Consent = append(k.Consent, t.withPseudonyms(compliance.KeyOf(string(box.Account), m.From))...)
		}
		return k
	}}
}

// expectKnown expects what is read of a customer who is known.
func expectKnown(t *tx, box store.Inbox, m channel.Inbound, k *store.Keys) {
	if convs, err := t.ConversationsIn(threadOf(box, m)); err == nil && len(convs) > 0 {
		k.Leases, k.Tasks = append(k.Leases, convs[0].ID), append(k.Tasks, convs[0].ID)
	}
	if contacts, err := t.ContactsAt(identitiesOf(box.Account, m)...); err == nil && len(contacts) > 0 {
		for _, a := range customerOf(m, contacts[0]) {
			k.Consent = append(k.Consent, t.withPseudonyms(compliance.KeyOf(string(box.Account), a))...)
		}
	}
}

// likelyInboxAt returns the inbox that owns an endpoint: before the directory's
// version is known, the one that owned it lately.
func (in *Inbox) likelyInboxAt(t *tx, round int, end store.Endpoint) *store.Inbox {
	if round > 0 {
		box, _ := in.inboxAt(t, end) // the change meets the failure itself
		return box
	}
	return in.directory.lately(end)
}

// expectTurn expects what a turn reads that has done a piece, or nil.
func (in *Inbox) expectTurn(id store.ConversationID, p *piece) expectation {
	about := []subject{aboutConversation(id)}
	switch {
	case p == nil:
	case p.route != nil:
		about = append(about, aboutCustomer(p.route.request.Conversation.Theirs))
	case p.send != nil:
		about = append(about, aboutCustomer(p.send.message.To), aboutMessage(p.send.message.ID))
	case p.reconcile != nil:
		about = append(about, aboutCustomer(p.reconcile.message.To), aboutMessage(p.reconcile.message.ID))
	case p.register != nil:
		about = append(about, aboutCustomer(p.register.message.To), aboutMessage(p.register.message.ID))
	}
	return expectation{about, in.readsOfTurn(id)}
}

// readsOfTurn says what a turn reads of its conversation.
func (in *Inbox) readsOfTurn(id store.ConversationID) reads {
	return func(t *tx, round int) store.Keys {
		switch round {
		case 0:
			ids := []store.ConversationID{id}
			return store.Keys{Leases: ids, Conversations: ids, Tasks: ids}
		case 1:
		default:
			return store.Keys{}
		}
		var k store.Keys
		routes := false
		if tasks, err := t.Tasks(id); err == nil {
			for _, task := range tasks {
				routes = routes || task.Kind == store.TaskRoute
				if task.Message != 0 && len(k.Messages) < expectedMessages {
					k.Messages = append(k.Messages, task.Message)
				}
			}
		}
		if convs, err := t.Conversations(id); err == nil && len(convs) > 0 {
			c := convs[0]
			k.Contacts = append(k.Contacts, c.Contact)
			k.Consent = append(k.Consent, t.withPseudonyms(compliance.KeyOf(string(c.Account), c.Theirs))...)
			if company, err := in.company(t, c.Account); err == nil && routes {
				for _, user := range company.concerned(c) {
					k.Marks = append(k.Marks, store.MarkRef{Account: c.Account, User: user, Conversation: id})
				}
			}
		}
		return k
	}
}

// expectedMessages is how many of the messages that wait in a mailbox a turn
// is likely to look at.
const expectedMessages = 16

// expectReply expects what is read when a user writes.
func (a *Agent) expectReply(id store.ConversationID, key string) expectation {
	turn := a.in.readsOfTurn(id)
	return expectation{[]subject{aboutConversation(id)}, func(t *tx, round int) store.Keys {
		if round > 0 {
			return turn(t, round)
		}
		k := turn(t, round)
		k.Marks = []store.MarkRef{{Account: a.account, User: a.user, Conversation: id}}
		if key != "" {
			k.Requests = []store.RequestRef{{Account: a.account, Key: key}}
		}
		return k
	}}
}

// expectVisit expects what is read when a user does something else in a
// conversation.
func (a *Agent) expectVisit(id store.ConversationID) expectation {
	return expectation{[]subject{aboutConversation(id)}, func(_ *tx, round int) store.Keys {
		if round > 0 {
			return store.Keys{}
		}
		return store.Keys{
			Conversations: []store.ConversationID{id},
			Marks:         []store.MarkRef{{Account: a.account, User: a.user, Conversation: id}},
		}
	}}
}

// expectDecision expects what is read when a user decides about a message.
func expectDecision(id store.MessageID) expectation {
	return expectation{[]subject{aboutMessage(id)}, func(t *tx, round int) store.Keys {
		switch round {
		case 0:
			return store.Keys{Messages: []store.MessageID{id}}
		case 1:
			if found, err := t.Messages(id); err == nil && len(found) > 0 {
				ids := []store.ConversationID{found[0].Conversation}
				return store.Keys{Conversations: ids, Tasks: ids}
			}
		}
		return store.Keys{}
	}}
}

// expectReports expects what is read for reports on messages.
func (in *Inbox) expectReports(channelName string, reports []channel.StatusUpdate) expectation {
	about := make([]subject, 0, len(reports))
	for _, u := range reports {
		if id, ok := messageOf(u); ok {
			about = append(about, aboutMessage(id))
		}
	}
	return expectation{about, func(t *tx, round int) store.Keys {
		var k store.Keys
		if round > 1 {
			return k
		}
		for _, u := range reports {
			if round == 0 {
				if id, ok := messageOf(u); ok {
					k.Messages = append(k.Messages, id)
				}
				if u.ProviderID != "" {
					k.Providers = append(k.Providers, store.ProviderRef{Channel: channelName, ProviderID: u.ProviderID})
				}
				continue
			}
			if m, found, err := in.reported(t, channelName, u); err == nil && found {
				k.Conversations = append(k.Conversations, m.Conversation)
				k.Tasks = append(k.Tasks, m.Conversation)
			}
		}
		return k
	}}
}
