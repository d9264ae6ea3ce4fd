package inboxtest_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/inbox/inboxtest"
)

// fakeT is a test that may fail without failing the one that runs.
type fakeT struct {
	testing.TB // for the methods that the harness does not call
}

// failure is what fakeT ends with.
type failure string

func (fakeT) Helper()                  {}
func (fakeT) Context() context.Context { return context.Background() }
func (fakeT) Output() io.Writer        { return io.Discard }
func (fakeT) Fatalf(format string, args ...any) {
	panic(failure(fmt.Sprintf(format, args...)))
}

// t stands for the *testing.T of the examples' reader.
var t = fakeT{}

// failureOf runs what should fail and returns with which words it did.
func failureOf(run func(h *inboxtest.Harness), cfg inboxtest.Config) (text string) {
	defer func() {
		if f, ok := recover().(failure); ok {
			text = string(f)
		}
	}()
	run(inboxtest.New(t, cfg))
	return ""
}

// requireFailure checks that something fails and that its words help.
func requireFailure(t *testing.T, text string, words ...string) {
	t.Helper()
	if text == "" {
		t.Fatal("it did not fail")
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("it failed with %q, want that to have %q", text, w)
		}
	}
}
