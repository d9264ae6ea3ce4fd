package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// plan is when a message is to be sent, if not at once.
type plan struct{ store.Plan }

func planOf(m store.Message) plan {
	if m.Extras == nil {
		return plan{}
	}
	return plan{m.Extras.Plan}
}

// over reports whether it is too late for a message at a moment.
func (p plan) over(at time.Time) bool { return !p.Expires.IsZero() && !at.Before(p.Expires) }

// overReason says why a message is not sent any more.
func (p plan) overReason(m store.Message) string {
	text := "it was of use until " + p.Expires.UTC().Format(time.RFC3339) + " only"
	if m.Reason != "" {
		text += "; it had to wait: " + m.Reason
	}
	return text
}

// cannot says why a message that has to wait can't be sent in time.
func (p plan) cannot(d compliance.Decision) string {
	return fmt.Sprintf("it is of use until %s only, and has to wait until %s: %s", p.Expires.UTC().Format(time.RFC3339), d.Until.UTC().Format(time.RFC3339), d.Reason)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// checkPlan checks when a draft is to be sent.
func checkPlan(p store.Plan, now time.Time) error {
	switch {
	case !p.NotBefore.IsZero() && p.NotBefore.After(now.Add(longestPlan)):
		return invalid("Draft.NotBefore", "is more than a year ahead; give a moment within it")
	case !p.Expires.IsZero() && !p.Expires.After(now):
		return invalid("Draft.Expires", "has passed; give a moment until when the message is of use, or leave it zero")
	case !p.Expires.IsZero() && !p.Expires.After(p.NotBefore):
		return invalid("Draft.Expires", "is not after NotBefore; the message could never be sent")
	}
	return checkReach("Draft", compliance.Reach{Programme: p.Programme}, compliance.NotMarketing)
}

const longestPlan = 366 * 24 * time.Hour

// checkReach names what is wrong with what a message or a question is about, as if a
// consent to it were stated.
func checkReach(of string, r compliance.Reach, strength compliance.Strength) error {
	s := compliance.Statement{Kind: compliance.OptIn, Reach: r, Strength: strength}
	for _, p := range s.Problems(time.Time{}) {
		if slices.Contains([]string{"Purpose", "Programme", "Strength"}, p.Field) {
			return invalid(of+"."+p.Field, "%s", p.Reason)
		}
	}
	return nil
}

// Cancel withdraws a message that waits to be sent: one that is to be sent later,
// or that has to wait for a moment that is not quiet or for a person's decision, or
// for its turn. Doing it again has no effect.
//
// The error is a *SettledError if the message does not wait any more, since it was
// sent or is being sent, and ErrNotFound if there is none that the user may see.
func (a *Agent) Cancel(ctx context.Context, id store.MessageID) error {
	return a.in.update(ctx, func(t *tx) error {
		found, err := t.Messages(id)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Direction != store.Outbound {
			return ErrNotFound
		}
		m := found[0]
		conv, _, err := a.open(t, m.Conversation, accessFull)
		switch {
		case err != nil:
			return err
		case m.State == store.StateCanceled:
			return nil
		case !waits(m.State):
			return &SettledError{State: m.State}
		}
		tasks, err := t.Tasks(conv.ID)
		if err != nil {
			return err
		}
		for _, task := range tasks {
			if task.Message == m.ID && (task.Kind == store.TaskSend || task.Kind == store.TaskPaced) {
				return a.in.cancel(t, conv, m, task, a.author())
			}
		}
		return &SettledError{State: m.State} // somebody is just at it
	}, expectDecision(id))
}

// cancel ends the way of a message that waits.
func (in *Inbox) cancel(t *tx, conv store.Conversation, m store.Message, task store.Task, by store.Author) error {
	e := move(t, conv, &m, store.StateCanceled, "", "withdrawn by a person")
	e.Actor = by
	if err := t.PutMessages(m); err != nil {
		return err
	}
	if err := t.DeleteTasks(task.ID); err != nil {
		return err
	}
	if err := t.AppendEvents(e); err != nil {
		return err
	}
	if err := in.withdrawQuestion(t, conv, m); err != nil {
		return err
	}
	return in.waitsAgain(t, conv, m)
}
