package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/inbox"
)

// providerPatience is how long Twilio waits for the answer to a webhook.
const providerPatience = 15 * time.Second

// load is customers who write, agents who answer and Twilio between them, at
// work on a helpdesk that comes and goes, or on several that share a store. It
// keeps what each of them was promised; see promises.
//
// Who does what is drawn from a seed. How the goroutines meet is not, so a
// seed makes runs alike, not the same.
type load struct {
	t       *testing.T
	fake    *twiliotest.Server
	moments *rand.Rand // for moment alone, so that a seed has its moments

	mu        sync.Mutex
	random    *rand.Rand
	ctx       context.Context // of the run
	hosts     []*process      // who get webhooks and requests, in turn
	changed   chan struct{}   // closed when the hosts are others
	customers []*phone
	agents    []*agent
	faults    bool          // the provider fails at times
	hangs     bool          // and does not answer at times
	giveUp    time.Duration // who has no answer for so long tries another host; 0: there is none

	// cursors returns those of the events that are in the store, up to one.
	cursors func(last inbox.Cursor) []inbox.Cursor

	failures  map[string]int // requests to send by how they failed
	states    map[string]*reported
	later     []report                 // callbacks that are made to the next host
	untold    map[inbox.MessageID]bool // messages without callbacks
	redeliver int                      // webhooks that were delivered again after their acknowledgement
	refused   []string                 // webhooks that were answered, but not with a 2xx

	trigger atomic.Pointer[trigger]
	count   map[string]*atomic.Int64 // of the pieces of work that have begun
	calling int                      // callbacks on their way
	quiet   *sync.Cond               // of mu: there is none
}

// phone is a customer. Its fields but number, ours and random are the load's
// to guard.
type phone struct {
	number, ours string
	random       *rand.Rand
	wrote        []*delivery // in this order; the last may be unacknowledged
	stopped      bool        // a STOP was acknowledged, and no START was begun since
	turns        int         // how often that changed
}

// delivery is a message of a customer on its way to us.
type delivery struct {
	text         string
	form         url.Values
	acknowledged bool
	at           time.Time // when it was
	from, to     int       // of a STOP: the requests to send from its acknowledgement to the next START, or -1 as long as there is none
}

// report is a callback.
type report struct {
	sid, status string
	code        int
}

// reported is what Twilio told us about a message, by its words.
type reported struct {
	offered, acknowledged []string
}

func newLoad(t *testing.T, fake *twiliotest.Server, seed uint64) *load {
	l := &load{
		t: t, fake: fake, moments: rand.New(rand.NewPCG(seed, 3)), ctx: t.Context(), random: rand.New(rand.NewPCG(seed, 0)), changed: make(chan struct{}), faults: true, hangs: true,
		failures: make(map[string]int), states: make(map[string]*reported), untold: make(map[inbox.MessageID]bool), count: make(map[string]*atomic.Int64), cursors: unbroken,
	}
	for _, piece := range pieces {
		l.count[piece.kind] = new(atomic.Int64)
	}
	l.hire("alice", "bob")
	l.quiet = sync.NewCond(&l.mu)
	fake.BehaveEach(l.behave)
	fake.OnTake(l.taken)
	return l
}

// unbroken returns the cursors of a store that leaves out none.
func unbroken(last inbox.Cursor) []inbox.Cursor {
	all := make([]inbox.Cursor, last)
	for i := range all {
		all[i] = inbox.Cursor(i + 1)
	}
	return all
}

// draw returns a number from 0 to n-1.
func (l *load) draw(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.random.IntN(n)
}

// use sends everything that comes to other hosts.
func (l *load) use(hosts ...*process) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hosts = hosts
	close(l.changed)
	l.changed = make(chan struct{})
}

// current returns the first host, and what is closed when there are others.
func (l *load) current() (*process, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hosts[0], l.changed
}

// inTurn returns a function that is like current, but returns one host after the
// other.
func (l *load) inTurn() func() (*process, <-chan struct{}) {
	n := 0
	return func() (*process, <-chan struct{}) {
		l.mu.Lock()
		defer l.mu.Unlock()
		n++
		return l.hosts[n%len(l.hosts)], l.changed
	}
}

// host returns one of the hosts.
func (l *load) host() *process {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hosts[l.random.IntN(len(l.hosts))]
}

// newCustomers adds customers who have not written before. Every fourth writes
// by WhatsApp, where nobody but us answers to STOP.
func (l *load) newCustomers(n int) []*phone {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := len(l.customers)
	for i := first; i < first+n; i++ {
		c := &phone{
			number: fmt.Sprintf("+1%d55501%02d", 201+i/100, i%100), ours: supportNumber,
			random: rand.New(rand.NewPCG(l.random.Uint64(), 0)),
		}
		if i%4 == 3 {
			c.number, c.ours = "whatsapp:"+c.number, "whatsapp:"+c.ours
		}
		l.customers = append(l.customers, c)
	}
	return slices.Clone(l.customers[first:])
}

// crowd returns customers who have written before, and some who have not.
func (l *load) crowd(old, fresh int) []*phone {
	l.mu.Lock()
	some := slices.Clone(l.customers)
	l.random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	l.mu.Unlock()
	return append(some[:min(old, len(some))], l.newCustomers(fresh)...)
}

// run lets customers and agents work on the hosts until one is gone, if there
// are no others, or the context ends. What is not finished then is left for the
// next run. A moment that was armed must come meanwhile.
func (l *load) run(ctx context.Context, customers []*phone) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, longestRun)
	defer cancel()
	l.mu.Lock()
	l.ctx = ctx
	l.mu.Unlock()
	l.reportLate(ctx)
	var wg sync.WaitGroup
	for _, c := range customers {
		wg.Go(func() {
			for (l.write(ctx, c) || l.giveUp > 0) && think(ctx, customersPace) {
			}
		})
	}
	for _, a := range l.agents {
		wg.Go(func() {
			for (l.answer(ctx, a) || l.giveUp > 0) && think(ctx, agentsPace) {
			}
		})
	}
	wg.Wait()
	l.quietDown()
	if t := l.trigger.Load(); t != nil && t.left.Load() > 0 {
		l.t.Errorf("%d pieces of work of the kind %q were still to come: %v", t.left.Load(), t.kind, l.figures())
	}
}

// longestRun ends a run for which nobody has an end: it is much longer than what
// happens meanwhile takes, on a busy machine too.
const longestRun = 5 * time.Minute

// How long a customer thinks before the next message, and an agent before the
// next reply: a program that has just started holds back what is to be sent
// until it knows what came in before, and the load must not run away from it.
const (
	customersPace = 100 * time.Millisecond
	agentsPace    = 50 * time.Millisecond
)

// think waits, and reports whether the run goes on.
func think(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// write lets a customer write once, or hands over again what was not
// acknowledged, as Twilio does. It reports whether the host is there.
func (l *load) write(ctx context.Context, c *phone) bool {
	d := l.next(c)
	l.begun("webhook")
	doubled := c.random.IntN(5) == 0
	second := make(chan error, 1)
	if doubled && c.random.IntN(2) == 0 { // both at once
		go func() { second <- l.post(ctx, l.host(), d.form) }()
	} else {
		second <- nil
	}
	err := l.post(ctx, l.host(), d.form)
	if also := <-second; also != nil && err == nil {
		err = nil // one was enough
	}
	if err != nil {
		return false
	}
	l.acknowledged(c, d)
	if doubled {
		_ = l.post(ctx, l.host(), d.form) // it changes nothing, see promises.inbound
	}
	if c.random.IntN(10) == 0 {
		l.mu.Lock()
		old := c.wrote[c.random.IntN(len(c.wrote))]
		l.redeliver++
		l.mu.Unlock()
		return l.post(ctx, l.host(), old.form) == nil
	}
	return true
}

func (l *load) post(ctx context.Context, p *process, form url.Values) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(l.giveUp, providerPatience))
	defer cancel()
	err := l.fake.Post(ctx, p.url+webhookPath, publicURL+webhookPath, form)
	if err != nil && strings.Contains(err.Error(), "HTTP") {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.refused = append(l.refused, err.Error())
	}
	return err
}

// next returns what a customer has to hand over.
func (l *load) next(c *phone) *delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(c.wrote); n > 0 && !c.wrote[n-1].acknowledged {
		return c.wrote[n-1]
	}
	text := fmt.Sprintf("in %s %d", c.number, len(c.wrote))
	switch dice := c.random.IntN(100); {
	case !c.stopped && dice < 10:
		text = "STOP"
	case c.stopped && dice < 40:
		text = "START"
		l.turn(c, false)
	}
	sid := l.fake.Receive(twiliotest.Message{From: c.number, To: c.ours, Body: text})
	d := &delivery{text: text, form: l.fake.WebhookForm(sid)}
	c.wrote = append(c.wrote, d)
	return d
}

// turn notes that a customer has opted out, or may have opted in. l.mu is held.
func (l *load) turn(c *phone, stopped bool) {
	c.stopped = stopped
	c.turns++
	calls := len(l.fake.Calls())
	for _, d := range slices.Backward(c.wrote) {
		if d.text != "STOP" {
			continue
		}
		if stopped {
			d.from, d.to = calls, -1
		} else {
			d.to = calls
		}
		return
	}
}

func (l *load) acknowledged(c *phone, d *delivery) {
	at := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if d.text == "STOP" {
		l.turn(c, true)
	}
	d.acknowledged, d.at = true, at
}

// finish hands over what is unacknowledged and asks again about the replies
// that nobody knows the end of. It is for a host that stays.
func (l *load) finish(ctx context.Context) {
	l.mu.Lock()
	l.ctx = ctx
	l.mu.Unlock()
	l.reportLate(ctx)
	for _, c := range l.customers {
		if n := len(c.wrote); n > 0 && !c.wrote[n-1].acknowledged {
			p := l.host()
			if err := l.post(ctx, p, c.wrote[n-1].form); err != nil {
				l.t.Errorf("a webhook to a host that stays: %v\n%s", err, p.stderr)
				continue
			}
			l.acknowledged(c, c.wrote[n-1])
		}
	}
	for _, a := range l.agents {
		if n := len(a.replies); n > 0 && a.replies[n-1].undecided() && !l.send(ctx, a, a.replies[n-1], true) {
			l.t.Errorf("%s's reply to a host that stays was not answered", a.user)
		}
	}
	l.quietDown()
}

// figures tells how much there was of everything.
func (l *load) figures() figures {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := figures{redelivered: l.redeliver, faults: l.failures, requests: len(l.fake.Calls())}
	for _, c := range l.customers {
		for _, d := range c.wrote {
			if d.acknowledged {
				f.acknowledged++
				if d.text == "STOP" {
					f.stops++
				}
			}
		}
	}
	for _, a := range l.agents {
		for _, r := range a.replies {
			if r.message != 0 {
				f.taken++
			} else if r.blocked {
				f.refused++
			}
		}
	}
	for _, s := range l.states {
		f.callbacks += len(s.offered)
		f.heard += len(s.acknowledged)
	}
	return f
}
