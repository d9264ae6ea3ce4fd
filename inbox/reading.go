package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// pageReader reads the pages that begin at places.
type pageReader func(ctx context.Context, places []place) ([]*eventPage, error)

// reading has pages read for those who watch feeds, and for those who come. It has
// no goroutine of its own: one of them reads for all who wait by then, as that
// costs a Store little more than to read for one. It reads once, and goes its way:
// those who come meanwhile have another reader among them.
type reading struct {
	read pageReader
	busy chan struct{} // holds a value for each who reads

	mu    sync.Mutex
	queue []*wanted
}

const (
	pageReaders = 2  // who read at once: a Store has connections for everything else
	pagesAtOnce = 64 // which one of them reads
)

// readTimeout bounds one read, as commitTimeout does a transaction.
const readTimeout = 30 * time.Second

func (r *reading) init(read pageReader) {
	r.read, r.busy = read, make(chan struct{}, pageReaders)
}

// wanted is a page that somebody is to read. Until it is read or given up, nobody
// else watches its feed.
type wanted struct {
	feed  *feed
	ahead *pageAhead
	ended chan struct{} // closed when it is there, or there is none, or another has to read it

	taken bool // by one who reads; by reading.mu

	// They are the reader's.
	number int // of the feed's reads
	seats  *company
	read   bool // the page is there, or there is none
}

// have has a page read, by the caller or by another. It returns an error only if
// the context has ended.
func (r *reading) have(ctx context.Context, w *wanted) error {
	r.mu.Lock()
	r.queue = append(r.queue, w)
	r.mu.Unlock()
	select {
	case r.busy <- struct{}{}:
		if all := r.take(w); all != nil {
			defer func() { <-r.busy }()
			return r.readAll(ctx, all)
		}
		<-r.busy
	case <-w.ended:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-w.ended:
		return nil
	case <-ctx.Done():
		if r.withdraw(w) {
			w.end()
		}
		return ctx.Err()
	}
}

// page returns a page of which the read has not begun yet, as if the caller had a
// feed for itself.
func (r *reading) page(ctx context.Context, at place) (*eventPage, error) {
	f, ahead := newFeed(at.account), &pageAhead{after: at.after, done: make(chan struct{})}
	for {
		<-f.watch
		if err := r.have(ctx, &wanted{feed: f, ahead: ahead, ended: make(chan struct{})}); err != nil {
			return nil, err
		}
		select {
		case <-ahead.done:
			return ahead.page, ahead.page.err
		default: // it could not be read for the caller, who has to do it
		}
	}
}

// take takes a page, and others that wait, to read them. It returns nil if another
// has taken it.
func (r *reading) take(w *wanted) []*wanted {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.taken {
		return nil
	}
	w.taken = true
	all := []*wanted{w}
	if !w.feed.readsAlone() {
		for _, other := range r.queue {
			if len(all) < pagesAtOnce && other != w && !other.feed.readsAlone() {
				other.taken = true
				all = append(all, other)
			}
		}
	}
	r.queue = slices.DeleteFunc(r.queue, func(w *wanted) bool { return w.taken })
	return all
}

// withdraw reports whether nobody has taken a page to read it, and now nobody will.
func (r *reading) withdraw(w *wanted) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.taken {
		return false
	}
	w.taken = true
	r.queue = slices.DeleteFunc(r.queue, func(other *wanted) bool { return other == w })
	return true
}

// readAll reads pages, and gives each to all who wait for it. If the caller's
// context ends, others have to. If several can't be read together, each has to be
// read by itself, so that none fails because of another, unless the Store is away:
// then each would wait as long, one after the other.
func (r *reading) readAll(ctx context.Context, all []*wanted) error {
	defer func() {
		for _, w := range all {
			w.end()
		}
	}()
	var places []place // each once: many come to one
	which := make(map[place]int)
	for _, w := range all {
		w.number, w.seats = w.feed.beginRead()
		at := place{w.feed.account, w.ahead.after}
		if _, known := which[at]; !known {
			which[at] = len(places)
			places = append(places, at)
		}
	}
	pages, err := r.readInTime(ctx, places)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil && len(all) > 1 && !errors.Is(err, store.ErrUnavailable):
		for _, w := range all {
			w.feed.readAlone()
		}
		return nil
	case err != nil:
		pages = slices.Repeat([]*eventPage{{err: err}}, len(places))
	}
	for _, w := range all {
		w.give(*pages[which[place{w.feed.account, w.ahead.after}]])
	}
	return nil
}

// readInTime reads pages, and gives up after a while: whoever reads may have all
// the time in the world, and those who wait for it have not.
func (r *reading) readInTime(ctx context.Context, places []place) (pages []*eventPage, err error) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	err = protect(func() (err error) { pages, err = r.read(limited, places); return err })
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("inbox: the events were not read within %v: %w", readTimeout, errAbandoned)
	}
	return pages, err
}

// give gives a page to those who wait for it, if there is anything new in it.
func (w *wanted) give(p eventPage) {
	w.read = p.err == nil
	if w.read && len(p.events) == 0 && p.company == w.seats {
		return
	}
	if p.err != nil {
		p = eventPage{after: w.ahead.after, last: w.ahead.after, err: p.err}
	}
	p.read = w.number
	w.feed.publish(w.ahead, &p)
}

// end lets others watch the feed. What was not read is theirs to read.
func (w *wanted) end() {
	if !w.read {
		w.feed.wake()
	}
	w.feed.watch <- struct{}{}
	close(w.ended)
}
