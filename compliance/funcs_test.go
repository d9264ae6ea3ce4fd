package compliance_test

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

func TestFuncs(t *testing.T) {
	never := compliance.Funcs{DecideFunc: func(compliance.State, compliance.Outgoing, time.Time) compliance.Decision {
		return compliance.Decision{Verdict: compliance.Deny, Reason: "never"}
	}}
	if d := never.Decide(compliance.State{}, compliance.Outgoing{}, time.Time{}); d.Reason != "never" {
		t.Errorf("Decide is %+v, want the function's", d)
	}
	stop := channel.Inbound{Text: "STOP"}
	if c := never.Classify(stop, compliance.Context{}); c.Kind != compliance.OptOut {
		t.Errorf("Classify without a function is %+v, want that of Standard", c)
	}
	nothing := compliance.Funcs{ClassifyFunc: func(channel.Inbound, compliance.Context) compliance.Classification {
		return compliance.Classification{}
	}}
	if c := nothing.Classify(stop, compliance.Context{}); c.Kind != compliance.None {
		t.Errorf("Classify is %+v, want the function's", c)
	}
	if d := nothing.Decide(compliance.State{OptedOut: true}, compliance.Outgoing{Purpose: compliance.Marketing}, time.Time{}); d.Verdict != compliance.Deny {
		t.Errorf("Decide without a function is %+v, want that of Standard", d)
	}
}
