package simulated

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// queue holds what is to be handed over, in one lane for each customer. A lane
// hands over one item at a time; the lane whose head has waited longest is
// first. The carrier's lock guards it.
type queue struct {
	lanes map[channel.Address]*lane
	free  laneHeap // lanes that wait; the others are handing over
	seq   uint64
	size  int
}

// item is an inbound message, a status update or a consent update that waits.
type item struct {
	due     time.Time
	seq     uint64
	inbound *channel.Inbound
	status  *channel.StatusUpdate
	consent *channel.ConsentUpdate
	of      *outgoing // the message that a status update is about
}

// lane holds the items of one customer by due, then seq. While it is busy, its
// head is being handed over, which nobody changes, so that it may be read
// without the lock.
type lane struct {
	customer channel.Address
	head     *item   // the first item of a busy lane, otherwise nil
	items    []*item // those that wait
	index    int     // in the heap
}

func newQueue() queue { return queue{lanes: make(map[channel.Address]*lane)} }

// add makes an item wait. If swapped, it changes places with the item of the
// same customer that waits last.
func (q *queue) add(customer channel.Address, it *item, swapped bool) {
	l := q.lanes[customer]
	if l == nil {
		l = &lane{customer: customer, index: -1}
		q.lanes[customer] = l
	}
	q.seq++
	it.seq = q.seq
	if n := len(l.items); swapped && n > 0 {
		l.items[n-1].swap(it)
	}
	at, _ := slices.BinarySearchFunc(l.items, it, func(a, b *item) int {
		if c := a.due.Compare(b.due); c != 0 {
			return c
		}
		return cmp.Compare(a.seq, b.seq)
	})
	l.items = slices.Insert(l.items, at, it)
	q.size++
	q.settle(l)
}

// swap exchanges what two items carry, and leaves them their places.
func (it *item) swap(other *item) {
	it.inbound, other.inbound = other.inbound, it.inbound
	it.status, other.status = other.status, it.status
	it.consent, other.consent = other.consent, it.consent
	it.of, other.of = other.of, it.of
}

// settle puts a lane where it belongs.
func (q *queue) settle(l *lane) {
	switch {
	case l.head != nil:
	case len(l.items) == 0:
		delete(q.lanes, l.customer)
	case l.index >= 0:
		heap.Fix(&q.free, l.index)
	default:
		heap.Push(&q.free, l)
	}
}

// next returns when the next item is due. It reports false if none waits but
// those of lanes that are handing over.
func (q *queue) next() (time.Time, bool) {
	if len(q.free) == 0 {
		return time.Time{}, false
	}
	return q.free[0].items[0].due, true
}

// take makes the first lane busy. The caller has asked next.
func (q *queue) take() *lane {
	l := heap.Pop(&q.free).(*lane)
	l.head, l.items[0] = l.items[0], nil
	l.items = l.items[1:]
	return l
}

// done ends what take began. An item that was not taken stays the first.
func (q *queue) done(l *lane, taken bool) {
	if taken {
		q.size--
	} else {
		l.items = slices.Insert(l.items, 0, l.head)
	}
	l.head = nil
	q.settle(l)
}

// laneHeap orders lanes by their first items.
type laneHeap []*lane

func (h laneHeap) Len() int { return len(h) }

func (h laneHeap) Less(i, j int) bool {
	a, b := h[i].items[0], h[j].items[0]
	if !a.due.Equal(b.due) {
		return a.due.Before(b.due)
	}
	return a.seq < b.seq
}

func (h laneHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *laneHeap) Push(x any) {
	l := x.(*lane)
	l.index = len(*h)
	*h = append(*h, l)
}

func (h *laneHeap) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	l.index = -1
	return l
}
