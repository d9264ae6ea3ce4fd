package search

// Walk answers for candidates in the way that is the faster one. A word that is
// in many messages is found soon if one looks at the newest, which takes for
// ever for a rare one. An index finds at once all messages that have a rare
// word, which are a great many for a common one. So the newest are looked at
// first, and the more of them the more often there is a candidate.
type Walk struct {
	First int // messages that are looked at first
	Dense int // an index is slower if one in so many is a candidate

	// Newest returns the candidates among so many of the newest messages, and
	// whether there are no older ones.
	Newest func(messages int) (found []Candidate, end bool, err error)
	// Indexed returns the candidates by the index.
	Indexed func() ([]Candidate, error)
}

// widening says how many times as long the next walk is.
const widening = 8

// Candidates returns at most so many candidates.
func (w Walk) Candidates(limit int) ([]Candidate, error) {
	for messages := w.First; ; messages *= widening {
		found, end, err := w.Newest(messages)
		if err != nil || end || len(found) == limit {
			return found, err
		}
		if len(found) < messages/w.Dense {
			return w.Indexed()
		}
	}
}
