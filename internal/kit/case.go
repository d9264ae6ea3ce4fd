package kit

import "testing"

// Case checks one rule of a contract on an E, which holds the implementation.
type Case[E any] struct {
	Name  string
	Rule  string            // a sentence of the contract
	Check func(env E) error // what is wrong, or nil
}

// Run runs each case as a subtest, on an E of its own.
func Run[E any](t *testing.T, cases []Case[E], env func(t testing.TB) (E, error)) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Try(t, env); err != nil {
				t.Errorf("%v\n\tthe rule: %s", err, c.Rule)
			}
		})
	}
}

// Try runs the case and returns what is wrong. The kits' own tests use it to
// see that a broken implementation is found.
func (c Case[E]) Try(t testing.TB, env func(t testing.TB) (E, error)) error {
	e, err := env(t)
	if err != nil {
		return err
	}
	return c.Check(e)
}
