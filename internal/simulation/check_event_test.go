package simulation

import (
	"context"
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var eventOrder = &check{14, "events in order", "an account's events are those that were committed, in the order of the commits", func(e *evidence, fail failer) watcher {
	return watcher{end: func(m *model) {
		for _, account := range []store.AccountID{strayAccount, otherAccount} {
			var want []store.Event
			for _, ev := range m.events {
				if ev.Account == account {
					want = append(want, ev)
				}
			}
			got := e.rows.events[account]
			if len(got) != len(want) {
				fail("account %s has %d events; %d were committed", account, len(got), len(want))
				continue
			}
			var last store.Cursor
			for i, ev := range got {
				if ev.Cursor <= last {
					fail("event %v comes after event %v", ev.Cursor, last)
				}
				last = ev.Cursor
				if ev.Type != want[i].Type || ev.Conversation != want[i].Conversation || ev.Message != want[i].Message || ev.Detail.State != want[i].Detail.State {
					fail("event %v is %s and was committed as %s", ev.Cursor, ev.Type, want[i].Type)
				}
			}
		}
	}}
}}

var eventsResume = &check{14, "events resume", "a subscriber gets each event once and in order, and one that goes on from a cursor gets exactly the rest", func(e *evidence, fail failer) watcher {
	return watcher{end: func(m *model) {
		last := &engine{w: e.world, n: len(e.all) + 1}
		last.start()
		for _, u := range people {
			if !m.licensed(u.Account, u.ID) {
				continue
			}
			agent := last.in.Agent(u.Account, u.ID)
			from := func(cursor store.Cursor) (events []store.Event) {
				for {
					page, next, err := agent.EventsAfter(context.Background(), cursor)
					if err != nil {
						fail("%s/%s can't read on after %v: %v", u.Account, u.ID, cursor, err)
						return events
					}
					events = append(events, page...)
					if next == cursor {
						return events
					}
					cursor = next
				}
			}
			all := from(0)
			for i := 0; i < len(all); i += 1 + len(all)/5 {
				if rest := from(all[i].Cursor); !slices.EqualFunc(rest, all[i+1:], func(a, b store.Event) bool { return a.Cursor == b.Cursor }) {
					fail("%s/%s gets %d events after %v, and should get %d", u.Account, u.ID, len(rest), all[i].Cursor, len(all)-i-1)
				}
			}
			e.compareLive(u, all, fail)
		}
	}}
}}

// compareLive compares what a subscriber got while the run went on with what
// can be read in the end. Nobody may have been shut out meanwhile.
func (e *evidence) compareLive(u store.User, all []store.Event, fail failer) {
	var cursor store.Cursor
	got := make(map[store.Cursor]bool)
	for _, a := range e.past {
		if a.op.Kind != opPoll || a.did.who.ID != u.ID || a.did.who.Account != u.Account || a.err != nil {
			continue
		}
		for _, ev := range a.did.events {
			if ev.Cursor <= a.did.after || ev.Cursor > a.did.last || got[ev.Cursor] {
				fail("%s/%s got event %v after %v", u.Account, u.ID, ev.Cursor, a.did.after)
			}
			got[ev.Cursor] = true
		}
		cursor = a.did.last
	}
	shutOut := make(map[store.ConversationID]bool)
	for _, x := range e.journal {
		for _, write := range x.writes {
			switch r := write.(type) {
			case store.User, store.Team:
				if x.engine != nil {
					return
				}
			case store.Conversation:
				shutOut[r.ID] = shutOut[r.ID] || r.ClaimedBy != "" || len(r.Users) > 0
			}
		}
	}
	for _, ev := range all {
		if ev.Cursor <= cursor && !got[ev.Cursor] && !shutOut[ev.Conversation] {
			fail("%s/%s was passed over event %v", u.Account, u.ID, ev.Cursor)
		}
	}
}

// folded is a conversation as its events tell it.
type folded struct {
	status  store.Status
	claimed store.UserID
	users   []store.UserID
	teams   []store.TeamID
	last    int64
}

// fold is what some events tell.
type fold struct {
	convs         map[store.ConversationID]folded
	states        map[store.MessageID]store.State
	marks         map[markKey]int64
	out, held     map[compliance.Key]bool
	strays, aside int
}

func newFold() *fold {
	return &fold{
		convs:  make(map[store.ConversationID]folded),
		states: make(map[store.MessageID]store.State),
		marks:  make(map[markKey]int64),
		out:    make(map[compliance.Key]bool),
		held:   make(map[compliance.Key]bool),
	}
}

// add takes one event in. theirs is the customer of the conversation.
func (f *fold) add(ev store.Event, theirs channel.Address, fail failer) {
	c := f.conv(ev.Conversation)
	d := ev.Detail
	switch ev.Type {
	case store.MessageReceived, store.MessageQueued, store.NoteAdded:
		if d.Seq != c.last+1 {
			fail("an event is about message %d of conversation %v, after %d", d.Seq, ev.Conversation, c.last)
		}
		c.last = d.Seq
		if ev.Type == store.MessageQueued {
			f.states[ev.Message] = d.State
		}
	case store.MessageState:
		f.states[ev.Message] = d.State
	case store.ConversationOpened, store.ConversationReopened, store.ConversationSnoozed:
		c.status = d.Status
	case store.ConversationClosed:
		c.status, c.claimed = d.Status, ""
	case store.ConversationRouted, store.ConversationAssigned:
		c.users, c.teams, c.claimed = d.Users, d.Teams, ""
	case store.ConversationClaimed:
		c.claimed = ev.Actor.User
	case store.ConversationReleased:
		c.claimed = ""
	case store.ConversationRead:
		f.marks[markKey{ev.Account, ev.Actor.User, ev.Conversation}] = d.Seq
	case store.ContactOptedOut, store.ContactOptedIn:
		if theirs != "" {
			key := compliance.KeyOf(string(ev.Account), theirs)
			f.out[key] = ev.Type == store.ContactOptedOut
			f.held[key] = false
		}
	case store.ContactHeld, store.ContactReleased:
		if theirs != "" {
			f.held[compliance.KeyOf(string(ev.Account), theirs)] = !d.Until.IsZero()
		}
	case store.StrayReceived:
		f.strays++
	case store.StrayResolved:
		f.strays--
	case store.TaskSetAside:
		f.aside++
	case store.TaskRequeued:
		f.aside--
	case store.Alerted, store.MessageCompleted, store.ContactPartStopped, store.ContactPartResumed, store.ContactVoided, store.ContactErased,
		store.ConversationErased:
	}
	f.convs[ev.Conversation] = c
}

// conv is what the events say of a conversation: one of which they say nothing
// is closed.
func (f *fold) conv(id store.ConversationID) folded {
	if c, known := f.convs[id]; known {
		return c
	}
	return folded{status: store.Closed}
}

// compare compares what the events say with what a record says.
func (f *fold) compare(write any, m *model, fail failer) {
	switch r := write.(type) {
	case store.Conversation:
		r = m.convs[r.ID]
		had := folded{r.Status, r.ClaimedBy, r.Users, r.Teams, r.LastSeq}
		if said := f.conv(r.ID); fmt.Sprint(had) != fmt.Sprint(said) {
			fail("conversation %v is %+v, and its events say %+v", r.ID, had, said)
		}
	case store.Message:
		r = m.messages[r.ID]
		if r.Direction == store.Outbound && f.states[r.ID] != r.State {
			fail("message %v is %s, and its events say %s", r.ID, r.State, f.states[r.ID])
		}
	case markPut:
		key := markKey{r.account, r.User, r.Conversation}
		if f.marks[key] != m.marks[key].Seq {
			fail("%s has read up to %d of conversation %v, and the events say %d", r.User, m.marks[key].Seq, r.Conversation, f.marks[key])
		}
	}
}

var eventsAreState = &check{15, "events equal state", "at every commit, folding all events gives what the store holds", func(e *evidence, fail failer) watcher {
	f := newFold()
	return watcher{
		commit: func(m *model, x *commit) {
			for _, write := range x.writes {
				if ev, ok := write.(store.Event); ok {
					f.add(ev, m.convs[ev.Conversation].Theirs, fail)
				}
			}
			for _, write := range x.writes {
				f.compare(write, m, fail)
			}
		},
		end: func(*model) {
			waiting := 0
			for _, s := range e.rows.strays {
				if s.ResolvedAt.IsZero() {
					waiting++
				}
			}
			if f.strays != waiting {
				fail("%d strays wait, and the events say %d", waiting, f.strays)
			}
			if f.aside != len(e.rows.aside) {
				fail("%d tasks are set aside, and the events say %d", len(e.rows.aside), f.aside)
			}
			for key, entries := range e.rows.entries {
				// An event about a stray does not say whose it was.
				stray := slices.ContainsFunc(entries, func(entry compliance.Entry) bool { return entry.Message == "" })
				if said, known := f.out[key]; known && !stray && key.Family == channel.Telephony && said != compliance.Fold(entries).OptedOut {
					fail("the events say %v of the opt-out of %v", said, key)
				}
				if said, known := f.held[key]; known && !stray && key.Family == channel.Telephony && said != compliance.Fold(entries).Held.Stands() {
					fail("the events say %v of what holds for %v", said, key)
				}
			}
		},
	}
}}
