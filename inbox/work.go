package inbox

import (
	"context"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// workQueue holds the turns that are running. It is bounded: when it is full,
// work stays in the store until there is room. Those who looked for room at
// the same moment may have taken a few leases more than there is room for;
// these turns wait here for a place.
type workQueue struct {
	limit int
	woken chan struct{} // holds a value if there may be work that nobody has begun

	mu      sync.Mutex
	ctx     context.Context // of the turns; nil while Run does not run
	stop    bool            // turns end after the piece they are at
	active  map[store.ConversationID]*activeTurn
	running int
	ready   []*activeTurn // active, but without a place, in order
	idle    sync.WaitGroup
	now     func() time.Time
	asked   time.Time // when Run last asked the store for work
}

// activeTurn is a turn that holds a lease.
type activeTurn struct {
	lease   store.Lease
	renewed time.Time             // when the lease was taken or prolonged, by the engine's clock
	run     func(context.Context) // nil for a turn of Step
	info    TurnInfo
}

func (w *workQueue) init(limit int, now func() time.Time) {
	w.limit, w.now = limit, now
	w.woken = make(chan struct{}, 1)
	w.active = make(map[store.ConversationID]*activeTurn)
}

// wake makes Run look for work.
func (w *workQueue) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// begin notes that Run has begun.
func (w *workQueue) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop, w.asked = false, w.now()
}

// open lets turns run under a context.
func (w *workQueue) open(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ctx = ctx
}

// looked notes that the store was asked for work.
func (w *workQueue) looked() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = w.now()
}

// condition returns how many turns are active, whether they are told to end,
// and when the store was last asked for work.
func (w *workQueue) condition() (active int, stopping bool, asked time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.active), w.stop, w.asked
}

// doing notes what the turn that holds a lease is at.
func (w *workQueue) doing(lease store.Lease, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if turn := w.active[lease.Conversation]; turn != nil && turn.lease.Fence == lease.Fence {
		turn.info.Doing, turn.info.Since = what, w.now()
	}
}

// turns returns what the active turns are at.
func (w *workQueue) turns() []TurnInfo {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]TurnInfo, 0, len(w.active))
	for _, turn := range w.active {
		all = append(all, turn.info)
	}
	return all
}

// newTurn makes a turn that waits for a place.
func newTurn(lease store.Lease, now time.Time, run func(context.Context)) *activeTurn {
	return &activeTurn{lease: lease, renewed: now, run: run, info: TurnInfo{
		Conversation: lease.Conversation, Doing: "waits for a place", Since: now, Begun: now,
	}}
}

// drain lets no further turn begin and tells the running ones to end. Those
// that wait for a place get it, to give their leases back.
func (w *workQueue) drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop = true
	for _, turn := range w.ready {
		w.launch(turn)
	}
	w.ready, w.ctx = nil, nil
}

// stopping reports whether the turn that holds a lease is to end. A turn of
// Step ends by itself.
func (w *workQueue) stopping(lease store.Lease) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	turn := w.active[lease.Conversation]
	return w.stop && turn != nil && turn.run != nil && turn.lease.Fence == lease.Fence
}

// hold notes that a turn of Step has a lease, until the returned function is
// called.
func (w *workQueue) hold(lease store.Lease, now time.Time) (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	turn := newTurn(lease, now, nil)
	w.active[lease.Conversation] = turn
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.active[lease.Conversation] == turn {
			delete(w.active, lease.Conversation)
		}
	}
}

// room returns how many turns can begin.
func (w *workQueue) room() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil {
		return 0
	}
	return w.limit - len(w.active)
}

// start runs a turn in a goroutine of its own. It reports whether it did; if
// not, the lease runs out by itself.
func (w *workQueue) start(lease store.Lease, now time.Time, run func(context.Context)) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil {
		return false
	}
	turn := newTurn(lease, now, run)
	w.active[lease.Conversation] = turn
	if w.running >= w.limit {
		w.ready = append(w.ready, turn)
	} else {
		w.launch(turn)
	}
	return true
}

// launch runs a turn, under the context of Run and not of the request that
// brought the work. The caller holds the lock.
//
//nolint:contextcheck // see above: a request's end must not end the turn
func (w *workQueue) launch(turn *activeTurn) {
	ctx := w.ctx
	w.running++
	w.idle.Go(func() {
		defer w.end(turn)
		turn.run(ctx)
	})
}

func (w *workQueue) end(turn *activeTurn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	full := len(w.active) >= w.limit
	// A turn that lost its lease may have been followed by another.
	if w.active[turn.lease.Conversation] == turn {
		delete(w.active, turn.lease.Conversation)
	}
	w.running--
	if len(w.ready) > 0 && w.running < w.limit {
		next := w.ready[0]
		w.ready = w.ready[1:]
		w.launch(next)
	}
	if full && len(w.active) < w.limit {
		w.wake()
	}
}

// aging returns the conversations whose leases were renewed before a moment.
func (w *workQueue) aging(before time.Time) []store.ConversationID {
	w.mu.Lock()
	defer w.mu.Unlock()
	var old []store.ConversationID
	for id, turn := range w.active {
		if turn.renewed.Before(before) {
			old = append(old, id)
		}
	}
	return old
}

// renewed notes that leases were prolonged.
func (w *workQueue) renewed(leases []store.Lease, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range leases {
		if turn := w.active[l.Conversation]; turn != nil && turn.lease.Fence == l.Fence {
			turn.renewed = now
		}
	}
}

// begin starts a turn on a conversation that has just got work, when the
// transaction commits, if this engine runs and nobody is at it. Otherwise
// whoever has the lease finds the work, or Run does.
//
// first returns the piece that the turn begins with, if the transaction knows it,
// or nil: then the turn looks into the mailbox. It does so too if the transaction
// goes on to change the conversation, for somebody else of its batch.
func (in *Inbox) begin(t *tx, id store.ConversationID, first func() (*piece, error)) error {
	if in.work.room() <= 0 {
		t.tasks = true
		return nil
	}
	living, err := t.Leases(id)
	if err != nil || len(living) > 0 {
		return err
	}
	leases, err := t.Lease(in.owner, in.cfg.LeaseTTL, id)
	if err != nil || len(leases) == 0 {
		return err
	}
	if first != nil {
		p, err := first()
		if err != nil {
			return err
		}
		if t.first == nil {
			t.first = make(map[store.ConversationID]*piece)
		}
		t.first[id] = p
	}
	t.onCommit(func() { in.startTurn(leases[0], t.first[id]) })
	return nil
}

// startTurn starts the turn that a lease is for, with a piece, or nil.
func (in *Inbox) startTurn(lease store.Lease, p *piece) {
	begun := in.now()
	in.work.start(lease, begun, func(ctx context.Context) {
		if in.work.stopping(lease) || in.now().Sub(begun) > freshPiece {
			p = nil
		}
		if err := in.turn(ctx, lease, p); err != nil {
			in.log.Error("a conversation could not be worked on; it is tried again when its lease runs out", "conversation", lease.Conversation, "err", err)
		}
	})
}

// freshPiece is how old a piece may be when its turn begins: one that has waited
// for a place is looked up again.
const freshPiece = time.Second

// stepDue takes leases of conversations that have work due, and returns them
// and when to look again.
func (in *Inbox) stepDue(ctx context.Context, limit int) ([]store.Lease, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	wait := in.cfg.PollInterval
	due := false
	err := in.view(ctx, func(t *tx) error {
		at, any, err := t.NextDue()
		if err != nil || !any {
			return err
		}
		due = !at.After(t.now)
		if d := at.Sub(t.now); d > 0 {
			wait = min(wait, d)
		}
		return nil
	})
	if err != nil || !due || limit <= 0 {
		return nil, wait, err
	}
	var leases []store.Lease
	err = in.record(ctx, func(t *tx) error {
		var err error
		leases, err = t.LeaseDue(store.LeaseQuery{Owner: in.owner, Now: t.now, TTL: in.cfg.LeaseTTL, Limit: limit})
		return err
	})
	if len(leases) == limit {
		wait = 0 // there may be more
	}
	return leases, wait, err
}

// stepRenew prolongs the leases of turns that take long.
func (in *Inbox) stepRenew(ctx context.Context) error {
	now := in.now()
	old := in.work.aging(now.Add(-in.cfg.LeaseTTL / 3))
	if len(old) == 0 {
		return nil
	}
	var leases []store.Lease
	err := in.record(ctx, func(t *tx) error {
		held, err := t.Leases(old...)
		if err != nil {
			return err
		}
		// Only what is still ours: a lease that ran out must not be taken
		// anew, or its stale turn would pass for the holder.
		var mine []store.ConversationID
		for _, l := range held {
			if l.Owner == in.owner {
				mine = append(mine, l.Conversation)
			}
		}
		if len(mine) == 0 {
			return nil
		}
		leases, err = t.Lease(in.owner, in.cfg.LeaseTTL, mine...)
		return err
	})
	if err == nil {
		in.work.renewed(leases, now)
	}
	return err
}
