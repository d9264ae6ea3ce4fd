package pgtest

import "sync/atomic"

// Losses are COMMITs that are to be lost. Its methods may be called from many
// goroutines.
type Losses struct {
	expected int64
	left     atomic.Int64
}

func newLosses(n int) *Losses {
	l := &Losses{expected: int64(n)}
	l.left.Store(l.expected)
	return l
}

// Count returns how many were lost so far. It has risen by the time that a
// client notices.
func (l *Losses) Count() int { return int(l.expected - l.left.Load()) }

// take reports whether one more is to be lost, which it then counts.
func (l *Losses) take() bool {
	for {
		left := l.left.Load()
		if left <= 0 {
			return false
		}
		if l.left.CompareAndSwap(left, left-1) {
			return true
		}
	}
}
