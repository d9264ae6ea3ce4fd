package simulation

import (
	"github.com/teaminbox/teaminbox/store"
)

var clientsKnow = &check{4, "an ambiguous commit is safe", "what a client was told to be done is there once, what it was told to have failed is not there, and a repetition with the same key changes nothing", func(e *evidence, fail failer) watcher {
	return watcher{end: func(m *model) {
		there := make(map[string]int)
		for _, msg := range sorted(m.messages) {
			if msg.Author.Kind == store.ByUser {
				there[msg.Text]++
			}
		}
		type asked struct{ done, unknown int }
		texts := make(map[string]asked)
		for _, a := range e.past {
			if a.op.Kind != opReply && a.op.Kind != opNote {
				continue
			}
			n := texts[a.op.Text]
			switch known(a.err) {
			case success:
				n.done++
				if a.op.Key != "" {
					n.done = 1
				}
				if msg := e.rows.messages[a.did.message.ID]; msg.Text != a.op.Text || msg.Seq != a.did.message.Seq || msg.Conversation != a.did.conv {
					fail("%v returned message %v at %d of conversation %v, and that is %q", a.op, a.did.message.ID, a.did.message.Seq, a.did.conv, msg.Text)
				}
			case unknown:
				n.unknown++
				if a.op.Key != "" {
					n.unknown = 1
				}
			case failure:
			}
			texts[a.op.Text] = n
		}
		for _, a := range e.past {
			if a.op.Kind != opReply && a.op.Kind != opNote {
				continue
			}
			n, got := texts[a.op.Text], there[a.op.Text]
			most := n.done + n.unknown
			if a.op.Key != "" {
				most = min(most, 1)
			}
			if got < n.done || got > most {
				fail("%v is there %d times; clients know of %d and do not know of %d", a.op, got, n.done, n.unknown)
			}
		}
	}}
}}
