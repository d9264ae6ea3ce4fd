package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// UnconfirmedAction is what becomes of a message of which nobody could find
// out whether it was sent. See Config.Unconfirmed.
type UnconfirmedAction uint8

// The actions. The zero value is the cautious one.
const (
	// HoldUnconfirmed: the message stays unconfirmed and its author is told. A
	// person decides: [Agent.Resend] or [Agent.MarkSent].
	HoldUnconfirmed UnconfirmedAction = iota
	// ResendUnconfirmed: the message is sent again, if the gate lets it, up to
	// Config.SendAttempts times in all. The customer may get it twice.
	ResendUnconfirmed
	// AssumeSent: the message counts as sent. The customer may never get it.
	AssumeSent
)

// ErrSettled means that it is known what became of a message, so that there is
// nothing to decide. The error is a *SettledError.
var ErrSettled = errors.New("inbox: message is not unconfirmed")

// SettledError says what became of a message. It matches [ErrSettled].
type SettledError struct {
	State store.State
}

// Error names the state.
func (e *SettledError) Error() string {
	return fmt.Sprintf("inbox: message is not unconfirmed but %s", e.State)
}

// Is matches ErrSettled.
func (e *SettledError) Is(target error) bool { return target == ErrSettled }

// Resend sends a message again that is unconfirmed: the user takes the risk
// that the customer gets it twice. If a status update shows before it is the
// message's turn that it was sent after all, it is not sent again.
//
// The error is a *SettledError if it is known meanwhile what became of the
// message, and a *BlockedError if it may not be sent.
func (a *Agent) Resend(ctx context.Context, id store.MessageID) error {
	return a.settle(ctx, id, func(t *tx, conv store.Conversation, m *store.Message) (store.Event, error) {
		decision, err := a.in.gate(t, conv, m)
		if err != nil {
			return store.Event{}, err
		}
		if decision.Verdict != compliance.Allow && decision.Verdict != compliance.Defer {
			return store.Event{}, &BlockedError{Decision: decision}
		}
		if err := a.in.begin(t, conv.ID, nil); err != nil {
			return store.Event{}, err
		}
		return requeue(t, conv, m, "sent again by a person")
	})
}

// MarkSent notes that a message that is unconfirmed was sent: the user knows,
// from the customer, say. Status updates that come later still count.
//
// The error is a *SettledError if it is known meanwhile what became of the
// message.
func (a *Agent) MarkSent(ctx context.Context, id store.MessageID) error {
	return a.settle(ctx, id, func(t *tx, conv store.Conversation, m *store.Message) (store.Event, error) {
		return move(t, conv, m, store.StateSent, "", "marked as sent by a person"), nil
	})
}

// settle lets a user decide about an unconfirmed message. A commit whose
// outcome is unknown is repeated without effect if it has happened.
func (a *Agent) settle(ctx context.Context, id store.MessageID, fn func(*tx, store.Conversation, *store.Message) (store.Event, error)) error {
	var tried []store.Event
	var before store.Cursor
	return a.in.update(ctx, func(t *tx) error {
		if done, err := happened(t, before, tried); err != nil || done {
			return err
		}
		if _, err := a.seat(t); err != nil {
			return err
		}
		found, err := t.Messages(id)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Account != a.account {
			return fmt.Errorf("%w: message %v", ErrNotFound, id)
		}
		m := found[0]
		conv, _, err := a.open(t, m.Conversation, accessFull)
		switch {
		case errors.Is(err, ErrNotFound):
			return fmt.Errorf("%w: message %v", ErrNotFound, id) // and not: conversation so-and-so
		case err != nil:
			return err
		case m.Direction != store.Outbound:
			return invalid("id", "is not that of a message to the customer")
		case m.State != store.StateUnconfirmed:
			return &SettledError{State: m.State}
		}
		if before, err = t.LastEvent(a.account); err != nil {
			return err
		}
		e, err := fn(t, conv, &m)
		if err != nil {
			return err
		}
		if err := deleteQuestions(t, m); err != nil {
			return err
		}
		e.Actor = a.author()
		tried = []store.Event{e}
		if err := t.PutMessages(m); err != nil {
			return err
		}
		return t.AppendEvents(e)
	}, expectDecision(id))
}

// deleteQuestions takes what is to be asked about a message out of the
// mailbox.
func deleteQuestions(t *tx, m store.Message) error {
	return deleteTasks(t, m, store.TaskReconcile)
}

// deleteSends takes the sending of a message out of the mailbox.
func deleteSends(t *tx, m store.Message) error {
	return deleteTasks(t, m, store.TaskSend, store.TaskPaced)
}

func deleteTasks(t *tx, m store.Message, kinds ...store.TaskKind) error {
	tasks, err := t.Tasks(m.Conversation)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Message == m.ID && slices.Contains(kinds, task.Kind) {
			if err := t.DeleteTasks(task.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// requeue lets an unconfirmed message be sent once more. The message is not
// stored yet. What the provider says later about the attempt before still
// finds it, by our own id.
func requeue(t *tx, conv store.Conversation, m *store.Message, why string) (store.Event, error) {
	m.ProviderID = ""
	e := move(t, conv, m, store.StateQueued, m.Code, why)
	_, err := addTask(t, conv, store.TaskSend, m.ID, t.now)
	return e, err
}

// giveUp ends the wait for news of an unconfirmed message: the host's policy
// decides.
func (in *Inbox) giveUp(t *tx, conv store.Conversation, m store.Message, task store.Task) error {
	if err := t.DeleteTasks(task.ID); err != nil {
		return err
	}
	var e store.Event
	var err error
	action := in.unconfirmed(m)
	if m.Attempts >= in.cfg.SendAttempts && action == ResendUnconfirmed {
		action = HoldUnconfirmed // that was often enough
	}
	switch action {
	case ResendUnconfirmed:
		e, err = requeue(t, conv, &m, "sent again, since nobody could find out whether it was sent")
	case AssumeSent:
		e = move(t, conv, &m, store.StateSent, "", "counts as sent, since nobody could find out whether it was")
	case HoldUnconfirmed:
		m.DueAt = time.Time{}
		e = move(t, conv, &m, store.StateUnconfirmed, m.Code, m.Reason)
	}
	if err != nil {
		return err
	}
	if err := t.PutMessages(m); err != nil {
		return err
	}
	if err := t.AppendEvents(e); err != nil {
		return err
	}
	return in.miss(t, conv, m)
}

// unconfirmed asks the host's policy about a message. One that panics holds.
func (in *Inbox) unconfirmed(m store.Message) (action UnconfirmedAction) {
	if in.cfg.Unconfirmed == nil {
		return HoldUnconfirmed
	}
	if err := protect(func() error { action = in.cfg.Unconfirmed(m); return nil }); err != nil {
		in.log.Error("the policy for unconfirmed messages panicked; the message is held", "message", m.ID, "err", err)
	}
	return action
}
