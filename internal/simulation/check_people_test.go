package simulation

import (
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

var isolation = &check{16, "nobody is left alone", "whatever a router does, each message that wants people ends with somebody who can answer, and they are alerted unless people have dealt with it", func(_ *evidence, fail failer) watcher {
	type routed struct{ task store.Task }
	var done []routed
	alerted := make(map[store.MessageID]bool) // in this commit
	return watcher{
		write: func(m *model, _ *commit, write any) {
			switch r := write.(type) {
			case taskDeleted:
				if t, ok := m.tasks[store.TaskID(r)]; ok && t.Kind == store.TaskRoute {
					done = append(done, routed{t})
				}
			case store.Task:
				if r.Kind == store.TaskRoute && r.SetAside {
					done = append(done, routed{r})
				}
			case store.Event:
				if r.Type == store.Alerted && len(r.Detail.Users) > 0 {
					alerted[r.Message] = true
				}
			}
		},
		commit: func(m *model, x *commit) {
			for _, d := range done {
				conv, msg := m.convs[d.task.Conversation], m.messages[d.task.Message]
				claimed := conv.ClaimedBy != "" && m.licensed(conv.Account, conv.ClaimedBy)
				reached := m.reached(conv)
				team := m.members(conv.Account, m.inboxes[inboxKey{conv.Account, conv.Inbox}].Team)
				seen := false
				for _, mark := range m.marks {
					seen = seen || mark.Conversation == conv.ID && mark.Seq >= msg.Seq
				}
				switch {
				case claimed && !alerted[msg.ID], !claimed && len(reached) > 0 && !alerted[msg.ID] && !seen:
					fail("commit %d is done with message %v, and alerts nobody", x.n, msg.ID)
				case !claimed && len(reached) == 0 && len(team) > 0:
					fail("commit %d leaves message %v of conversation %v with nobody who can answer", x.n, msg.ID, conv.ID)
				}
			}
			done = done[:0]
			clear(alerted)
		},
	}
}}

var poison = &check{17, "poison", "work that always fails is set aside where people see it, and holds up nothing", func(e *evidence, fail failer) watcher {
	told := make(map[store.ConversationID]bool)
	return watcher{
		write: func(_ *model, _ *commit, write any) {
			if ev, ok := write.(store.Event); ok && ev.Type == store.TaskSetAside {
				told[ev.Conversation] = true
			}
		},
		end: func(*model) {
			if !e.rested {
				return
			}
			for _, t := range sorted(e.rows.tasks) {
				switch {
				case !t.SetAside:
					fail("task %v is not set aside, after %d failures", t.ID, t.Attempts)
				case !e.rows.aside[t.ID], !told[t.Conversation]:
					fail("task %v is set aside, and nobody is told", t.ID)
				case t.Kind != unknownTask:
					fail("task %v, to %s, is set aside: %s", t.ID, t.Kind, t.Error)
				}
			}
		},
	}
}}

var accounts = &check{19, "accounts never mix", "every record is inside one account, and nobody reaches into another", func(e *evidence, fail failer) watcher {
	return watcher{
		write: func(m *model, x *commit, write any) {
			same := func(what string, account, other store.AccountID) {
				if account != other {
					fail("commit %d puts %s of account %s into account %s", x.n, what, account, other)
				}
			}
			switch r := write.(type) {
			case store.Conversation:
				if _, ok := m.inboxes[inboxKey{r.Account, r.Inbox}]; !ok {
					fail("commit %d puts conversation %v into inbox %s, which account %s does not have", x.n, r.ID, r.Inbox, r.Account)
				}
				same("a contact", m.contacts[r.Contact].Account, r.Account)
			case store.Message:
				if r.State == store.StateAttempting && m.accountAt(r.From) != r.Account {
					fail("commit %d sends message %v of account %s from %s", x.n, r.ID, r.Account, r.From)
				}
			case markPut:
				same("a mark", r.account, m.convs[r.Conversation].Account)
			}
		},
		commit: func(m *model, x *commit) {
			for _, write := range x.writes {
				if t, ok := write.(store.Task); ok && t.Account != m.convs[t.Conversation].Account {
					fail("commit %d puts a task of account %s into conversation %v of account %s", x.n, t.Account, t.Conversation, m.convs[t.Conversation].Account)
				}
			}
		},
		end: func(m *model) {
			for _, msg := range sorted(m.messages) {
				if msg.Account != m.convs[msg.Conversation].Account {
					fail("message %v is of account %s in a conversation of account %s", msg.ID, msg.Account, m.convs[msg.Conversation].Account)
				}
			}
			for _, ev := range m.events {
				if conv, ok := m.convs[ev.Conversation]; ok && conv.Account != ev.Account {
					fail("an event of account %s is about conversation %v of account %s", ev.Account, conv.ID, conv.Account)
				}
			}
			for _, a := range e.past {
				if a.did.conv != 0 && a.did.who.ID != "" && a.err == nil && a.did.who.Account != m.convs[a.did.conv].Account && a.op.Kind != opLook {
					fail("%v by %s/%s in conversation %v of account %s", a.op, a.did.who.Account, a.did.who.ID, a.did.conv, m.convs[a.did.conv].Account)
				}
				if slices.ContainsFunc(a.did.seen, func(c store.Conversation) bool { return c.Account != a.did.who.Account }) ||
					slices.ContainsFunc(a.did.events, func(ev store.Event) bool { return ev.Account != a.did.who.Account }) {
					fail("%v shows %s/%s what is of another account", a.op, a.did.who.Account, a.did.who.ID)
				}
			}
		},
	}
}}
