package memory

import (
	"iter"
	"slices"
)

// fanout is the most entries of a node. Every change copies the nodes from the
// root to a leaf, so wide nodes cost writers what they save readers.
const fanout = 16

// tree is a sorted map whose copies are independent: assigning a tree to
// another variable takes a snapshot of it in no time.
//
// Nodes belong to the transaction that made them, and only that one changes
// them in place; everybody else copies first. The zero tree with a compare
// function is empty.
type tree[K, V any] struct {
	root    *node[K, V]
	compare func(a, b K) int
}

// node is a leaf with values or, if it has kids, an inner node. An inner node's
// keys[i] is not above any key in kids[i].
type node[K, V any] struct {
	owner uint64 // the transaction that may change it
	keys  []K
	vals  []V
	kids  []*node[K, V]
}

func newTree[K, V any](compare func(a, b K) int) tree[K, V] {
	return tree[K, V]{compare: compare}
}

// get returns the value of a key, or the zero value.
func (t *tree[K, V]) get(k K) (V, bool) {
	var zero V
	n := t.root
	if n == nil {
		return zero, false
	}
	for n.kids != nil {
		n = n.kids[n.kid(k, t.compare)]
	}
	if i, found := slices.BinarySearchFunc(n.keys, k, t.compare); found {
		return n.vals[i], true
	}
	return zero, false
}

// set gives a key a value, on behalf of a transaction.
func (t *tree[K, V]) set(owner uint64, k K, v V) {
	if t.root == nil {
		t.root = newNode[K, V](owner, false)
	}
	t.root = t.root.mutable(owner)
	right := t.root.set(owner, k, v, t.compare)
	if right == nil {
		return
	}
	left := t.root
	t.root = newNode[K, V](owner, true)
	t.root.keys = append(t.root.keys, left.keys[0], right.keys[0])
	t.root.kids = append(t.root.kids, left, right)
}

// delete removes a key, on behalf of a transaction.
func (t *tree[K, V]) delete(owner uint64, k K) {
	if _, found := t.get(k); !found {
		return // copy nothing
	}
	t.root = t.root.mutable(owner)
	t.root.delete(owner, k, t.compare)
	for t.root != nil && len(t.root.keys) < 2 {
		switch {
		case len(t.root.keys) == 0:
			t.root = nil
		case t.root.kids != nil:
			t.root = t.root.kids[0]
		default:
			return
		}
	}
}

// from returns the entries whose key is not below k, ascending. The tree must
// not be changed meanwhile.
func (t *tree[K, V]) from(k K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for c := t.seek(k); c.valid(); c.next() {
			if !yield(c.key(), c.value()) {
				return
			}
		}
	}
}

// below returns the entries whose key is below k, descending. The tree must
// not be changed meanwhile.
func (t *tree[K, V]) below(k K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if t.root != nil {
			t.root.below(k, t.compare, yield)
		}
	}
}

func newNode[K, V any](owner uint64, inner bool) *node[K, V] {
	n := &node[K, V]{owner: owner, keys: make([]K, 0, fanout+1)}
	if inner {
		n.kids = make([]*node[K, V], 0, fanout+1)
	} else {
		n.vals = make([]V, 0, fanout+1)
	}
	return n
}

// mutable returns the node if the transaction owns it, or else a copy that it
// owns.
func (n *node[K, V]) mutable(owner uint64) *node[K, V] {
	if n.owner == owner {
		return n
	}
	c := newNode[K, V](owner, n.kids != nil)
	c.keys = append(c.keys, n.keys...)
	if n.kids != nil {
		c.kids = append(c.kids, n.kids...)
	} else {
		c.vals = append(c.vals, n.vals...)
	}
	return c
}

// kid returns the place of the kid that has a key if any has it.
func (n *node[K, V]) kid(k K, compare func(a, b K) int) int {
	i, found := slices.BinarySearchFunc(n.keys, k, compare)
	if found {
		return i
	}
	return max(i-1, 0)
}

// set returns the node's new right neighbour if it had to be split.
func (n *node[K, V]) set(owner uint64, k K, v V, compare func(a, b K) int) (right *node[K, V]) {
	var i int
	if n.kids == nil {
		var found bool
		if i, found = slices.BinarySearchFunc(n.keys, k, compare); found {
			n.vals[i] = v
			return nil
		}
		n.keys = slices.Insert(n.keys, i, k)
		n.vals = slices.Insert(n.vals, i, v)
	} else {
		i = n.kid(k, compare)
		if compare(k, n.keys[i]) < 0 {
			n.keys[i] = k
		}
		n.kids[i] = n.kids[i].mutable(owner)
		split := n.kids[i].set(owner, k, v, compare)
		if split == nil {
			return nil
		}
		i++
		n.keys = slices.Insert(n.keys, i, split.keys[0])
		n.kids = slices.Insert(n.kids, i, split)
	}
	if len(n.keys) <= fanout {
		return nil
	}
	at := len(n.keys) / 2
	if i == len(n.keys)-1 {
		at = i // keys mostly ascend: leave the nodes behind them full
	}
	return n.split(owner, at)
}

func (n *node[K, V]) split(owner uint64, at int) (right *node[K, V]) {
	right = newNode[K, V](owner, n.kids != nil)
	right.keys = append(right.keys, n.keys[at:]...)
	n.keys = slices.Delete(n.keys, at, len(n.keys))
	if n.kids != nil {
		right.kids = append(right.kids, n.kids[at:]...)
		n.kids = slices.Delete(n.kids, at, len(n.kids))
	} else {
		right.vals = append(right.vals, n.vals[at:]...)
		n.vals = slices.Delete(n.vals, at, len(n.vals))
	}
	return right
}

// delete removes a key that exists. Nodes are removed when they are empty and
// not joined before: what is deleted here in numbers (tasks, old events) is
// deleted from one end.
func (n *node[K, V]) delete(owner uint64, k K, compare func(a, b K) int) {
	if n.kids == nil {
		i, _ := slices.BinarySearchFunc(n.keys, k, compare)
		n.keys = slices.Delete(n.keys, i, i+1)
		n.vals = slices.Delete(n.vals, i, i+1)
		return
	}
	i := n.kid(k, compare)
	n.kids[i] = n.kids[i].mutable(owner)
	n.kids[i].delete(owner, k, compare)
	if len(n.kids[i].keys) == 0 {
		n.keys = slices.Delete(n.keys, i, i+1)
		n.kids = slices.Delete(n.kids, i, i+1)
	}
}

func (n *node[K, V]) below(k K, compare func(a, b K) int, yield func(K, V) bool) bool {
	i, _ := slices.BinarySearchFunc(n.keys, k, compare)
	for i--; i >= 0; i-- {
		if n.kids == nil {
			if !yield(n.keys[i], n.vals[i]) {
				return false
			}
		} else if !n.kids[i].below(k, compare, yield) {
			return false
		}
	}
	return true
}

// cursor is a place in a tree that moves upwards.
type cursor[K, V any] struct {
	path []step[K, V] // from the root to a leaf; empty at the end
}

type step[K, V any] struct {
	node *node[K, V]
	at   int
}

// seek returns a cursor at the first key that is not below k.
func (t *tree[K, V]) seek(k K) cursor[K, V] {
	c := cursor[K, V]{path: make([]step[K, V], 0, 8)}
	n := t.root
	if n == nil {
		return c
	}
	for n.kids != nil {
		i := n.kid(k, t.compare)
		c.path = append(c.path, step[K, V]{n, i})
		n = n.kids[i]
	}
	i, _ := slices.BinarySearchFunc(n.keys, k, t.compare)
	c.path = append(c.path, step[K, V]{n, i})
	c.settle()
	return c
}

func (c *cursor[K, V]) valid() bool { return len(c.path) > 0 }

func (c *cursor[K, V]) key() K {
	s := c.path[len(c.path)-1]
	return s.node.keys[s.at]
}

func (c *cursor[K, V]) value() V {
	s := c.path[len(c.path)-1]
	return s.node.vals[s.at]
}

func (c *cursor[K, V]) next() {
	c.path[len(c.path)-1].at++
	c.settle()
}

// settle moves a cursor that is past the end of its node to the next leaf.
func (c *cursor[K, V]) settle() {
	for len(c.path) > 0 {
		last := &c.path[len(c.path)-1]
		if last.at < len(last.node.keys) {
			break
		}
		c.path = c.path[:len(c.path)-1]
		if len(c.path) > 0 {
			c.path[len(c.path)-1].at++
		}
	}
	for len(c.path) > 0 {
		last := c.path[len(c.path)-1]
		if last.node.kids == nil {
			return
		}
		c.path = append(c.path, step[K, V]{last.node.kids[last.at], 0})
	}
}
