package simulation

import (
	"strconv"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// wordOf is an entry of the ledger with what is known of its place among
// others.
type wordOf struct {
	compliance.Entry
	n       int // among all entries of the journal
	written int // the place of the customer's message among all, 0 if it is not known
}

var optOut = &check{5, "opt-out", "after an opt-out no message is begun to be sent but its one confirmation and the answer to HELP, until the customer opts in", func(e *evidence, fail failer) watcher {
	written := make(map[string]simulated.Message) // by customers, by the carrier's id
	for _, m := range e.carrier.Messages() {
		if !m.Received {
			written[m.ProviderID] = m
		}
	}
	words := make(map[compliance.Key][]wordOf)
	n := 0
	confirmed := make(map[compliance.EntryID]store.MessageID)
	var stray store.Stray // that the commit has put last
	return watcher{write: func(m *model, x *commit, write any) {
		switch r := write.(type) {
		case store.Stray:
			stray = r
		case compliance.Entry:
			n++
			word := wordOf{Entry: r, n: n}
			if id, err := strconv.ParseInt(r.Message, 10, 64); err == nil && r.Source == compliance.FromContact {
				if msg, ok := m.messages[store.MessageID(id)]; ok {
					word.written = written[msg.ProviderID].Seq
				}
			} else if r.Source == compliance.FromContact {
				word.written = written[stray.Inbound.ProviderID].Seq
			}
			words[r.Key] = append(words[r.Key], word)
		case store.Message:
			if r.State != store.StateAttempting {
				return
			}
			var about []wordOf
			for _, key := range keysOf(m, r) {
				about = append(about, words[key]...)
			}
			out, standing := standing(about)
			switch {
			case !standing, r.Purpose == compliance.Compliance && r.Kind == compliance.Help:
			case r.Purpose != compliance.Compliance || r.Kind != compliance.OptOut:
				fail("commit %d begins to send message %v to a customer who has opted out with entry %v", x.n, r.ID, out.ID)
			case confirmed[out.ID] != 0 && confirmed[out.ID] != r.ID:
				fail("commit %d begins to send message %v, a second confirmation of entry %v after message %v", x.n, r.ID, out.ID, confirmed[out.ID])
			default:
				confirmed[out.ID] = r.ID
			}
		}
	}}
}}

var ledgerChained = &check{5, "the ledger is a chain", "at every commit, what the ledger holds about a customer follows from what it held before", func(_ *evidence, fail failer) watcher {
	entries := make(map[compliance.Key][]compliance.Entry)
	heads := make(map[compliance.Key]compliance.Head)
	return watcher{write: func(_ *model, x *commit, write any) {
		e, ok := write.(compliance.Entry)
		if !ok {
			return
		}
		entries[e.Key] = append(entries[e.Key], e)
		if err := compliance.Verify(entries[e.Key], heads[e.Key]); err != nil {
			fail("commit %d: %v", x.n, err)
		}
		heads[e.Key] = compliance.HeadOf(entries[e.Key])
	}}
}}

// keysOf are those under which the ledger has the customer of a message. A
// number and a user id of one medium that are known to be one customer's count
// both; two telephone numbers do not.
func keysOf(m *model, msg store.Message) []compliance.Key {
	keys := []compliance.Key{keyOf(msg)}
	if msg.To.Family() == channel.Telephony {
		return keys
	}
	for _, a := range m.contacts[m.convs[msg.Conversation].Contact].Addresses {
		if key := compliance.KeyOf(string(msg.Account), a); key.Family == keys[0].Family && key != keys[0] {
			keys = append(keys, key)
		}
	}
	return keys
}

// standing returns the first opt-out after which the customer has not opted in,
// if there is one. The order is that in which the customer wrote, where it is
// known, and otherwise that of the ledger.
func standing(words []wordOf) (wordOf, bool) {
	for _, out := range words {
		if out.Kind != compliance.OptOut {
			continue
		}
		undone := false
		for _, in := range words {
			if in.Kind != compliance.OptIn {
				continue
			}
			if in.written > 0 && out.written > 0 {
				undone = undone || in.written > out.written
			} else {
				undone = undone || in.n > out.n
			}
		}
		if !undone {
			return out, true
		}
	}
	return wordOf{}, false
}
