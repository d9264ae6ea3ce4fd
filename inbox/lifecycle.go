package inbox

import (
	"context"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// longestSnooze bounds a snooze.
const longestSnooze = 366 * 24 * time.Hour

// Close ends a conversation, and the user's claim with it. The customer's next
// message opens it again and is routed anew. Closing a closed one has no
// effect.
func (a *Agent) Close(ctx context.Context, id store.ConversationID) error {
	return a.change(ctx, id, func(t *tx, _ *company, conv *store.Conversation) ([]store.Event, error) {
		if conv.Status == store.Closed {
			return nil, nil
		}
		conv.Status, conv.SnoozedUntil, conv.WaitingSince = store.Closed, time.Time{}, time.Time{}
		conv.ClaimedBy, conv.ClaimedAt = "", time.Time{}
		return []store.Event{eventOf(t, *conv, store.ConversationClosed, a.author(), store.Detail{Status: conv.Status})}, nil
	})
}

// Reopen opens a closed or snoozed conversation. Reopening an open one has no
// effect.
func (a *Agent) Reopen(ctx context.Context, id store.ConversationID) error {
	return a.change(ctx, id, func(t *tx, _ *company, conv *store.Conversation) ([]store.Event, error) {
		if conv.Status == store.Open {
			return nil, nil
		}
		conv.Status, conv.SnoozedUntil = store.Open, time.Time{}
		return []store.Event{eventOf(t, *conv, store.ConversationReopened, a.author(), store.Detail{Status: conv.Status})}, nil
	})
}

// Snooze puts a conversation away until a moment, or until the customer's next
// message if that is earlier. The moment must be in the future and within a
// year.
func (a *Agent) Snooze(ctx context.Context, id store.ConversationID, until time.Time) error {
	until = until.UTC().Truncate(time.Microsecond)
	return a.change(ctx, id, func(t *tx, _ *company, conv *store.Conversation) ([]store.Event, error) {
		if !until.After(t.now) || until.After(t.now.Add(longestSnooze)) {
			return nil, invalid("until", "must be in the future and within a year")
		}
		conv.Status, conv.SnoozedUntil = store.Snoozed, until
		if err := deleteWakes(t, conv.ID); err != nil {
			return nil, err
		}
		if _, err := addTask(t, *conv, store.TaskWake, 0, until); err != nil {
			return nil, err
		}
		return []store.Event{eventOf(t, *conv, store.ConversationSnoozed, a.author(), store.Detail{Status: conv.Status, Until: until})}, nil
	})
}

// deleteWakes takes the ends of earlier snoozes out of the mailbox.
func deleteWakes(t *tx, id store.ConversationID) error {
	tasks, err := t.Tasks(id)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Kind == store.TaskWake {
			if err := t.DeleteTasks(task.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// wake ends a snooze whose time has come, unless it was ended or prolonged in
// the meantime, and alerts those who take part.
func (in *Inbox) wake(t *tx, conv store.Conversation, task store.Task) error {
	if err := t.DeleteTasks(task.ID); err != nil {
		return err
	}
	if conv.Status != store.Snoozed || conv.SnoozedUntil.After(t.now) {
		return nil
	}
	c, err := in.company(t, conv.Account)
	if err != nil {
		return err
	}
	conv.Status, conv.SnoozedUntil = store.Open, time.Time{}
	if err := t.PutConversations(conv); err != nil {
		return err
	}
	if err := t.AppendEvents(eventOf(t, conv, store.ConversationReopened, store.Author{Kind: store.BySystem}, store.Detail{Status: conv.Status})); err != nil {
		return err
	}
	users := c.participants(conv)
	if claimed(c, conv) {
		users = []store.UserID{conv.ClaimedBy}
	}
	return in.alert(t, conv, 0, users)
}
