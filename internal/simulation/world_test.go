package simulation

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

// longestSkew is by how much an engine's clock may be wrong.
const longestSkew = 5 * time.Minute

// start is when every run begins.
var start = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// world is everything that a run is about. But for what is said otherwise,
// only the scheduler's goroutine uses it, while all others are parked.
type world struct {
	plan    plan
	strikes map[strike]uint32 // the faults' rolls
	store   store.Store
	carrier *simulated.Carrier
	began   time.Time    // by the bubble's clock
	offset  atomic.Int64 // of true time against the bubble's, as a Duration
	direct  atomic.Bool  // nothing parks: the plan is done

	slots  []*engine
	all    []*engine
	queue  []operation // that have not begun, in order
	parked []*call     // in order of arrival
	active []*activity
	past   []*activity // operations that have ended
	ambush ambush
	step   int
	trace  []entry
	counts map[string]int // what happened, by kind
	asked  map[string]did // what clients asked for, by their keys

	mu       sync.Mutex // guards what calls bring
	arrivals []*call
	visits   map[*visit]bool // calls into channels, routers and responders that have not returned
	journal  []*commit
	threads  []store.Conversation // as they were made
	strays   []store.StrayID
	receipts []receipt
	sends    []send
	refused  error    // an engine did not take what the carrier had, though nothing failed
	broken   []string // what was impossible

	last    *model // after so many commits of the journal
	applied int
}

// strike names a call that a fault strikes.
type strike struct{ op, call int }

// engine is one incarnation of an engine. When it crashes, another takes its
// place.
type engine struct {
	w      *world
	n      int // from 1
	slot   int
	in     *inbox.Inbox
	ctx    context.Context
	cancel context.CancelFunc
	dead   atomic.Bool
	skew   atomic.Int64 // of its clock, as a Duration
	stall  bool
	calls  int // that have been parked; guarded by world.mu
}

func newWorld(p plan) (*world, error) {
	w := &world{
		plan: p, strikes: make(map[strike]uint32), counts: make(map[string]int), began: time.Now(),
		queue: p.Ops, slots: make([]*engine, p.Slots), last: newModel(), asked: make(map[string]did), visits: make(map[*visit]bool),
	}
	for _, f := range p.Faults {
		w.strikes[strike{f.Op, f.Call}] = f.Roll
	}
	var err error
	w.carrier, err = simulated.New(simulated.Config{Name: carrierName, Now: w.now, Seed: p.Seed, Hook: ordered, Limits: w.limits, Keywords: p.Keywords, Faults: simulated.Faults{Refused: p.Refused}})
	return w, err
}

// quietly is the standard policy, but lets marketing wait in every other five
// minutes.
type quietly struct{ compliance.Standard }

func (q quietly) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	const quiet = 5 * time.Minute
	d := q.Standard.Decide(s, m, at)
	if slot := at.Truncate(2 * quiet); d.Verdict == compliance.Allow && m.Purpose == compliance.Marketing && at.Sub(slot) < quiet {
		return compliance.Decision{Verdict: compliance.Defer, Until: slot.Add(quiet), Reason: "the customer rests"}
	}
	return d
}

// limits are those of the carrier.
func (w *world) limits(channel.Address, channel.Address) channel.Limits {
	return channel.Limits{BodyRunes: 1600, SegmentsPerSecond: w.plan.Rate}
}

// now is the true time: the store's and the carrier's.
func (w *world) now() time.Time {
	return start.Add(time.Since(w.began) + time.Duration(w.offset.Load())).Truncate(time.Microsecond)
}

// now is the time by the engine's own clock.
func (e *engine) now() time.Time { return e.w.now().Add(time.Duration(e.skew.Load())) }

func (e *engine) String() string { return fmt.Sprintf("e%d", e.n) }

// engineAt returns the living engine of a slot, which it starts if there is
// none.
func (w *world) engineAt(slot int) *engine {
	if e := w.slots[slot]; e != nil && !e.dead.Load() {
		return e
	}
	e := &engine{w: w, n: len(w.all) + 1, slot: slot}
	if old := w.slots[slot]; old != nil {
		e.skew.Store(old.skew.Load())
	} else {
		e.skew.Store(int64(w.plan.Skews[slot]))
	}
	e.start()
	w.slots[slot] = e
	return e
}

func (e *engine) start() {
	w := e.w
	e.ctx, e.cancel = context.WithCancel(context.Background())
	var policy compliance.OptOutPolicy = compliance.Standard{}
	if w.plan.Quiet {
		policy = quietly{}
	}
	jitter := rand.New(rand.NewPCG(w.plan.Seed, uint64(e.n)))
	var mu sync.Mutex
	in, err := inbox.NewWithSources(inbox.Config{
		Store:        &engineStore{w, e},
		Channels:     []channel.Channel{&engineChannel{w, e}},
		Router:       &engineRouter{w, e},
		Responder:    &engineResponder{w, e},
		StrayAccount: strayAccount,
		OptOut:       policy,
		Logger:       slog.New(slog.DiscardHandler),
		Unconfirmed:  func(store.Message) inbox.UnconfirmedAction { return w.plan.Gives },
		SendAttempts: sendAttempts,
		TaskAttempts: taskAttempts,
		MaxBatch:     3,
		DrainTimeout: time.Second,
		PollInterval: time.Second,
	}, sources.Sources{
		Now:    e.now,
		Jitter: func() float64 { mu.Lock(); defer mu.Unlock(); return jitter.Float64() },
		Name:   e.String,
	})
	if err != nil {
		panic(err) // the config is this package's own
	}
	e.in = in
	w.all = append(w.all, e)
}

// Bounds that are lower than the defaults, so that runs reach them.
const (
	sendAttempts = 4
	taskAttempts = 3
	firstReply   = "Thank you, we will be with you soon."
)

// kill ends an engine at this moment: nothing that it does from now on has an
// effect. It may be called from the engine's own calls.
func (w *world) kill(e *engine) {
	if e.dead.Swap(true) {
		return
	}
	e.cancel()
}

// impossible notes what must never happen, wherever it is seen.
func (w *world) impossible(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}
