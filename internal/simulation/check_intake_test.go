package simulation

import (
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var ackIsDurable = &check{1, "ack means durable", "what an engine has said it has is in the store at that moment and ever after", func(e *evidence, fail failer) watcher {
	at := make(map[string]int) // the commit that brought a provider's message
	return watcher{
		write: func(_ *model, x *commit, write any) {
			switch r := write.(type) {
			case store.Message:
				if _, known := at[r.ProviderID]; !known && r.Direction == store.Inbound {
					at[r.ProviderID] = x.n
				}
			case store.Stray:
				if _, known := at[r.Inbound.ProviderID]; !known {
					at[r.Inbound.ProviderID] = x.n
				}
			}
		},
		end: func(*model) {
			kept := make(map[string]bool)
			for _, msg := range e.rows.messages {
				if msg.Direction == store.Inbound {
					kept[msg.ProviderID] = true
				}
			}
			for _, s := range e.rows.strays {
				kept[s.Inbound.ProviderID] = true
			}
			for _, r := range e.receipts {
				if !r.acked || r.inbound == nil {
					continue
				}
				n, committed := at[r.inbound.ProviderID]
				switch {
				case !committed, !kept[r.inbound.ProviderID]:
					fail("message %s was acknowledged by %v and is not in the store", r.inbound.ProviderID, r.by.e)
				case n >= r.journal:
					fail("message %s was acknowledged by %v after %d commits and came with commit %d", r.inbound.ProviderID, r.by.e, r.journal, n)
				}
			}
		},
	}
}}

var commitsAreKept = &check{1, "commits are kept", "the store holds what was committed, all of it and nothing else", func(e *evidence, fail failer) watcher {
	return watcher{end: func(m *model) {
		for _, c := range sorted(m.convs) {
			if got := e.rows.convs[c.ID]; got.Version != c.Version || got.Status != c.Status || got.ClaimedBy != c.ClaimedBy || got.LastSeq != c.LastSeq {
				fail("conversation %v is %+v and was put as %+v", c.ID, got, c)
			}
		}
		for _, msg := range sorted(m.messages) {
			if got := e.rows.messages[msg.ID]; got.Version != msg.Version || got.State != msg.State || got.Seq != msg.Seq || got.Attempts != msg.Attempts || got.Text != msg.Text {
				fail("message %v is %+v and was put as %+v", msg.ID, got, msg)
			}
		}
		for _, t := range sorted(m.tasks) {
			if got := e.rows.tasks[t.ID]; got.Kind != t.Kind || !got.DueAt.Equal(t.DueAt.Truncate(time.Microsecond)) || got.SetAside != t.SetAside {
				fail("task %v is %+v and was put as %+v", t.ID, got, t)
			}
		}
		for _, msg := range sorted(e.rows.messages) {
			if _, ok := m.messages[msg.ID]; !ok {
				fail("message %v is in the store and was never committed", msg.ID)
			}
		}
		for _, t := range sorted(e.rows.tasks) {
			if _, ok := m.tasks[t.ID]; !ok {
				fail("task %v is in the store and was deleted or never committed", t.ID)
			}
		}
	}}
}}

var inboundOnce = &check{2, "inbound once", "a message that is delivered again has no effect and makes no event", func(e *evidence, fail failer) watcher {
	messages, strays := make(map[string]store.MessageID), make(map[string]store.StrayID)
	received := make(map[store.MessageID]bool)
	completed := make(map[store.MessageID]int)
	return watcher{end: func(*model) {
		if e.refused != nil {
			fail("what the carrier had was not taken, though nothing failed: %v", e.refused)
		}
	}, write: func(m *model, x *commit, write any) {
		switch r := write.(type) {
		case store.Message:
			if r.Direction != store.Inbound {
				return
			}
			id, known := messages[r.ProviderID]
			if known && id == r.ID { // a webhook knows more about what was fetched before, once
				completed[id]++
				if before := m.messages[id]; completed[id] == 1 && before.Extras != nil && before.Extras.Late && before.Text == r.Text && before.Seq == r.Seq {
					return
				}
			}
			if known {
				fail("message %s of the provider is message %v and message %v", r.ProviderID, id, r.ID)
			}
			messages[r.ProviderID] = r.ID
		case store.Stray:
			if id, known := messages[r.Inbound.ProviderID]; known && r.Version == 0 {
				fail("message %s of the provider is message %v, and comes again as stray %v", r.Inbound.ProviderID, id, r.ID)
			}
			if id, known := strays[r.Inbound.ProviderID]; known && id != r.ID {
				fail("message %s of the provider is stray %v and stray %v", r.Inbound.ProviderID, id, r.ID)
			}
			strays[r.Inbound.ProviderID] = r.ID
		case store.Event:
			if r.Type != store.MessageReceived {
				return
			}
			if received[r.Message] {
				fail("commit %d tells a second time that message %v was received", x.n, r.Message)
			}
			received[r.Message] = true
		}
	}}
}}

var backfilled = &check{3, "backfill equals webhook", "what no webhook has brought is fetched, and after a backfill everything since its moment is there that was written to an inbox", func(e *evidence, fail failer) watcher {
	at := make(map[string]int)                  // the commit that brought a provider's message
	elsewhere := make(map[channel.Address]bool) // numbers that belonged to no inbox for a while
	return watcher{
		write: func(_ *model, x *commit, write any) {
			id := ""
			switch r := write.(type) {
			case store.Message:
				if r.Direction == store.Inbound {
					id = r.ProviderID
				}
			case store.Stray:
				id = r.Inbound.ProviderID
			}
			if _, known := at[id]; !known {
				at[id] = x.n
			}
		},
		commit: func(m *model, _ *commit) {
			owned := make(map[channel.Address]bool)
			for _, box := range m.inboxes {
				for _, end := range box.Endpoints {
					owned[end.Address] = true
				}
			}
			for _, number := range numbers {
				elsewhere[number] = elsewhere[number] || !owned[number]
			}
		},
		end: func(*model) {
			for _, m := range e.carrier.Messages() {
				if m.Received || elsewhere[m.Number] {
					continue
				}
				n, known := at[m.ProviderID]
				if !known {
					fail("message %s, %q to %s, was never taken in", m.ProviderID, m.Text, m.Number)
				}
				for _, a := range e.past {
					asked := a.op.Kind == opBackfill && a.err == nil && m.At.After(a.did.since) && m.At.Before(a.did.at)
					if asked && (!known || n >= a.to) {
						fail("%v since %v was done, and message %s of %v was not there", a.op, a.did.since, m.ProviderID, m.At)
					}
				}
			}
		},
	}
}}

var optOutAcked = &check{5, "opt-out before ack", "when the provider hears that we have a STOP, it is in the ledger", func(e *evidence, fail failer) watcher {
	type entryAt struct {
		key compliance.Key
		n   int
	}
	var outs []entryAt
	return watcher{
		write: func(_ *model, x *commit, write any) {
			if entry, ok := write.(compliance.Entry); ok && entry.Kind == compliance.OptOut {
				outs = append(outs, entryAt{entry.Key, x.n})
			}
		},
		end: func(m *model) {
			for _, r := range e.receipts {
				if !r.acked || r.inbound == nil || !stops(*r.inbound) {
					continue
				}
				in := []store.AccountID{strayAccount} // that may have had it as a stray at first
				if msg, ok := m.from(r.inbound.ProviderID); ok {
					in = append(in, msg.Account)
				}
				found := false
				for _, o := range outs {
					found = found || o.n < r.journal && slices.ContainsFunc(in, func(account store.AccountID) bool {
						return o.key == compliance.KeyOf(string(account), r.inbound.From)
					})
				}
				if !found {
					fail("the STOP of %s to %s was acknowledged by %v and is not in the ledger", r.inbound.From, r.inbound.To, r.by.e)
				}
			}
		},
	}
}}

// stops reports whether a message is one of the simulation's own opt-outs.
func stops(m channel.Inbound) bool {
	switch strings.ToUpper(m.Text) {
	case "STOP", "UNSUBSCRIBE", "STOP PLEASE":
		return true
	}
	return false
}
