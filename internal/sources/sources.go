// Package sources holds what an engine takes from the world besides its store
// and channels: the time, randomness and names. Tests and simulations replace
// them, so that a run can be repeated exactly.
package sources

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"time"
)

// Sources are an engine's. All functions may be called from many goroutines.
type Sources struct {
	Now    func() time.Time
	Jitter func() float64 // evenly spread over [0, 1)
	Name   func() string  // never the same twice, in any process, and not to be guessed
}

// Real returns the world's own sources.
func Real() Sources {
	return Sources{
		Now:    func() time.Time { return time.Now().UTC() },
		Jitter: mathrand.Float64,
		Name:   rand.Text,
	}
}
