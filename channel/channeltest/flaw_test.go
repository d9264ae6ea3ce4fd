package channeltest

import (
	"slices"
	"testing"
	"time"
)

// flaw is one way in which a channel is broken, and the cases that must catch
// it.
type flaw struct {
	name    string
	harness Harness
	caught  []string
}

// TestFlaws runs the kit over channels that are broken in one way each.
func TestFlaws(t *testing.T) {
	byName := map[string]testCase{}
	for _, c := range cases() {
		byName[c.name] = c
	}
	for _, f := range flaws() {
		for _, name := range f.caught {
			t.Run(f.name+"/"+name, func(t *testing.T) {
				c, ok := byName[name]
				if !ok {
					t.Fatalf("there is no case %s", name)
				}
				switch err := c.check(t, f.harness); {
				case err == nil:
					t.Errorf("the case %s lets pass a channel that %s", name, f.name)
				case isSkip(err):
					t.Errorf("the case %s was skipped: %v", name, err)
				default:
					t.Log(err)
				}
			})
		}
	}
}

// TestEveryCaseBites makes sure that no case is without a channel that it has
// to catch.
func TestEveryCaseBites(t *testing.T) {
	all := flaws()
	for _, c := range cases() {
		if !slices.ContainsFunc(all, func(f flaw) bool { return slices.Contains(f.caught, c.name) }) {
			t.Errorf("no flaw is caught by %s", c.name)
		}
	}
}

func flaws() []flaw {
	return slices.Concat(sendFlaws(), outcomeFlaws(), webhookFlaws(), otherFlaws(), listenerFlaws())
}

// broken is acme with a flaw.
func broken(name string, change func(*acme), caught ...string) flaw {
	return flaw{name: name, harness: acmeHarness(change), caught: caught}
}

// hasty makes a harness wait less, for flaws that show only by waiting.
func (f flaw) hasty() flaw {
	f.harness.Patience = 200 * time.Millisecond
	return f
}
