package inbox

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/gsm7"
	"github.com/teaminbox/teaminbox/store"
)

// paceBurst is how much a sender that was silent may send at once, in seconds
// of its rate: people's replies hardly ever wait.
const paceBurst = 10

// precedence orders messages that wait for their sender's turn: answers to
// STOP, START and HELP and emergencies, then the talk with customers, then everything else.
type precedence uint8

const (
	keywordFirst precedence = iota
	talkFirst
	bulkLast
	precedences = iota
)

func precedenceOf(p compliance.Purpose) precedence {
	switch p {
	case compliance.Compliance, compliance.Emergency:
		return keywordFirst
	case compliance.Conversational, "":
		return talkFirst
	case compliance.Transactional, compliance.Marketing:
	}
	return bulkLast
}

// pacer keeps senders to their rates. Whoever may not send yet gets a turn: a
// moment at which to come again, behind those who came before, and behind all
// of a higher precedence. Who comes at their turn has waited, and goes before
// whoever has not. Only the first message of a conversation is ever in a line,
// so a conversation with a hundred waits as one with a single one does.
//
// A turn is kept with the task, and not here, so that any process can take it
// up. Here is only when the next turns are; when those who stood in a line were
// withdrawn, it lasts until the sender has been silent for longer than anybody
// waits. Each process keeps to the rate by itself.
type pacer struct {
	mu      sync.Mutex
	senders map[store.Endpoint]*sender
}

// sender is one of our addresses.
type sender struct {
	limiter *rate.Limiter
	lines   [precedences]line
	last    time.Time // when a message could be sent last
	seen    time.Time // when somebody asked last

	// granted are the messages that may be sent and whose transaction has not
	// committed. One that is tried again has paid.
	granted map[store.MessageID]time.Time
}

// line is when the next turn of a precedence is.
type line struct {
	fresh time.Time // of one that has not waited
	again time.Time // of one that came at its turn in vain
}

func newPacer() *pacer { return &pacer{senders: make(map[store.Endpoint]*sender)} }

// turn reports whether a message may be sent at a moment, or else when its turn
// is, and how long it keeps its sender busy. waited says that it comes at its
// turn. Once the transaction of a message that may be sent has committed,
// committed has to be called.
func (p *pacer) turn(m store.Message, perSecond float64, waited bool, now time.Time) (ok bool, turn time.Time, step time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sender(store.Endpoint{Channel: m.Channel, Address: m.From}, perSecond, now)
	if _, paid := s.granted[m.ID]; paid {
		return true, time.Time{}, 0
	}
	// One that is longer than a burst takes all of it.
	n := min(segmentsOf(m), s.limiter.Burst())
	of := precedenceOf(m.Purpose)
	l := &s.lines[of]
	tokens := s.limiter.TokensAt(now)
	missing := float64(n) + s.promised(of, now) - tokens
	// Somebody who waits can send after a burst at the latest. If nobody has for
	// twice that, whoever stood in the lines has left.
	idle := now.Sub(s.last) > 2*s.span(float64(s.limiter.Burst()))
	if (idle || missing < enough && (waited || !l.fresh.After(now))) && s.limiter.AllowN(now, n) {
		if idle {
			s.lines = [precedences]line{}
		}
		s.grant(m.ID, now)
		return true, time.Time{}, 0
	}
	step = s.span(float64(n))
	at := &l.fresh
	if waited {
		at = &l.again
	}
	// Not before there is room, nor before those who came before.
	turn = latest(now.Add(max(s.span(missing), time.Millisecond)), *at)
	*at = turn.Add(step)
	return false, turn, step
}

// enough is how precise a count of segments is.
const enough = 1e-6

// committed notes that a message's transaction has committed.
func (p *pacer) committed(m store.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.senders[store.Endpoint{Channel: m.Channel, Address: m.From}]; s != nil {
		delete(s.granted, m.ID)
	}
}

func (p *pacer) sender(end store.Endpoint, perSecond float64, now time.Time) *sender {
	burst := max(1, int(math.Ceil(perSecond*paceBurst)))
	s := p.senders[end]
	switch {
	case s == nil, now.Before(s.seen.Add(-time.Second)): // or the clock was set back
		s = &sender{limiter: rate.NewLimiter(rate.Limit(perSecond), burst), granted: make(map[store.MessageID]time.Time)}
		p.senders[end] = s
	case s.limiter.Limit() != rate.Limit(perSecond):
		s.limiter.SetLimitAt(now, rate.Limit(perSecond))
		s.limiter.SetBurstAt(now, burst)
	}
	s.seen = now
	return s
}

// grant notes that a message may be sent, and forgets those whose transactions
// have failed for good.
func (s *sender) grant(id store.MessageID, now time.Time) {
	s.granted[id], s.last = now, now
	if len(s.granted)%64 == 0 {
		for old, at := range s.granted {
			if now.Sub(at) > 2*commitTimeout {
				delete(s.granted, old)
			}
		}
	}
}

// promised returns how many segments have turns to come that are of a higher
// precedence.
func (s *sender) promised(than precedence, now time.Time) float64 {
	n := 0.0
	for _, l := range s.lines[:than] {
		if wait := max(l.fresh.Sub(now), l.again.Sub(now)); wait > 0 {
			n += wait.Seconds() * float64(s.limiter.Limit())
		}
	}
	return n
}

// span is how long a number of segments takes.
func (s *sender) span(segments float64) time.Duration {
	return time.Duration(math.Ceil(segments / float64(s.limiter.Limit()) * float64(time.Second)))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// waiting returns the senders for which messages wait.
func (p *pacer) waiting(now time.Time) []SenderInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []SenderInfo
	for end, s := range p.senders {
		info := SenderInfo{Channel: end.Channel, Address: end.Address, PerSecond: float64(s.limiter.Limit())}
		for of, l := range s.lines {
			until := max(l.fresh.Sub(now), l.again.Sub(now), 0)
			if precedence(of) == bulkLast {
				info.BulkWaits = until
			} else {
				info.TalkWaits = max(info.TalkWaits, until)
			}
		}
		if info.BulkWaits > 0 || info.TalkWaits > 0 {
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b SenderInfo) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Address, b.Address))
	})
	return all
}

// segmentsOf returns in how many parts a message travels. Only texts on the
// telephone network are divided.
func segmentsOf(m store.Message) int {
	if m.To.Family() != channel.Telephony || m.Extras != nil && (len(m.Extras.Media) > 0 || m.Extras.Template != nil) {
		return 1
	}
	return max(1, gsm7.Measure(m.Text).Segments)
}

// limitsFor returns what a channel says about messages between two addresses.
func limitsFor(ch channel.Channel, from, to channel.Address) channel.Limits {
	if limiter, ok := ch.(channel.Limiter); ok {
		return limiter.Limits(from, to)
	}
	return channel.Limits{}
}
