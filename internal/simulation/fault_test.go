package simulation

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/store"
)

// callKind is what an engine calls.
type callKind string

// The kinds of calls.
const (
	callView      callKind = "view"
	callUpdate    callKind = "update"
	callSend      callKind = "send"
	callReconcile callKind = "reconcile"
	callRoute     callKind = "route"
	callRespond   callKind = "respond"
	callBackfill  callKind = "list"
	callAnswer    callKind = "answer" // a call was carried out; its answer is on its way
)

// faultKind is what goes wrong with a call.
type faultKind string

// What goes wrong.
const (
	noFault faultKind = ""

	failsBefore  faultKind = "fails before"
	rollsBack    faultKind = "fails and is rolled back"
	runsTwice    faultKind = "runs twice after a conflict"
	unknownKept  faultKind = "commits and the answer is lost"
	unknownLost  faultKind = "does not commit and nobody knows"
	answersLate  faultKind = "answers late"
	clientLeaves faultKind = "the caller leaves"
	crashBefore  faultKind = "crash before"
	crashAfter   faultKind = "crash after"

	carrierRefuses    faultKind = "refused"
	carrierRejects    faultKind = "rejected"
	carrierOptOut     faultKind = "rejected as opted out"
	carrierLoses      faultKind = "lost"
	carrierForgets    faultKind = "taken and the answer is lost"
	carrierUndeliver  faultKind = "undelivered"
	carrierLateOptOut faultKind = "undelivered as opted out"
	carrierSlow       faultKind = "slow"
	carrierEarly      faultKind = "reported before the answer"
	carrierSilent     faultKind = "never reported"
	carrierDelays     faultKind = "reported late"
	carrierDoubles    faultKind = "reported twice"
	carrierSwaps      faultKind = "reported in reverse"
	plainError        faultKind = "taken and fails without saying so"

	panics     faultKind = "panics"
	failsLater faultKind = "fails half way"
	hangs      faultKind = "hangs and answers late"
	timesOut   faultKind = "returns when its time is up"
	nobody     faultKind = "names nobody"
	strangers  faultKind = "names strangers"
	speaks     faultKind = "speaks"
	tooLong    faultKind = "says too much"
)

// faultsOf are the faults of each kind of call.
var faultsOf = map[callKind][]faultKind{
	callView:   {failsBefore, failsBefore, crashBefore},
	callUpdate: {failsBefore, rollsBack, runsTwice, unknownKept, unknownKept, unknownLost, answersLate, clientLeaves, crashBefore, crashAfter},
	callSend: {
		carrierRefuses, carrierRefuses, carrierRefuses, carrierRejects, carrierOptOut, carrierLoses, carrierLoses, carrierForgets, carrierForgets, carrierUndeliver,
		carrierLateOptOut, carrierSlow, carrierEarly, carrierSilent, carrierDelays, carrierDoubles, carrierSwaps, plainError,
		panics, answersLate, crashBefore, crashAfter,
	},
	callReconcile: {failsBefore, failsBefore, panics, timesOut, crashBefore, crashAfter},
	callBackfill:  {failsBefore, panics, timesOut, failsLater, failsLater, crashBefore, crashAfter},
	callRoute:     {failsBefore, panics, hangs, timesOut, nobody, strangers, crashBefore, crashAfter},
	callRespond:   {failsBefore, panics, hangs, timesOut, speaks, tooLong, crashBefore, crashAfter},
}

// faultOf says what a fault does to a call of a kind.
func faultOf(kind callKind, roll uint32) faultKind {
	options := faultsOf[kind]
	if len(options) == 0 {
		return noFault
	}
	return options[roll%uint32(len(options))]
}

// carrierFault translates a fault for the carrier.
func carrierFault(f faultKind) simulated.Fault {
	switch f {
	case carrierRefuses:
		return simulated.Fault{Kind: simulated.Refused, RetryAfter: 3 * time.Second}
	case carrierRejects:
		return simulated.Fault{Kind: simulated.Rejected}
	case carrierOptOut:
		return simulated.Fault{Kind: simulated.Rejected, Consent: channel.ConsentStopped}
	case carrierLoses:
		return simulated.Fault{Kind: simulated.Lost}
	case carrierForgets:
		return simulated.Fault{Kind: simulated.AnswerLost}
	case carrierUndeliver:
		return simulated.Fault{Kind: simulated.Undelivered}
	case carrierLateOptOut:
		return simulated.Fault{Kind: simulated.Undelivered, Consent: channel.ConsentStopped}
	case carrierSlow:
		return simulated.Fault{Slow: true}
	case carrierEarly:
		return simulated.Fault{Reports: simulated.Disturbance{Early: true}}
	case carrierSilent:
		return simulated.Fault{Reports: simulated.Disturbance{Lost: true}}
	case carrierDelays:
		return simulated.Fault{Reports: simulated.Disturbance{Delay: 90 * time.Second}}
	case carrierDoubles:
		return simulated.Fault{Reports: simulated.Disturbance{Copies: 1}}
	case carrierSwaps:
		return simulated.Fault{Reports: simulated.Disturbance{Swapped: true}}
	default:
		return simulated.Fault{}
	}
}

// Errors that the simulation makes. Those of the engine never match them.
var (
	// errInjected means that certainly nothing was done.
	errInjected = errors.New("simulation: failed as planned")
	// errUnknown means that nobody knows whether the commit happened.
	errUnknown = fmt.Errorf("simulation: %w", store.ErrUnknown)
	// errDead means that the process is not there any more.
	errDead = errors.New("simulation: the process has crashed")
)
