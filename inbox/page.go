package inbox

import (
	"context"
	"errors"

	"github.com/teaminbox/teaminbox/store"
)

// eventPage is some events of an account, with what says who sees them. It does
// not change.
type eventPage struct {
	read        int          // which of the feed's reads it is of
	after, last store.Cursor // it has all events after the one, up to the other
	events      []store.Event
	convs       map[store.ConversationID]store.Conversation
	company     *company
	err         error // what came instead
}

// eventPageSize is how many events of an account are read at once.
const eventPageSize = 256

// place is where a page begins.
type place struct {
	account store.AccountID
	after   store.Cursor
}

func (p place) query() store.EventQuery {
	return store.EventQuery{Account: p.account, After: p.after, Limit: eventPageSize}
}

// readPages reads the pages that begin at places, all in one snapshot. A place at
// which nobody can go on has a page that says so.
func (in *Inbox) readPages(ctx context.Context, places []place) ([]*eventPage, error) {
	var pages []*eventPage
	err := in.view(ctx, func(t *tx) error {
		pages = make([]*eventPage, len(places))
		if err := prefetchPages(t, places); err != nil {
			return err
		}
		for i, at := range places {
			var err error
			if pages[i], err = in.readPage(t, at); err != nil {
				return err
			}
		}
		return readConversations(t, pages)
	})
	if err != nil {
		return nil, err
	}
	return pages, nil
}

// prefetchPages reads at once where all pages begin, if the store gains from it.
func prefetchPages(t *tx, places []place) error {
	p, ok := t.Tx.(store.Prefetcher)
	if !ok {
		return nil
	}
	var k store.Keys
	for _, at := range places {
		k.Events = append(k.Events, at.query())
	}
	return p.Prefetch(k)
}

// readPage reads a page, but for the conversations.
func (in *Inbox) readPage(t *tx, at place) (*eventPage, error) {
	p := &eventPage{after: at.after, last: at.after}
	var err error
	if p.company, err = in.company(t, at.account); err != nil {
		return nil, err
	}
	p.events, err = t.Events(at.query())
	switch {
	case err == nil && len(p.events) > 0:
		p.last = p.events[len(p.events)-1].Cursor
	case err == nil:
		err = checkCursor(t, at)
	}
	if errors.Is(err, store.ErrExpired) || errors.Is(err, ErrReset) {
		p.err, err = ErrReset, nil
	}
	return p, err
}

// checkCursor fails for a cursor that is ahead of all events, as one of a store
// that was set back to an earlier copy is: waiting with it would skip events.
func checkCursor(t *tx, at place) error {
	last, err := t.LastEvent(at.account)
	if err == nil && at.after > last {
		return ErrReset
	}
	return err
}

// readConversations reads the conversations of pages. Each page has its own, so
// that one that is kept for long does not keep those of others.
func readConversations(t *tx, pages []*eventPage) error {
	var ids []store.ConversationID
	for _, p := range pages {
		p.convs = make(map[store.ConversationID]store.Conversation)
		for _, e := range p.events {
			if _, known := p.convs[e.Conversation]; !known && e.Conversation != 0 {
				p.convs[e.Conversation] = store.Conversation{}
				ids = append(ids, e.Conversation)
			}
		}
	}
	found, err := t.Conversations(ids...)
	if err != nil {
		return err
	}
	all := make(map[store.ConversationID]store.Conversation, len(found))
	for _, conv := range found {
		all[conv.ID] = conv
	}
	for _, p := range pages {
		for id := range p.convs {
			p.convs[id] = all[id]
		}
	}
	return nil
}
