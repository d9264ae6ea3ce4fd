package memory

import (
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) Tasks(cs ...store.ConversationID) ([]store.Task, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var found []store.Task
	for _, id := range cs {
		for k, task := range t.owed.from(within{conversation: id}) {
			if k.conversation != id {
				break
			}
			found = append(found, record.CopyTask(*task))
		}
	}
	return found, nil
}

func (t *tx) TasksSetAside(account store.AccountID, limit int) ([]store.Task, error) {
	return firstOf(t, &t.setAside, account, limit, record.CopyTask)
}

// firstOf returns an account's first records, by id.
func firstOf[ID ~int64, R any](t *tx, records *tree[numbered[ID], *R], account store.AccountID, limit int, clone func(R) R) ([]R, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var found []R
	for k, r := range records.from(numbered[ID]{account: account}) {
		if k.account != account || len(found) >= limit {
			break
		}
		found = append(found, clone(*r))
	}
	return found, nil
}

func (t *tx) PutTasks(ts ...store.Task) error { return write(t, ts, (*tx).putTask) }

func (t *tx) putTask(task store.Task) error {
	t.deleteTask(task.ID)
	task = record.CopyTask(task)
	t.tasks.set(t.number, task.ID, &task)
	t.owed.set(t.number, within{task.Conversation, int64(task.ID)}, &task)
	if task.SetAside {
		t.setAside.set(t.number, numbered[store.TaskID]{task.Account, task.ID}, &task)
	} else {
		t.due.set(t.number, dueKey{task.Account, instantOf(task.DueAt), task.ID}, &task)
	}
	return nil
}

func (t *tx) DeleteTasks(ids ...store.TaskID) error {
	return write(t, ids, func(t *tx, id store.TaskID) error {
		t.deleteTask(id)
		return nil
	})
}

func (t *tx) deleteTask(id store.TaskID) {
	task, ok := t.tasks.get(id)
	if !ok {
		return
	}
	t.tasks.delete(t.number, id)
	t.owed.delete(t.number, within{task.Conversation, int64(id)})
	if task.SetAside {
		t.setAside.delete(t.number, numbered[store.TaskID]{task.Account, id})
	} else {
		t.due.delete(t.number, dueKey{task.Account, instantOf(task.DueAt), id})
	}
}
