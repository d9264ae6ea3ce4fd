package compliance

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Funcs makes functions an [OptOutPolicy]. A nil function is that of
// [Standard], so that a host can change one of the two:
//
//	policy := compliance.Funcs{DecideFunc: quietHours}
type Funcs struct {
	ClassifyFunc func(m channel.Inbound, c Context) Classification
	DecideFunc   func(s State, m Outgoing, at time.Time) Decision
}

var _ OptOutPolicy = Funcs{}

// Classify calls ClassifyFunc.
func (f Funcs) Classify(m channel.Inbound, c Context) Classification {
	if f.ClassifyFunc == nil {
		return Standard{}.Classify(m, c)
	}
	return f.ClassifyFunc(m, c)
}

// Decide calls DecideFunc.
func (f Funcs) Decide(s State, m Outgoing, at time.Time) Decision {
	if f.DecideFunc == nil {
		return Standard{}.Decide(s, m, at)
	}
	return f.DecideFunc(s, m, at)
}
