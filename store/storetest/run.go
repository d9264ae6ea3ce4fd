package storetest

import (
	"errors"
	"fmt"
	"testing"
)

// Run checks a store against the contract of package store. Each case is a
// subtest with a store of its own.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			err := c.check(t, h)
			switch {
			case isSkip(err):
				t.Skip(err)
			case err != nil:
				t.Errorf("%v\n\tthe rule: %s", err, c.rule)
			}
		})
	}
}

// testCase checks one rule. It returns what is wrong, or a skip.
type testCase struct {
	name string
	rule string // a sentence of the contract
	run  func(e *env) error
}

func (c testCase) check(t testing.TB, h Harness) error {
	e, err := newEnv(t, h)
	if err != nil {
		return err
	}
	return c.run(e)
}

func cases() []testCase {
	var all []testCase
	for _, group := range [][]testCase{
		atomicityCases(),
		versionCases(),
		valueCases(),
		timeCases(),
		contextCases(),
		isolationCases(),
		lookupCases(),
		duplicateCases(),
		listCases(),
		unreadCases(),
		messageCases(),
		searchCases(),
		taskCases(),
		leaseCases(),
		eventCases(),
		prefetchCases(),
		ledgerCases(),
		eraseCases(),
		accountCases(),
		idCases(),
		copyCases(),
		processCases(),
	} {
		all = append(all, group...)
	}
	return all
}

// skip is the error of a case that can't be run.
type skip struct{ reason string }

func (s skip) Error() string { return s.reason }

func skipf(format string, args ...any) error { return skip{fmt.Sprintf(format, args...)} }

func isSkip(err error) bool {
	var s skip
	return errors.As(err, &s)
}
