package simulation

import (
	"slices"
	"strconv"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// owed is a confirmation that a commit has to queue.
type owed struct {
	by  compliance.Entry
	to  store.Message        // with whose customer it is
	n   int                  // the place of the entry
	one []compliance.EntryID // of which it confirms one: a customer's word is there under each of their keys
}

var confirms = &check{5, "confirmed once", "who opts out, for the first time or after they have opted in again, and who says yes to our question, gets a confirmation, and no second one", func(e *evidence, fail failer) watcher {
	var due []owed
	var queued map[compliance.EntryID]bool       // by this commit
	var fresh map[store.MessageID]bool           // that this commit brings
	strays := make(map[string]bool)              // that came to a number of no inbox, by the provider's id
	yes := make(map[compliance.EntryID]string)   // the questions that entries answer
	answered := make(map[string]store.MessageID) // what confirms the answer to a question
	again := make(map[compliance.Key]int)        // how many entries there were when we last told somebody that they have opted in
	owe := func(m *model, by compliance.Entry, to store.Message) {
		i := slices.IndexFunc(due, func(o owed) bool { return o.by.Message == by.Message && o.by.Text == by.Text })
		if i < 0 {
			i, due = len(due), append(due, owed{by: by, to: to, n: m.book.n + 1})
		}
		due[i].one = append(due[i].one, by.ID)
	}
	// had reports whether somebody had opted out of everything before they said
	// something, since we last told them that they have opted in.
	had := func(m *model, o owed) bool {
		told := 0
		for _, key := range m.book.keysOf(m, o.to) {
			told = max(told, again[key])
		}
		return slices.ContainsFunc(m.book.about(m, o.to), func(w wordOf) bool {
			same := w.Message == o.by.Message && (w.Message != "" || w.Text == o.by.Text)
			return w.Kind == compliance.OptOut && w.Reach == (compliance.Reach{}) && w.n > told && w.n < o.n && !same
		})
	}
	return watcher{
		write: func(m *model, x *commit, write any) {
			switch r := write.(type) {
			case store.Stray:
				strays[r.Inbound.ProviderID] = true
			case store.Message:
				switch {
				case r.Direction == store.Inbound && r.Version == 0:
					if fresh == nil {
						fresh = make(map[store.MessageID]bool)
					}
					fresh[r.ID] = !strays[r.ProviderID] && (r.Extras == nil || !r.Extras.Late)
				case r.Direction == store.Outbound && r.Purpose == compliance.Compliance && r.Version == 0:
					if queued == nil {
						queued = make(map[compliance.EntryID]bool)
					}
					queued[r.Confirms] = true
					if whole := e.questions[yes[r.Confirms]].Reach == (compliance.Reach{}); whole && r.Kind == compliance.OptIn && r.State != store.StateBlocked {
						for _, key := range m.book.keysOf(m, r) {
							again[key] = m.book.n
						}
					}
				}
				about, ok := yes[r.Confirms]
				if _, began := begins(m, write); !ok || !began || r.Kind != compliance.OptIn {
					return
				}
				if other := answered[about]; other != 0 && other != r.ID {
					fail("commit %d begins to send message %v, a second confirmation of the answer to %q after message %v", x.n, r.ID, about, other)
				}
				answered[about] = r.ID
			case compliance.Entry:
				id, _ := strconv.ParseInt(r.Message, 10, 64) // 0 of what came in no message
				msg := m.messages[store.MessageID(id)]
				said, stated := e.statements[r.Text]
				switch {
				case stated && r.Source == compliance.FromOperator:
					inTime := x.now.Before(said.OccurredAt.Add(compliance.ConfirmationTerm))
					if e.wanted[r.Text] && inTime && talks(m, r.Key) && !takenBack(m.book.words[m.book.of(r.Key)], r) {
						owe(m, r, store.Message{Account: store.AccountID(r.Key.Account), To: said.Address})
					}
				case r.Source != compliance.FromContact || e.plan.Keywords: // then the carrier says it
				case r.Kind == compliance.OptIn && r.Disclosure != "":
					owe(m, r, store.Message{})
				case r.Kind == compliance.OptOut && fresh[msg.ID]:
					owe(m, r, store.Message{Account: msg.Account, Conversation: msg.Conversation, To: msg.From})
				}
				if r.Source == compliance.FromContact && r.Kind == compliance.OptIn && r.Disclosure != "" {
					yes[r.ID] = r.Disclosure
				}
			}
		},
		commit: func(m *model, x *commit) {
			for _, o := range due {
				confirmed := slices.ContainsFunc(o.one, func(id compliance.EntryID) bool { return queued[id] })
				if !confirmed && (o.by.Kind == compliance.OptIn || !had(m, o)) {
					fail("commit %d takes in an %s, %q with entry %v, and does not confirm it", x.n, o.by.Kind, o.by.Text, o.by.ID)
				}
			}
			due, queued, fresh = due[:0], nil, nil
		},
	}
}}

// talks reports whether there is a conversation with somebody.
func talks(m *model, key compliance.Key) bool {
	for _, conv := range m.convs {
		if compliance.KeyOf(string(conv.Account), conv.Theirs) == key {
			return true
		}
	}
	return false
}

// takenBack reports whether an opt-in is later than an opt-out that is recorded.
func takenBack(words []wordOf, out compliance.Entry) bool {
	return slices.ContainsFunc(words, func(in wordOf) bool {
		return in.Kind == compliance.OptIn && in.OccurredAt.After(out.OccurredAt)
	})
}
