package parity

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"testing"
)

// The environment variables that choose what is played; see the package's doc.
const (
	envSeed  = "TEAMINBOX_PARITY_SEED"
	envSeeds = "TEAMINBOX_PARITY_SEEDS"
)

// TestTour plays the script that is written by hand.
func TestTour(t *testing.T) { same(t, "the tour", tour) }

// TestSeeds plays the same seeds every time, or those that it is told.
func TestSeeds(t *testing.T) {
	seeds := uint64(4)
	if testing.Short() || os.Getenv(envSeed) != "" {
		seeds = 1
	}
	from := number(t, envSeed, 0)
	for n := range number(t, envSeeds, seeds) {
		playSeed(t, from+n)
	}
}

func playSeed(t *testing.T, seed uint64) {
	name := fmt.Sprintf("seed %d", seed)
	t.Run(name, func(t *testing.T) { same(t, name, random(seed)) })
}

// number reads an environment variable.
func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv(variable), strconv.FormatUint(otherwise, 10)), 10, 64)
	if err != nil {
		t.Fatalf("%s is no number: %v", variable, err)
	}
	return n
}

// same plays a script on every store, and fails the test unless the histories
// are the same.
func same(t *testing.T, name string, script func(*world)) {
	t.Helper()
	var first history
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			h := play(t, kind.open, script)
			if first == nil {
				first = h
				return
			}
			compare(t, name, kinds[0].name, kind.name, first, h)
		})
	}
}
