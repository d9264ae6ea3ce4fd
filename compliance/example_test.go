package compliance_test

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

func ExampleStandard_Classify() {
	var policy compliance.Standard
	for _, text := range []string{"Stop!", "please stop", "Which bus stop is nearest?", "HELP"} {
		c := policy.Classify(channel.Inbound{Text: text}, compliance.Context{})
		fmt.Printf("%-28s %v %q\n", text, c.Kind, c.Rule)
	}
	// Output:
	// Stop!                        opt_out "keyword STOP"
	// please stop                  opt_out "keyword STOP"
	// Which bus stop is nearest?   none ""
	// HELP                         help "keyword HELP"
}

func ExampleStandard_Decide() {
	noon := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	var policy compliance.Standard
	answer := compliance.Outgoing{
		Purpose: compliance.Conversational, Family: channel.WhatsApp, Human: true, LastInbound: noon.Add(-25 * time.Hour),
	}
	fmt.Println(policy.Decide(compliance.State{}, answer, noon).Verdict)

	optedOut := compliance.State{OptedOut: true, Since: noon.Add(-time.Hour), Entry: 1}
	fmt.Println(policy.Decide(optedOut, answer, noon).Reason)
	// Output:
	// needs_template
	// the contact has opted out; they can text START to hear from you again
}

// A START that is delivered after a STOP, but was written before it, undoes
// nothing.
func ExampleFold() {
	noon := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	state := compliance.Fold([]compliance.Entry{
		{ID: 1, Kind: compliance.OptOut, OccurredAt: noon, RecordedAt: noon},
		{ID: 2, Kind: compliance.OptIn, OccurredAt: noon.Add(-time.Minute), RecordedAt: noon.Add(time.Minute)},
	})
	fmt.Println(state.OptedOut, state.Entry)
	// Output: true 1
}
