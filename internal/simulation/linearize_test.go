package simulation

import (
	"errors"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

var claimsLinearize = &check{11, "claims are linearizable", "what all clients were told about a conversation's claim fits one order of their calls, in which calls that were over come before calls that began later", func(e *evidence, fail failer) watcher {
	return watcher{end: func(m *model) {
		byConv := make(map[store.ConversationID][]claimCall)
		for _, a := range e.past {
			if a.op.Kind == opSeat || a.op.Kind == opTeam {
				return // who loses a seat loses claims, in ways that the model does not have
			}
			if c, ok := claimCallOf(a); ok {
				byConv[a.did.conv] = append(byConv[a.did.conv], c)
			}
		}
		for _, conv := range sorted(m.convs) {
			if calls := byConv[conv.ID]; len(calls) <= 60 && !linearizable(calls) {
				text := ""
				for _, c := range calls {
					text += "\n\t" + c.String()
				}
				fail("no order of these calls fits conversation %v:%s", conv.ID, text)
			}
		}
	}}
}}

// claimCall is a call that has to do with a claim, as its client knows it.
type claimCall struct {
	a    *activity
	user store.UserID // "" for an administrator
	kind opKind
	said outcome
	by   store.UserID // who has the claim, if the call failed for it
}

func (c claimCall) String() string {
	text := c.a.op.String() + " by " + string(c.user)
	if c.a.err != nil {
		text += ": " + c.a.err.Error()
	}
	return text
}

func claimCallOf(a *activity) (claimCall, bool) {
	c := claimCall{a: a, user: a.did.who.ID, kind: a.op.Kind, said: known(a.err)}
	switch a.op.Kind {
	case opClaim, opRelease, opAssign, opClose, opSnooze, opReopen, opReply, opEnd:
	default:
		return c, false
	}
	var claimed *inbox.ClaimedError
	switch {
	case errors.As(a.err, &claimed):
		c.by = claimed.By
	case c.said == failure && !errors.Is(a.err, inbox.ErrNotClaimed):
		return c, false // it has had no effect, and says nothing of the claim
	}
	return c, true
}

// next returns who may have the claim after a call if someone had it before,
// or nothing if the call can't have come then.
func (c claimCall) next(had store.UserID) []store.UserID {
	if c.kind == opEnd {
		if c.said == unknown {
			return []store.UserID{"", had}
		}
		return []store.UserID{""}
	}
	free := had == "" || had == c.user
	var after []store.UserID
	switch {
	case c.by != "":
		if had == c.by {
			return []store.UserID{had}
		}
		return nil
	case c.said == failure: // nothing to release
		if had == "" {
			return []store.UserID{had}
		}
		return nil
	case c.kind == opClaim && free:
		after = []store.UserID{c.user}
	case c.kind == opRelease && had == c.user:
		after = []store.UserID{""}
	case c.kind == opAssign && free:
		after = []store.UserID{""}
	case c.kind == opClose && free:
		after = []store.UserID{"", had} // nothing happens to one that is closed
	case free && c.kind != opRelease:
		after = []store.UserID{had}
	}
	if c.said == unknown {
		after = append(after, had)
	}
	return after
}

// linearizable looks for an order of calls that fits what they were told.
func linearizable(calls []claimCall) bool {
	type state struct {
		left uint64
		had  store.UserID
	}
	failed := make(map[state]bool)
	var fits func(state) bool
	fits = func(s state) bool {
		if s.left == 0 {
			return true
		}
		if failed[s] {
			return false
		}
		for i, c := range calls {
			if s.left&(1<<i) == 0 || !first(calls, s.left, i) {
				continue
			}
			for _, after := range c.next(s.had) {
				if fits(state{s.left &^ (1 << i), after}) {
					return true
				}
			}
		}
		failed[s] = true
		return false
	}
	return fits(state{left: 1<<len(calls) - 1})
}

// first reports whether no other call that is left was over before one began.
// A call whose outcome is not known may take effect at any time later.
func first(calls []claimCall, left uint64, i int) bool {
	for j, other := range calls {
		if left&(1<<j) != 0 && j != i && other.said != unknown && other.a.over < calls[i].a.begun {
			return false
		}
	}
	return true
}
