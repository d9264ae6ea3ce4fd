package when

import (
	"fmt"
	"strings"
)

// Condition is something that is so of a message, or not.
//
// It is called from many goroutines at once, must be pure and quick, and must not
// keep or change the facts.
type Condition interface {
	// Holds says whether it is so. With an error, which says why that can't be told,
	// it is not.
	Holds(f *Facts) (bool, error)

	// String says in plain words what the condition is, like `the text says "refund"`,
	// for whoever asks why a message went where it did.
	String() string
}

// condition is a Condition of a function.
type condition struct {
	name string
	fn   func(*Facts) bool
}

func (c condition) Holds(f *Facts) (bool, error) { return c.fn(f), nil }
func (c condition) String() string               { return c.name }

// Func makes a host's own function a condition, and says in plain words what it is.
func Func(name string, fn func(f *Facts) bool) Condition { return condition{name, fn} }

// Always is the condition that holds of every message.
func Always() Condition { return condition{"always", func(*Facts) bool { return true }} }

// All is the condition that all of cs hold. It asks them in their order, and no more
// after one that does not.
func All(cs ...Condition) Condition { return several{cs, " and ", false} }

// Any is the condition that one of cs holds. It asks them in their order, and no more
// after one that does.
func Any(cs ...Condition) Condition { return several{cs, " or ", true} }

type several struct {
	of    []Condition
	word  string
	until bool // the answer with which no other need be asked
}

func (s several) Holds(f *Facts) (bool, error) {
	for _, c := range s.of {
		holds, err := c.Holds(f)
		switch {
		case err != nil:
			return false, fmt.Errorf("%s: %w", c, err)
		case holds == s.until:
			return holds, nil
		}
	}
	return !s.until, nil
}

func (s several) String() string {
	if len(s.of) == 0 {
		return map[bool]string{true: "never", false: "always"}[s.until]
	}
	names := make([]string, len(s.of))
	for i, c := range s.of {
		names[i] = c.String()
		if _, nested := c.(several); nested {
			names[i] = "(" + names[i] + ")"
		}
	}
	return strings.Join(names, s.word)
}

// Not is the condition that another does not hold.
func Not(c Condition) Condition { return not{c} }

type not struct{ c Condition }

func (n not) Holds(f *Facts) (bool, error) {
	holds, err := n.c.Holds(f)
	return !holds && err == nil, err
}

func (n not) String() string {
	if _, nested := n.c.(several); nested {
		return "not (" + n.c.String() + ")"
	}
	return "not " + n.c.String()
}
