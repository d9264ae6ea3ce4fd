package postgres

import (
	"cmp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// tasks are those that a transaction has read or is to write.
type tasks struct {
	of      map[store.ConversationID]map[store.TaskID]store.Task // of conversations that were read
	where   map[store.TaskID]place
	pending map[store.TaskID]*store.Task // to be written; nil: to be deleted
}

// place is where a task is.
type place struct {
	account      store.AccountID
	conversation store.ConversationID
}

const taskColumns = `k.id, k.account, k.conversation, k.kind, k.message, k.due_at, k.attempts, k.error, k.set_aside, k.not_before`

var taskFields = []column[store.Task]{
	numberColumn("id", func(k *store.Task) int64 { return int64(k.ID) }),
	textColumn("account", func(k *store.Task) string { return string(k.Account) }),
	numberColumn("conversation", func(k *store.Task) int64 { return int64(k.Conversation) }),
	textColumn("kind", func(k *store.Task) string { return string(k.Kind) }),
	numberColumn("message", func(k *store.Task) int64 { return int64(k.Message) }),
	sortedColumn("due_at", func(k *store.Task) time.Time { return k.DueAt }),
	numberColumn("attempts", func(k *store.Task) int64 { return int64(k.Attempts) }),
	textColumn("error", func(k *store.Task) string { return k.Error }),
	boolColumn("set_aside", func(k *store.Task) bool { return k.SetAside }),
	timeColumn("not_before", func(k *store.Task) time.Time { return k.NotBefore }),
}

func scanTask(r scanner, k *store.Task) error {
	err := r.Scan((*int64)(&k.ID), (*string)(&k.Account), (*int64)(&k.Conversation), (*string)(&k.Kind), (*int64)(&k.Message),
		moment{&k.DueAt}, &k.Attempts, &k.Error, &k.SetAside, moment{&k.NotBefore})
	unpackAll((*string)(&k.Account), (*string)(&k.Kind), &k.Error)
	return err
}

// know notes where a task is.
func (k *tasks) know(task store.Task) {
	if k.where == nil {
		k.where = make(map[store.TaskID]place)
	}
	k.where[task.ID] = place{task.Account, task.Conversation}
}

// remove takes a task from what was read.
func (k *tasks) remove(id store.TaskID) {
	if p, ok := k.where[id]; ok {
		delete(k.of[p.conversation], id)
	}
}

// change notes what is to be written.
func (k *tasks) change(id store.TaskID, task *store.Task) {
	if k.pending == nil {
		k.pending = make(map[store.TaskID]*store.Task)
	}
	k.pending[id] = task
}

// Tasks returns all tasks of conversations.
func (t *tx) Tasks(cs ...store.ConversationID) ([]store.Task, error) {
	if err := t.ready(); err != nil || len(cs) == 0 {
		return nil, err
	}
	if err := t.fetch(t.fetchTasks(cs)); err != nil {
		return nil, err
	}
	var found []store.Task
	for _, id := range cs {
		n := len(found)
		for _, task := range t.tasks.of[id] {
			found = append(found, task)
		}
		slices.SortFunc(found[n:], func(a, b store.Task) int { return cmp.Compare(a.ID, b.ID) })
	}
	return found, nil
}

func (t *tx) fetchTasks(cs []store.ConversationID) *fetch {
	k := &t.tasks
	var unknown []store.ConversationID
	for _, id := range missing(k.of, cs) {
		if t.ids.drew(int64(id)) {
			k.open(id)
		} else {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	f := &fetch{guards: mapped(unknown, t.s.guards.conversation)}
	var rows []store.Task
	f.statement = statement{
		`SELECT ` + taskColumns + ` FROM @tasks k WHERE k.conversation = ANY($1::bigint[])`, []any{numbers(unknown)}, collect(&rows, scanTask),
	}
	f.after = func() {
		for _, id := range unknown {
			k.open(id)
		}
		for _, task := range rows {
			if _, changed := k.pending[task.ID]; !changed {
				k.know(task)
				k.of[task.Conversation][task.ID] = task
			}
		}
	}
	return f
}

// open begins the tasks of a conversation with those that are held back.
func (k *tasks) open(id store.ConversationID) {
	if k.of == nil {
		k.of = make(map[store.ConversationID]map[store.TaskID]store.Task)
	}
	k.of[id] = make(map[store.TaskID]store.Task)
	for _, task := range k.pending {
		if task != nil && task.Conversation == id {
			k.of[id][task.ID] = *task
		}
	}
}

// TasksSetAside returns an account's tasks that wait for a person.
func (t *tx) TasksSetAside(account store.AccountID, limit int) ([]store.Task, error) {
	return all(t, t.only(t.s.guards.lists(account, false)), scanTask,
		`SELECT `+taskColumns+` FROM @tasks k WHERE k.account = $1 AND k.set_aside ORDER BY k.id LIMIT $2`, pack(string(account)), max(limit, 0))
}

// PutTasks adds or replaces tasks.
func (t *tx) PutTasks(ts ...store.Task) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, task := range ts {
		task = record.CopyTask(task)
		t.tasks.remove(task.ID)
		t.tasks.know(task)
		t.need(t.s.guards.conversation(task.Conversation), t.s.guards.lists(task.Account, true))
		if of, ok := t.tasks.of[task.Conversation]; ok {
			of[task.ID] = task
		}
		t.tasks.change(task.ID, &task)
	}
	return nil
}

// DeleteTasks deletes those of the tasks that exist.
func (t *tx) DeleteTasks(ids ...store.TaskID) error {
	if err := t.writable(); err != nil || len(ids) == 0 {
		return err
	}
	if unknown := missing(t.tasks.where, ids); len(unknown) > 0 {
		if err := t.locateTasks(unknown); err != nil {
			return err
		}
	}
	for _, id := range ids {
		p, exists := t.tasks.where[id]
		if !exists {
			continue
		}
		t.need(t.s.guards.conversation(p.conversation), t.s.guards.lists(p.account, true))
		t.tasks.remove(id)
		t.tasks.change(id, nil)
	}
	return nil
}

// locateTasks finds out where tasks are.
func (t *tx) locateTasks(ids []store.TaskID) error {
	return t.ask(t.ctx, nil, statement{
		text: `SELECT id, account, conversation FROM @tasks WHERE id = ANY($1::bigint[])`,
		args: []any{numbers(ids)},
		read: func(rows pgx.Rows) error {
			var task store.Task
			err := rows.Scan((*int64)(&task.ID), (*string)(&task.Account), (*int64)(&task.Conversation))
			unpackAll((*string)(&task.Account))
			t.tasks.know(task)
			return err
		},
	})
}

// flush returns the statements that write what was changed.
func (k *tasks) flush() ([]statement, error) {
	if len(k.pending) == 0 {
		return nil, nil
	}
	var statements []statement
	var gone []int64
	var put []*store.Task
	for id, task := range k.pending {
		if task == nil {
			gone = append(gone, int64(id))
		} else {
			put = append(put, task)
		}
	}
	k.pending = nil
	if len(gone) > 0 {
		statements = append(statements, statement{text: `DELETE FROM @tasks WHERE id = ANY($1::bigint[])`, args: []any{gone}})
	}
	if len(put) > 0 {
		slices.SortFunc(put, func(a, b *store.Task) int { return cmp.Compare(a.ID, b.ID) })
		args, err := params(taskFields, put)
		if err != nil {
			return nil, err
		}
		statements = append(statements, statement{text: `
			INSERT INTO @tasks (id, account, conversation, kind, message, due_at, attempts, error, set_aside, not_before)
			SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::timestamptz[], $7::bigint[], $8::text[], $9::boolean[], $10::timestamptz[])
			ON CONFLICT (id) DO UPDATE SET account = excluded.account, conversation = excluded.conversation, kind = excluded.kind, message = excluded.message,
				due_at = excluded.due_at, attempts = excluded.attempts, error = excluded.error, set_aside = excluded.set_aside, not_before = excluded.not_before`, args: args})
	}
	return statements, nil
}
