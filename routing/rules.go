package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/when"
)

// The bounds of an inbox's rules.
const (
	MostRules       = 500
	LongestRuleName = 128 // bytes
	MostNamed       = 100 // users and teams of one rule
)

// RuleError is what is wrong with one of an inbox's rules.
type RuleError struct {
	Index   int    // of the rule, from 0
	Field   string // of store.Rule, like "When"
	Message string // with the line and the column, if it is an expression
}

// Of names the field, as Rules[3].When.
func (e *RuleError) Of() string { return fmt.Sprintf("Rules[%d].%s", e.Index, e.Field) }

// Error names the field and the cure.
func (e *RuleError) Error() string { return e.Of() + " " + e.Message }

// CheckRules returns what is wrong with rules, as *RuleErrors joined, or nil. Whether
// the users and teams exist is not its question.
func CheckRules(rules []store.Rule) error {
	var errs []error
	wrong := func(i int, field, format string, args ...any) {
		errs = append(errs, &RuleError{i, field, fmt.Sprintf(format, args...)})
	}
	if len(rules) > MostRules {
		wrong(MostRules, "Name", "is one rule too many: an inbox has at most %d", MostRules)
		return errors.Join(errs...)
	}
	for i, r := range rules {
		same := slices.IndexFunc(rules[:i], func(other store.Rule) bool { return other.Name == r.Name })
		switch {
		case strings.TrimSpace(r.Name) == "":
			wrong(i, "Name", "is empty; say what the rule is for")
		case len(r.Name) > LongestRuleName:
			wrong(i, "Name", "has %d bytes; at most %d are kept", len(r.Name), LongestRuleName)
		case same >= 0:
			wrong(i, "Name", "is %q, which is the name of rule %d too; give each its own", r.Name, same)
		}
		if _, err := when.Compile(r.When); err != nil {
			wrong(i, "When", "is no condition: %v", err)
		}
		switch n := len(r.Users) + len(r.Teams); {
		case n == 0:
			wrong(i, "Users", "and Teams are empty; name who is concerned, or leave the rule out")
		case n > MostNamed:
			wrong(i, "Users", "and Teams are %d; at most %d can be concerned", n, MostNamed)
		}
	}
	return errors.Join(errs...)
}

// Rules returns the router that goes by the rules of the inbox's Settings, which
// administrators write. The first that holds and names somebody decides. If none does,
// it names nobody: [First] has the place for what happens then. A rule that can't be
// read, since a program of another version has written it, does not decide; the trace
// says so.
//
// Changed rules hold from the next message on.
func Rules() Router {
	c := &compiledRules{of: make(map[ruleKey]ruleSet)}
	return composed(c.route)
}

// compiledRules keeps the rules of inboxes in the form in which they are asked.
type compiledRules struct {
	mu sync.Mutex
	of map[ruleKey]ruleSet
}

type ruleKey struct {
	account store.AccountID
	inbox   store.InboxID
}

type ruleSet struct {
	rules      []store.Rule
	conditions []when.Condition
}

// mostRuleSets bounds how many inboxes' rules are kept.
const mostRuleSets = 10_000

// set returns the rules of an inbox. Those that are kept are compared with it, since
// an inbox may be asked about at two versions at once.
func (c *compiledRules) set(box store.Inbox) ruleSet {
	key := ruleKey{box.Account, box.ID}
	c.mu.Lock()
	kept, ok := c.of[key]
	c.mu.Unlock()
	if ok && slices.EqualFunc(kept.rules, box.Settings.Rules, sameRule) {
		return kept
	}
	s := ruleSet{rules: make([]store.Rule, len(box.Settings.Rules)), conditions: make([]when.Condition, len(box.Settings.Rules))}
	for i, r := range box.Settings.Rules {
		r.Users, r.Teams = slices.Clone(r.Users), slices.Clone(r.Teams)
		s.rules[i] = r
		condition, err := when.Compile(r.When)
		if err != nil {
			condition = unreadable{r.When, err}
		}
		s.conditions[i] = condition
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.of) >= mostRuleSets {
		clear(c.of)
	}
	c.of[key] = s
	return s
}

func sameRule(a, b store.Rule) bool {
	return a.When == b.When && a.Name == b.Name && a.Off == b.Off && a.Available == b.Available && a.Keep == b.Keep &&
		slices.Equal(a.Users, b.Users) && slices.Equal(a.Teams, b.Teams)
}

// unreadable is the condition of a rule that can't be read.
type unreadable struct {
	expression string
	err        error
}

func (u unreadable) Holds(*when.Facts) (bool, error) { return false, u.err }
func (u unreadable) String() string                  { return u.expression }

func (c *compiledRules) route(_ context.Context, r Request, f *when.Facts) (Decision, error) {
	if len(r.Inbox.Settings.Rules) == 0 {
		return Decision{}, nil
	}
	set := c.set(r.Inbox)
	var trace []store.RouteStep
	var not []string // rules in a row that don't hold
	note := func(steps ...store.RouteStep) {
		if len(not) > 0 {
			trace = append(trace, store.RouteStep{Tried: "rules " + strings.Join(not, ", "), Result: "no"})
			not = nil
		}
		trace = append(trace, steps...)
	}
	for i := range set.rules {
		rule := &set.rules[i]
		if rule.Off {
			continue
		}
		holds, err := set.conditions[i].Holds(f)
		switch {
		case err != nil:
			note(store.RouteStep{Tried: "rule " + rule.Name, Result: "could not be told: " + err.Error()})
			continue
		case !holds:
			not = append(not, rule.Name)
			continue
		}
		d := Decision{Users: slices.Clone(rule.Users), Teams: slices.Clone(rule.Teams), Keep: rule.Keep, Reason: "by rule " + rule.Name}
		if rule.Available {
			d = d.kept(r, available)
		}
		note(append([]store.RouteStep{{Tried: "rule " + rule.Name, Result: "yes"}}, d.Trace...)...)
		if d.Named() {
			d.Trace = trace
			return d, nil
		}
	}
	note()
	return Decision{Trace: trace}, nil
}
