package search

import (
	"errors"
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

func (c *corpus) candidates(among, limit int) []Candidate {
	var found []Candidate
	for i := 0; i < min(among, c.messages) && len(found) < limit; i++ {
		if c.is(i) {
			found = append(found, Candidate{Message: store.MessageID(c.messages - i)})
		}
	}
	return found
}

func (c *corpus) walk(limit int) Walk {
	return Walk{
		First: 100, Dense: 20,
		Newest: func(messages int) ([]Candidate, bool, error) {
			c.walks = append(c.walks, messages)
			return c.candidates(messages, limit), messages >= c.messages, nil
		},
		Indexed: func() ([]Candidate, error) {
			c.indexed++
			return c.candidates(c.messages, limit), nil
		},
	}
}

func TestWalkTakesTheFasterWay(t *testing.T) {
	oneIn := func(n int) func(int) bool { return func(i int) bool { return i%n == 0 } }
	for name, tt := range map[string]struct {
		corpus
		wantWalks   []int
		wantIndexed int
	}{
		"in every message":         {corpus{messages: 1e6, is: oneIn(1)}, []int{100}, 0},
		"in a quarter":             {corpus{messages: 1e6, is: oneIn(4)}, []int{100}, 0},
		"in one of ten":            {corpus{messages: 1e6, is: oneIn(10)}, []int{100, 800}, 0},
		"in one of fifty":          {corpus{messages: 1e6, is: oneIn(50)}, []int{100}, 1},
		"in none":                  {corpus{messages: 1e6, is: func(int) bool { return false }}, []int{100}, 1},
		"in the newest alone":      {corpus{messages: 1e6, is: func(i int) bool { return i < 10 }}, []int{100, 800}, 1},
		"few messages":             {corpus{messages: 40, is: oneIn(50)}, []int{100}, 0},
		"in one of ten of a few":   {corpus{messages: 150, is: oneIn(10)}, []int{100, 800}, 0},
		"there are no messages":    {corpus{is: oneIn(1)}, []int{100}, 0},
		"in all but the newest":    {corpus{messages: 1e6, is: func(i int) bool { return i > 1000 }}, []int{100}, 1},
		"in those after the first": {corpus{messages: 1e6, is: func(i int) bool { return i > 90 }}, []int{100, 800}, 0},
	} {
		const limit = 20
		want := tt.candidates(tt.messages, limit)
		got, err := tt.walk(limit).Candidates(limit)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		if !slices.Equal(tt.walks, tt.wantWalks) || tt.indexed != tt.wantIndexed {
			t.Errorf("%s: walked %v and asked the index %d times, want %v and %d", name, tt.walks, tt.indexed, tt.wantWalks, tt.wantIndexed)
		}
	}
}

func TestWalkFails(t *testing.T) {
	broken := errors.New("broken")
	w := Walk{First: 1, Dense: 1, Newest: func(int) ([]Candidate, bool, error) { return nil, false, broken }}
	if _, err := w.Candidates(1); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
