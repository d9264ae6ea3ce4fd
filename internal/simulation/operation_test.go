package simulation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// did is what an operation asked for and got, for the checks.
type did struct {
	who   store.User
	conv  store.ConversationID
	stray store.StrayID
	team  store.TeamID

	message store.Message // that a reply or a note returned
	since   time.Time     // of a backfill
	at      time.Time     // when it was asked for
	after   store.Cursor  // of a poll
	last    store.Cursor
	events  []store.Event
	seen    []store.Conversation // of a list
}

// begin starts an operation. Those that are no call of an engine are over at
// once.
func (w *world) begin(o operation) {
	w.counts["operation: "+string(o.Kind)]++
	a := &activity{op: o, begun: w.step, cancel: func() {}}
	entry := entry{kind: entryBegin, activity: a}
	switch o.Kind {
	case opCustomer:
		a.about = w.customerWrites(o)
	case opOpen:
		p := w.phone(o)
		a.about = fmt.Sprintf("%s opens %d", p.Address(), p.Read())
	case opAdvance:
		before := w.now()
		w.advance(o.For)
		a.about = fmt.Sprintf("by %v", w.now().Sub(before))
	case opCrash:
		if e := w.pick(o); e != nil {
			a.e = e
			w.kill(e)
		}
	case opStall:
		if w.ambush = ambushes[o.B%uint32(len(ambushes))]; w.ambush != "" {
			a.about = "whoever comes " + string(w.ambush)
		} else if e := w.pick(o); e != nil {
			a.e, e.stall = e, true
		}
	case opResume:
		w.ambush = ""
		for _, e := range w.all {
			e.stall = false
		}
	case opSkew:
		if e := w.slots[o.Slot]; e != nil {
			a.e = e
			e.skew.Store(int64(o.For))
		}
	case opPoison:
		a.about = w.poison(a)
	default:
		w.call(a)
	}
	w.tracef(entry)
}

// ambush is a point at which the next worker that reaches it stalls.
type ambush string

const (
	beforeSend     ambush = "to a send"
	afterSend      ambush = "from a send"
	afterReconcile ambush = "from a reconcile"
	afterRoute     ambush = "from a router"
)

var ambushes = []ambush{"", "", beforeSend, afterSend, afterSend, afterReconcile, afterRoute}

// catches reports whether a call of a worker is at the point.
func (b ambush) catches(c *call) bool {
	if c.by == nil || c.by.op.Kind != opStep {
		return false
	}
	switch b {
	case beforeSend:
		return c.kind == callSend
	case afterSend:
		return c.kind == callUpdate && c.by.latest == callSend
	case afterReconcile:
		return c.kind == callUpdate && c.by.latest == callReconcile
	case afterRoute:
		return c.kind == callUpdate && c.by.latest == callRoute || c.kind == callRespond
	}
	return false
}

// phone is the customer of an operation.
func (w *world) phone(o operation) *simulated.Phone {
	address := customers[o.A%uint32(len(customers))]
	if number := numbers[o.B%uint32(len(numbers))]; number.Medium() != address.Medium() {
		if o.C%3 == 0 {
			address = channel.Address(userID(address)) // that is all that the medium tells
		}
		address = channel.Address(number.Medium()+":") + address
	}
	return w.carrier.Phone(address)
}

func (w *world) customerWrites(o operation) string {
	p, number := w.phone(o), numbers[o.B%uint32(len(numbers))]
	w.carrier.DisturbNext(o.Disturb)
	m := channel.Inbound{To: number, Text: o.Text}
	if p.Address().Medium() != "" && o.C%3 == 1 {
		m.UserID = userID(customers[o.A%uint32(len(customers))])
	}
	id, err := p.SendMessage(m)
	if err != nil {
		panic(err) // the addresses are this package's own
	}
	return strings.TrimSpace(fmt.Sprintf("%s to %s is %s %s", p.Address(), number, id, m.UserID))
}

// userID is what a medium knows a customer by besides the number.
func userID(customer channel.Address) string {
	return "US." + strings.TrimPrefix(string(customer), "+")
}

// pick returns the engine that an operation strikes: one that is at work if
// there is one.
func (w *world) pick(o operation) *engine {
	for _, a := range w.active {
		if a.op.Kind == opStep && o.A%4 > 0 && !a.e.dead.Load() {
			return a.e
		}
	}
	if e := w.slots[o.Slot]; e != nil && !e.dead.Load() {
		return e
	}
	return nil
}

// unknownTask is a kind of work that only another version of the engine knows.
const unknownTask store.TaskKind = "teleport"

// poison leaves work in a conversation that always fails.
func (w *world) poison(a *activity) string {
	conv, ok := w.conversation(a.op)
	if !ok {
		return "nowhere"
	}
	a.did.conv = conv.ID
	err := w.commitAs(a, func(tx store.Tx) error {
		id, err := tx.NewID()
		if err != nil {
			return err
		}
		return tx.PutTasks(store.Task{ID: store.TaskID(id), Account: conv.Account, Conversation: conv.ID, Kind: unknownTask, DueAt: w.now()})
	})
	if err != nil {
		w.impossible("the store failed by itself: %v", err)
	}
	return "in conversation " + conv.ID.String()
}

// conversation is what an operation is about.
func (w *world) conversation(o operation) (store.Conversation, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.threads) == 0 {
		return store.Conversation{}, false
	}
	return w.threads[int(o.A%uint32(len(w.threads)))], true
}

// person is who acts: somebody of an account, and now and then of another.
func person(o operation, account store.AccountID) store.User {
	ours := people
	if o.B%8 > 0 {
		ours = slices.DeleteFunc(slices.Clone(people), func(u store.User) bool { return u.Account != account })
	}
	return ours[int(o.B>>4)%len(ours)]
}

// call begins an operation of an engine.
func (w *world) call(a *activity) {
	o := a.op
	e := w.engineAt(w.free(o))
	act := w.prepare(a, e)
	if act == nil {
		a.about = "has nothing to be about"
		return
	}
	ctx, cancel := context.WithCancel(context.WithValue(e.ctx, activityKey{}, a))
	a.e, a.cancel = e, cancel
	w.mu.Lock()
	a.from = len(w.journal)
	w.mu.Unlock()
	w.active = append(w.active, a)
	go func() {
		err := protect(func() error { return act(ctx) })
		if p := (*panicked)(nil); errors.As(err, &p) {
			w.impossible("%v: %v", o, err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		a.ended, a.err = true, err
	}()
}

// panicked is a panic that an engine has let through.
type panicked struct{ text string }

func (p *panicked) Error() string { return p.text }

func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{fmt.Sprintf("the engine panicked: %v\n%s", p, debug.Stack())}
		}
	}()
	return fn()
}

// prepare chooses what an operation is about and returns what it does, or nil
// if there is nothing that it could be about.
func (w *world) prepare(a *activity, e *engine) func(context.Context) error {
	o := a.op
	d := &a.did
	switch o.Kind {
	case opStep:
		return func(ctx context.Context) error {
			n, err := e.in.Step(ctx)
			a.say("%d conversations", n)
			return err
		}
	case opDeliver:
		return func(ctx context.Context) error {
			var to channel.Sink = sink{w, a}
			if o.C%4 == 0 {
				to = &request{sink: sink{w, a}, room: 1 + int(o.C>>2)%4}
			}
			some, err := w.carrier.Step(ctx, to)
			if !some {
				a.say("nothing to deliver")
			}
			return err
		}
	case opAdopt, opDismiss:
		return w.prepareStray(a, e)
	case opResend, opMarkSent:
		return w.prepareDecision(a, e)
	case opBackfill:
		since := w.now().Add(-o.For)
		d.since, d.at = since, w.now()
		return func(ctx context.Context) error {
			n, err := e.in.Backfill(ctx, carrierName, since)
			a.say("%d new", n)
			return err
		}
	case opPoll:
		return w.preparePoll(a, e)
	case opLetGo, opConfirm:
		return w.prepareHold(a, e)
	case opSeat, opTeam, opRequeue, opNumber:
		return w.prepareAdmin(a, e)
	default:
	}
	conv, ok := w.conversation(o)
	if !ok {
		return nil
	}
	d.conv, d.who = conv.ID, person(o, conv.Account)
	if first, again := w.asked[o.Key]; again && o.Key != "" { // a client that repeats itself
		d.conv, d.who = first.conv, first.who
		conv.ID, conv.Account = d.conv, d.who.Account
	}
	w.asked[o.Key] = *d
	agent := e.in.Agent(d.who.Account, d.who.ID)
	if o.Kind == opEnd {
		d.who = store.User{Account: conv.Account} // an administrator
	}
	a.about = fmt.Sprintf("in conversation %v by %s/%s", conv.ID, d.who.Account, d.who.ID)
	switch o.Kind {
	case opReply:
		draft := inbox.Draft{Text: o.Text, RequestKey: o.Key}
		if o.C%5 == 1 {
			draft.Purpose = compliance.Marketing
		}
		if o.C%8 == 0 {
			draft.Seen = 1
		}
		return func(ctx context.Context) (err error) {
			d.message, err = agent.Reply(ctx, conv.ID, draft)
			return err
		}
	case opNote:
		return func(ctx context.Context) (err error) {
			d.message, err = agent.Note(ctx, conv.ID, o.Text, o.Key)
			return err
		}
	case opClaim:
		return func(ctx context.Context) error { return agent.Claim(ctx, conv.ID) }
	case opRelease:
		return func(ctx context.Context) error { return agent.Release(ctx, conv.ID) }
	case opAssign:
		other := person(operation{B: o.C}, conv.Account)
		return func(ctx context.Context) error {
			return agent.Assign(ctx, conv.ID, []store.UserID{other.ID}, nil)
		}
	case opSnooze:
		until := e.now().Add(o.For)
		return func(ctx context.Context) error { return agent.Snooze(ctx, conv.ID, until) }
	case opClose:
		return func(ctx context.Context) error { return agent.Close(ctx, conv.ID) }
	case opReopen:
		return func(ctx context.Context) error { return agent.Reopen(ctx, conv.ID) }
	case opRead:
		return func(ctx context.Context) error { return agent.MarkRead(ctx, conv.ID, int64(o.C%4)) }
	case opEnd:
		return func(ctx context.Context) error { return e.in.Admin(conv.Account).Release(ctx, conv.ID) }
	case opLook:
		return func(ctx context.Context) error {
			views, err := agent.List(ctx, inbox.ListQuery{})
			for _, v := range views {
				d.seen = append(d.seen, v.Conversation)
			}
			return err
		}
	default:
		panic("simulation: no way to " + string(o.Kind))
	}
}

// say notes what an operation brought, for the trace. It is called by the
// operation's own goroutine.
func (a *activity) say(format string, args ...any) { a.note = fmt.Sprintf(format, args...) }

// outcome is what a client knows after an operation.
type outcome uint8

const (
	unknown outcome = iota // it may have happened
	success
	failure // it certainly has not happened
)

// known says what a client may conclude from an operation's error.
func known(err error) outcome {
	switch {
	case err == nil:
		return success
	case errors.Is(err, errDead), errors.Is(err, store.ErrUnknown), errors.Is(err, context.DeadlineExceeded):
		return unknown
	}
	return failure
}
