package simulation

import (
	"slices"
	"strconv"

	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var held = &check{5, "held", "while a message may be a wish to stop, nothing is begun to be sent but what a person writes in the talk and the answers to STOP, START and HELP; at its deadline it is an opt-out, and not before", func(e *evidence, fail failer) watcher {
	written := make(map[string]simulated.Message) // by customers, by the carrier's id
	for _, m := range e.carrier.Messages() {
		if !m.Received {
			written[m.ProviderID] = m
		}
	}
	words := make(map[compliance.Key][]wordOf)
	over := make(map[string]*commit) // when messages became opt-outs by themselves
	n := 0
	return watcher{
		write: func(m *model, x *commit, write any) {
			switch r := write.(type) {
			case compliance.Entry:
				n++
				word := wordOf{Entry: r, n: n}
				if id, err := strconv.ParseInt(r.Message, 10, 64); err == nil && r.Source == compliance.FromContact {
					word.written = written[m.messages[store.MessageID(id)].ProviderID].Seq
				}
				// The customer may have got another key since: there it is the first word.
				if r.Source == compliance.FromDeadline && over[r.Message] != x {
					over[r.Message] = x
					hold, stands := holdingBy(words, r.Message)
					switch {
					case !stands:
						fail("commit %d opts out with entry %v whom nothing holds", x.n, r.ID)
					case hold.Until.After(x.now):
						fail("commit %d opts out at %v with entry %v, though there is time until %v", x.n, x.now, r.ID, hold.Until)
					}
				}
				words[r.Key] = append(words[r.Key], word)
			case store.Message:
				if r.State != store.StateAttempting || r.Purpose == compliance.Compliance {
					return
				}
				var about []wordOf
				for _, key := range keysOf(m, r) {
					about = append(about, words[key]...)
				}
				hold, stands := holding(about, "", false)
				person := r.Author.Kind == store.ByUser && r.Purpose == compliance.Conversational
				if stands && (!person || !hold.Until.After(x.now)) {
					fail("commit %d begins at %v to send message %v to a customer who is held until %v by entry %v", x.n, x.now, r.ID, hold.Until, hold.ID)
				}
			}
		},
		end: func(m *model) {
			if !e.rested {
				return
			}
			aside := make(map[store.ConversationID]bool) // whose timers wait for a person
			for _, t := range e.rows.tasks {
				if t.Kind == store.TaskDecide && t.SetAside {
					aside[t.Conversation] = true
				}
			}
			for key, about := range words {
				hold, stands := holding(about, "", false)
				if !stands {
					continue
				}
				id, _ := strconv.ParseInt(hold.Message, 10, 64) // the engine's own
				msg := m.messages[store.MessageID(id)]
				// What the customer has said under another key counts, too.
				keys := keysOf(m, store.Message{Account: msg.Account, Conversation: msg.Conversation, To: msg.From})
				if !slices.Contains(keys, key) {
					keys = append(keys, key)
				}
				var all []wordOf
				for _, k := range keys {
					all = append(all, words[k]...)
				}
				if _, stands = holding(all, "", false); stands && !aside[msg.Conversation] {
					fail("entry %v about %v holds for ever, though there was time until %v", hold.ID, key, hold.Until)
				}
			}
		},
	}
}}

// holdingBy returns what holds by a message, under whichever key.
func holdingBy(words map[compliance.Key][]wordOf, message string) (hold wordOf, stands bool) {
	for _, about := range words {
		if hold, stands = holding(about, message, true); stands {
			return hold, true
		}
	}
	return hold, false
}

// holding returns the first message that holds, or that of an id, if it does:
// nobody has decided about it, and neither was an opt-out recorded nor has the
// customer opted in since. The order is that in which the customer wrote, where it
// is known, and otherwise that of the ledger. A message that comes in after an
// opt-in may hold though it was written before, and so may one that was written at
// the same moment by the provider's clock; strict, they do.
func holding(words []wordOf, message string, strict bool) (wordOf, bool) {
	if _, out := standing(words); out {
		return wordOf{}, false
	}
	for _, hold := range words {
		if hold.Kind != compliance.Ambiguous || message != "" && hold.Message != message {
			continue
		}
		ended := false
		for _, w := range words {
			after := w.n > hold.n
			if w.written > 0 && hold.written > 0 {
				after = w.written > hold.written
			}
			switch w.Kind {
			case compliance.OptOut:
				ended = ended || w.n > hold.n
			case compliance.OptIn:
				sure := w.n > hold.n && (w.SentAt.IsZero() || !w.SentAt.Equal(hold.SentAt))
				ended = ended || after && (sure || !strict) && w.Source == compliance.FromContact
			case compliance.Released:
				ended = ended || w.Message == hold.Message
			case compliance.None, compliance.Help, compliance.Ambiguous, compliance.Asked, compliance.Voided, compliance.Erased:
			}
		}
		if !ended {
			return hold, true
		}
	}
	return wordOf{}, false
}
