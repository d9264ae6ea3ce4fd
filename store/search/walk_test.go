package search

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// corpus is a number of messages of which some are candidates.
type corpus struct {
	messages int
	is       func(i int) bool // from the newest, which is 0

	walks   []int
	indexed int
}

// candidates returns those among so many messages before one.
func (c *corpus) candidates(before store.MessageID, among int) []Candidate {
	var found []Candidate
	for m := before - 1; m > 0 && m >= before-store.MessageID(among); m-- {
		if c.is(c.messages - int(m)) {
			found = append(found, Candidate{Message: m})
		}
	}
	return found
}

func (c *corpus) walk() Walk {
	return Walk{
		First: 100, Dense: 20,
		Newest: func(before store.MessageID, messages int) ([]Candidate, bool, error) {
			c.walks = append(c.walks, messages)
			return c.candidates(before, messages), int(before) <= messages, nil
		},
		Indexed: func(before store.MessageID) iter.Seq2[Candidate, error] {
			c.indexed++
			return func(yield func(Candidate, error) bool) {
				for _, found := range c.candidates(before, c.messages) {
					if !yield(found, nil) {
						return
					}
				}
			}
		},
	}
}

// taken returns the first candidates.
func taken(t *testing.T, all iter.Seq2[Candidate, error], limit int) []Candidate {
	t.Helper()
	var found []Candidate
	for c, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		if found = append(found, c); len(found) == limit {
			break
		}
	}
	return found
}

func TestWalkTakesTheFasterWay(t *testing.T) {
	oneIn := func(n int) func(int) bool { return func(i int) bool { return i%n == 0 } }
	for name, tt := range map[string]struct {
		corpus
		wantWalks   []int
		wantIndexed int
	}{
		"in every message":         {corpus{messages: 1e5, is: oneIn(1)}, []int{100}, 0},
		"in a quarter":             {corpus{messages: 1e5, is: oneIn(4)}, []int{100}, 0},
		"in one of ten":            {corpus{messages: 1e5, is: oneIn(10)}, []int{100, 400}, 0},
		"in one of fifty":          {corpus{messages: 1e5, is: oneIn(50)}, []int{100}, 1},
		"in none":                  {corpus{messages: 1e5, is: func(int) bool { return false }}, []int{100}, 1},
		"in the newest alone":      {corpus{messages: 1e5, is: func(i int) bool { return i < 10 }}, []int{100, 400}, 1},
		"few messages":             {corpus{messages: 40, is: oneIn(50)}, []int{100}, 0},
		"in one of ten of a few":   {corpus{messages: 150, is: oneIn(10)}, []int{100, 400}, 0},
		"there are no messages":    {corpus{is: oneIn(1)}, []int{100}, 0},
		"in all but the newest":    {corpus{messages: 1e5, is: func(i int) bool { return i > 1000 }}, []int{100}, 1},
		"in those after the first": {corpus{messages: 1e5, is: func(i int) bool { return i > 90 }}, []int{100, 400}, 0},
	} {
		const limit = 20
		newest := store.MessageID(tt.messages + 1)
		want := tt.candidates(newest, tt.messages)
		want = want[:min(limit, len(want))]
		if got := taken(t, tt.walk().Candidates(newest), limit); !slices.Equal(got, want) {
			t.Errorf("%s: got %v", name, got)
		}
		if !slices.Equal(tt.walks, tt.wantWalks) || tt.indexed != tt.wantIndexed {
			t.Errorf("%s: walked %v and asked the index %d times, want %v and %d", name, tt.walks, tt.indexed, tt.wantWalks, tt.wantIndexed)
		}
	}
}

// Whatever way is taken, no candidate is left out or comes twice.
func TestWalkGoesToTheEnd(t *testing.T) {
	for name, is := range map[string]func(i int) bool{
		"dense":              func(i int) bool { return i%3 == 0 },
		"dense, then rare":   func(i int) bool { return i < 4000 && i%7 == 0 || i%500 == 0 },
		"rare":               func(i int) bool { return i%500 == 1 },
		"at the ends":        func(i int) bool { return i < 99 || i > 19_900 },
		"in none":            func(int) bool { return false },
		"in some long walks": func(i int) bool { return i%20 == 19 },
	} {
		c := corpus{messages: 20_000, is: is}
		newest := store.MessageID(c.messages + 1)
		if want, got := c.candidates(newest, c.messages), taken(t, c.walk().Candidates(newest), 0); !slices.Equal(got, want) {
			t.Errorf("%s: got %d candidates, want %d", name, len(got), len(want))
		}
		if longest := slices.Max(c.walks); longest > 1600 {
			t.Errorf("%s: %d messages were looked at in one go", name, longest)
		}
	}
}

// However short the walks are, they end.
func TestWalkWithoutCandidates(t *testing.T) {
	c := corpus{messages: 1e5, is: func(int) bool { return false }}
	w := c.walk()
	w.First = w.Dense - 1
	if found := taken(t, w.Candidates(store.MessageID(c.messages+1)), 0); len(found) > 0 || len(c.walks) != 1 || c.indexed != 1 {
		t.Errorf("found %v in %d walks, and by the index %d times", found, len(c.walks), c.indexed)
	}
}

func TestWalkFails(t *testing.T) {
	broken := errors.New("broken")
	fails := func(store.MessageID, int) ([]Candidate, bool, error) { return nil, false, broken }
	none := func(store.MessageID, int) ([]Candidate, bool, error) { return nil, false, nil }
	index := func(store.MessageID) iter.Seq2[Candidate, error] {
		return func(yield func(Candidate, error) bool) { yield(Candidate{}, broken) }
	}
	for what, w := range map[string]Walk{"the walk": {First: 1, Dense: 1, Newest: fails}, "the index": {First: 1, Dense: 1, Newest: none, Indexed: index}} {
		n := 0
		for _, err := range w.Candidates(7) {
			if n++; !errors.Is(err, broken) {
				t.Errorf("%s: error %v", what, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d errors", what, n)
		}
	}
}
