package inbox

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// hub wakes those who wait for events.
type hub struct {
	mu   sync.Mutex
	next chan struct{} // closed when there may be events
}

func (h *hub) init() { h.next = make(chan struct{}) }

func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.next)
	h.next = make(chan struct{})
}

// waiter returns a channel that is closed at the next wake.
func (h *hub) waiter() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.next
}

// Now returns the cursor of the last event there is, to go on from after
// having loaded the present state. Take it before loading: an event that is
// seen twice does no harm, one that is missed does.
func (a *Agent) Now(ctx context.Context) (store.Cursor, error) {
	var cursor store.Cursor
	err := a.in.view(ctx, func(t *tx) error {
		if _, err := a.seat(t); err != nil {
			return err
		}
		var err error
		cursor, err = t.LastEvent(a.account)
		return err
	})
	return cursor, err
}

// eventPage is how many events are read at once.
const eventPage = 256

// Events returns the events after a cursor that the user may see, in order,
// each once, and then waits for those to come, until the context ends or the
// loop does. A reader that was cut off goes on from the Cursor of the last
// event that it got, and misses none.
//
// Whether the user may see an event is decided when it is read. The sequence
// ends with an error: the context's; ErrUnlicensed when the user loses their
// seat; ErrReset when events after the cursor have been deleted, or the cursor
// is ahead of all events.
//
// A slow reader holds up nobody.
func (a *Agent) Events(ctx context.Context, after store.Cursor) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		for {
			woken := a.in.hub.waiter() // before reading, or an event could slip between
			events, last, err := a.EventsAfter(ctx, after)
			if err != nil {
				yield(store.Event{}, err)
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
			if last > after {
				after = last
				continue
			}
			timer := time.NewTimer(a.in.cfg.PollInterval)
			select {
			case <-woken:
			case <-timer.C:
			case <-ctx.Done():
			}
			timer.Stop()
		}
	}
}

// EventsAfter returns events after a cursor that the user may see, in order,
// without waiting for any, and the cursor to go on from. If that is the one
// given, there are none yet. A call looks at up to 256 events, of which the
// user may see fewer or none. It is for clients that poll; see [Agent.Events]
// for one that is told, and for the errors.
func (a *Agent) EventsAfter(ctx context.Context, after store.Cursor) ([]store.Event, store.Cursor, error) {
	var visible []store.Event
	last := after
	err := a.in.view(ctx, func(t *tx) error {
		c, err := a.seat(t)
		if err != nil {
			return err
		}
		page, err := t.Events(store.EventQuery{Account: a.account, After: after, Limit: eventPage})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return checkCursor(t, a.account, after)
		}
		convs, err := conversationsOf(t, page)
		if err != nil {
			return err
		}
		for _, e := range page {
			if c.sees(e, convs[e.Conversation], a.user) {
				visible = append(visible, e)
			}
		}
		last = page[len(page)-1].Cursor
		return nil
	})
	if errors.Is(err, store.ErrExpired) {
		err = ErrReset
	}
	return visible, last, err
}

// checkCursor fails for a cursor that is ahead of all events, as one of a store
// that was set back to an earlier copy is: waiting with it would skip events.
func checkCursor(t *tx, account store.AccountID, after store.Cursor) error {
	last, err := t.LastEvent(account)
	if err == nil && after > last {
		return ErrReset
	}
	return err
}

func conversationsOf(t *tx, events []store.Event) (map[store.ConversationID]store.Conversation, error) {
	convs := make(map[store.ConversationID]store.Conversation)
	var ids []store.ConversationID
	for _, e := range events {
		if _, known := convs[e.Conversation]; !known && e.Conversation != 0 {
			convs[e.Conversation] = store.Conversation{}
			ids = append(ids, e.Conversation)
		}
	}
	found, err := t.Conversations(ids...)
	if err != nil {
		return nil, err
	}
	for _, conv := range found {
		convs[conv.ID] = conv
	}
	return convs, nil
}
