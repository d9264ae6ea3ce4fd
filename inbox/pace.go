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

// paceForgets is how long after its turn a message is waited for. One that has
// not come by then was withdrawn, or another process has sent it.
const paceForgets = time.Minute

// precedence orders messages that wait for their sender's turn: answers to
// STOP, START and HELP, then the talk with customers, then everything else.
type precedence uint8

const (
	keywordFirst precedence = iota
	talkFirst
	bulkLast
	precedences = iota
)

func precedenceOf(p compliance.Purpose) precedence {
	switch p {
	case compliance.Compliance:
		return keywordFirst
	case compliance.Conversational, "":
		return talkFirst
	case compliance.Transactional, compliance.Marketing:
	}
	return bulkLast
}

// pacer keeps senders to their rates. Whoever may not send yet is told when to
// come again, and keeps its place until then: those of one precedence get
// their turn in the order in which they came, and those of a lower one wait for
// all of them. Only the first message of a conversation ever has a place, so a
// conversation with a hundred waits as one with a single one does.
//
// It knows what this process sends.
type pacer struct {
	mu      sync.Mutex
	senders map[store.Endpoint]*sender
}

// sender is one of our addresses.
type sender struct {
	limiter *rate.Limiter
	places  map[store.MessageID]*place
	lines   [precedences]line
	swept   time.Time // when those that did not come were forgotten
}

// line is where messages of one precedence stand, in segments.
type line struct {
	joined int64 // of all that ever joined
	left   int64 // of those that have left
}

// place is that of one message in its line.
type place struct {
	precedence precedence
	segments   int
	ahead      int64     // joined, when it joined
	due        time.Time // when it was told to come again
}

func newPacer() *pacer { return &pacer{senders: make(map[store.Endpoint]*sender)} }

// turn reports whether a message may be sent at a moment, or else when to ask
// again.
func (p *pacer) turn(m store.Message, perSecond float64, now time.Time) (ok bool, again time.Time) {
	if perSecond <= 0 {
		return true, time.Time{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	end := store.Endpoint{Channel: m.Channel, Address: m.From}
	s := p.senders[end]
	if s == nil {
		s = &sender{places: make(map[store.MessageID]*place)}
		p.senders[end] = s
	}
	s.setRate(perSecond, now)
	s.forget(now)

	at := s.places[m.ID]
	if at == nil {
		at = &place{precedence: precedenceOf(m.Purpose), segments: min(segmentsOf(m), s.limiter.Burst())}
		at.ahead = s.lines[at.precedence].joined
		s.lines[at.precedence].joined += int64(at.segments)
		s.places[m.ID] = at
	}
	need := float64(s.before(at)) + float64(at.segments)
	have := s.limiter.TokensAt(now)
	if have >= need && s.limiter.AllowN(now, at.segments) {
		s.leave(m.ID, at)
		return true, time.Time{}
	}
	wait := time.Duration(math.Ceil((need - have) / perSecond * float64(time.Second)))
	at.due = now.Add(max(wait, time.Millisecond))
	return false, at.due
}

func (s *sender) setRate(perSecond float64, now time.Time) {
	burst := max(1, int(math.Ceil(perSecond*paceBurst)))
	switch {
	case s.limiter == nil:
		s.limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
	case s.limiter.Limit() != rate.Limit(perSecond):
		s.limiter.SetLimitAt(now, rate.Limit(perSecond))
		s.limiter.SetBurstAt(now, burst)
	}
}

// before returns how many segments have their turn before a place.
func (s *sender) before(at *place) int64 {
	own := s.lines[at.precedence]
	n := max(0, at.ahead-own.left)
	for _, higher := range s.lines[:at.precedence] {
		n += higher.joined - higher.left
	}
	return n
}

func (s *sender) leave(id store.MessageID, at *place) {
	s.lines[at.precedence].left += int64(at.segments)
	delete(s.places, id)
}

// forget gives up the places of those that did not come.
func (s *sender) forget(now time.Time) {
	if now.Sub(s.swept) < paceForgets {
		return
	}
	s.swept = now
	for id, at := range s.places {
		if now.Sub(at.due) > paceForgets {
			s.leave(id, at)
		}
	}
}

// waiting returns the senders for which messages wait.
func (p *pacer) waiting() []SenderInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []SenderInfo
	for end, s := range p.senders {
		if len(s.places) == 0 {
			continue
		}
		info := SenderInfo{Channel: end.Channel, Address: end.Address, PerSecond: float64(s.limiter.Limit()), Waiting: len(s.places)}
		for _, l := range s.lines {
			info.Segments += l.joined - l.left
		}
		all = append(all, info)
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
