package compliancetest

import (
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// fake is a policy that is Standard but for what a test breaks.
type fake struct {
	classify func(channel.Inbound, compliance.Context) compliance.Classification
	decide   func(compliance.State, compliance.Outgoing, time.Time) compliance.Decision
}

func (f fake) Classify(m channel.Inbound, c compliance.Context) compliance.Classification {
	if f.classify == nil {
		return compliance.Standard{}.Classify(m, c)
	}
	return f.classify(m, c)
}

func (f fake) Decide(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
	if f.decide == nil {
		return compliance.Standard{}.Decide(s, m, at)
	}
	return f.decide(s, m, at)
}

// classifies breaks how Standard reads messages: change sees the message, its
// context and Standard's reading.
func classifies(change func(channel.Inbound, compliance.Context, compliance.Classification) compliance.Classification) func() compliance.OptOutPolicy {
	return func() compliance.OptOutPolicy {
		return fake{classify: func(m channel.Inbound, c compliance.Context) compliance.Classification {
			return change(m, c, compliance.Standard{}.Classify(m, c))
		}}
	}
}

// decides breaks how Standard decides.
func decides(change func(compliance.State, compliance.Outgoing, time.Time, compliance.Decision) compliance.Decision) func() compliance.OptOutPolicy {
	return func() compliance.OptOutPolicy {
		return fake{decide: func(s compliance.State, m compliance.Outgoing, at time.Time) compliance.Decision {
			return change(s, m, at, compliance.Standard{}.Decide(s, m, at))
		}}
	}
}

var (
	stop    = compliance.Classification{Kind: compliance.OptOut, Rule: "fake"}
	allowed = compliance.Decision{Verdict: compliance.Allow, Reason: "fake"}
	denied  = compliance.Decision{Verdict: compliance.Deny, Reason: "fake"}
)

// allows breaks Standard by allowing what it does not.
func allows(when func(compliance.State, compliance.Outgoing, time.Time) bool) func() compliance.OptOutPolicy {
	return decides(func(s compliance.State, m compliance.Outgoing, at time.Time, d compliance.Decision) compliance.Decision {
		if when(s, m, at) {
			return allowed
		}
		return d
	})
}

// forgets breaks Standard by reading a word, in this very spelling, as
// ordinary.
func forgets(word string) func() compliance.OptOutPolicy {
	return classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
		if m.Text == word {
			return compliance.Classification{}
		}
		return k
	})
}

// exactly breaks Standard by reading only texts that a normalisation leaves
// as they are.
func exactly(normalise func(string) string) func() compliance.OptOutPolicy {
	return classifies(func(m channel.Inbound, _ compliance.Context, k compliance.Classification) compliance.Classification {
		if normalise(m.Text) != m.Text {
			return compliance.Classification{}
		}
		return k
	})
}

func without(chars string) func(string) string {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(chars, r) {
				return -1
			}
			return r
		}, s)
	}
}
