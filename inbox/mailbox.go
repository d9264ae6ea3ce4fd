package inbox

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// longestHold is for how long a message that is tried again holds back those
// behind it. One that waits longer has lost its place.
const longestHold = 5 * time.Minute

// next takes the next piece out of a conversation's mailbox, and does at once
// what needs nothing but the store. Messages are sent in their order: one that
// waits for another try, or for the outcome of an attempt, holds back those
// behind it, but never the answer to STOP, START or HELP.
func (in *Inbox) next(t *tx, id store.ConversationID) (*piece, error) {
	tasks, err := t.Tasks(id)
	if err != nil {
		return nil, err
	}
	var head hold
	held := 0 // messages that are held back
	for _, task := range tasks {
		sends := task.Kind == store.TaskSend || task.Kind == store.TaskPaced || task.Kind == store.TaskSettle
		switch {
		case task.SetAside:
			continue
		case task.DueAt.After(t.now):
			if sends {
				if err := head.add(t, task); err != nil {
					return nil, err
				}
			}
			continue
		case sends && task.Kind != store.TaskSettle && !head.until.IsZero(): // settling sends nothing
			overtakes, err := head.lets(t, task)
			if err != nil {
				return nil, err
			}
			if !overtakes {
				task.DueAt = head.until.Add(time.Duration(held) * head.step)
				held++
				if err := t.PutTasks(task); err != nil {
					return nil, err
				}
				continue
			}
		}
		conv, err := store.One(t.Conversations(id))
		if err != nil {
			return nil, err
		}
		p, err := in.take(t, conv, task)
		switch {
		case err != nil:
			return nil, blame(task, err)
		case p == nil:
		case p.paced.IsZero():
			return p, nil
		default:
			task.Kind, task.DueAt = store.TaskPaced, p.paced
			if err := head.add(t, task); err != nil {
				return nil, err
			}
			head.step = p.step
		}
	}
	return &piece{}, nil
}

// hold is how messages that are not due hold back those behind them.
type hold struct {
	until time.Time     // zero: they don't
	by    precedence    // what comes before this overtakes them
	step  time.Duration // how far apart those behind them can be sent
}

// add adds what a task that is not due holds back. Of several the strictest
// counts. A message that the policy deferred holds back nothing.
func (h *hold) add(t *tx, task store.Task) error {
	if !h.until.IsZero() && h.by <= talkFirst {
		return nil // it holds back all that can be
	}
	other := hold{until: task.DueAt, by: talkFirst}
	if task.Kind != store.TaskSettle {
		found, err := t.Messages(task.Message)
		if err != nil || len(found) == 0 {
			return err
		}
		m := found[0]
		paced := task.Kind == store.TaskPaced || m.State == store.StateQueued // it waits for its sender's turn, and keeps its place
		if !paced && (m.State == store.StateDeferred || task.DueAt.Sub(t.now) > longestHold) {
			return nil
		}
		other.by = max(precedenceOf(m.Purpose), talkFirst)
	}
	if h.until.IsZero() || other.by < h.by {
		*h = other
	}
	return nil
}

// lets reports whether a task overtakes what holds back the others: an answer
// to STOP, START or HELP always does, and the talk overtakes bulk that waits
// for its turn.
func (h *hold) lets(t *tx, task store.Task) (bool, error) {
	if task.Kind == store.TaskSettle {
		return false, nil
	}
	found, err := t.Messages(task.Message)
	return len(found) > 0 && precedenceOf(found[0].Purpose) < h.by, err
}

// take begins a task that is due. It returns nil if the task is done with, or
// waits again.
func (in *Inbox) take(t *tx, conv store.Conversation, task store.Task) (*piece, error) {
	switch task.Kind {
	case store.TaskRoute:
		c, err := in.company(t, conv.Account)
		if err != nil {
			return nil, err
		}
		if claimed(c, conv) {
			if err := t.DeleteTasks(task.ID); err != nil {
				return nil, err
			}
			return nil, in.alert(t, conv, task.Message, []store.UserID{conv.ClaimedBy})
		}
		job, err := in.newRouteJob(t, conv, task)
		if err != nil {
			return nil, err
		}
		return &piece{route: job}, nil
	case store.TaskSend, store.TaskPaced:
		return in.attempt(t, conv, task)
	case store.TaskSettle:
		return nil, in.expire(t, conv, task)
	case store.TaskReconcile:
		u, err := in.newUncertain(t, conv, task)
		if err != nil || u == nil {
			return nil, err
		}
		return &piece{reconcile: u}, nil
	case store.TaskWake:
		return nil, in.wake(t, conv, task)
	case store.TaskDecide:
		return nil, in.holdOver(t, conv, task)
	}
	return nil, fmt.Errorf("%w: task %v is of kind %q", errUnknownTask, task.ID, task.Kind)
}
