package main

import (
	"strings"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// consent: from the transaction that took in a STOP to the next opt-in no send
// is begun but the one confirmation, which is ours only on WhatsApp. And what
// came to Twilio after it was told that we have the STOP was begun before.
func (k *promises) consent() {
	for _, c := range k.load.customers {
		th := k.thread(c)
		out := false
		var confirmed inbox.MessageID // since the opt-out
		var stops []inbox.Cursor
		for _, e := range th.events {
			m := k.messages[e.Message]
			switch {
			case e.Type == store.ContactOptedIn:
				out = false
			case e.Type == store.ContactOptedOut:
				out = true
			case e.Type == store.MessageReceived && m.Text == "STOP":
				stops = append(stops, e.Cursor)
				out, confirmed = true, 0
				if m.Meant != "opt_out" {
					k.t.Errorf("STOP of %s was taken for %q", c.number, m.Meant)
				}
			case e.Type == store.MessageState && e.Detail.State == store.StateAttempting && out:
				if confirms(m) && confirmed == 0 {
					confirmed = m.ID
					k.figures.confirmations++
				}
				if m.ID != confirmed || !strings.HasPrefix(c.number, "whatsapp:") {
					k.t.Errorf("the send of %q (%s) to %s was begun after the opt-out, with event %v", m.Text, m.Author, c.number, e.Cursor)
				}
			}
		}
		k.wire(c, stops)
	}
}

// confirms reports whether a message is the answer to a STOP.
func confirms(m message) bool {
	return m.Author == store.BySystem && strings.Contains(m.Text, "You have opted out")
}

// wire looks at what Twilio was given between the acknowledgement of a STOP and
// the next START.
func (k *promises) wire(c *phone, stops []inbox.Cursor) {
	begun := make(map[inbox.MessageID][]inbox.Cursor)
	for _, e := range k.thread(c).events {
		if e.Type == store.MessageState && e.Detail.State == store.StateAttempting {
			begun[e.Message] = append(begun[e.Message], e.Cursor)
		}
	}
	n := 0
	for _, d := range c.wrote {
		if d.text != "STOP" {
			continue
		}
		if n == len(stops) {
			return // inbound has told
		}
		stop := stops[n]
		n++
		to := d.to
		if to < 0 {
			to = len(k.requests)
		}
		var confirmed inbox.MessageID
		for _, r := range k.requests[d.from:to] {
			if r.to != c.number {
				continue
			}
			m := k.messages[r.message]
			switch {
			case r.nth >= len(begun[r.message]): // the n-th request is of the n-th attempt
				k.t.Errorf("message %v was given to Twilio more often than its send was begun", m.ID)
			case begun[r.message][r.nth] < stop: // it was on its way
			case !confirms(m), confirmed != 0 && confirmed != m.ID:
				k.t.Errorf("Twilio was given %q for %s after it had our word that %s has opted out", m.Text, c.number, c.number)
			default:
				confirmed = m.ID
			}
		}
	}
}
