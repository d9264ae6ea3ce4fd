package inbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// feeds are the events of the accounts to which somebody listens. Each is read
// once for all who do.
type feeds struct {
	reading chan struct{} // holds a value for each page that is being read

	mu sync.Mutex
	of map[store.AccountID]*feed
}

// feedReaders is how many pages are read at once: however many accounts are
// listened to, a Store has connections for everything else.
const feedReaders = 4

func (s *feeds) init() {
	s.reading = make(chan struct{}, feedReaders)
	s.of = make(map[store.AccountID]*feed)
}

// join returns the feed of an account. Whoever joins leaves.
func (s *feeds) join(account store.AccountID) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.of[account]
	if f == nil {
		f = &feed{reading: s.reading, watch: make(chan struct{}, 1), fresh: make(chan struct{}, 1)}
		f.watch <- struct{}{}
		s.of[account] = f
	}
	f.listeners++
	return f
}

func (s *feeds) leave(account store.AccountID, f *feed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.listeners--; f.listeners == 0 {
		delete(s.of, account)
	}
}

// wake tells that accounts have new events.
func (s *feeds) wake(accounts []store.AccountID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, account := range accounts {
		if f := s.of[account]; f != nil {
			f.wake()
		}
	}
}

// wakeAll tells that any account may have new events.
func (s *feeds) wakeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.of {
		f.wake()
	}
}

// feed is what happens in one account, from the moment at which somebody
// listens. It has no goroutine of its own: of those who wait for the next page,
// one watches, and reads it for all of them. Whoever has a page to deliver does
// not watch, so that a slow listener holds up nobody.
type feed struct {
	listeners int // by feeds.mu
	reading   chan struct{}

	watch chan struct{} // holds a value if nobody watches
	fresh chan struct{} // holds a value if there may be events that nobody has read

	mu     sync.Mutex
	reads  int        // how many have begun
	ahead  *pageAhead // nil: nobody has come to the end yet
	recent []*eventPage
	seats  *company // as it was read last
}

// pageAhead is the page that is not there yet.
type pageAhead struct {
	after store.Cursor
	done  chan struct{} // closed when it is there
	page  *eventPage
}

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

// recentEvents is how many events a feed keeps for those who are a little late.
// Others read by themselves.
const recentEvents = 256

func (f *feed) wake() {
	select {
	case f.fresh <- struct{}{}:
	default:
	}
}

// begun returns how many reads have begun.
func (f *feed) begun() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reads
}

// since returns the page in which a listener who knows all up to a cursor goes
// on, or the one to wait for. It returns neither if that listener has to read for
// itself, as it has if the page is of the first reads, which had begun when it
// came: they say who was to see the events then.
func (f *feed) since(after store.Cursor, first int) (*eventPage, *pageAhead) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.recent {
		if p.read > first && p.after <= after && after < p.last {
			return p, nil
		}
	}
	if f.ahead != nil && after >= f.ahead.after {
		return nil, f.ahead
	}
	return nil, nil
}

// begin has the feed go on from a cursor after which there was nothing, if it
// has not begun yet. What came meanwhile is read at once.
func (f *feed) begin(after store.Cursor) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ahead == nil {
		f.ahead = &pageAhead{after: after, done: make(chan struct{})}
		f.wake()
	}
}

// await returns the page that is not there yet, when it is. read reads it; it
// returns nil if there is nothing new.
func (f *feed) await(ctx context.Context, ahead *pageAhead, poll time.Duration, read func(after store.Cursor, seats *company) (*eventPage, error)) (*eventPage, error) {
	select {
	case <-ahead.done:
		return ahead.page, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.watch:
	}
	defer func() { f.watch <- struct{}{} }()
	timer := time.NewTimer(poll)
	defer timer.Stop()
	for {
		select {
		case <-ahead.done: // by the one who watched before
			return ahead.page, nil
		default:
		}
		select {
		case <-f.fresh:
		case <-timer.C:
			timer.Reset(poll)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		read, err := f.read(ctx, ahead, read)
		if read || err != nil {
			return ahead.page, err
		}
	}
}

// read reads the page ahead, for all who wait for it, and reports whether it is
// there.
func (f *feed) read(ctx context.Context, ahead *pageAhead, read func(store.Cursor, *company) (*eventPage, error)) (there bool, err error) {
	completed := false
	defer func() {
		if !completed { // it is another's to read, or somebody's who has not failed with it
			f.wake()
		}
	}()
	select {
	case f.reading <- struct{}{}:
		defer func() { <-f.reading }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	f.mu.Lock()
	f.reads++
	number := f.reads
	f.mu.Unlock()
	p, err := read(ahead.after, f.seats)
	if err != nil && ctx.Err() != nil {
		return false, err
	}
	completed = err == nil
	switch {
	case err != nil:
		p = &eventPage{after: ahead.after, last: ahead.after, err: err}
	case p == nil:
		return false, nil
	}
	p.read = number
	f.publish(ahead, p)
	return true, nil
}

// publish gives a page to all who wait for it.
func (f *feed) publish(ahead *pageAhead, p *eventPage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ahead.page = p
	close(ahead.done)
	f.ahead = &pageAhead{after: p.last, done: make(chan struct{})}
	if errors.Is(p.err, ErrReset) { // from where it is nobody can go on
		f.ahead, f.recent = nil, nil
	}
	if p.err == nil {
		f.seats = p.company
	}
	if len(p.events) == 0 {
		return
	}
	f.recent = append(f.recent, p)
	kept := 0
	for i := len(f.recent) - 1; i >= 0; i-- {
		if kept += len(f.recent[i].events); kept > recentEvents && i < len(f.recent)-1 {
			f.recent = append([]*eventPage(nil), f.recent[i+1:]...)
			break
		}
	}
	if len(p.events) == eventPageSize { // there may be more
		f.wake()
	}
}
