package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func taskCases() []testCase {
	return []testCase{
		{"tasks/by conversation, then id", "Tasks returns all tasks of the conversations, by conversation in the order given, then by id.", tasksOrder},
		{"tasks/replaced", "PutTasks adds or replaces tasks.", tasksReplaced},
		{"tasks/deleted", "DeleteTasks deletes tasks; those that do not exist are no error.", tasksDeleted},
		{"tasks/set aside", "TasksSetAside returns an account's tasks that wait for a person, by id, at most limit.", tasksSetAside},
		{"tasks/in the same transaction", "A read sees what the same transaction has written.", tasksOwn},
	}
}

// tasksOf makes n tasks for each conversation, in turn, with ascending ids.
func (e *env) tasksOf(n int, cs ...store.Conversation) ([][]store.Task, error) {
	out := make([][]store.Task, len(cs))
	for range n {
		for i, c := range cs {
			t, err := e.taskOf(c.ID)
			if err != nil {
				return nil, err
			}
			t.Account = c.Account
			out[i] = append(out[i], t)
		}
	}
	return out, nil
}

func (e *env) putTasks(ts ...store.Task) error {
	return e.update(func(tx store.Tx) error { return tx.PutTasks(ts...) })
}

func (e *env) expectTasks(c store.ConversationID, want ...store.Task) error {
	return e.expect(want, func(tx store.Tx) (any, error) { return tx.Tasks(c) })
}

func tasksOrder(e *env) error {
	cs, err := some(3, e.stored)
	if err != nil {
		return err
	}
	ts, err := e.tasksOf(3, cs...)
	if err != nil {
		return err
	}
	// The last is due first, and is put first.
	for i := range ts {
		for j := range ts[i] {
			ts[i][j].DueAt = noon.AddDate(0, 0, -j)
		}
	}
	if err := e.putTasks(ts[1][2], ts[0][1], ts[2][0], ts[1][0], ts[0][2], ts[1][1], ts[0][0]); err != nil {
		return err
	}
	want := []store.Task{ts[2][0], ts[0][0], ts[0][1], ts[0][2], ts[1][0], ts[1][1], ts[1][2]}
	return e.expect(want, func(tx store.Tx) (any, error) { return tx.Tasks(cs[2].ID, cs[0].ID, noID, cs[1].ID) })
}

func tasksReplaced(e *env) error {
	cs, err := some(2, e.stored)
	if err != nil {
		return err
	}
	t, err := e.taskOf(cs[0].ID)
	if err != nil {
		return err
	}
	if err := e.putTasks(t); err != nil {
		return err
	}
	t.Kind, t.DueAt, t.Attempts, t.Error, t.SetAside = store.TaskRoute, noon.AddDate(1, 0, 0), 3, "no answer", true
	if err := e.putTasks(t); err != nil {
		return err
	}
	if err := e.expectTasks(cs[0].ID, t); err != nil {
		return err
	}
	t.Conversation, t.SetAside = cs[1].ID, false
	if err := e.putTasks(t); err != nil {
		return err
	}
	return errors.Join(
		doing("the conversation that it has left", e.expectTasks(cs[0].ID)),
		doing("the conversation that it belongs to", e.expectTasks(cs[1].ID, t)),
		doing("TasksSetAside", e.expectNone(func(tx store.Tx) (any, error) { return tx.TasksSetAside(acme, 10) })),
	)
}

func tasksDeleted(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	made, err := e.tasksOf(3, c)
	if err != nil {
		return err
	}
	ts := made[0]
	ts[1].SetAside = true
	if err := e.putTasks(ts...); err != nil {
		return err
	}
	remove := func(ids ...store.TaskID) error {
		return e.update(func(tx store.Tx) error { return tx.DeleteTasks(ids...) })
	}
	if err := remove(ts[1].ID, noID, ts[0].ID); err != nil {
		return err
	}
	if err := e.expectTasks(c.ID, ts[2]); err != nil {
		return err
	}
	if err := remove(ts[1].ID); err != nil {
		return fmt.Errorf("a second time: %w", err)
	}
	err = e.expectNone(func(tx store.Tx) (any, error) { return tx.TasksSetAside(acme, 10) })
	if err != nil {
		return fmt.Errorf("TasksSetAside: %w", err)
	}
	if err := e.putTasks(ts[0]); err != nil {
		return fmt.Errorf("put again: %w", err)
	}
	return e.expectTasks(c.ID, ts[0], ts[2])
}

func tasksSetAside(e *env) error {
	cs, err := some(2, e.stored)
	if err != nil {
		return err
	}
	other, err := e.storedWith(func(c *store.Conversation) { c.Account = globex })
	if err != nil {
		return err
	}
	ts, err := e.tasksOf(2, append(cs, other)...)
	if err != nil {
		return err
	}
	for i := range ts {
		for j := range ts[i] {
			ts[i][j].SetAside = true
		}
	}
	running := ts[0][1]
	running.SetAside = false
	if err := e.putTasks(ts[1][1], ts[2][1], running, ts[0][0], ts[2][0], ts[1][0]); err != nil {
		return err
	}
	want := []store.Task{ts[0][0], ts[1][0], ts[1][1]}
	for limit := 1; limit <= 4; limit++ {
		err := e.expect(want[:min(limit, 3)], func(tx store.Tx) (any, error) { return tx.TasksSetAside(acme, limit) })
		if err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	ts[1][0].SetAside = false
	if err := e.putTasks(ts[1][0]); err != nil {
		return err
	}
	want = []store.Task{ts[0][0], ts[1][1]}
	return doing("requeued", e.expect(want, func(tx store.Tx) (any, error) { return tx.TasksSetAside(acme, 10) }))
}

func tasksOwn(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	made, err := e.tasksOf(3, c)
	if err != nil {
		return err
	}
	ts := made[0]
	if err := e.putTasks(ts[0]); err != nil {
		return err
	}
	return e.update(func(tx store.Tx) error {
		if err := tx.PutTasks(ts[2], ts[1]); err != nil {
			return err
		}
		if err := tx.DeleteTasks(ts[0].ID); err != nil {
			return err
		}
		ts[2].SetAside = true
		if err := tx.PutTasks(ts[2]); err != nil {
			return err
		}
		if err := expectIn(tx, ts[1:], func(tx store.Tx) (any, error) { return tx.Tasks(c.ID) }); err != nil {
			return err
		}
		return expectIn(tx, ts[2:], func(tx store.Tx) (any, error) { return tx.TasksSetAside(acme, 10) })
	})
}
