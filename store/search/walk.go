package search

import (
	"iter"

	"github.com/teaminbox/teaminbox/store"
)

// Walk answers for candidates in the way that is the faster one. A word that is
// in many messages is found soon if one looks at the newest, which takes for
// ever for a rare one. An index finds at once all messages that have a rare
// word, which are a great many for a common one. So it is walked along the
// newest, with longer and longer strides, as long as there are candidates
// enough.
type Walk struct {
	First int // messages that are looked at first
	Dense int // an index is slower if one in so many is a candidate

	// Newest returns the candidates among so many of the newest messages before
	// one, and whether there are no older ones.
	Newest func(before store.MessageID, messages int) (found []Candidate, end bool, err error)
	// Indexed yields the candidates before a message by the index.
	Indexed func(before store.MessageID) iter.Seq2[Candidate, error]
}

// longest says how many times as long as the first the longest stride is. What
// of it nobody asks for was looked at in vain.
const longest = 16

// Candidates yields the candidates before a message.
func (w Walk) Candidates(before store.MessageID) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		for messages := w.First; ; messages = min(widening*messages, longest*w.First) {
			found, end, err := w.Newest(before, messages)
			if err != nil {
				yield(Candidate{}, err)
				return
			}
			for _, c := range found {
				if !yield(c, nil) {
					return
				}
				before = c.Message
			}
			if end {
				return
			}
			if len(found) == 0 || len(found) < messages/w.Dense {
				break
			}
		}
		w.Indexed(before)(yield)
	}
}
