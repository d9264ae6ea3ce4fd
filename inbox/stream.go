package inbox

import (
	"context"
	"iter"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

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

// Events returns the events after a cursor that the user may see, in order,
// each once, and then waits for those to come, until the context ends or the
// loop does. A reader that was cut off goes on from the Cursor of the last
// event that it got, and misses none.
//
// Whether the user may see an event is decided when it is read. The sequence
// ends with an error: the context's; ErrUnlicensed when the user loses their
// seat; ErrReset when events after the cursor have been deleted, or the cursor
// is ahead of all events; or the Store's.
//
// A slow reader holds up nobody. An account's events are read from the Store once
// for all who wait for them, so that any number of users may.
func (a *Agent) Events(ctx context.Context, after store.Cursor) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		f := a.in.feeds.join(a.account)
		defer a.in.feeds.leave(a.account, f)
		// Whoever comes reads for itself, and so learns what holds now: of its
		// cursor, and of what it may see.
		joined := f.begun()
		for page, err := a.readEvents(ctx, after); ; page, err = a.nextPage(ctx, f, joined, after) {
			switch {
			case err == nil && page.err != nil:
				err = page.err
			case err == nil && !page.company.licensed(a.user):
				err = ErrUnlicensed
			}
			if err != nil {
				yield(store.Event{}, err)
				return
			}
			for _, e := range page.events {
				if e.Cursor <= after || !page.company.sees(e, page.convs[e.Conversation], a.user) {
					continue
				}
				if !yield(record.CopyEvent(e), nil) {
					return
				}
			}
			after = max(after, page.last)
			if len(page.events) == 0 {
				f.begin(after)
			}
		}
	}
}

// nextPage returns the next page after a cursor that was not among the feed's first
// reads, and waits for it.
func (a *Agent) nextPage(ctx context.Context, f *feed, first int, after store.Cursor) (*eventPage, error) {
	for read := false; ctx.Err() == nil; {
		page, ahead := f.since(after, first)
		switch {
		case page != nil:
			return page, nil
		case ahead != nil:
			page, err := a.in.feeds.await(ctx, f, ahead)
			if err != nil || page.read > first {
				return page, err
			}
			// Whoever watches takes that page for known, so none will come that
			// says the same, as that somebody has lost their seat.
		case read && !pause(ctx, a.in.cfg.PollInterval): // the others are ahead of what there is: the Store was set back, and one of them will find out
			return nil, ctx.Err()
		}
		page, err := a.readEvents(ctx, after)
		if err != nil || len(page.events) > 0 || !page.company.licensed(a.user) {
			return page, err
		}
		f.begin(after)
		read = true
	}
	return nil, ctx.Err()
}

// EventsAfter returns events after a cursor that the user may see, in order,
// without waiting for any, and the cursor to go on from. If that is the one
// given, there are none yet. A call looks at up to 256 events, of which the
// user may see fewer or none. It is for clients that poll; see [Agent.Events]
// for one that is told, and for the errors.
func (a *Agent) EventsAfter(ctx context.Context, after store.Cursor) ([]store.Event, store.Cursor, error) {
	page, err := a.readEvents(ctx, after)
	switch {
	case err != nil:
		return nil, after, err
	case !page.company.licensed(a.user):
		return nil, after, ErrUnlicensed
	}
	var visible []store.Event
	for _, e := range page.events {
		if page.company.sees(e, page.convs[e.Conversation], a.user) {
			visible = append(visible, record.CopyEvent(e)) // the page is others', too
		}
	}
	return visible, page.last, nil
}

// readEvents reads the events after a cursor, for whoever may see them.
func (a *Agent) readEvents(ctx context.Context, after store.Cursor) (*eventPage, error) {
	return a.in.feeds.reading.page(ctx, place{a.account, after})
}
