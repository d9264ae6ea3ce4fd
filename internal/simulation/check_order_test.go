package simulation

import (
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var oneOrder = &check{12, "one order", "the messages of a conversation are numbered from 1 without gaps, in the order in which they came", func(e *evidence, fail failer) watcher {
	return watcher{
		write: func(m *model, x *commit, write any) {
			r, ok := write.(store.Message)
			if !ok || r.Version != 0 {
				return
			}
			for _, before := range m.messages {
				if before.Conversation == r.Conversation && before.Seq >= r.Seq {
					fail("commit %d puts message %v at %d of conversation %v, after %d", x.n, r.ID, r.Seq, r.Conversation, before.Seq)
				}
			}
		},
		end: func(m *model) {
			for _, conv := range sorted(e.rows.convs) {
				messages := m.messagesOf(conv.ID)
				for i, msg := range messages {
					if msg.Seq != int64(i+1) {
						fail("message %v of conversation %v is at %d and is number %d", msg.ID, conv.ID, msg.Seq, i+1)
					}
				}
				if conv.LastSeq != int64(len(messages)) {
					fail("conversation %v says that it has %d messages and has %d", conv.ID, conv.LastSeq, len(messages))
				}
			}
		},
	}
}}

// longestHold is for how long a message that waits holds back those behind it.
const longestHold = 5 * time.Minute

var sendOrder = &check{12, "order of sends", "a message is not begun to be sent while one before it is on its way or waits for another try, but an answer to STOP, START or HELP, and talk that overtakes bulk", func(_ *evidence, fail failer) watcher {
	var begun []store.Message
	return watcher{
		write: func(m *model, _ *commit, write any) {
			if r, ok := write.(store.Message); ok && r.State == store.StateAttempting && m.messages[r.ID].State != r.State {
				begun = append(begun, r)
			}
		},
		commit: func(m *model, x *commit) {
			for _, msg := range begun {
				if msg.Purpose == compliance.Compliance {
					continue
				}
				tasks := m.tasksOf(msg.Conversation)
				var own store.TaskID
				for _, t := range tasks {
					if t.Message == msg.ID && t.Kind == store.TaskSettle {
						own = t.ID
					}
				}
				for _, t := range tasks {
					before := m.messages[t.Message]
					sends := t.Kind == store.TaskSend || t.Kind == store.TaskPaced || t.Kind == store.TaskSettle
					bulk := t.Kind != store.TaskSettle && before.Purpose == compliance.Marketing
					waits := before.State != store.StateDeferred && t.DueAt.Sub(x.now) <= longestHold
					if sends && t.ID < own && !t.SetAside && waits && (!bulk || msg.Purpose == compliance.Marketing) {
						fail("commit %d begins to send message %v, though message %v before it is %s until %v", x.n, msg.ID, before.ID, before.State, t.DueAt)
					}
				}
			}
			begun = begun[:0]
		},
	}
}}

var timers = &check{13, "timers", "what is to happen at a moment happens once, and never before it by the clock of the engine that does it", func(_ *evidence, fail failer) watcher {
	woken := make(map[store.ConversationID]*commit)
	return watcher{write: func(m *model, x *commit, write any) {
		if x.by == nil || x.by.op.Kind != opStep && x.by.op.N >= 0 {
			return
		}
		switch r := write.(type) {
		case store.Conversation:
			before := m.convs[r.ID]
			if before.Status == store.Snoozed && r.Status == store.Open && before.SnoozedUntil.After(x.now) && x.by.op.Kind == opStep {
				fail("commit %d ends at %v the snooze of conversation %v, which is until %v", x.n, x.now, r.ID, before.SnoozedUntil)
			}
			if woken[r.ID] == x && before.Status != store.Snoozed && before.Status != r.Status {
				fail("commit %d ends a snooze of conversation %v, which is %s", x.n, r.ID, before.Status)
			}
		case store.Message:
			before := m.messages[r.ID]
			// What waits for a person goes when they have decided.
			waits := before.State == store.StateDeferred && before.Decision.Verdict == compliance.NeedsHuman
			if r.State == store.StateAttempting && !waits && before.DueAt.Truncate(time.Microsecond).After(x.now) {
				fail("commit %d begins at %v to send message %v, which waits until %v", x.n, x.now, r.ID, before.DueAt)
			}
		case taskDeleted:
			t := m.tasks[store.TaskID(r)]
			switch t.Kind {
			case store.TaskWake:
				woken[t.Conversation] = x
			case store.TaskDecide:
			default:
				return
			}
			if t.DueAt.After(x.now) {
				fail("commit %d ends at %v task %v, which is due at %v", x.n, x.now, t.ID, t.DueAt)
			}
		}
	}}
}}
