package memory

import (
	"math"
	"slices"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// SearchMessages looks at every message of the account, from the newest on.
func (t *tx) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	return search.Find(t, q)
}

// Candidates implements [search.Index].
func (t *tx) Candidates(w search.Wanted) ([]search.Candidate, error) {
	before := w.Before
	if before == 0 {
		before = math.MaxInt64
	}
	var found []search.Candidate
	looked := 0
	for id, m := range t.messages.below(before) {
		if looked++; looked%1000 == 0 && t.ctx.Err() != nil {
			return nil, t.ready()
		}
		if w.Within != nil {
			if _, in := slices.BinarySearch(w.Within, m.Conversation); !in {
				continue
			}
		}
		if !w.Covers(*m) || !w.Matches(m.Text) {
			continue
		}
		if found = append(found, search.Candidate{Message: id, Conversation: m.Conversation}); len(found) == w.Limit {
			break
		}
	}
	return found, nil
}
