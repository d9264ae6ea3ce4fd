package parity

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// entry is what is known after one step of a script.
type entry struct {
	Step      string
	Answer    any
	Err       string
	Events    []store.Event       // that came of it
	Sent      []simulated.Attempt // that reached the carrier
	Directory bool                // its version has changed
	Due       time.Time           // when the next piece of work is due, or zero
}

// classes are the errors that callers tell apart.
var classes = []error{
	inbox.ErrNotFound, inbox.ErrUnlicensed, inbox.ErrAlreadyClaimed, inbox.ErrNotClaimed, inbox.ErrBlocked, inbox.ErrInvalid,
	inbox.ErrConflict, inbox.ErrOverloaded, inbox.ErrUnknownChannel, inbox.ErrReset, inbox.ErrSettled,
	store.ErrNotFound, store.ErrConflict, store.ErrDuplicate, store.ErrReadOnly, store.ErrUnknown, store.ErrUnavailable, store.ErrExpired,
	errDead,
}

// class describes an error as callers may tell it from others. The text counts
// for those that are the engine's own: it is what a person reads.
func class(err error) string {
	if err == nil {
		return ""
	}
	var found []string
	for _, known := range classes {
		if errors.Is(err, known) {
			found = append(found, known.Error())
		}
	}
	if len(found) == 0 || strings.HasPrefix(err.Error(), "inbox: ") {
		found = append(found, err.Error())
	}
	return strings.Join(found, " | ")
}

// history is what a store has made of a script.
type history []entry

// compare fails the test if two histories differ, at the first step that does.
// A list without elements may be nil or not: the contract leaves it open.
func compare(t *testing.T, script, wantName, gotName string, want, got history) bool {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if diff := cmp.Diff(want[i], got[i], sameTime, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: step %d of %d, %q, is not the same in %s and %s (-%s +%s):\n%s",
				script, i+1, len(want), want[i].Step, wantName, gotName, wantName, gotName, diff)
			return false
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s has %d steps in %s and %d in %s", script, len(want), wantName, len(got), gotName)
		return false
	}
	return true
}

// sameTime wants moments in the same zone, too: stores return UTC.
var sameTime = cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) && a.Location().String() == b.Location().String() })

// String shows an entry in one line.
func (e entry) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s (%d events, %d sent)", e.Step, e.Err, len(e.Events), len(e.Sent)))
}
