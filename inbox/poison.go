package inbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

// taskError is a failure of one task, not of the store.
type taskError struct {
	task store.Task
	err  error
}

func (e *taskError) Error() string { return e.err.Error() }
func (e *taskError) Unwrap() error { return e.err }

// errUnknownTask means that another version of the engine has left the task.
var errUnknownTask = errors.New("inbox: this version does not know such a task")

// blame says that a task failed, if the error is the task's own: what it is
// about is not there, clashes with something else, or makes the engine panic.
// Whatever else a transaction fails with is the store's.
func blame(task store.Task, err error) error {
	if unfit(err) {
		return &taskError{task: task, err: err}
	}
	return err
}

// unfit reports whether another try would fail in the same way: not the store
// fails, but what is to be done does not fit what it holds.
func unfit(err error) bool {
	var p *panicError
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDuplicate) || errors.Is(err, errUnknownTask) || errors.As(err, &p)
}

// failed counts a task's failure, so that it is tried again later and set
// aside for a person when it fails too often; the tasks behind it go on. A
// failure of the store is nobody's: the lease runs out and the work is taken
// up again.
func (in *Inbox) failed(ctx context.Context, lease store.Lease, err error) error {
	var failure *taskError
	if !errors.As(err, &failure) || ctx.Err() != nil {
		return fmt.Errorf("inbox: conversation %v: %w", lease.Conversation, err)
	}
	in.log.Error("a task failed", "conversation", lease.Conversation, "task", failure.task.ID, "kind", string(failure.task.Kind), "err", err)
	return in.record(ctx, func(t *tx) error {
		held, err := holds(t, lease)
		if err != nil || !held {
			return err
		}
		tasks, err := t.Tasks(lease.Conversation)
		if err != nil {
			return err
		}
		for _, task := range tasks {
			if task.ID != failure.task.ID {
				continue
			}
			if err := in.countFailure(ctx, t, task, failure.err); err != nil {
				return err
			}
		}
		return t.Release(lease)
	}, in.expectTurn(lease.Conversation, nil))
}

func (in *Inbox) countFailure(ctx context.Context, t *tx, task store.Task, cause error) error {
	task.Attempts++
	task.Error = firstRunes(cause.Error(), 500)
	task.DueAt = t.now.Add(in.backoff(task.Attempts))
	task.SetAside = task.Attempts >= in.cfg.TaskAttempts
	t.onCommit(func() { in.telemetry.taskFailed(ctx, task) })
	if err := t.PutTasks(task); err != nil || !task.SetAside {
		return err
	}
	conv, err := store.One(t.Conversations(task.Conversation))
	if err != nil {
		return err
	}
	e := eventOf(t, conv, store.TaskSetAside, store.Author{Kind: store.BySystem}, store.Detail{
		Reason: fmt.Sprintf("%s failed %s and waits for a person: %s", task.Kind, plural(task.Attempts, "time"), task.Error),
	})
	e.Message = task.Message
	if err := t.AppendEvents(e); err != nil || task.Message == 0 {
		return err
	}
	// A message is never left without people.
	c, err := in.company(t, conv.Account)
	if err != nil {
		return err
	}
	return in.alert(t, conv, task.Message, c.answering(conv))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
