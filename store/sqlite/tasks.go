package sqlite

import "github.com/teaminbox/teaminbox/store"

const taskColumns = `id, account, conversation, kind, message, due_at, attempts, error, set_aside, not_before`

var tasksByConversation = newKeyed(`SELECT ` + taskColumns + ` FROM tasks WHERE conversation IN %s ORDER BY conversation, id`)

func scanTask(r row, k *store.Task) error {
	return r.Scan((*int64)(&k.ID), (*string)(&k.Account), (*int64)(&k.Conversation), (*string)(&k.Kind), (*int64)(&k.Message),
		timeColumn{&k.DueAt}, &k.Attempts, &k.Error, &k.SetAside, timeColumn{&k.NotBefore})
}

// Tasks returns all tasks of conversations.
func (t *tx) Tasks(cs ...store.ConversationID) ([]store.Task, error) {
	return byKeys(t, &tasksByConversation, scanTask, func(k *store.Task) store.ConversationID { return k.Conversation }, cs)
}

// TasksSetAside returns an account's tasks that wait for a person.
func (t *tx) TasksSetAside(account store.AccountID, limit int) ([]store.Task, error) {
	return all(t, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE account = ? AND set_aside = 1 ORDER BY id LIMIT ?`, string(account), max(limit, 0))
}

// PutTasks adds or replaces tasks.
func (t *tx) PutTasks(ts ...store.Task) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, k := range ts {
		if _, err := t.exec(`INSERT INTO tasks (`+taskColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET account = excluded.account, conversation = excluded.conversation, kind = excluded.kind, message = excluded.message,
				due_at = excluded.due_at, attempts = excluded.attempts, error = excluded.error, set_aside = excluded.set_aside, not_before = excluded.not_before`,
			int64(k.ID), string(k.Account), int64(k.Conversation), string(k.Kind), int64(k.Message), k.DueAt.UnixMicro(), k.Attempts, k.Error, k.SetAside, stamp(k.NotBefore)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteTasks deletes those of the tasks that exist.
func (t *tx) DeleteTasks(ids ...store.TaskID) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := t.exec(`DELETE FROM tasks WHERE id = ?`, int64(id)); err != nil {
			return err
		}
	}
	return nil
}
