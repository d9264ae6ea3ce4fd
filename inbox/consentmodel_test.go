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
	case stepKinds: // which is none
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
	sequences := uint64(250)
	if testing.Short() {
		sequences = 100
	}
	counts := make(map[string]int)
	consentSeeds(t, 1, func(n uint64) bool { return n < sequences }, counts)
	t.Logf("this was seen:\n%s", consentCounts(counts))
	if testing.Short() {
		t.Log("whether all was seen that should be is not looked at, as only a few sequences were run")
		return
	}
	if t.Failed() {
		return
	}
	for _, what := range consentKinds {
		if counts[what] == 0 {
			t.Errorf("%q was never seen", what)
		}
	}
}

// consentKinds are what must have been seen, or the test shows less than it says.
var consentKinds = []string{
	"text: none", "text: opt_out", "text: opt_in", "text: help", "text: ambiguous",
	"text that came late", "text that came twice", "text that was on its way for a while", "keyword that the provider has answered",
	"opt-in by a word, to a question true", "opt-in by a word, to a question false",
	"hold", "hold that was released", "hold that was confirmed", "hold that became an opt-out",
	"opt-in that was recorded: ", "opt-in that was recorded: express", "opt-in that was recorded: express_written", "opt-in that was refused",
	"opt-out that was recorded: everything", "opt-out that was recorded: marketing", "opt-out that was recorded: everything of news",
	"recorded opt-out that is confirmed", "number that is void", "import: opt_in", "import: opt_out", "import that was refused",
	"provider's report: stopped", "provider's report: marketing stopped", "provider's report: marketing resumed", "provider's report: number void",
	"fault: refused, consent unchanged", "fault: rejected, consent unchanged", "fault: lost, consent unchanged", "fault: answer lost, consent unchanged",
	"fault: undelivered, consent unchanged", "fault: rejected, consent stopped", "fault: rejected, consent marketing stopped",
	"fault: rejected, consent number void", "fault: undelivered, consent stopped",
	"question", "question refused: deny", "question refused, as one is open", "emergency", "emergency refused", "message that was withdrawn",
	"reply of purpose : queued", "reply of purpose conversational: queued", "reply of purpose transactional: queued", "reply of purpose marketing: queued",
	"reply of purpose marketing: deferred", "reply refused: deny", "reply refused: needs_template", "reply refused: needs_human",
	"deferred", "deferred until a person decides", "blocked", "restart", "wait",
	"sent: compliance asked by user", "sent: compliance help by system", "sent: compliance opt_in by system", "sent: compliance opt_out by system",
	"sent: conversational none by responder", "sent: conversational none by user", "sent: transactional none by responder", "sent: transactional none by user",
	"sent: marketing none by responder", "sent: marketing none by user", "sent: emergency none by user", "sent with a consent that the record names",
	"word said: help", "word said: opt_in", "word said: opt_out", "the model says of a send: may go",
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
