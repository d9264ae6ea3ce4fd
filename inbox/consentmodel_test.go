package inbox_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// do does one step.
func (w *consentWorld) do(s consentStep) {
	switch s.kind {
	case stepText:
		w.text(s)
	case stepAgree:
		w.agree(s)
	case stepStopSaid:
		w.stopSaid(s)
	case stepStopHeard:
		w.stopHeard(s)
	case stepVoid:
		w.voidNumber(s)
	case stepImport:
		w.imports(s)
	case stepProvider:
		w.provider(s)
	case stepFault:
		w.orderFault(s)
	case stepReply:
		w.reply(s)
	case stepAsk:
		w.ask(s)
	case stepRelease:
		w.release(s)
	case stepConfirmHold:
		w.confirmHold(s)
	case stepCancel:
		w.cancel(s)
	case stepEmergency:
		w.emergency(s)
	case stepWait:
		w.tell("wait %v", waits[s.draw[0]%len(waits)])
		w.Advance(waits[s.draw[0]%len(waits)])
		w.count("wait")
	case stepRestart:
		w.tell("restart")
		w.Restart()
		w.restarted = w.Now()
		w.count("restart")
	case stepBot:
		w.orderBot(s)
	}
}

// runSteps lets a sequence happen to an engine, and returns what it did wrong.
func runSteps(t testing.TB, seed uint64, steps []consentStep, cfg worldConfig, counts map[string]int) []string {
	w := newConsentWorld(t, seed, cfg, counts)
	w.count("sequence")
	for i, s := range steps {
		w.tick()
		w.count("step")
		w.do(s)
		if !s.rush {
			w.Advance(time.Millisecond) // nobody does two things at one moment
			w.rest(false)
		}
		if len(w.violations) > 0 {
			return append(w.violations, fmt.Sprintf("at step %d: %v", i, s), w.told())
		}
	}
	w.Settle()
	w.rest(false)
	w.Advance(5 * 24 * time.Hour)
	w.rest(true)
	if len(w.violations) == 0 {
		return nil
	}
	return append(w.violations, w.told())
}

// told is what has happened.
func (w *consentWorld) told() string { return "what has happened:\n\t" + strings.Join(w.story, "\n\t") }

// consentSeeds runs sequences from a seed on until one breaks a promise, and explains
// it.
func consentSeeds(t *testing.T, from uint64, more func(n uint64) bool, counts map[string]int) {
	t.Helper()
	for n := uint64(0); more(n); n++ {
		seed := from + n
		steps := drawSteps(seed)
		found := runSteps(t, seed, steps, worldConfig{}, counts)
		if len(found) == 0 {
			continue
		}
		small := shrinkSteps(steps, func(fewer []consentStep) bool {
			return len(runSteps(t, seed, fewer, worldConfig{}, make(map[string]int))) > 0
		})
		found = runSteps(t, seed, small, worldConfig{}, make(map[string]int))
		t.Errorf("seed %d breaks a promise:\n\t%s\nwith %d of %d steps:\n%s", seed, strings.Join(found, "\n\t"), len(small), len(steps), storyOf(small))
		return
	}
}

// consentCounts tells what was seen.
func consentCounts(counts map[string]int) string {
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%9d  %s\n", counts[what], what)
	}
	return b.String()
}

// TestConsentModel lets the same happen to the engine and to a model of what it has
// promised: nothing that is forbidden is ever handed to the channel, and what is owed
// is said, once.
func TestConsentModel(t *testing.T) {
	sequences := uint64(300)
	counts := make(map[string]int)
	consentSeeds(t, 1, func(n uint64) bool { return n < sequences }, counts)
	t.Logf("this was seen:\n%s", consentCounts(counts))
}

// envConsentFor is for how long sequences are run that nobody has seen.
const envConsentFor = "TEAMINBOX_CONSENT_MODEL_FOR"

func TestConsentModelFreshSeeds(t *testing.T) {
	text := os.Getenv(envConsentFor)
	if text == "" {
		t.Skipf("set %s to a duration, like 1m, to run fresh seeds", envConsentFor)
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s is no duration: %v", envConsentFor, err)
	}
	first := uint64(time.Now().UnixNano())
	begun := time.Now()
	counts := make(map[string]int)
	consentSeeds(t, first, func(uint64) bool { return time.Since(begun) < length }, counts)
	t.Logf("the first seed was %d; this was seen in %v:\n%s", first, time.Since(begun).Round(time.Second), consentCounts(counts))
}
