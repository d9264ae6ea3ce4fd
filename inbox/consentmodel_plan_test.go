package inbox_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/compliance"
)

// consentStep is one step of a sequence. All chance in it is drawn beforehand, so that
// a sequence stays the same if others of its steps are left out.
type consentStep struct {
	kind     stepKind
	customer int
	number   int // of ours, where there are two
	rush     bool
	draw     [5]int // each from [0, 1000)
}

type stepKind uint8

const (
	stepText stepKind = iota
	stepAgree
	stepStopSaid
	stepStopHeard
	stepVoid
	stepImport
	stepProvider
	stepFault
	stepReply
	stepAsk
	stepRelease
	stepConfirmHold
	stepCancel
	stepEmergency
	stepWait
	stepRestart
	stepBot
	stepKinds
)

var stepNames = [stepKinds]string{
	"text", "agree", "stop said", "stop heard by an agent", "void", "import", "provider's report", "fault", "reply", "ask",
	"release", "confirm hold", "cancel", "emergency", "wait", "restart", "bot",
}

// odds are how often a step is drawn, of their sum.
var odds = [stepKinds]int{
	stepText: 36, stepAgree: 9, stepStopSaid: 4, stepStopHeard: 2, stepVoid: 3, stepImport: 4, stepProvider: 5, stepFault: 4, stepReply: 26, stepAsk: 5,
	stepRelease: 3, stepConfirmHold: 2, stepCancel: 2, stepEmergency: 2, stepWait: 18, stepRestart: 2, stepBot: 4,
}

// drawSteps draws a sequence.
func drawSteps(seed uint64) []consentStep {
	r := rand.New(rand.NewPCG(seed, 1))
	sum := 0
	for _, n := range odds {
		sum += n
	}
	// Few customers make it likely that things meet.
	only := r.IntN(2 * len(customerAddresses))
	calm := r.IntN(2) == 0 // hardly anybody stops anything, so that much may go
	steps := make([]consentStep, 12+r.IntN(28))
	for i := range steps {
		s := &steps[i]
		n := r.IntN(sum)
		for n >= odds[s.kind] {
			n -= odds[s.kind]
			s.kind++
		}
		s.customer, s.number, s.rush = r.IntN(len(customerAddresses)), r.IntN(2), r.IntN(5) == 0
		if only < len(customerAddresses) && r.IntN(4) > 0 {
			s.customer = only
		}
		for d := range s.draw {
			s.draw[d] = r.IntN(1000)
		}
		if i > 0 && s.follow(steps[i-1], r) {
			continue
		}
		if calm && r.IntN(4) > 0 {
			s.calm()
		}
	}
	return steps
}

// follow makes a step go with the one before, as chance alone seldom does. It
// reports whether it has.
func (s *consentStep) follow(before consentStep, r *rand.Rand) bool {
	switch {
	case before.kind == stepAsk && r.IntN(2) == 0: // it is answered
		s.kind, s.draw[0] = stepText, answerPhrase
	case before.kind == stepText && phrases[before.draw[0]%len(phrases)].kind == compliance.Ambiguous && r.IntN(3) == 0:
		s.kind = stepRelease
	case before.kind == stepAgree && r.IntN(3) == 0:
		s.kind, s.draw[0] = stepReply, 3 // what sells
	case before.kind == stepImport && r.IntN(4) == 0: // of what was said before that
		s.kind, s.draw[0], s.draw[1] = stepStopSaid, 0, 3
	default:
		return false
	}
	s.customer, s.number = before.customer, before.number
	return true
}

// calm makes a step one that stops nothing.
func (s *consentStep) calm() {
	switch s.kind {
	case stepStopSaid, stepStopHeard, stepVoid, stepProvider:
		s.kind = stepReply
	case stepText:
		if phrases[s.draw[0]%len(phrases)].kind == compliance.OptOut {
			s.draw[0] = 0
		}
	default:
	}
}

func (s consentStep) String() string {
	text := fmt.Sprintf("%s, customer %d, number %d, %v", stepNames[s.kind], s.customer, s.number, s.draw)
	if s.rush {
		text += ", without a pause"
	}
	return text
}

// oneOf picks one of some values by a draw.
func oneOf[T any](draw int, values ...T) T { return values[draw%len(values)] }

// shrinkSteps leaves out of a sequence what a failure does not need.
func shrinkSteps(steps []consentStep, fails func([]consentStep) bool) []consentStep {
	for size := len(steps) / 2; size >= 1; size /= 2 {
		for from := 0; from+size <= len(steps); {
			fewer := slices.Delete(slices.Clone(steps), from, from+size)
			if fails(fewer) {
				steps = fewer
			} else {
				from += size
			}
		}
	}
	return steps
}

// storyOf tells a sequence.
func storyOf(steps []consentStep) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "\t%v\n", s)
	}
	return b.String()
}
