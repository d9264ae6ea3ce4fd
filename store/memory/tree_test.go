package memory

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// pair is an entry of a tree.
type pair struct{ key, val int }

// model is what a tree should be, kept the plain way.
type model map[int]int

func (m model) sorted() []pair {
	var all []pair
	for k, v := range m {
		all = append(all, pair{k, v})
	}
	slices.SortFunc(all, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
	return all
}

func contents(t *tree[int, int], from int) (up, down []pair) {
	for k, v := range t.from(from) {
		up = append(up, pair{k, v})
	}
	for k, v := range t.below(from) {
		down = append(down, pair{k, v})
	}
	return up, down
}

// check compares a tree with its model, from every place of it.
func check(tr *tree[int, int], m model, keys int) error {
	all := m.sorted()
	for from := -1; from <= keys; from += 1 + keys/20 {
		i, _ := slices.BinarySearchFunc(all, from, func(p pair, k int) int { return cmp.Compare(p.key, k) })
		wantUp, wantDown := slices.Clone(all[i:]), slices.Clone(all[:i])
		slices.Reverse(wantDown)
		up, down := contents(tr, from)
		if !slices.Equal(up, wantUp) {
			return fmt.Errorf("from(%d): %s", from, gocmp.Diff(wantUp, up, gocmp.AllowUnexported(pair{})))
		}
		if !slices.Equal(down, wantDown) {
			return fmt.Errorf("below(%d): %s", from, gocmp.Diff(wantDown, down, gocmp.AllowUnexported(pair{})))
		}
	}
	for k := -1; k <= keys; k++ {
		v, ok := tr.get(k)
		if want, exists := m[k]; ok != exists || v != want {
			return fmt.Errorf("get(%d) = %d, %t, want %d, %t", k, v, ok, want, exists)
		}
	}
	return wellFormed(tr)
}

// wellFormed checks what get and set rely on.
func wellFormed(tr *tree[int, int]) error {
	if tr.root == nil {
		return nil
	}
	depths := make(map[int]bool)
	var walk func(n *node[int, int], depth, low int) error
	walk = func(n *node[int, int], depth, low int) error {
		switch {
		case len(n.keys) == 0 || len(n.keys) > fanout:
			return fmt.Errorf("a node has %d keys", len(n.keys))
		case !slices.IsSorted(n.keys):
			return fmt.Errorf("a node's keys are not sorted: %v", n.keys)
		case n.keys[0] < low:
			return fmt.Errorf("a node begins at %d, its parent says %d", n.keys[0], low)
		case n.kids == nil && len(n.vals) != len(n.keys), n.kids != nil && len(n.kids) != len(n.keys):
			return fmt.Errorf("a node has %d keys, %d values and %d kids", len(n.keys), len(n.vals), len(n.kids))
		}
		if n.kids == nil {
			depths[depth] = true
		}
		for i, kid := range n.kids {
			if err := walk(kid, depth+1, n.keys[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(tr.root, 0, tr.root.keys[0]); err != nil {
		return err
	}
	if len(depths) != 1 {
		return fmt.Errorf("leaves are at the depths %v", depths)
	}
	return nil
}

func TestTreeBehavesLikeAMap(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			keys := []int{10, 200, 3000}[seed%3]
			deletes := []int{20, 50, 70}[seed/3%3] // of a hundred operations
			tr, m := newTree[int, int](cmp.Compare), model{}
			for i := range 3 * keys {
				k := r.IntN(keys)
				if r.IntN(100) < deletes {
					tr.delete(1, k)
					delete(m, k)
				} else {
					tr.set(1, k, i)
					m[k] = i
				}
			}
			if err := check(&tr, m, keys); err != nil {
				t.Fatal(err)
			}
			for k := range keys {
				tr.delete(1, k)
			}
			if tr.root != nil {
				t.Error("a tree whose keys are all deleted still has a node")
			}
		})
	}
}

func TestTreeSnapshotsNeverChange(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const keys = 500
	type snapshot struct {
		tree  tree[int, int]
		model model
	}
	tr, m := newTree[int, int](cmp.Compare), model{}
	var taken []snapshot
	for owner := range uint64(60) {
		copied := model{}
		for k, v := range m {
			copied[k] = v
		}
		taken = append(taken, snapshot{tr, copied})
		for range 40 {
			if k := r.IntN(keys); r.IntN(3) == 0 {
				tr.delete(owner+1, k)
				delete(m, k)
			} else {
				v := r.Int()
				tr.set(owner+1, k, v)
				m[k] = v
			}
		}
	}
	for i, s := range taken {
		if err := check(&s.tree, s.model, keys); err != nil {
			t.Errorf("the snapshot before transaction %d has changed: %v", i+1, err)
		}
	}
}

func TestTreeAscendingAndDescendingInserts(t *testing.T) {
	const keys = 2000
	for name, key := range map[string]func(int) int{
		"ascending":  func(i int) int { return i },
		"descending": func(i int) int { return keys - 1 - i },
	} {
		t.Run(name, func(t *testing.T) {
			tr, m := newTree[int, int](cmp.Compare), model{}
			for i := range keys {
				tr.set(1, key(i), i)
				m[key(i)] = i
			}
			if err := check(&tr, m, keys); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTreeIterationStops(t *testing.T) {
	tr := newTree[int, int](cmp.Compare)
	for i := range 100 {
		tr.set(1, i, i)
	}
	n := 0
	for range tr.from(10) {
		if n++; n == 5 {
			break
		}
	}
	for range tr.below(90) {
		if n++; n == 10 {
			break
		}
	}
	if n != 10 {
		t.Errorf("two loops that were left after 5 entries each saw %d", n)
	}
}
