package inbox

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// Evidence returns what the account holds about the consent of the customer who
// has an address, like +14155550123 or whatsapp:+14155550123, under all addresses
// that are known to be theirs: every entry of the ledger, and every message that
// they wrote or that was written to them, with what was decided about it. Notes of
// the team are not in it.
//
// All of it is of one moment, and in memory at once: some kilobytes for each ten
// messages. The error is ErrNotFound if nobody with that address is known, and
// ErrInvalid if it is no address.
//
// Package compliance/evidence makes a page of it.
func (a *Admin) Evidence(ctx context.Context, address channel.Address) (*compliance.Evidence, error) {
	parsed, err := channel.ParseAddress(string(address))
	if err != nil {
		return nil, fmt.Errorf("%w: address: %w", ErrInvalid, err)
	}
	var e *compliance.Evidence
	err = a.in.view(ctx, func(t *tx) error {
		e = &compliance.Evidence{
			Format: compliance.EvidenceFormat, Account: string(a.account), Addresses: []channel.Address{parsed}, MadeAt: t.now,
			Consent: []compliance.ConsentEvidence{}, Messages: []compliance.MessageEvidence{},
		}
		contacts, err := t.ContactsAt(store.IdentityOf(a.account, parsed))
		if err != nil {
			return err
		}
		if len(contacts) > 0 {
			c := contacts[0]
			e.Contact, e.Name, e.Addresses = c.ID.String(), c.Name, slices.Clone(c.Addresses)
			if err := a.messagesWith(t, e); err != nil {
				return err
			}
		}
		return a.consentBy(t, e)
	})
	if err != nil {
		return nil, err
	}
	if e.Contact == "" && !slices.ContainsFunc(e.Consent, func(c compliance.ConsentEvidence) bool { return len(c.Entries) > 0 }) {
		return nil, fmt.Errorf("%w: nobody with the address %s has written, and the ledger has no entry about it", ErrNotFound, parsed)
	}
	return e, nil
}

// consentBy adds what the ledger has about the addresses.
func (a *Admin) consentBy(t *tx, e *compliance.Evidence) error {
	var keys []compliance.Key
	for _, address := range e.Addresses {
		if key := compliance.KeyOf(string(a.account), address); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var all []compliance.Key
	for _, key := range keys {
		all = append(all, key)
		if key.Pseudonymous() {
			continue
		}
		known, _, err := t.pseudonyms(key) // of the times before they were erased
		if err != nil {
			return err
		}
		all = append(all, known...)
	}
	for _, key := range all {
		entries, err := t.ConsentEntries(key)
		if err != nil {
			return err
		}
		e.Consent = append(e.Consent, compliance.ConsentEvidence{
			Key: key, State: compliance.Fold(entries), Head: compliance.HeadOf(entries), Entries: append([]compliance.Entry{}, compliance.InOrder(entries)...),
		})
	}
	return nil
}

// messagesWith adds the messages of all conversations with the addresses.
func (a *Admin) messagesWith(t *tx, e *compliance.Evidence) error {
	boxes, err := t.Inboxes(a.account)
	if err != nil {
		return err
	}
	var threads []store.Thread
	for _, box := range boxes {
		for _, address := range e.Addresses {
			thread := store.Thread{Account: a.account, Inbox: box.ID, Family: address.Family(), Identity: address.Identity()}
			if !slices.Contains(threads, thread) {
				threads = append(threads, thread)
			}
		}
	}
	convs, err := t.ConversationsIn(threads...)
	if err != nil {
		return err
	}
	for _, conv := range convs {
		var talk []compliance.MessageEvidence // the newest first
		for before := int64(math.MaxInt64); ; {
			page, err := t.ListMessages(store.MessageQuery{Conversation: conv.ID, Before: before, Limit: 1000})
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			for _, m := range page {
				if m.Direction != store.Note {
					talk = append(talk, evidenceOf(m))
				}
			}
			before = page[len(page)-1].Seq
		}
		slices.Reverse(talk)
		e.Messages = append(e.Messages, talk...)
	}
	slices.SortStableFunc(e.Messages, func(a, b compliance.MessageEvidence) int { return a.At.Compare(b.At) })
	return nil
}

func evidenceOf(m store.Message) compliance.MessageEvidence {
	e := compliance.MessageEvidence{
		ID: m.ID.String(), At: m.CreatedAt, Incoming: m.Direction == store.Inbound, Channel: m.Channel, From: m.From, To: m.To, Text: m.Text,
		Kind: m.Kind, Rule: m.Rule, Purpose: m.Purpose, Confirms: m.Confirms, State: string(m.State), StateAt: m.StateAt, Reason: m.Reason, Decision: m.Decision,
		ErasedAt: m.ErasedAt,
	}
	if m.Extras != nil {
		e.Media = len(m.Extras.Media)
	}
	if m.Direction == store.Outbound {
		e.Author = string(m.Author.Kind)
		if m.Author.User != "" {
			e.Author += ":" + string(m.Author.User)
		}
	}
	return e
}
