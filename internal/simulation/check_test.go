package simulation

import (
	"context"
	"fmt"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// check is a promise, and how to see that it was kept.
type check struct {
	number int    // of the promise
	name   string // by which a failure is known
	says   string // the promise in a sentence
	watch  func(*evidence, failer) watcher
}

// failer notes that a promise was broken. Only the first time counts.
type failer func(format string, args ...any)

// watcher looks at a run as it happened. Any of its functions may be nil.
type watcher struct {
	write  func(m *model, x *commit, write any) // before each write
	commit func(m *model, x *commit)            // after all writes of a commit
	end    func(m *model)                       // after all commits
}

// evidence is what a run has left.
type evidence struct {
	*world
	rested bool // everything has come to rest
	rows   rows
}

// rows are what the store holds in the end.
type rows struct {
	convs    map[store.ConversationID]store.Conversation
	messages map[store.MessageID]store.Message
	tasks    map[store.TaskID]store.Task
	strays   map[store.StrayID]store.Stray
	entries  map[compliance.Key][]compliance.Entry
	events   map[store.AccountID][]store.Event
	aside    map[store.TaskID]bool
}

// checks are all promises, in the order of their numbers.
func checks() []*check {
	return []*check{
		ackIsDurable, commitsAreKept, inboundOnce, backfilled, clientsKnow, optOut, optOutAcked, held, ledgerChained, statesMove, reportsClimb, comesToRest,
		sendsTold, notSentTwice, fencing, claimsWin, claimsLinearize, oneOrder, sendOrder, timers, eventOrder, eventsResume,
		eventsAreState, isolation, poison, accounts, neverImpossible,
	}
}

// neverImpossible holds what is no promise of its own but must never happen.
var neverImpossible = &check{0, "nothing impossible", "no part fails by itself, panics or stands still", func(e *evidence, fail failer) watcher {
	return watcher{end: func(*model) {
		for _, what := range e.broken {
			fail("%s", what)
		}
	}}
}}

// leavesNothing is checked when a run has ended.
var leavesNothing = &check{20, "shutdown", "an engine whose context has ended leaves no goroutine behind", nil}

// examine reads what a run has left with all checks.
func (w *world) examine(rested bool) result {
	r := result{counts: w.counts, story: w.story}
	e := &evidence{world: w, rested: rested}
	var err error
	if e.rows, err = w.read(); err != nil {
		w.impossible("the store could not be read: %v", err)
	}
	list := checks()
	watchers := make([]watcher, len(list))
	details := make([]string, len(list))
	for i, c := range list {
		watchers[i] = c.watch(e, func(format string, args ...any) {
			if details[i] == "" {
				details[i] = fmt.Sprintf(format, args...)
			}
		})
	}
	m := newModel()
	for _, x := range w.journal {
		for _, write := range x.writes {
			for _, see := range watchers {
				if see.write != nil {
					see.write(m, x, write)
				}
			}
			m.apply(write)
		}
		for _, see := range watchers {
			if see.commit != nil {
				see.commit(m, x)
			}
		}
	}
	for _, see := range watchers {
		if see.end != nil {
			see.end(m)
		}
	}
	for i, c := range list {
		if details[i] != "" {
			r.violations = append(r.violations, violation{c, details[i]})
		}
	}
	for _, en := range w.trace {
		if en.kind == entryCall {
			r.calls++
		}
	}
	return r
}

// read reads everything out of the store.
func (w *world) read() (rows, error) {
	r := rows{
		convs:    make(map[store.ConversationID]store.Conversation),
		messages: make(map[store.MessageID]store.Message),
		tasks:    make(map[store.TaskID]store.Task),
		strays:   make(map[store.StrayID]store.Stray),
		entries:  make(map[compliance.Key][]compliance.Entry),
		events:   make(map[store.AccountID][]store.Event),
		aside:    make(map[store.TaskID]bool),
	}
	const most = 1 << 20
	err := w.store.View(context.Background(), func(tx store.Tx) error {
		var ids []store.ConversationID
		for _, c := range w.threads {
			ids = append(ids, c.ID)
		}
		convs, err := tx.Conversations(ids...)
		if err != nil {
			return err
		}
		for _, c := range convs {
			r.convs[c.ID] = c
			messages, err := tx.ListMessages(store.MessageQuery{Conversation: c.ID, Limit: most})
			if err != nil {
				return err
			}
			for _, msg := range messages {
				r.messages[msg.ID] = msg
			}
		}
		tasks, err := tx.Tasks(ids...)
		if err != nil {
			return err
		}
		for _, t := range tasks {
			r.tasks[t.ID] = t
		}
		strays, err := tx.Strays(w.strays...)
		if err != nil {
			return err
		}
		for _, s := range strays {
			r.strays[s.ID] = s
		}
		for _, account := range []store.AccountID{strayAccount, otherAccount} {
			if r.events[account], err = tx.Events(store.EventQuery{Account: account, Limit: most}); err != nil {
				return err
			}
			aside, err := tx.TasksSetAside(account, most)
			if err != nil {
				return err
			}
			for _, t := range aside {
				r.aside[t.ID] = true
			}
		}
		for _, entry := range w.present().entries {
			if r.entries[entry.Key], err = tx.ConsentEntries(entry.Key); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}
