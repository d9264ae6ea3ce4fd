package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The environment variables that choose what is run; see the package's doc.
const (
	envSeed  = "TEAMINBOX_SIMULATION_SEED"
	envStore = "TEAMINBOX_SIMULATION_STORE"
	envFor   = "TEAMINBOX_SIMULATION_FOR"

	// These are for the binary of TestPlantedBugs.
	envBug    = "TEAMINBOX_SIMULATION_BUG"    // the planted bug that it has
	envBudget = "TEAMINBOX_SIMULATION_BUDGET" // so many seeds
	envFrom   = "TEAMINBOX_SIMULATION_FROM"   // beginning with this one
	envWant   = "TEAMINBOX_SIMULATION_WANT"   // the check that is to fail; others may as well
)

// shrinking is how long a failure is made smaller.
const shrinking = 20 * time.Second

// TestSeeds runs the same seeds every time.
func TestSeeds(t *testing.T) {
	for kind, seeds := range map[storeKind]uint64{inMemory: 350, inSQLite: 6} {
		t.Run(string(kind), func(t *testing.T) {
			for seed := range seeds {
				if !holds(t, seed, kind) {
					return
				}
			}
		})
	}
}

// holds runs a seed, and explains how if it breaks a promise.
func holds(t *testing.T, seed uint64, kind storeKind) bool {
	t.Helper()
	return sound(t, seed, kind, simulate(t, newPlan(seed), kind))
}

func sound(t *testing.T, seed uint64, kind storeKind, r result) bool {
	t.Helper()
	if len(r.violations) == 0 {
		return true
	}
	t.Errorf("seed %d with store %s breaks\n%s", seed, kind, r.report())
	p := newPlan(seed)
	small := shrink(t, p, kind, r.violations[0].check, shrinking)
	r = simulate(t, small, kind)
	t.Logf("with %d of %d operations and %d of %d faults:\n%s\n%s\nTo see the whole run: %s=%d %s=%s go test -run TestSeed$ -v ./internal/simulation",
		len(small.Ops), len(p.Ops), len(small.Faults), len(p.Faults), r.report(), r.story(), envSeed, seed, envStore, kind)
	return false
}

// TestSeed shows the run of one seed.
func TestSeed(t *testing.T) {
	text := cmp.Or(os.Getenv(envSeed), "1")
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s is no number: %v", envSeed, err)
	}
	kind := inMemory
	if os.Getenv(envStore) == string(inSQLite) {
		kind = inSQLite
	}
	r := simulate(t, newPlan(seed), kind)
	t.Logf("seed %d with store %s:\n%s", seed, kind, r.story())
	sound(t, seed, kind, r)
}

// TestFreshSeeds runs seeds that nobody has seen, for as long as it is told.
func TestFreshSeeds(t *testing.T) {
	text := os.Getenv(envFor)
	if text == "" {
		t.Skipf("set %s to a duration, like 1m, to run fresh seeds", envFor)
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s is no duration: %v", envFor, err)
	}
	first := uint64(time.Now().UnixNano())
	t.Logf("the first seed is %d", first)
	begun := time.Now()
	counts := make(map[string]int)
	seeds := 0
	for ; time.Since(begun) < length; seeds++ {
		seed, kind := first+uint64(seeds), inMemory
		if seeds%50 == 49 {
			kind = inSQLite
		}
		r := simulate(t, newPlan(seed), kind)
		counts["seed: "+string(kind)]++
		for what, n := range r.counts {
			counts[what] += n
		}
		if !sound(t, seed, kind, r) {
			break
		}
	}
	t.Logf("%d seeds in %v, %.0f a minute\n%s", seeds, time.Since(begun).Round(time.Second), float64(seeds)/time.Since(begun).Minutes(), table(counts))
}

func table(counts map[string]int) string {
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%9d  %s\n", counts[what], what)
	}
	return b.String()
}

// TestBudget runs a number of seeds and stops at the first that breaks a
// promise. TestPlantedBugs runs it with a defect.
func TestBudget(t *testing.T) {
	number := func(name, otherwise string) uint64 {
		n, err := strconv.ParseUint(cmp.Or(os.Getenv(name), otherwise), 10, 64)
		if err != nil {
			t.Fatalf("%s is no number: %v", name, err)
		}
		return n
	}
	from := number(envFrom, "0")
	for n := range number(envBudget, "1") {
		seed := from + n
		r := simulate(t, newPlan(seed), inMemory)
		want := os.Getenv(envWant)
		if slices.ContainsFunc(r.violations, func(v violation) bool { return want == "" || v.check.name == want }) {
			t.Fatalf("seed %d breaks\n%s", seed, r.report())
		}
	}
}

// TestSameSeedSameRun holds the simulation to what makes it useful: a seed
// gives the same run every time, however many processors there are.
func TestSameSeedSameRun(t *testing.T) {
	for kind, seeds := range map[storeKind]uint64{inMemory: 10, inSQLite: 2} {
		for seed := range seeds {
			var first string
			for try := range 6 {
				before := runtime.GOMAXPROCS(1 + try%3*3)
				r := simulate(t, newPlan(seed), kind)
				runtime.GOMAXPROCS(before)
				story := r.story() + r.report()
				switch {
				case try == 0:
					first = story
				case story != first:
					t.Fatalf("seed %d with store %s runs otherwise the %d. time:\n%s", seed, kind, try+1, difference(first, story))
				}
			}
		}
	}
}

// difference shows where two stories part.
func difference(a, b string) string {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(one), len(other)) {
		if one[i] != other[i] {
			return strings.Join(one[max(0, i-5):i+1], "\n") + "\nand\n" + other[i]
		}
	}
	return fmt.Sprintf("one has %d lines and the other %d", len(one), len(other))
}

// TestSeedsDiffer makes sure that seeds are not the same run.
func TestSeedsDiffer(t *testing.T) {
	seen := make(map[string]uint64)
	for seed := range uint64(20) {
		story := simulate(t, newPlan(seed), inMemory).story()
		if other, again := seen[story]; again {
			t.Errorf("seeds %d and %d are the same run", other, seed)
		}
		seen[story] = seed
	}
}
