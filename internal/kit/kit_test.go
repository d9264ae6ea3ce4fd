package kit

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFreshSharesNothing(t *testing.T) {
	a := Arrive(3, "hello").Later()
	b := Fresh(a)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Fatalf("Fresh returned another value (-want +got):\n%s", diff)
	}
	Poison(&b, "changed")
	if diff := cmp.Diff(Arrive(3, "hello").Later(), a); diff != "" {
		t.Errorf("a change of the copy changed the original (-want +got):\n%s", diff)
	}
}

// nested has everything that records are made of.
type nested struct {
	Text string
	List []nested
	Map  map[string][]string
	Next *nested
	At   time.Time
	own  []int
}

func example() nested {
	return Fresh(nested{
		Text: "text", List: []nested{{Text: "in a list"}}, Map: map[string][]string{"key": {"in a map"}},
		Next: &nested{Text: "behind a pointer"}, At: Noon(), own: []int{1},
	})
}

func TestWatchSeesEveryChange(t *testing.T) {
	for name, change := range map[string]func(n nested){
		"list":          func(n nested) { n.List[0].Text = "other" },
		"append":        func(n nested) { _ = append(n.List, nested{Text: "more"}) },
		"map value":     func(n nested) { n.Map["key"][0] = "other" },
		"map key":       func(n nested) { n.Map["more"] = nil },
		"map deletion":  func(n nested) { delete(n.Map, "key") },
		"pointer":       func(n nested) { n.Next.Text = "other" },
		"pointed slice": func(n nested) { n.Next.List = append(n.Next.List, nested{}) },
	} {
		t.Run(name, func(t *testing.T) {
			n := example()
			changed := Watch(n)
			if err := changed(); err != nil {
				t.Fatalf("Watch saw a change where there was none: %v", err)
			}
			change(n)
			if changed() == nil {
				t.Error("Watch saw no change")
			}
		})
	}
}

func TestPoisonReachesEveryText(t *testing.T) {
	n := example()
	Poison(&n, "poison")
	for where, text := range map[string]string{
		"Text": n.Text, "List": n.List[0].Text, "Map": n.Map["key"][0], "Next": n.Next.Text,
	} {
		if text != "poison" {
			t.Errorf("%s is still %q", where, text)
		}
	}
	if !n.At.Equal(Noon()) {
		t.Errorf("the time is %v", n.At)
	}
}

func TestCall(t *testing.T) {
	if got, err := Call(Patience, func() (string, error) { return "fine", nil }); got != "fine" || err != nil {
		t.Errorf("Call returned %q, %v", got, err)
	}
	failure := errors.New("no")
	var m *Misconduct
	if _, err := Call(Patience, func() (int, error) { return 0, failure }); !errors.Is(err, failure) || errors.As(err, &m) {
		t.Errorf("Call returned %v, want the function's own error", err)
	}
	if _, err := Call(Patience, func() (int, error) { panic("boom") }); !errors.As(err, &m) || !strings.Contains(err.Error(), "panicked: boom") {
		t.Errorf("Call returned %v, want the panic", err)
	}
	end := make(chan struct{})
	defer close(end)
	if _, err := Call(time.Millisecond, func() (int, error) { <-end; return 0, nil }); !errors.As(err, &m) || !strings.Contains(err.Error(), "did not return") {
		t.Errorf("Call returned %v, want that the function did not return", err)
	}
}

func TestTogether(t *testing.T) {
	const n = 4
	var all sync.WaitGroup
	all.Add(n)
	err := Together(n, func(i int) error {
		all.Done()
		all.Wait() // returns only if all run at once
		if i == 2 {
			panic("boom")
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "panicked: boom") {
		t.Errorf("Together returned %v, want the panic", err)
	}
}

func TestArrive(t *testing.T) {
	a, b := Arrive(0, "hello"), Arrive(1, "hello")
	if a.Conversation.Thread() == b.Conversation.Thread() || a.Message.ID == b.Message.ID || a.Inbox.Team == b.Inbox.Team {
		t.Error("two arrivals are of one customer")
	}
	if later := a.Later(); later.First || later.Message.Extras == nil || a.Message.Extras != nil {
		t.Error("Later is not a later message, or changed the first")
	}
	if bare := a.Bare(); bare.Message.Text != "" || bare.Candidates != nil || a.Message.Text != "hello" {
		t.Error("Bare is not bare, or changed the first")
	}
}
