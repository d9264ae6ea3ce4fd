package simulation

import (
	"strconv"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var optOut = &check{5, "opt-out", "after an opt-out, of everything or of a part, nothing of it is begun to be sent but its one confirmation, the answer to HELP and an emergency, until the customer opts in", func(_ *evidence, fail failer) watcher {
	confirmed := make(map[compliance.EntryID]store.MessageID)
	return watcher{write: func(m *model, x *commit, write any) {
		r, ok := begins(m, write)
		if !ok || r.Purpose == compliance.Emergency || r.Purpose == compliance.Compliance && r.Kind == compliance.Help {
			return
		}
		words := m.book.about(m, r)
		for _, about := range m.book.isAbout(r) {
			out, stands := stopped(words, about)
			switch {
			case !stands:
			case r.Purpose != compliance.Compliance || r.Kind != compliance.OptOut:
				fail("commit %d begins to send message %v to a customer who has opted out of %s with entry %v", x.n, r.ID, about.InWords(), out.ID)
			case confirmed[out.ID] != 0 && confirmed[out.ID] != r.ID:
				fail("commit %d begins to send message %v, a second confirmation of entry %v after message %v", x.n, r.ID, out.ID, confirmed[out.ID])
			default:
				confirmed[out.ID] = r.ID
			}
		}
	}}
}}

// begins returns the message that a write marks as being sent.
func begins(m *model, write any) (store.Message, bool) {
	r, ok := write.(store.Message)
	return r, ok && r.State == store.StateAttempting && m.messages[r.ID].State != r.State
}

// isAbout is what a message is about that a customer can stop.
func (b *book) isAbout(msg store.Message) []compliance.Reach {
	r := compliance.Reach{Programme: programmeOf(msg)}
	switch {
	case msg.Purpose == compliance.Marketing:
		r.Purpose = compliance.Marketing
	case msg.Kind == compliance.Asked:
		asked := b.w.questions[msg.Text]
		all := []compliance.Reach{asked.Reach}
		if asked.strength != compliance.NotMarketing {
			all = append(all, compliance.Reach{Purpose: compliance.Marketing, Programme: asked.Programme})
		}
		return all
	}
	return []compliance.Reach{r}
}

func programmeOf(msg store.Message) string {
	if msg.Extras == nil {
		return ""
	}
	return msg.Extras.Programme
}

var marketing = &check{5, "marketing needs a consent", "nothing that sells is begun to be sent to a customer who has not agreed to it", func(_ *evidence, fail failer) watcher {
	return watcher{write: func(m *model, x *commit, write any) {
		r, ok := begins(m, write)
		if !ok || r.Purpose != compliance.Marketing {
			return
		}
		if !consented(m.book.about(m, r), m.book.erasedAt(m, r), programmeOf(r), x.now) {
			fail("commit %d begins to send message %v, which sells, and nobody knows of a consent", x.n, r.ID)
		}
	}}
}}

var voided = &check{5, "a number that was given up", "to a number that is somebody else's, or nobody's, nothing is begun to be sent that we would send first", func(_ *evidence, fail failer) watcher {
	arrived := make(map[store.ConversationID]int) // how many entries there were when the customer last wrote
	return watcher{write: func(m *model, x *commit, write any) {
		if r, ok := write.(store.Message); ok && r.Direction == store.Inbound && r.Version == 0 {
			arrived[r.Conversation] = m.book.n
		}
		r, ok := begins(m, write)
		if !ok || r.Purpose == compliance.Compliance && (r.Kind == compliance.OptOut || r.Kind == compliance.Help) {
			return
		}
		v, stands := void(m.book.about(m, r))
		conv := m.convs[r.Conversation]
		answers := r.Purpose == compliance.Conversational && (arrived[conv.ID] >= v.n || conv.LastInbound.After(v.OccurredAt))
		if stands && !answers {
			fail("commit %d begins to send message %v, %s, to a number that is void since entry %v", x.n, r.ID, r.Purpose, v.ID)
		}
	}}
}}

var ledgerChained = &check{5, "the ledger is a chain", "at every commit, what the ledger holds about a customer follows from what it held before", func(_ *evidence, fail failer) watcher {
	entries := make(map[compliance.Key][]compliance.Entry)
	heads := make(map[compliance.Key]compliance.Head)
	return watcher{write: func(_ *model, x *commit, write any) {
		var key compliance.Key
		switch r := write.(type) {
		case compliance.Entry:
			key = r.Key
			entries[key] = append(entries[key], r)
		case consentErased:
			key = r.pseudonym
			for _, e := range entries[r.key] {
				entries[key] = append(entries[key], compliance.Erase(e, key))
			}
			head := heads[r.key]
			head.Key = key
			heads[key] = head
			delete(entries, r.key)
			delete(heads, r.key)
			return // what makes it good is the next entry
		default:
			return
		}
		if err := compliance.Verify(entries[key], heads[key]); err != nil {
			fail("commit %d: %v", x.n, err)
		}
		heads[key] = compliance.HeadOf(entries[key])
	}}
}}

var recorded = &check{5, "what is stated is recorded", "the ledger has what somebody has stated or a provider has reported, as they have said it, and has a statement when they hear that it was recorded", func(e *evidence, fail failer) watcher {
	at := make(map[string]int) // the commit that brought a statement
	return watcher{
		write: func(m *model, x *commit, write any) {
			r, ok := write.(compliance.Entry)
			if !ok || r.Source != compliance.FromOperator && r.Source != compliance.FromImport && r.Source != compliance.FromProvider {
				return
			}
			if said, ok := e.statements[r.Text]; ok {
				if _, known := at[r.Text]; !known {
					at[r.Text] = x.n
				}
				if r.Kind != said.Kind || r.Reach != said.Reach || r.Strength != said.Strength || !r.Until.Equal(said.Until) || !r.OccurredAt.Equal(said.OccurredAt) {
					fail("commit %d records %s of %s at %v, and %q was %s of %s at %v", x.n, r.Kind, r.InWords(), r.OccurredAt, r.Text, said.Kind, said.InWords(), said.OccurredAt)
				}
			}
			if said, ok := e.reports[r.Text]; ok && (r.Kind != said.kind() || r.Reach != said.reach()) {
				fail("commit %d records %s of %s, and %q was %s", x.n, r.Kind, r.InWords(), r.Text, said.Change)
			}
		},
		end: func(*model) {
			for _, a := range e.past {
				if a.op.Kind != opRecord || a.err != nil {
					continue
				}
				for _, s := range a.did.stated {
					if n, known := at[s.Text]; !known || n >= a.to {
						fail("%v was done, and the ledger does not have %q", a.op, s.Text)
					}
				}
			}
		},
	}
}}

var questions = &check{5, "one question", "a customer is not asked to opt in while a question is open, and a yes is a consent to what they were asked, before it was written, and no more", func(_ *evidence, fail failer) watcher {
	type ask struct {
		message store.MessageID
		n       int
	}
	asked := make(map[compliance.Key][]ask)
	missed := make(map[store.MessageID]bool) // did not reach the customer
	return watcher{write: func(m *model, x *commit, write any) {
		switch r := write.(type) {
		case store.Message:
			switch {
			case r.Kind != compliance.Asked:
				return
			case r.Version > 0:
				switch r.State {
				case store.StateCanceled, store.StateBlocked, store.StateRejected, store.StateFailed:
					missed[r.ID] = true
				default:
				}
				return
			}
			words := m.book.about(m, r)
			for _, key := range m.book.keysOf(m, r) {
				for _, before := range asked[key] {
					if before.message != r.ID && !missed[before.message] && !closed(m, words, r, before.n) && x.now.Before(m.messages[before.message].Extras.Expires) {
						fail("commit %d asks the customer with message %v, while message %v is open", x.n, r.ID, before.message)
					}
				}
				asked[key] = append(asked[key], ask{r.ID, m.book.n})
			}
		case compliance.Entry:
			if r.Source != compliance.FromContact || r.Kind != compliance.OptIn || r.Disclosure == "" {
				return
			}
			id, _ := strconv.ParseInt(r.Message, 10, 64) // the engine's own
			yes := m.messages[store.MessageID(id)]
			for _, sent := range m.messages {
				if sent.Conversation != yes.Conversation || sent.Kind != compliance.Asked || sent.Text != r.Disclosure || sent.Attempts == 0 {
					continue
				}
				q := m.book.w.questions[sent.Text]
				if r.Reach != q.Reach || r.Strength != q.strength {
					fail("commit %d takes message %v for a yes to %s, and message %v asks about %s", x.n, yes.ID, r.InWords(), sent.ID, q.InWords())
				}
				if m.book.written[yes.ProviderID].At.Before(sent.AttemptedAt.Add(-longestSkew)) {
					fail("commit %d takes message %v for the answer to message %v, which was asked later", x.n, yes.ID, sent.ID)
				}
				return
			}
			fail("commit %d takes message %v for the answer to a question that nobody has asked", x.n, yes.ID)
		}
	}}
}}

// closed reports whether what a customer has said since some entries has answered a
// question, or may have, or an erasure has ended it.
func closed(m *model, words []wordOf, msg store.Message, n int) bool {
	for i := range words {
		switch w := &words[i]; w.Kind {
		case compliance.OptIn, compliance.OptOut, compliance.Voided:
			if w.n > n {
				return true
			}
		case compliance.None, compliance.Help, compliance.Ambiguous, compliance.Released, compliance.Asked, compliance.Erased:
		}
	}
	return m.book.erasedAt(m, msg) >= n && n > 0
}
