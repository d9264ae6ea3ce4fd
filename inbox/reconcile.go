package inbox

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// The times at which a provider is asked what became of an uncertain attempt:
// half a minute after it was found to be uncertain, and then after pauses of
// one minute, two, four and so on, an hour and four minutes in all. Providers
// list messages late, and a status update mostly comes first.
const (
	reconcileAfter = 30 * time.Second
	reconcileTries = 7
	// All of the pauses together: by then the provider has answered, or will
	// not.
	reconcileFor = reconcileAfter + 2*reconcileAfter*(1<<(reconcileTries-1)-1)
)

// callbackGrace is how long a status update is waited for before the host's
// policy is asked about a message whose provider can't be.
const callbackGrace = 5 * time.Minute

// uncertain is an attempt of which nobody knows what became of it, and the
// channel that can find out.
type uncertain struct {
	task    store.Task
	message store.Message
	channel channel.Reconciler
}

// answer is what the provider says about an uncertain attempt.
type answer struct {
	receipt  channel.Receipt
	happened bool
}

// leaveUnconfirmed ends an attempt of which nobody knows what became of it. The
// message is not sent again, unless its channel finds out that the provider
// certainly does not have it, the host's policy says so, or a person does. Until
// DueAt it may be settled by itself; then, or if it can't be, its author is
// told.
func (in *Inbox) leaveUnconfirmed(t *tx, conv store.Conversation, m store.Message, task store.Task, code, why string) error {
	asks := in.canAsk(m)
	var next time.Time
	switch {
	case asks:
		next, m.DueAt = t.now.Add(reconcileAfter), t.now.Add(reconcileFor)
	case in.cfg.Unconfirmed != nil:
		next = t.now.Add(callbackGrace)
		m.DueAt = next
	}
	if err := in.finish(t, conv, m, task, store.StateUnconfirmed, code, "it is not known whether the message was sent: "+why); err != nil || next.IsZero() {
		return err
	}
	// There may be one still about an attempt before.
	if err := deleteQuestions(t, m); err != nil {
		return err
	}
	id, err := t.NewID()
	if err != nil {
		return err
	}
	return t.PutTasks(store.Task{
		ID: store.TaskID(id), Account: conv.Account, Conversation: conv.ID, Kind: store.TaskReconcile, Message: m.ID,
		DueAt: next, NotBefore: task.NotBefore,
	})
}

// canAsk reports whether a message's provider can be asked what became of it.
func (in *Inbox) canAsk(m store.Message) bool {
	_, ok := in.channels[m.Channel].(channel.Reconciler)
	return ok && !m.AttemptedAt.IsZero() && !compliance.IsErased(m.To) // nothing is left to ask for
}

// newUncertain reads what a provider is to be asked. It returns nil if there
// is nothing to ask, and then decides about the message without.
func (in *Inbox) newUncertain(t *tx, conv store.Conversation, task store.Task) (*uncertain, error) {
	m, err := store.One(t.Messages(task.Message))
	if err != nil {
		return nil, err
	}
	switch {
	case m.State != store.StateUnconfirmed:
		return nil, t.DeleteTasks(task.ID)
	case !in.canAsk(m):
		return nil, in.giveUp(t, conv, m, task)
	}
	// Our clock may be ahead of the one by which the attempt began. A provider
	// that does not have the message could get it still.
	if early := task.NotBefore.Sub(t.until.Add(-in.cfg.LeaseTTL)); !task.NotBefore.IsZero() && early > 0 {
		task.DueAt = t.now.Add(early)
		return nil, t.PutTasks(task)
	}
	ch, _ := in.channels[m.Channel].(channel.Reconciler) // as canAsk has found
	return &uncertain{task: task, message: m, channel: ch}, nil
}

// reconcile asks the provider, with no transaction open.
func (in *Inbox) reconcile(ctx context.Context, u *uncertain) (answer, error) {
	a, err := ask(ctx, in, in.cfg.SendTimeout, func(ctx context.Context) (answer, error) {
		receipt, happened, err := u.channel.Reconcile(ctx, wireOf(u.message), u.message.AttemptedAt)
		return answer{receipt, happened}, err
	})
	if err != nil {
		in.log.Info("the provider can't tell yet what became of a message", "message", u.message.ID, "channel", u.message.Channel, "err", err)
	}
	return a, err
}

// applyReconcile records what the provider said.
func (in *Inbox) applyReconcile(t *tx, conv store.Conversation, u *uncertain, a answer, failure error) error {
	m, err := store.One(t.Messages(u.message.ID))
	if err != nil {
		return err
	}
	resend := m.State == store.StateQueued && failure == nil && a.happened // somebody wanted it sent again, meanwhile
	if m.State != store.StateUnconfirmed && !resend || m.Attempts != u.message.Attempts {
		return deleteQuestion(t, u.task) // a status update was faster, or an earlier try of this has committed
	}
	known := false // the provider's id is that of another message: this is not the one
	if failure == nil && a.happened {
		others, err := t.MessagesFrom(store.ProviderRef{Channel: m.Channel, ProviderID: a.receipt.ProviderID})
		if err != nil {
			return err
		}
		known = len(others) > 0 && others[0].ID != m.ID
	}
	switch {
	case failure != nil, known:
		return in.askLater(t, conv, m, u.task)
	case a.happened:
		if err := deleteSends(t, m); err != nil {
			return err
		}
		return in.settleSent(t, conv, m, u.task, a.receipt)
	case m.Attempts >= in.cfg.SendAttempts:
		return in.finish(t, conv, m, u.task, store.StateRejected, m.Code, "was lost on its way to the provider in "+plural(m.Attempts, "attempt"))
	}
	due := t.now.Add(in.backoff(m.Attempts))
	return in.postpone(t, conv, m, u.task, store.StateRetrying, compliance.Decision{Until: due, Reason: "the provider does not have the message"})
}

// deleteQuestion takes a question out of the mailbox, if it is one still: what
// follows from its answer may have its id.
func deleteQuestion(t *tx, task store.Task) error {
	tasks, err := t.Tasks(task.Conversation)
	if err != nil {
		return err
	}
	for _, owed := range tasks {
		if owed.ID == task.ID && owed.Kind == store.TaskReconcile {
			return t.DeleteTasks(owed.ID)
		}
	}
	return nil
}

// askLater lets the provider be asked once more, or gives up.
func (in *Inbox) askLater(t *tx, conv store.Conversation, m store.Message, task store.Task) error {
	if task.Attempts++; task.Attempts >= reconcileTries {
		return in.giveUp(t, conv, m, task)
	}
	task.DueAt = t.now.Add(2 * reconcileAfter << (task.Attempts - 1))
	return t.PutTasks(task)
}
