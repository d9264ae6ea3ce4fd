package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
)

// plan is a run before it runs.
type plan struct {
	Seed  uint64
	Slots int                     // how many engines there are at a time
	Rate  float64                 // how many segments a number may send in a second; 0: any number
	Gives inbox.UnconfirmedAction // what becomes of a message when nobody can find out whether it was sent

	Keywords bool            // the carrier handles STOP, START and HELP itself
	Quiet    bool            // marketing has to wait in every other five minutes
	Refused  float64         // how often the carrier refuses a message for the moment, by itself
	Skews    []time.Duration // by how much each engine's clock is wrong at the start
	Ops      []operation
	Faults   []fault
}

// operation is one thing that happens. What it is about is chosen when it
// begins, among what there is then, by its draws.
type operation struct {
	N    int // its number, which it keeps when others are taken away
	Kind opKind
	Slot int  // the engine that it uses
	Join bool // may begin while another operation of one commit runs on its engine
	Wait bool // begins when those before it are over, but for those of stalled engines

	A, B, C uint32 // draws

	Text    string
	Key     string        // a client's request key
	For     time.Duration // how long
	Disturb simulated.Disturbance
}

// opKind is what an operation does.
type opKind string

// The kinds of operations.
const (
	opCustomer opKind = "customer writes"
	opDeliver  opKind = "deliver"
	opStep     opKind = "step"

	opReply   opKind = "reply"
	opNote    opKind = "note"
	opClaim   opKind = "claim"
	opRelease opKind = "release"
	opAssign  opKind = "assign"
	opSnooze  opKind = "snooze"
	opClose   opKind = "close"
	opReopen  opKind = "reopen"
	opRead    opKind = "mark read"
	opAdopt   opKind = "adopt stray"
	opDismiss opKind = "dismiss stray"
	opPoll    opKind = "poll events"
	opLook    opKind = "list"

	opSeat    opKind = "change seat"
	opTeam    opKind = "change team"
	opEnd     opKind = "end claim"
	opRequeue opKind = "requeue"
	opNumber  opKind = "move number"
	opPoison  opKind = "leave foreign task"

	opAdvance opKind = "time passes"
	opCrash   opKind = "crash"
	opStall   opKind = "stall"
	opResume  opKind = "resume"
	opSkew    opKind = "step clock"
	opOpen    opKind = "customer reads"

	opBackfill opKind = "backfill"
	opResend   opKind = "resend"
	opMarkSent opKind = "mark sent"

	opLetGo   opKind = "release hold"
	opConfirm opKind = "confirm opt-out"
)

// oneCommit are the operations that commit once, so that several of them can
// run on one engine and share its transactions.
var oneCommit = []opKind{opDeliver, opReply, opNote, opClaim, opRelease, opAssign, opSnooze, opClose, opReopen, opRead, opResend, opMarkSent, opLetGo, opConfirm}

// weights are how often operations are drawn. Those that are there in every
// run have their own list.
var (
	always = map[opKind]int{opCustomer: 16, opDeliver: 20, opStep: 26, opAdvance: 8}
	some   = map[opKind]int{
		opReply: 12, opNote: 2, opClaim: 5, opRelease: 3, opAssign: 2, opSnooze: 3, opClose: 3, opReopen: 1, opRead: 2,
		opAdopt: 2, opDismiss: 1, opPoll: 3, opLook: 1, opSeat: 2, opTeam: 1, opNumber: 1, opEnd: 1, opRequeue: 1, opPoison: 1,
		opCrash: 2, opStall: 4, opSkew: 1, opOpen: 2,
		opBackfill: 2, opResend: 2, opMarkSent: 1, opLetGo: 3, opConfirm: 1,
	}
)

// fault strikes one call of an operation. What it does depends on what is
// called, see faultOf.
type fault struct {
	Op   int // operation.N
	Call int // the number of the call in its operation, from 0
	Roll uint32
}

// The texts of customers.
var (
	ordinary = []string{"Do you have a table for two?", "hello", "Thank you!", "When do you open?", "yes", "auto please"}
	keywords = []string{"STOP", "START", "HELP", "stop", "UNSUBSCRIBE", "STOP please"}
	unclear  = []string{"enough", "haha stop it", "cancelar"} // of which a person has to decide
)

// newPlan makes the plan of a seed.
func newPlan(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 0x7ea31b0c))
	p := plan{Seed: seed, Slots: 2 + r.IntN(3)}
	skewed := r.IntN(2) == 0
	for range p.Slots {
		var skew time.Duration
		if skewed {
			skew = time.Duration(r.Int64N(int64(2*longestSkew))) - longestSkew
		}
		p.Skews = append(p.Skews, skew.Truncate(time.Millisecond))
	}
	if r.IntN(3) == 0 {
		p.Rate = []float64{0.05, 0.2, 1}[r.IntN(3)]
	}
	p.Gives = inbox.UnconfirmedAction(r.IntN(6)) // that is mostly to hold it
	p.Keywords, p.Quiet = r.IntN(4) == 0, r.IntN(4) == 0
	if r.IntN(3) == 0 {
		p.Refused = 0.4
	}
	kinds, weight := mixture(r)
	rate := []float64{0, 0.01, 0.03, 0.08}[r.IntN(4)]
	for range 1 + r.IntN(4) { // something to talk about
		p.add(r, opCustomer, rate)
		p.add(r, opDeliver, rate)
	}
	n := 60 + r.IntN(100)
	for len(p.Ops) < n {
		p.add(r, draw(r, kinds, weight), rate)
	}
	return p
}

// mixture leaves some kinds of operations out of a run, so that what is rare
// beside them is not rare in every run.
func mixture(r *rand.Rand) (kinds []opKind, weight map[opKind]int) {
	weight = make(map[opKind]int)
	for k, w := range always {
		weight[k] = w
	}
	names := make([]opKind, 0, len(some))
	for k := range some {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		switch r.IntN(8) {
		case 0, 1, 2: // left out
		case 3:
			weight[k] = 4 * some[k]
		default:
			weight[k] = some[k]
		}
	}
	for k := range weight {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds, weight
}

func draw(r *rand.Rand, kinds []opKind, weight map[opKind]int) opKind {
	sum := 0
	for _, k := range kinds {
		sum += weight[k]
	}
	at := r.IntN(sum)
	for _, k := range kinds {
		if at -= weight[k]; at < 0 {
			return k
		}
	}
	return kinds[0]
}

// add draws one operation of a kind, and what belongs to it.
func (p *plan) add(r *rand.Rand, kind opKind, rate float64) {
	o := operation{N: len(p.Ops), Kind: kind, Slot: r.IntN(p.Slots), A: r.Uint32(), B: r.Uint32(), C: r.Uint32()}
	switch kind {
	case opCustomer:
		o.Text = ordinary[r.IntN(len(ordinary))]
		if r.IntN(10) < 4 {
			o.Text = keywords[r.IntN(len(keywords))]
		}
		if o.C%8 == 3 {
			o.Text = unclear[o.C/8%uint32(len(unclear))]
		}
		if r.Float64() < 4*rate {
			o.Disturb = disturbance(r)
		}
	case opReply, opNote:
		o.Text = fmt.Sprintf("%s %d", kind, o.N)
		if r.IntN(2) == 0 {
			o.Key = fmt.Sprintf("key-%d", o.N)
		}
	case opAdvance:
		o.For = []time.Duration{time.Second, 3 * time.Second, 20 * time.Second, 45 * time.Second, 2 * time.Minute, 5 * time.Minute, time.Hour, 25 * time.Hour}[min(r.IntN(8), r.IntN(8))]
	case opBackfill:
		o.For = []time.Duration{time.Minute, 10 * time.Minute, 48 * time.Hour}[r.IntN(3)]
	case opSnooze:
		o.For = []time.Duration{30 * time.Second, 5 * time.Minute, 2 * time.Hour}[r.IntN(3)]
	case opSkew:
		o.For = (time.Duration(r.Int64N(int64(2*longestSkew))) - longestSkew).Truncate(time.Millisecond)
	default:
	}
	p.put(r, o, rate)
	switch {
	case kind == opReply && o.Key != "" && r.IntN(3) == 0: // an impatient client asks again, maybe elsewhere
		again := o
		again.N, again.Slot, again.Join = len(p.Ops), r.IntN(p.Slots), true
		p.put(r, again, rate)
	case slices.Contains(oneCommit, kind) && r.IntN(6) == 0: // a burst
		for range 1 + r.IntN(4) {
			more := operation{N: len(p.Ops), Kind: opDeliver, Slot: o.Slot, Join: true, A: r.Uint32(), B: r.Uint32(), C: r.Uint32()}
			if kind != opDeliver && r.IntN(2) == 0 {
				more.Kind, more.A, more.Text = kind, o.A, fmt.Sprintf("%s %d", kind, more.N)
				more.For = o.For
			}
			p.put(r, more, rate)
		}
	case kind == opStall: // the others go on meanwhile, and time does
		p.stall(r, o, rate)
	}
}

// stall follows a stalled engine by what makes it stale: time passes, and the
// others go on. Now and then it lasts long enough for an attempt to be settled,
// asked about and made anew without it; or others do so at once, whose clocks
// are ahead, while the attempt still goes on.
func (p *plan) stall(r *rand.Rand, o operation, rate float64) {
	other := (o.Slot + 1 + r.IntN(p.Slots-1)) % p.Slots
	pauses := []int{25, 35, 2}
	switch r.IntN(4) {
	case 0:
		pauses = []int{12, 6, 0, 1, 1}
	case 1, 2:
		pauses = pauses[:1+r.IntN(3)]
		for i := range pauses {
			pauses[i] = 5 + r.IntN(55)
		}
	}
	if r.IntN(2) == 0 { // something that is answered by itself
		writes := operation{N: len(p.Ops), Kind: opCustomer, A: r.Uint32(), B: r.Uint32(), C: r.Uint32(), Text: "auto please"}
		p.put(r, writes, rate)
		p.put(r, operation{N: len(p.Ops), Kind: opDeliver, Slot: o.Slot, A: r.Uint32(), C: r.Uint32()}, rate)
	}
	p.put(r, operation{N: len(p.Ops), Kind: opStep, Slot: o.Slot, A: r.Uint32()}, rate)
	if r.IntN(2) == 0 {
		p.put(r, operation{N: len(p.Ops), Kind: opAdvance, For: 4 * time.Second}, rate)
	}
	for i, pause := range pauses {
		if pause > 0 {
			p.put(r, operation{N: len(p.Ops), Kind: opAdvance, Wait: true, For: time.Duration(pause) * time.Second}, rate)
		}
		if len(pauses) > 3 && i > 1 {
			other = (o.Slot + 1 + r.IntN(p.Slots-1)) % p.Slots
		}
		p.put(r, operation{N: len(p.Ops), Kind: opStep, Slot: other, A: r.Uint32()}, rate)
	}
	p.put(r, operation{N: len(p.Ops), Kind: opResume, Slot: o.Slot}, rate)
}

// put appends an operation with the faults of its calls.
func (p *plan) put(r *rand.Rand, o operation, rate float64) {
	p.Ops = append(p.Ops, o)
	for call := range 12 {
		if r.Float64() < rate {
			p.Faults = append(p.Faults, fault{Op: o.N, Call: call, Roll: r.Uint32()})
		}
	}
}

func disturbance(r *rand.Rand) simulated.Disturbance {
	var d simulated.Disturbance
	switch r.IntN(4) {
	case 0:
		d.Lost = true
	case 1:
		d.Delay = time.Duration(r.IntN(120)) * time.Second
	case 2:
		d.Copies = 1 + r.IntN(2)
	default:
		d.Swapped = true
	}
	return d
}

// String describes an operation for a person.
func (o operation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s", o.N, o.Kind)
	if o.Text != "" {
		fmt.Fprintf(&b, " %q", o.Text)
	}
	if o.Key != "" {
		fmt.Fprintf(&b, " with %s", o.Key)
	}
	if o.For != 0 {
		fmt.Fprintf(&b, " %v", o.For)
	}
	if o.Disturb != (simulated.Disturbance{}) {
		fmt.Fprintf(&b, " (disturbed: %+v)", o.Disturb)
	}
	return b.String()
}

// priority orders calls and operations that could go on at one moment.
func priority(seed uint64, op, call int) uint64 {
	x := seed*0x9e3779b97f4a7c15 + uint64(op+1)*0xbf58476d1ce4e5b9 + uint64(call+1)*0x94d049bb133111eb
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
