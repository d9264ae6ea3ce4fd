package compliancetest

import (
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

// Policies that differ from Standard where policies may are not broken.
func TestWhatMayDiffer(t *testing.T) {
	newMute := decides(func(s compliance.State, m compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
		if s.OptedOut && m.Answers == compliance.OptOut {
			return denied
		}
		return d
	})
	newKind := allows(func(_ compliance.State, m compliance.Outgoing, at time.Time) bool {
		return m.Human && m.Purpose == compliance.Conversational && at.Sub(m.LastInbound) < time.Hour
	})
	newStrict := decides(func(s compliance.State, m compliance.Outgoing, _ time.Time, d compliance.Decision) compliance.Decision {
		switch {
		case m.Purpose == compliance.Marketing && s.Entry == 0:
			return compliance.Decision{Verdict: compliance.Deny, Reason: "no consent"}
		case s.OptedOut && m.Purpose != compliance.Compliance:
			return compliance.Decision{Verdict: compliance.NeedsHuman, Reason: "opted out"}
		}
		return d
	})
	for _, may := range []struct {
		name string
		h    Harness
		new  func() compliance.OptOutPolicy
	}{
		{"never confirms", Harness{NoConfirmation: true}, newMute},
		{"lets people answer", Harness{AnswersOptedOut: true}, newKind},
		{"denies more", Harness{}, newStrict},
	} {
		t.Run(may.name, func(t *testing.T) {
			may.h.New = func(testing.TB) compliance.OptOutPolicy { return may.new() }
			Run(t, may.h)
		})
	}
}

func TestHarnessWithoutPolicy(t *testing.T) {
	for _, h := range []Harness{{}, {New: func(testing.TB) compliance.OptOutPolicy { return nil }}} {
		if err := tryCase(t, "Classify/Stop", h); err == nil || !strings.Contains(err.Error(), "harness: New") {
			t.Errorf("got the error %v, want one about Harness.New", err)
		}
	}
}

// Every case has a name of its own and a rule.
func TestCasesAreNamed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases() {
		if c.Name == "" || seen[c.Name] || c.Rule == "" || c.Check == nil {
			t.Errorf("case %q is unnamed, there twice, or without a rule", c.Name)
		}
		seen[c.Name] = true
	}
}
