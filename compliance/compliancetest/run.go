package compliancetest

import (
	"slices"
	"testing"

	"github.com/teaminbox/teaminbox/internal/kit"
)

// Run checks a policy against the contract of package compliance.
func Run(t *testing.T, h Harness) {
	t.Helper()
	kit.Run(t, cases(), h.env)
}

func cases() []kit.Case[*env] {
	all := slices.Concat(keywordCases(), spellingCases(), ordinaryCases(), providerCases(), optedOutCases(), heldCases(), answerCases(), windowCases(), marketingCases(), decisionCases(), pureCases())
	for i, c := range all {
		all[i].Check = func(e *env) error {
			_, err := kit.Call(e.Patience, func() (struct{}, error) { return struct{}{}, c.Check(e) })
			return err
		}
	}
	return all
}
