package inbox

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// Acceptance says what became of an inbound message.
type Acceptance struct {
	Duplicate    bool                 // it was there already; nothing was done
	Conversation store.ConversationID // 0 for a stray
	Message      store.MessageID      // 0 for a stray
	Stray        store.StrayID        // not 0 if no inbox has the address
}

// arrival is a message on its way into an inbox.
type arrival struct {
	channel string
	message channel.Inbound
	at      time.Time // when it came in
	adopted bool      // it was a stray before
	asked   bool      // the last that we wrote was the question to opt in, which is open
}

// written is when the customer wrote the message, as far as that is known.
func (a arrival) written() time.Time {
	if a.message.Late && !a.message.SentAt.IsZero() && a.message.SentAt.Before(a.at) {
		return a.message.SentAt
	}
	return a.at
}

// accept takes an inbound message in: it is kept once, consent is in the
// ledger, and the work that it makes is in the conversation's mailbox, all in
// the one transaction before the provider hears that we have it.
func (in *Inbox) accept(t *tx, channelName string, m channel.Inbound) (Acceptance, error) {
	ref := store.ProviderRef{Channel: channelName, ProviderID: m.ProviderID}
	if known, err := t.MessagesFrom(ref); err != nil {
		return Acceptance{}, err
	} else if len(known) > 0 {
		return Acceptance{Duplicate: true, Conversation: known[0].Conversation, Message: known[0].ID}, in.complete(t, known[0], m)
	}
	box, err := in.inboxAt(t, store.Endpoint{Channel: channelName, Address: m.To})
	if err != nil {
		return Acceptance{}, err
	}
	if box == nil {
		account, err := in.strayAccount(t)
		if err != nil {
			return Acceptance{}, err
		}
		return in.acceptStray(t, account, ref, m, "no inbox has the address "+string(m.To))
	}
	strays, err := t.StraysFrom(ref)
	if err != nil {
		return Acceptance{}, err
	}
	if len(strays) > 0 && compliance.IsErased(strays[0].Inbound.From) {
		return Acceptance{Duplicate: true, Stray: strays[0].ID}, nil // it must not come back
	}
	arrived := arrival{channel: channelName, message: m, at: t.now}
	if len(strays) > 0 {
		arrived.at, arrived.adopted = strays[0].ReceivedAt, true
	}
	accepted, err := in.acceptInto(t, *box, arrived)
	if err != nil || len(strays) == 0 || !strays[0].ResolvedAt.IsZero() {
		return accepted, err
	}
	// It came in before the address was given to the inbox.
	_, err = resolveStray(t, strays[0], store.Author{Kind: store.BySystem}, "delivered again, to inbox "+string(box.ID))
	return accepted, err
}

// acceptInto puts a message that nobody has seen into an inbox.
func (in *Inbox) acceptInto(t *tx, box store.Inbox, a arrival) (Acceptance, error) {
	m := a.message
	contact, err := in.contactFor(t, box.Account, m)
	if err != nil {
		return Acceptance{}, err
	}
	conv, isNew, err := in.conversationFor(t, box, contact, m)
	if err != nil {
		return Acceptance{}, err
	}
	before, err := consentFor(t, box.Account, customerOf(m, contact)...)
	if err != nil {
		return Acceptance{}, err
	}
	talk := conv.ID
	if isNew {
		talk = 0
	}
	class, asked, err := in.classifyIn(t, talk, 0, m, contextOf(m, contact, before, a.at))
	if err != nil {
		return Acceptance{}, err
	}
	a.asked = asked
	if class.Kind == compliance.OptIn {
		if _, clear := optInAt(a, before.entries); !clear {
			class = compliance.Classification{Kind: compliance.Ambiguous, Rule: class.Rule + ", but it came late, and it can't be told whether it was written after the opt-out"}
		}
	}

	conv.InboundCount++
	written := a.written()
	newest := !a.message.Late && !a.adopted || !written.Before(conv.LastInbound)
	if newest { // an answer goes to where the customer wrote last
		conv.Channel, conv.Ours, conv.Theirs = a.channel, m.To, m.From
	}
	conv.LastInbound = latest(conv.LastInbound, written)
	msg, err := newMessage(t, &conv, store.Inbound)
	if err != nil {
		return Acceptance{}, err
	}
	msg.Author = store.Author{Kind: store.ByCustomer}
	msg.Text, msg.Extras = m.Text, extrasOf(m)
	msg.Channel, msg.ProviderID, msg.From, msg.To = a.channel, m.ProviderID, m.From, m.To
	msg.Kind, msg.Rule = class.Kind, class.Evidence()
	if newest {
		setPreview(&conv, msg)
	}

	events := make([]store.Event, 0, 4)
	people := wantsPeople(class.Kind) || class.Flag != ""
	if opened := opens(&conv, isNew, people, written); opened != "" {
		msg.Opened = true
		events = append(events, eventOf(t, conv, opened, msg.Author, store.Detail{Status: conv.Status}))
	}
	received := eventOf(t, conv, store.MessageReceived, msg.Author, store.Detail{Seq: msg.Seq})
	received.Message = msg.ID
	events = append(events, received)
	if err := t.AppendEvents(events...); err != nil {
		return Acceptance{}, err
	}
	if err := t.PutMessages(msg); err != nil {
		return Acceptance{}, err
	}
	if err := in.answerKeyword(t, box, &conv, msg, a, before); err != nil {
		return Acceptance{}, err
	}
	var route store.Task
	if people {
		if route, err = addTask(t, conv, store.TaskRoute, msg.ID, t.now); err != nil {
			return Acceptance{}, err
		}
	}
	if err := t.PutConversations(conv); err != nil {
		return Acceptance{}, err
	}
	conv.Version++
	msg.Version++
	if err := in.begin(t, conv.ID, func() (*piece, error) { return in.firstPiece(t, conv, contact, msg, route) }); err != nil {
		return Acceptance{}, err
	}
	return Acceptance{Conversation: conv.ID, Message: msg.ID}, nil
}

// firstPiece returns what a turn begins with that a message has started: that it
// is routed, if that is all there is to do. It saves reading everything again.
func (in *Inbox) firstPiece(t *tx, conv store.Conversation, contact store.Contact, m store.Message, route store.Task) (*piece, error) {
	tasks, err := t.Tasks(conv.ID)
	if err != nil || route.ID == 0 || len(tasks) != 1 {
		return nil, err
	}
	c, err := in.company(t, conv.Account)
	if err != nil || claimed(c, conv) {
		return nil, err
	}
	// The router works on it when the caller may be at the next message already.
	job, err := in.routeJobFor(t, record.CopyConversation(conv), record.CopyContact(contact), record.CopyMessage(m), record.CopyTask(route))
	if err != nil {
		return nil, err
	}
	return &piece{route: job}, nil
}

// wantsPeople reports whether a message of a kind is routed. A STOP or START
// is shown in the thread, but asks nothing of the team, unless the policy has
// flagged it.
func wantsPeople(k compliance.Kind) bool { return k != compliance.OptOut && k != compliance.OptIn }

// opens moves a conversation to where a new inbound message puts it, and
// returns the event that says so, or "".
func opens(conv *store.Conversation, isNew, people bool, written time.Time) store.EventType {
	if !people {
		if isNew {
			conv.Status = store.Closed
		}
		return ""
	}
	if conv.WaitingSince.IsZero() || written.Before(conv.WaitingSince) {
		conv.WaitingSince = written
	}
	was := conv.Status
	conv.Status, conv.SnoozedUntil = store.Open, time.Time{}
	switch {
	case isNew:
		return store.ConversationOpened
	case was != store.Open:
		return store.ConversationReopened
	}
	return ""
}

// contactFor finds or makes the customer behind a message, who may be known by
// the address or by the medium's own id.
func (in *Inbox) contactFor(t *tx, account store.AccountID, m channel.Inbound) (store.Contact, error) {
	other := userAddress(m)
	found, err := t.ContactsAt(identitiesOf(account, m)...)
	if err != nil {
		return store.Contact{}, err
	}
	if len(found) > 0 {
		c := found[0]
		changed := false
		if len(found) == 1 { // two contacts who turn out to be one stay two, for a person to join
			for _, a := range []channel.Address{m.From, other} {
				if a != "" && !owns(c, a) {
					c.Addresses, changed = append(slices.Clone(c.Addresses), a), true
				}
			}
		}
		if c.Name == "" && m.ProfileName != "" {
			c.Name, changed = m.ProfileName, true
		}
		if c.Region == "" && m.Region != "" {
			c.Region, changed = m.Region, true
		}
		if !changed {
			return c, nil
		}
		return putContact(t, c)
	}
	id, err := t.NewID()
	if err != nil {
		return store.Contact{}, err
	}
	c := store.Contact{
		ID: store.ContactID(id), Account: account, Name: m.ProfileName, Region: m.Region,
		Addresses: []channel.Address{m.From}, CreatedAt: t.now,
	}
	if other != "" && !owns(c, other) {
		c.Addresses = append(c.Addresses, other)
	}
	return putContact(t, c)
}

// identitiesOf returns by what the customer behind a message may be known.
func identitiesOf(account store.AccountID, m channel.Inbound) []store.Identity {
	identities := []store.Identity{store.IdentityOf(account, m.From)}
	if other := userAddress(m); other != "" {
		identities = append(identities, store.IdentityOf(account, other))
	}
	return identities
}

// threadOf returns the thread of a message.
func threadOf(box store.Inbox, m channel.Inbound) store.Thread {
	return store.Thread{Account: box.Account, Inbox: box.ID, Family: m.From.Family(), Identity: m.From.Identity()}
}

// owns reports whether an address says the same as one of a contact's.
func owns(c store.Contact, a channel.Address) bool {
	return slices.ContainsFunc(c.Addresses, func(had channel.Address) bool {
		return had.Family() == a.Family() && had.Identity() == a.Identity()
	})
}

func putContact(t *tx, c store.Contact) (store.Contact, error) {
	if err := t.PutContacts(c); err != nil {
		return store.Contact{}, err
	}
	c.Version++
	return c, nil
}

// conversationFor finds or makes the thread of a message. A conversation that
// it makes is not stored yet.
func (in *Inbox) conversationFor(t *tx, box store.Inbox, contact store.Contact, m channel.Inbound) (conv store.Conversation, isNew bool, err error) {
	found, err := t.ConversationsIn(threadOf(box, m))
	if err != nil {
		return store.Conversation{}, false, err
	}
	if len(found) > 0 {
		return found[0], false, nil
	}
	id, err := t.NewID()
	if err != nil {
		return store.Conversation{}, false, err
	}
	return store.Conversation{
		ID: store.ConversationID(id), Account: box.Account, Inbox: box.ID, Contact: contact.ID,
		Theirs: m.From, Status: store.Open, CreatedAt: t.now,
	}, true, nil
}

// newMessage makes the next message of a conversation, and counts it there.
func newMessage(t *tx, conv *store.Conversation, d store.Direction) (store.Message, error) {
	id, err := t.NewID()
	if err != nil {
		return store.Message{}, err
	}
	conv.LastSeq++
	conv.LastAt = t.now
	return store.Message{
		ID: store.MessageID(id), Account: conv.Account, Conversation: conv.ID, Seq: conv.LastSeq,
		Direction: d, InboundCount: conv.InboundCount, CreatedAt: t.now,
	}, nil
}

// extrasOf keeps what came with a message besides its text.
func extrasOf(m channel.Inbound) *store.Extras {
	x := store.Extras{
		Media: m.Media, Location: m.Location, Button: m.Button, ReplyTo: m.ReplyTo, Referral: m.Referral,
		Forwarded: m.Forwarded, Late: m.Late, SentAt: m.SentAt, Problems: m.Problems, Raw: m.Raw,
	}
	if m.UserID != "" && userAddress(m) == "" { // no address to keep it as
		x.Raw = maps.Clone(x.Raw)
		if x.Raw == nil {
			x.Raw = make(map[string]string)
		}
		x.Raw["UserID"] = m.UserID
	}
	if len(x.Media) == 0 && x.Location == nil && x.Button == nil && x.ReplyTo == nil && x.Referral == nil &&
		!x.Forwarded && !x.Late && x.SentAt.IsZero() && len(x.Problems) == 0 && len(x.Raw) == 0 {
		return nil
	}
	return &x
}

// previewRunes is how much of a message a list of conversations shows.
const previewRunes = 100

// setPreview shows a message in the list of conversations.
func setPreview(conv *store.Conversation, m store.Message) {
	text := strings.Join(strings.Fields(firstRunes(m.Text, 4*previewRunes)), " ")
	if text == "" && m.Extras != nil {
		switch {
		case len(m.Extras.Media) > 0:
			text = "[" + mediaWord(m.Extras.Media[0]) + "]"
		case m.Extras.Location != nil:
			text = "[location]"
		case m.Extras.Button != nil:
			text = m.Extras.Button.Text
		case m.Extras.Template != nil:
			text = "[template]"
		}
	}
	conv.Preview = firstRunes(text, previewRunes)
}

func mediaWord(m channel.Media) string {
	kind, _, _ := strings.Cut(m.ContentType, "/")
	if slices.Contains([]string{"image", "audio", "video"}, kind) {
		return kind
	}
	return "file"
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// validText replaces what is not UTF-8, for channels that did not.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// eventOf makes an event of a conversation.
func eventOf(t *tx, conv store.Conversation, typ store.EventType, actor store.Author, d store.Detail) store.Event {
	return store.Event{
		Account: conv.Account, Type: typ, At: t.now, Inbox: conv.Inbox, Conversation: conv.ID, Actor: actor, Detail: d,
	}
}

// addTask puts work into a conversation's mailbox.
func addTask(t *tx, conv store.Conversation, kind store.TaskKind, message store.MessageID, due time.Time) (store.Task, error) {
	id, err := t.NewID()
	if err != nil {
		return store.Task{}, err
	}
	task := store.Task{
		ID: store.TaskID(id), Account: conv.Account, Conversation: conv.ID, Kind: kind, Message: message, DueAt: due,
	}
	return task, t.PutTasks(task)
}
