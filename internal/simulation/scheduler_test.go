package simulation

import (
	"context"
	"slices"
	"testing/synctest"
	"time"
)

// call is a call of an engine that waits for its turn.
type call struct {
	e     *engine
	seq   int // among the calls of its engine
	kind  callKind
	about string
	ctx   context.Context
	by    *activity // the operation that led to it
	n     int       // its number in its operation

	fault  faultKind
	step   int
	dead   bool // its engine has crashed
	hung   bool // goes on only after its caller has given it up
	until  time.Time
	turn   chan struct{}
	commit *commit
}

// activity is an operation that has begun.
type activity struct {
	op     operation
	e      *engine
	cancel context.CancelFunc
	calls  int      // so many were made so far
	latest callKind // that was let go on

	from, to int // the journal's length when it began and when it ended
	begun    int // the step at which it began
	over     int // and at which it was over
	about    string
	did      did // what was asked, for the checks

	ended bool // guarded by world.mu, like what follows
	err   error
	note  string
}

type activityKey struct{}

// park waits until the scheduler lets a call go on, and returns what becomes of
// it.
func (w *world) park(ctx context.Context, e *engine, kind callKind, about string) *call {
	c := &call{e: e, kind: kind, about: about, ctx: ctx, turn: make(chan struct{})}
	c.by, _ = ctx.Value(activityKey{}).(*activity)
	if w.direct.Load() || e.dead.Load() {
		c.dead = e.dead.Load()
		return c
	}
	w.mu.Lock()
	e.calls++
	c.seq = e.calls
	w.arrivals = append(w.arrivals, c)
	w.mu.Unlock()
	<-c.turn
	c.dead = e.dead.Load()
	return c
}

// visit is a call into something that is not the engine's own.
type visit struct {
	ctx context.Context
	by  *activity
}

// leave notes such a call while it lasts.
func (w *world) leave(ctx context.Context) (back func()) {
	v := &visit{ctx: ctx}
	v.by, _ = ctx.Value(activityKey{}).(*activity)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.visits[v] = true
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.visits, v)
	}
}

// outside returns how many calls of engines into something else are not given
// up.
func (w *world) outside() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for v := range w.visits {
		if v.ctx.Err() == nil {
			n++
		}
	}
	return n
}

// run works through the plan until nothing is left of it.
func (w *world) run() {
	for idle := 0; idle < longestIdle; {
		w.settle()
		switch {
		case w.next():
			idle = 0
			time.Sleep(time.Nanosecond) // no two timers are ever due at one moment
		case len(w.active) == 0 && len(w.parked) == 0 && len(w.queue) == 0:
			return
		default:
			idle++ // whoever goes on waits for a timer
			time.Sleep(slice)
		}
	}
	w.impossible("an operation neither ends nor calls anything: %v", w.active[0].op)
}

const (
	slice       = 500 * time.Millisecond // by which the bubble's clock is let run
	longestIdle = 10_000
)

// settle waits until everybody is parked, and notes what has changed.
func (w *world) settle() {
	synctest.Wait()
	w.mu.Lock()
	arrived := w.arrivals
	w.arrivals = nil
	var ended []*activity
	w.active = slices.DeleteFunc(w.active, func(a *activity) bool {
		if a.ended {
			ended = append(ended, a)
		}
		return a.ended
	})
	length := len(w.journal)
	w.mu.Unlock()

	slices.SortFunc(arrived, func(a, b *call) int {
		if a.e != b.e {
			return a.e.n - b.e.n
		}
		return a.seq - b.seq
	})
	for _, c := range arrived {
		if c.by != nil {
			c.n = c.by.calls
			c.by.calls++
		}
		w.parked = append(w.parked, c)
		if w.ambush.catches(c) {
			c.e.stall, w.ambush = true, ""
		}
	}
	for _, a := range ended {
		a.to, a.over = length, w.step
		a.cancel()
		w.past = append(w.past, a)
		w.tracef(entry{kind: entryEnd, activity: a})
	}
	w.bury()
}

// bury lets the calls of dead engines go on, so that they fail.
func (w *world) bury() {
	for {
		i := slices.IndexFunc(w.parked, func(c *call) bool { return c.e.dead.Load() })
		if i < 0 {
			return
		}
		c := w.parked[i]
		w.parked = slices.Delete(w.parked, i, i+1)
		close(c.turn)
		synctest.Wait()
	}
}

// next lets the call or the operation of the highest priority go on. It
// reports false if there is none.
func (w *world) next() bool {
	var best *call
	var highest uint64
	stalled := false
	for _, unwilling := range []bool{false, true} { // a stalled engine goes on if nothing else can
		for _, c := range w.parked {
			if c.e.stall != unwilling || c.hung && (c.ctx.Err() == nil || time.Now().Before(c.until)) {
				continue
			}
			op := 0
			if c.by != nil {
				op = c.by.op.N
			}
			if p := priority(w.plan.Seed, op, c.n); best == nil || p > highest {
				best, highest = c, p
			}
		}
		if unwilling && best != nil {
			stalled = true
		}
		if best != nil || w.canBegin() {
			break
		}
	}
	if w.canBegin() && !stalled {
		if p := priority(w.plan.Seed, w.queue[0].N, -1); best == nil || p > highest {
			o := w.queue[0]
			w.queue = w.queue[1:]
			w.step++
			w.begin(o)
			return true
		}
	}
	if best == nil {
		return false
	}
	w.step++
	w.release(best)
	return true
}

// release lets a call go on, with the fault that strikes it.
func (w *world) release(c *call) {
	c.step = w.step
	if c.by != nil && !c.hung && c.kind != callAnswer {
		if roll, ok := w.strikes[strike{c.by.op.N, c.n}]; ok {
			c.fault = faultOf(c.kind, roll)
		}
	}
	if c.by != nil {
		c.by.latest = c.kind
	}
	w.counts["call: "+string(c.kind)]++
	if c.fault != noFault {
		w.counts["fault: "+string(c.kind)+" "+string(c.fault)]++
	}
	w.tracef(entry{kind: entryCall, call: c, hung: c.hung})
	switch c.fault {
	case crashBefore:
		w.kill(c.e)
		return // it is let go on with the others of its engine
	case clientLeaves:
		if c.by != nil {
			c.by.cancel()
			synctest.Wait()
		}
	case hangs:
		if !c.hung {
			w.hang(c)
			return
		}
	default:
	}
	w.unpark(c)
}

// hang leaves a call where it is until after its caller has given it up.
func (w *world) hang(c *call) {
	c.hung = true
	deadline, ok := c.ctx.Deadline()
	if !ok {
		deadline = time.Now()
	}
	c.until = deadline.Add(slice)
}

func (w *world) unpark(c *call) {
	if i := slices.Index(w.parked, c); i >= 0 {
		w.parked = slices.Delete(w.parked, i, i+1)
	}
	close(c.turn)
}

// canBegin reports whether the next operation of the plan can begin.
func (w *world) canBegin() bool {
	if len(w.queue) == 0 {
		return false
	}
	o := w.queue[0]
	if o.Wait && slices.ContainsFunc(w.active, func(a *activity) bool { return !a.e.stall }) {
		return false
	}
	switch o.Kind {
	case opCustomer, opCrash, opStall, opResume, opPoison:
		return true
	case opSkew:
		return !w.busy(o.Slot, nil)
	case opAdvance:
		return !w.inStore() || w.outside() == 0
	default:
		return !w.busy(w.free(o), &o)
	}
}

// free returns the slot that an operation uses: its own, or the next one that
// is not stalled.
func (w *world) free(o operation) int {
	for i := range w.plan.Slots {
		slot := (o.Slot + i) % w.plan.Slots
		if e := w.slots[slot]; e == nil || !e.stall {
			return slot
		}
	}
	return o.Slot
}

// busy reports whether a slot's engine is at something beside which an
// operation can't run. Two operations that commit more than once would race for
// the engine's transactions, and goroutines don't race the same way twice.
func (w *world) busy(slot int, o *operation) bool {
	for _, a := range w.active {
		if a.e == nil || a.e != w.slots[slot] || a.e.dead.Load() {
			continue
		}
		if o == nil || !o.Join || !slices.Contains(oneCommit, o.Kind) || !slices.Contains(oneCommit, a.op.Kind) {
			return true
		}
	}
	return false
}

// inStore reports whether somebody waits for the store but those who renew the
// lease of a worker that is elsewhere.
func (w *world) inStore() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	away := make(map[*activity]bool)
	for v := range w.visits {
		away[v.by] = away[v.by] || v.ctx.Err() == nil
	}
	return slices.ContainsFunc(w.parked, func(c *call) bool {
		if c.by != nil && c.by.op.Kind == opStep && away[c.by] {
			return false
		}
		return c.kind == callView || c.kind == callUpdate || c.kind == callAnswer && !c.hung
	})
}

// advance lets time pass. If somebody is at something, it is the bubble's that
// passes, with their timers; but never while somebody waits for the store, as
// timers would then race for it.
func (w *world) advance(d time.Duration) {
	switch {
	case w.inStore():
		w.offset.Add(int64(min(d, time.Minute)))
	case len(w.active) == 0 && len(w.parked) == 0:
		w.offset.Add(int64(d))
	default:
		for left := min(d, 40*time.Second); left > 0; left -= slice {
			time.Sleep(min(left, slice))
			synctest.Wait()
			w.mu.Lock()
			arrived := len(w.arrivals) > 0
			w.mu.Unlock()
			if arrived {
				return
			}
		}
	}
}
