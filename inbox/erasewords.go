package inbox

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// words erases what was said in the conversations with the customer.
func (x *erasing) words(ctx context.Context) error {
	var convs []store.Conversation
	err := x.in.view(ctx, func(t *tx) error {
		c, err := x.in.company(t, x.account)
		if err != nil {
			return err
		}
		convs, err = t.ConversationsIn(threadsOf(c, x.account, addressesOf(x.pseudonyms))...)
		return err
	})
	if err != nil {
		return err
	}
	for _, conv := range convs {
		if err := x.reasons(ctx, conv); err != nil {
			return err
		}
	}
	for _, conv := range convs {
		if err := x.messages(ctx, conv); err != nil {
			return err
		}
	}
	return nil
}

// messages erases those of a conversation, the oldest first.
func (x *erasing) messages(ctx context.Context, conv store.Conversation) error {
	for after := int64(0); after < conv.LastSeq; after += eraseBatch {
		err := x.step(ctx, func(t *tx) error {
			page, err := t.ListMessages(pageAfter(conv, after))
			if err != nil {
				return err
			}
			changed := erasedOf(page, conv.Theirs, t.now)
			t.onCommit(func() { x.report.Messages += int64(len(changed)) })
			if len(changed) == 0 {
				return nil
			}
			return t.PutMessages(changed...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pageAfter selects the messages of a conversation behind a place, which may be 0,
// that share a batch.
func pageAfter(conv store.Conversation, after int64) store.MessageQuery {
	last := min(after+eraseBatch, conv.LastSeq)
	return store.MessageQuery{Conversation: conv.ID, Before: last + 1, Limit: int(max(last-after, 1))}
}

// erasedOf returns those of some messages that have something personal, without it.
func erasedOf(page []store.Message, theirs channel.Address, at time.Time) []store.Message {
	var changed []store.Message
	for _, m := range page {
		if m, ok := eraseMessage(m, theirs, at); ok {
			changed = append(changed, m)
		}
	}
	return changed
}

// erasureEnded reports whether an erasure of a conversation with somebody who was
// erased was not cut off: its last step is the conversation's newest message, and
// the newest that is no note has their pseudonym then.
func erasureEnded(t *tx, conv store.Conversation) (bool, error) {
	for before := conv.LastSeq + 1; before > 1; {
		page, err := t.ListMessages(store.MessageQuery{Conversation: conv.ID, Before: before, Limit: 1})
		if err != nil || len(page) == 0 {
			return len(page) == 0, err
		}
		switch m := page[0]; {
		case m.ErasedAt.IsZero():
			return false, nil
		case m.Direction == store.Inbound:
			return m.From == conv.Theirs, nil
		case m.Direction == store.Outbound:
			return m.To == conv.Theirs, nil
		default:
			before = m.Seq
		}
	}
	return true, nil
}

// eraseMessage returns a message without what is personal, and whether it had any.
// theirs is the address that the customer has in it, or "" for the one that is
// there.
func eraseMessage(m store.Message, theirs channel.Address, at time.Time) (store.Message, bool) {
	had := m
	if theirs != "" {
		switch m.Direction {
		case store.Inbound:
			m.From = theirs
		case store.Outbound:
			m.To = theirs
		case store.Note:
		}
	}
	m.Text, m.Reason, m.RequestKey = "", "", ""
	if m.Extras != nil {
		kept := &store.Extras{Plan: m.Extras.Plan, Late: m.Extras.Late} // what its webhook knows may come yet
		if m.Extras = nil; kept.Late || kept.Plan != (store.Plan{}) {
			m.Extras = kept
		}
	}
	if d := m.Decision; d != nil { // all but its words, and where the customer was
		m.Decision = &compliance.Record{At: d.At, For: d.For, Verdict: d.Verdict, Until: d.Until, Entry: d.Entry, Purpose: d.Purpose, Consent: d.Consent, Version: d.Version}
	}
	if m.ErasedAt.IsZero() {
		m.ErasedAt = at
	}
	return m, !reflect.DeepEqual(had, m)
}

// reasons erases those of a conversation's events.
func (x *erasing) reasons(ctx context.Context, conv store.Conversation) error {
	for after := store.Cursor(0); ; {
		var last store.Cursor
		err := x.step(ctx, func(t *tx) (err error) {
			last, err = t.EraseReasons(store.EventQuery{Account: x.account, Conversation: conv.ID, After: after, Limit: eraseEvents})
			return err
		})
		if err != nil || last == 0 {
			return err
		}
		after = last
	}
}

// strays erases what the customer has written to numbers of no inbox.
func (x *erasing) strays(ctx context.Context) error {
	for after := store.StrayID(0); ; {
		var page []store.Stray
		err := x.step(ctx, func(t *tx) error {
			var err error
			if page, err = t.ListStrays(x.account, after, eraseBatch); err != nil {
				return err
			}
			erased := int64(0)
			for _, s := range page {
				pseudonym, err := x.whose(t, s)
				if err != nil || pseudonym == (compliance.Key{}) {
					if err != nil {
						return err
					}
					continue
				}
				s = strippedStray(s, pseudonym.Address())
				if s.ResolvedAt.IsZero() {
					_, err = resolveStray(t, s, x.author(), "erased")
				} else {
					err = t.PutStrays(s)
				}
				if err != nil {
					return err
				}
				erased++
			}
			t.onCommit(func() { x.report.Strays += erased })
			return nil
		})
		if err != nil {
			return err
		}
		if len(page) < eraseBatch {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// strippedStray returns a stray without what is personal but the address it came
// from, which is from.
func strippedStray(s store.Stray, from channel.Address) store.Stray {
	s.Inbound = channel.Inbound{ProviderID: s.Inbound.ProviderID, From: from, To: s.Inbound.To}
	return s
}

// whose returns the pseudonym of the person who has written a stray, if it is the
// one who is erased.
func (x *erasing) whose(t *tx, s store.Stray) (compliance.Key, error) {
	if compliance.IsErased(s.Inbound.From) || x.spares != nil && x.spares(s) {
		return compliance.Key{}, nil
	}
	for _, i := range identitiesOf(x.account, s.Inbound) {
		known, _, err := t.pseudonyms(compliance.Key{Account: string(i.Account), Family: i.Family, Identity: i.Value})
		if err != nil {
			return compliance.Key{}, err
		}
		for _, p := range known {
			if slices.Contains(x.pseudonyms, p) {
				return p, nil
			}
		}
	}
	return compliance.Key{}, nil
}
