package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// Agent acts for one user. The library authenticates nobody: the host has
// found out who the user is, and each call checks what that user may do, at
// that moment.
//
// A user without a licensed seat gets ErrUnlicensed from every method, unless
// what they give it is ErrInvalid already. What a
// user may not see does not exist for them: ErrNotFound. A conversation that
// somebody else has claimed gives a *ClaimedError.
//
// An Agent holds nothing, costs nothing, and may be used from many goroutines.
type Agent struct {
	in      *Inbox
	account store.AccountID
	user    store.UserID
}

// Agent returns the handle of a user of an account.
func (in *Inbox) Agent(account store.AccountID, user store.UserID) *Agent {
	return &Agent{in: in, account: account, user: user}
}

// User returns the id of the user for whom the handle acts.
func (a *Agent) User() store.UserID { return a.user }

func (a *Agent) author() store.Author { return store.Author{Kind: store.ByUser, User: a.user} }

// seat checks that the user has a licensed seat and returns the directory.
func (a *Agent) seat(t *tx) (*company, error) {
	c, err := a.in.company(t, a.account)
	if err != nil {
		return nil, err
	}
	if !c.licensed(a.user) {
		return nil, ErrUnlicensed
	}
	return c, nil
}

// open returns a conversation to which the user has at least the access.
func (a *Agent) open(t *tx, id store.ConversationID, want access) (store.Conversation, *company, error) {
	c, err := a.seat(t)
	if err != nil {
		return store.Conversation{}, nil, err
	}
	found, err := t.Conversations(id)
	if err != nil {
		return store.Conversation{}, nil, err
	}
	if len(found) == 0 || found[0].Account != a.account || !c.concerns(found[0], a.user) {
		return store.Conversation{}, nil, fmt.Errorf("%w: conversation %v", ErrNotFound, id)
	}
	conv := found[0]
	if c.accessTo(conv, a.user) < want {
		return store.Conversation{}, nil, &ClaimedError{By: conv.ClaimedBy, Since: conv.ClaimedAt}
	}
	return conv, c, nil
}

// change opens a conversation with full access, lets fn change it, and stores
// it with the events that fn returns. fn returns no events if there is nothing
// to change. A commit whose outcome is unknown is repeated without effect if
// it has happened.
func (a *Agent) change(ctx context.Context, id store.ConversationID, fn func(*tx, *company, *store.Conversation) ([]store.Event, error)) error {
	var tried []store.Event
	var before store.Cursor
	return a.in.update(ctx, func(t *tx) error {
		if done, err := happened(t, before, tried); err != nil || done {
			return err
		}
		conv, c, err := a.open(t, id, accessFull)
		if err != nil {
			return err
		}
		events, err := fn(t, c, &conv)
		if err != nil || len(events) == 0 {
			return err
		}
		if err := t.PutConversations(conv); err != nil {
			return err
		}
		if before, err = t.LastEvent(a.account); err != nil {
			return err
		}
		tried = events
		return t.AppendEvents(events...)
	}, a.expectVisit(id))
}

// happened reports whether the events of an earlier try are there after a
// cursor: the try has committed, though nobody knew. What has come since does
// not matter.
func happened(t *tx, after store.Cursor, tried []store.Event) (bool, error) {
	if len(tried) == 0 {
		return false, nil
	}
	want := tried[0]
	since, err := t.Events(store.EventQuery{Account: want.Account, Conversation: want.Conversation, After: after, Limit: largestPage})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(since, func(e store.Event) bool {
		return e.Type == want.Type && e.Actor == want.Actor && e.At.Equal(want.At)
	}), nil
}

// View is a conversation as a user sees it.
type View struct {
	store.Conversation
	Contact store.Contact
	Unread  int64 // messages of the customer that the user has not read
	// OptedOut says that the customer has opted out of messages.
	OptedOut bool
	// Held says that a person has to decide whether the customer has; nil if
	// there is nothing to decide.
	Held *Held
	// FreeText is until when the customer may get free text on WhatsApp; after that
	// only an approved template. Zero for media that have no such window.
	FreeText time.Time
}

// freeTextUntil returns when the window of a conversation on WhatsApp closes. Our own
// messages never move it.
func freeTextUntil(conv store.Conversation) time.Time {
	if conv.Theirs.Family() != channel.WhatsApp || conv.LastInbound.IsZero() {
		return time.Time{}
	}
	return conv.LastInbound.Add(compliance.WhatsAppWindow)
}

// Conversation returns one conversation.
func (a *Agent) Conversation(ctx context.Context, id store.ConversationID) (View, error) {
	var view View
	err := a.in.view(ctx, func(t *tx) error {
		conv, _, err := a.open(t, id, accessRead)
		if err != nil {
			return err
		}
		views, err := a.views(t, []store.Conversation{conv})
		if err != nil {
			return err
		}
		view = views[0]
		return nil
	})
	return view, err
}

// views adds what the user wants to know to conversations.
func (a *Agent) views(t *tx, convs []store.Conversation) ([]View, error) {
	if err := a.prefetchViews(t, convs); err != nil {
		return nil, err
	}
	contacts := make([]store.ContactID, len(convs))
	for i, c := range convs {
		contacts[i] = c.Contact
	}
	people, err := t.Contacts(contacts...)
	if err != nil {
		return nil, err
	}
	unread, err := a.unread(t, convs)
	if err != nil {
		return nil, err
	}
	person := make(map[store.ContactID]store.Contact, len(people))
	for _, p := range people {
		person[p.ID] = p
	}
	keysOf := func(c store.Conversation) []compliance.Key {
		var keys []compliance.Key
		for _, address := range sameCustomer(c.Theirs, person[c.Contact]) {
			keys = append(keys, compliance.KeyOf(string(c.Account), address))
		}
		return keys
	}
	var keys []compliance.Key
	for _, c := range convs {
		keys = append(keys, keysOf(c)...)
	}
	slices.SortFunc(keys, compareKeys)
	consent, err := t.ledger(slices.Compact(keys))
	if err != nil {
		return nil, err
	}
	views := make([]View, len(convs))
	for i, c := range convs {
		var about []compliance.Entry
		for _, key := range keysOf(c) {
			about = append(about, consent[key]...)
		}
		state := compliance.Fold(about)
		held, err := heldView(t, c.ID, state.Held, about)
		if err != nil {
			return nil, err
		}
		views[i] = View{
			Conversation: c, Contact: person[c.Contact], Unread: unread[i],
			OptedOut: state.OptedOut, Held: held, FreeText: freeTextUntil(c),
		}
	}
	return views, nil
}

// prefetchViews reads at once what views asks for, if the store gains from it:
// all but the consent of a contact's other addresses, which few have.
func (a *Agent) prefetchViews(t *tx, convs []store.Conversation) error {
	p, ok := t.Tx.(store.Prefetcher)
	if !ok || len(convs) == 0 {
		return nil
	}
	var k store.Keys
	for _, c := range convs {
		k.Contacts = append(k.Contacts, c.Contact)
		k.Marks = append(k.Marks, store.MarkRef{Account: a.account, User: a.user, Conversation: c.ID})
		k.Consent = append(k.Consent, t.withPseudonyms(compliance.KeyOf(string(c.Account), c.Theirs))...)
	}
	return p.Prefetch(k)
}

func compareKeys(a, b compliance.Key) int {
	return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(string(a.Family), string(b.Family)), strings.Compare(a.Identity, b.Identity))
}
