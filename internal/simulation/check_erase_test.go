package simulation

import (
	"maps"
	"reflect"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var erased = &check{5, "erased", "when an erasure is done, nothing that was there before it has the customer's address or words, and nothing of it comes back or is sent", func(e *evidence, fail failer) watcher {
	// What there was of customers when the tie to them was cut.
	contacts := make(map[store.ContactID][]compliance.Key)
	convs := make(map[store.ConversationID]int)  // with how many events of their account there were
	messages := make(map[store.MessageID]string) // with why they were sent, or not
	strays := make(map[store.StrayID]bool)
	providers := make(map[string]bool) // what they had written, by the provider's id
	theirs := make(map[compliance.EntryID]bool)

	entries := make(map[compliance.Key][]compliance.EntryID)
	events := make(map[store.AccountID]int)
	return watcher{
		write: func(m *model, x *commit, write any) {
			switch r := write.(type) {
			case compliance.Entry:
				entries[r.Key] = append(entries[r.Key], r.ID)
			case consentErased:
				for _, id := range entries[r.key] {
					theirs[id] = true
				}
				delete(entries, r.key)
				for id, c := range m.contacts {
					if slices.ContainsFunc(c.Addresses, func(a channel.Address) bool { return compliance.KeyOf(string(c.Account), a) == r.key }) {
						contacts[id] = append(contacts[id], r.key)
					}
				}
				for id, s := range m.strays {
					if compliance.KeyOf(string(s.Account), s.Inbound.From) == r.key {
						strays[id], providers[s.Inbound.ProviderID] = true, true
					}
				}
				for id, msg := range m.messages {
					conv := m.convs[msg.Conversation]
					if compliance.KeyOf(string(conv.Account), conv.Theirs) != r.key {
						continue
					}
					convs[conv.ID] = events[conv.Account]
					messages[id] = why(msg)
					if msg.Direction == store.Inbound {
						providers[msg.ProviderID] = true
					}
				}
			case store.Event:
				events[r.Account]++
			case store.Message:
				switch {
				case r.State == store.StateAttempting && m.messages[r.ID].State != r.State && compliance.IsErased(r.To):
					fail("commit %d begins to send message %v to a customer whose data was erased", x.n, r.ID)
				case r.Direction == store.Inbound && r.Version == 0 && providers[r.ProviderID]:
					fail("commit %d takes message %s in again, which was erased", x.n, r.ProviderID)
				case !m.messages[r.ID].ErasedAt.IsZero() && !blank(r):
					fail("commit %d gives message %v words again, which was erased", x.n, r.ID)
				}
			}
		},
		end: func(m *model) {
			if len(entries) == 0 && len(theirs) == 0 || !e.rested {
				return
			}
			for _, msg := range sorted(e.rows.messages) {
				if had, theirs := messages[msg.ID]; theirs && (!blank(msg) || msg.ErasedAt.IsZero() || had != "" && why(msg) == had) {
					fail("message %v is not erased: %+v", msg.ID, msg)
				}
			}
			for _, id := range slices.Sorted(maps.Keys(convs)) {
				if c := e.rows.convs[id]; !compliance.IsErased(c.Theirs) || c.Preview != "" {
					fail("conversation %v is not erased: %+v", id, c)
				}
			}
			for _, c := range sorted(e.rows.contacts) {
				for _, a := range c.Addresses {
					if slices.Contains(contacts[c.ID], compliance.KeyOf(string(c.Account), a)) {
						fail("contact %v has the address %s, which was erased", c.ID, a)
					}
				}
				if len(contacts[c.ID]) > 0 && (c.Name != "" || c.Region != "") {
					fail("contact %v is not erased: %+v", c.ID, c)
				}
			}
			for _, s := range sorted(e.rows.strays) {
				if strays[s.ID] && (!compliance.IsErased(s.Inbound.From) || s.Inbound.Text != "" || s.Inbound.UserID != "" || s.Inbound.Raw != nil || s.ResolvedAt.IsZero()) {
					fail("stray %v is not erased: %+v", s.ID, s)
				}
			}
			for _, all := range e.rows.entries {
				for _, entry := range all {
					if theirs[entry.ID] && (!entry.Key.Pseudonymous() || entry.Text+entry.Disclosure+entry.Evidence+entry.Reason+entry.Request+entry.Link.Salt != "") {
						fail("entry %v is not erased: %+v", entry.ID, entry)
					}
				}
			}
			for _, all := range e.rows.events {
				for i, ev := range all {
					if n, theirs := convs[ev.Conversation]; theirs && i < n && ev.Detail.Reason != "" {
						fail("event %v about conversation %v says why: %s", ev.Cursor, ev.Conversation, ev.Detail.Reason)
					}
				}
			}
		},
	}
}}

// blank reports whether nothing personal is left of a message.
func blank(m store.Message) bool {
	theirs := m.To
	if m.Direction == store.Inbound {
		theirs = m.From
	}
	kept := store.Extras{}
	if m.Extras != nil {
		kept.Plan, kept.Late = m.Extras.Plan, m.Extras.Late // what its webhook knows may come yet
		if !reflect.DeepEqual(*m.Extras, kept) {
			return false
		}
	}
	return m.Text+m.Reason+m.RequestKey == "" && (m.Direction == store.Note || compliance.IsErased(theirs))
}

// why is what the gate has said of a message, which may tell where the customer is.
func why(m store.Message) string {
	if m.Decision == nil {
		return ""
	}
	return m.Decision.Reason + m.Decision.Local
}
