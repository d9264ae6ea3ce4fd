package simulation

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// TestLinearizable knows what fits one order and what does not.
func TestLinearizable(t *testing.T) {
	call := func(kind opKind, user store.UserID, begun, over int, err error) claimCall {
		a := &activity{op: operation{Kind: kind}, begun: begun, over: over, err: err}
		a.did.who.ID = user
		c, ok := claimCallOf(a)
		if !ok {
			t.Fatalf("%s says nothing of a claim", kind)
		}
		return c
	}
	lost := func(to store.UserID) error { return &inbox.ClaimedError{By: to} }
	for _, test := range []struct {
		name  string
		calls []claimCall
		fits  bool
	}{
		{"one wins", []claimCall{call(opClaim, "alice", 1, 4, nil), call(opClaim, "bob", 2, 3, lost("alice"))}, true},
		{"both win", []claimCall{call(opClaim, "alice", 1, 4, nil), call(opClaim, "bob", 2, 3, nil)}, false},
		{"both win, one after a release", []claimCall{call(opClaim, "alice", 1, 2, nil), call(opRelease, "alice", 3, 6, nil), call(opClaim, "bob", 4, 5, nil)}, true},
		{"one wins before the release has begun", []claimCall{call(opClaim, "alice", 1, 2, nil), call(opClaim, "bob", 3, 4, nil), call(opRelease, "alice", 5, 6, nil)}, false},
		{"lost to somebody who never claimed", []claimCall{call(opClaim, "bob", 1, 2, lost("carol"))}, false},
		{"lost to a claim whose outcome is not known", []claimCall{call(opClaim, "carol", 1, 2, errUnknown), call(opClaim, "bob", 3, 4, lost("carol"))}, true},
		{"nothing to release", []claimCall{call(opClaim, "alice", 1, 2, nil), call(opRelease, "alice", 3, 4, inbox.ErrNotClaimed)}, false},
		{"ended by an administrator", []claimCall{call(opClaim, "alice", 1, 2, nil), call(opEnd, "", 3, 4, nil), call(opRelease, "alice", 5, 6, inbox.ErrNotClaimed)}, true},
	} {
		if got := linearizable(test.calls); got != test.fits {
			t.Errorf("%s: fits %v, want %v", test.name, got, test.fits)
		}
	}
}

// TestShrink takes away what a failure does not need.
func TestShrink(t *testing.T) {
	all := make([]int, 100)
	for i := range all {
		all[i] = i
	}
	tried := 0
	left := without(all, time.Now().Add(time.Hour), func(some []int) bool {
		tried++
		needed := 0
		for _, n := range some {
			if n == 17 || n == 71 {
				needed++
			}
		}
		return needed == 2
	})
	if len(left) != 2 || left[0] != 17 || left[1] != 71 {
		t.Errorf("left %v", left)
	}
	if tried > 100 {
		t.Errorf("tried %d times", tried)
	}
}
