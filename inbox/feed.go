package inbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// feeds are the events of the accounts to which somebody listens. Each is read
// once for all who do, and several at once, see reading.
type feeds struct {
	now     func() time.Time
	began   time.Time
	poll    time.Duration
	reading reading

	mu sync.Mutex
	of map[store.AccountID]*feed
}

func (s *feeds) init(now func() time.Time, poll time.Duration, read pageReader) {
	s.now, s.began, s.poll = now, now(), poll
	s.reading.init(read)
	s.of = make(map[store.AccountID]*feed)
}

// untilPoll returns how long it is until accounts are read whatever happens. It
// is the same moment for all of them, so that they are read together.
func (s *feeds) untilPoll() time.Duration {
	since := s.now().Sub(s.began) % s.poll
	if since < 0 { // the clock was set back
		since += s.poll
	}
	return s.poll - since
}

// join returns the feed of an account. Whoever joins leaves.
func (s *feeds) join(account store.AccountID) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.of[account]
	if f == nil {
		f = newFeed(account)
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
// one watches, and has it read for all of them. Whoever has a page to deliver
// does not watch, so that a slow listener holds up nobody.
type feed struct {
	account   store.AccountID
	listeners int // by feeds.mu

	watch chan struct{} // holds a value if nobody watches, nor is anything being read
	fresh chan struct{} // holds a value if there may be events that nobody has read

	mu     sync.Mutex
	reads  int        // how many have begun
	ahead  *pageAhead // nil: nobody has come to the end yet
	recent []*eventPage
	seats  *company // as it was read last
	alone  bool     // the next read is for no other feed
}

func newFeed(account store.AccountID) *feed {
	f := &feed{account: account, watch: make(chan struct{}, 1), fresh: make(chan struct{}, 1)}
	f.watch <- struct{}{}
	return f
}

// pageAhead is the page that is not there yet.
type pageAhead struct {
	after store.Cursor
	done  chan struct{} // closed when it is there
	page  *eventPage
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

// beginRead counts a read, and returns its number and the company of the one
// before.
func (f *feed) beginRead() (number int, seats *company) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alone = false
	f.reads++
	return f.reads, f.seats
}

// readAlone has the next read be for no other feed.
func (f *feed) readAlone() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alone = true
}

// readsAlone reports whether the next read is for no other feed.
func (f *feed) readsAlone() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.alone
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

// await returns the page that is not there yet, when it is.
func (s *feeds) await(ctx context.Context, f *feed, ahead *pageAhead) (*eventPage, error) {
	for {
		select {
		case <-ahead.done:
			return ahead.page, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.watch:
		}
		if err := s.watch(ctx, f, ahead); err != nil {
			return nil, err
		}
	}
}

// watch waits until there may be something new, and has it read.
func (s *feeds) watch(ctx context.Context, f *feed, ahead *pageAhead) error {
	timer := time.NewTimer(s.untilPoll())
	defer timer.Stop()
	select {
	case <-ahead.done: // by the one who watched before
		f.watch <- struct{}{}
		return nil
	default:
	}
	select {
	case <-f.fresh:
	case <-timer.C:
	case <-ctx.Done():
		f.watch <- struct{}{}
		return ctx.Err()
	}
	return s.reading.have(ctx, &wanted{feed: f, ahead: ahead, ended: make(chan struct{})})
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
