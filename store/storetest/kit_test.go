package storetest

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

func TestEveryCaseHasANameAndARule(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range cases() {
		if area, what, ok := strings.Cut(c.name, "/"); !ok || area == "" || what == "" {
			t.Errorf("case %q is not named for an area and what is checked", c.name)
		}
		if seen[c.name] {
			t.Errorf("two cases are named %q", c.name)
		}
		seen[c.name] = true
		if !strings.HasSuffix(c.rule, ".") {
			t.Errorf("the rule of case %q is no sentence: %q", c.name, c.rule)
		}
		if c.run == nil {
			t.Errorf("case %q checks nothing", c.name)
		}
	}
}

// A harness that shows less has only those cases skipped that need it. All others
// pass on the store in which the defects are planted, without one: what they catch
// is the defect.
func TestWithoutReopenOnlyProcessesAreSkipped(t *testing.T) {
	h := harnessOf(func(*mutant) {})
	h.Reopen = nil
	for _, c := range cases() {
		err := c.check(t, h)
		about := strings.HasPrefix(c.name, "processes/") && c.name != "processes/end of notify"
		switch {
		case isSkip(err) != about:
			t.Errorf("case %q: skipped is %t, must be %t: %v", c.name, isSkip(err), about, err)
		case isSkip(err) && !strings.Contains(err.Error(), "Reopen"):
			t.Errorf("case %q does not say what is missing: %v", c.name, err)
		case err != nil && !isSkip(err):
			t.Errorf("case %q fails: %v", c.name, err)
		}
	}
}

// onlyStore is a store that is no Notifier.
type onlyStore struct{ store.Store }

func TestNotifyIsSkippedForAStoreThatIsNoNotifier(t *testing.T) {
	h := Harness{
		Open:   func(testing.TB) store.Store { return onlyStore{memory.New()} },
		Reopen: func(_ testing.TB, s store.Store) store.Store { return s },
	}
	skipped := 0
	for _, c := range cases() {
		if !strings.HasPrefix(c.name, "processes/") {
			continue
		}
		switch err := c.check(t, h); {
		case isSkip(err):
			skipped++
		case err != nil:
			t.Errorf("case %q fails: %v", c.name, err)
		}
	}
	if skipped != 3 {
		t.Errorf("%d cases are skipped, must be the three about Notify", skipped)
	}
}

func TestCopyIsSkippedForAStoreThatIsNoPorter(t *testing.T) {
	h := Harness{Open: func(testing.TB) store.Store { return onlyStore{memory.New()} }}
	for _, c := range cases() {
		if !strings.HasPrefix(c.name, "copy/") {
			continue
		}
		if err := c.check(t, h); !isSkip(err) || !strings.Contains(err.Error(), "store.Porter") {
			t.Errorf("case %q is not skipped for what is missing: %v", c.name, err)
		}
	}
}

func TestABadHarnessSaysWhatIsWrong(t *testing.T) {
	for want, h := range map[string]Harness{
		"Open is nil":         {},
		"Open returned nil":   {Open: func(testing.TB) store.Store { return nil }},
		"into a fresh store:": {Open: func(testing.TB) store.Store { return &mutant{Store: full(t)} }},
	} {
		err := cases()[0].check(t, h)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, must say %q", err, want)
		}
	}
}

// full returns a store that is not empty.
func full(t *testing.T) *memory.Store {
	s := memory.New()
	if err := s.Update(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	return s
}

// A record that has a field which the kit can't make up must not pass for
// tested.
func TestUnknownFieldsAreNotPassedOver(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a field of a type that the kit does not know was filled in silence")
		}
	}()
	filled[struct{ Field chan int }](new(env))
}

func TestFilledSetsEveryField(t *testing.T) {
	e := new(env)
	for _, r := range []any{
		filled[store.Contact](e), filled[store.Conversation](e), filled[store.Message](e), filled[store.Event](e), filled[store.Stray](e),
		filled[store.Watermark](e),
	} {
		if err := noneZero(r); err != nil {
			t.Errorf("%T: %v", r, err)
		}
	}
}

func noneZero(record any) (err error) {
	altered(record, func(field string, v reflect.Value) {
		if v.IsZero() {
			err = errors.Join(err, errors.New(field+" is not set"))
		}
	})
	return err
}
