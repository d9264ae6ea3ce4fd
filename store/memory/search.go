package memory

import (
	"iter"
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
func (t *tx) Candidates(w search.Wanted) iter.Seq2[search.Candidate, error] {
	return func(yield func(search.Candidate, error) bool) {
		looked := 0
		for id, m := range t.messages.below(w.Before) {
			if looked++; looked%1000 == 0 && t.ctx.Err() != nil {
				yield(search.Candidate{}, t.ready())
				return
			}
			if w.Within != nil {
				if _, in := slices.BinarySearch(w.Within, m.Conversation); !in {
					continue
				}
			}
			if w.Covers(*m) && !yield(search.Candidate{Message: id, Conversation: m.Conversation, Text: m.Text, HasText: true}, nil) {
				return
			}
		}
	}
}
