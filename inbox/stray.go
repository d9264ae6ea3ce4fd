package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// acceptStray keeps a message that no inbox takes with an account, and tells of
// it.
func (in *Inbox) acceptStray(t *tx, account store.AccountID, ref store.ProviderRef, m channel.Inbound, reason string) (Acceptance, error) {
	if known, err := t.StraysFrom(ref); err != nil {
		return Acceptance{}, err
	} else if len(known) > 0 {
		return Acceptance{Duplicate: true, Stray: known[0].ID}, nil
	}
	id, err := t.NewID()
	if err != nil {
		return Acceptance{}, err
	}
	s := store.Stray{
		ID: store.StrayID(id), Account: account, Channel: ref.Channel, Inbound: m, Reason: reason, ReceivedAt: t.now,
	}
	if err := t.PutStrays(s); err != nil {
		return Acceptance{}, err
	}
	if err := in.strayOptOut(t, s); err != nil {
		return Acceptance{}, err
	}
	in.log.Warn("a message came in that belongs to no inbox; it is kept as a stray", "channel", ref.Channel, "from", m.From, "to", m.To, "stray", s.ID)
	err = t.AppendEvents(store.Event{
		Account: s.Account, Type: store.StrayReceived, At: t.now, Actor: store.Author{Kind: store.ByCustomer}, Detail: store.Detail{Reason: reason},
	})
	return Acceptance{Stray: s.ID}, err
}

// strayAccount returns the account of the strays. If there is none of the name
// that the host has configured, it is the first that there is, so that somebody
// sees them.
func (in *Inbox) strayAccount(t *tx) (store.AccountID, error) {
	accounts, err := t.Accounts()
	if err != nil {
		return "", err
	}
	if len(accounts) == 0 || slices.ContainsFunc(accounts, func(a store.Account) bool { return a.ID == in.cfg.StrayAccount }) {
		return in.cfg.StrayAccount, nil
	}
	return accounts[0].ID, nil
}

// strayOptOut holds a STOP to be one, whatever number it was written to. It is
// not confirmed: no inbox is there to do it.
//
// Nobody knows any more whose the number was. So the opt-out holds for every
// account that knows the customer, but what the customer wrote stays with the
// account that has the stray.
func (in *Inbox) strayOptOut(t *tx, s store.Stray) error {
	m := s.Inbound
	addresses := []channel.Address{m.From}
	if other := userAddress(m); other != "" {
		addresses = append(addresses, other)
	}
	before, err := consentFor(t, s.Account, addresses...)
	if err != nil {
		return err
	}
	// It is in no conversation, so there is nothing of ours that it may quote.
	class := in.classify(m, contextOf(m, store.Contact{}, before, s.ReceivedAt))
	if class.Kind != compliance.OptOut {
		return nil
	}
	entry := compliance.Entry{
		Kind: class.Kind, Source: compliance.FromContact, OccurredAt: s.ReceivedAt, SentAt: m.SentAt, Text: m.Text, Rule: class.Evidence(),
	}
	talk := store.Conversation{Account: s.Account, Channel: s.Channel, Ours: m.To, Theirs: m.From}
	if _, _, err := in.recordConsent(t, talk, before, entry, 0); err != nil {
		return err
	}
	entry.Text = ""
	entry.Rule += ", written to a number that belongs to no inbox"
	accounts, err := t.Accounts()
	if err != nil {
		return err
	}
	for _, account := range accounts {
		var identities []store.Identity
		for _, a := range addresses {
			identities = append(identities, store.IdentityOf(account.ID, a))
		}
		known, err := t.ContactsAt(identities...)
		if err != nil {
			return err
		}
		if account.ID == s.Account || len(known) == 0 {
			continue
		}
		if before, err = consentFor(t, account.ID, addresses...); err != nil {
			return err
		}
		talk.Account = account.ID
		if _, _, err := in.recordConsent(t, talk, before, entry, 0); err != nil {
			return err
		}
	}
	return nil
}

// Strays returns messages that came in and belong to no inbox, the oldest
// first, at most limit (0: 50; more than 200 are never returned).
func (a *Agent) Strays(ctx context.Context, limit int) ([]store.Stray, error) {
	var strays []store.Stray
	err := a.in.view(ctx, func(t *tx) error {
		if _, err := a.seat(t); err != nil {
			return err
		}
		var err error
		strays, err = t.WaitingStrays(a.account, pageSize(limit))
		return err
	})
	return strays, err
}

// AdoptStray puts a stray into one of the user's inboxes, as if it had been
// written to it, and returns the conversation. The reply goes out from the
// address that the customer wrote to.
func (a *Agent) AdoptStray(ctx context.Context, id store.StrayID, into store.InboxID) (store.ConversationID, error) {
	var conv store.ConversationID
	var tried store.Stray
	err := a.in.update(ctx, func(t *tx) error {
		if done, err := resolved(t, tried); err != nil || done {
			return err
		}
		s, c, err := a.stray(t, id)
		if err != nil {
			return err
		}
		box, ok := c.inboxes[into]
		if !ok || !slices.Contains(c.inboxesOf(a.user), into) {
			return fmt.Errorf("%w: inbox %q", ErrNotFound, into)
		}
		known, err := t.MessagesFrom(store.ProviderRef{Channel: s.Channel, ProviderID: s.Inbound.ProviderID})
		if err != nil {
			return err
		}
		accepted := Acceptance{}
		if len(known) > 0 { // the provider delivered it again after the address was given to an inbox
			accepted.Conversation = known[0].Conversation
		} else if accepted, err = a.in.acceptInto(t, box, arrival{channel: s.Channel, message: s.Inbound, at: s.ReceivedAt, adopted: true}); err != nil {
			return err
		}
		conv = accepted.Conversation
		tried, err = resolveStray(t, s, a.author(), fmt.Sprintf("put into inbox %s", into))
		return err
	})
	return conv, err
}

// DismissStray takes a stray off the list. It stays in the store.
func (a *Agent) DismissStray(ctx context.Context, id store.StrayID) error {
	var tried store.Stray
	return a.in.update(ctx, func(t *tx) error {
		if done, err := resolved(t, tried); err != nil || done {
			return err
		}
		s, _, err := a.stray(t, id)
		if err != nil {
			return err
		}
		tried, err = resolveStray(t, s, a.author(), "dismissed")
		return err
	})
}

func (a *Agent) stray(t *tx, id store.StrayID) (store.Stray, *company, error) {
	c, err := a.seat(t)
	if err != nil {
		return store.Stray{}, nil, err
	}
	found, err := t.Strays(id)
	if err != nil {
		return store.Stray{}, nil, err
	}
	if len(found) == 0 || found[0].Account != a.account || !found[0].ResolvedAt.IsZero() {
		return store.Stray{}, nil, fmt.Errorf("%w: stray %v", ErrNotFound, id)
	}
	return found[0], c, nil
}

// resolved reports whether an earlier try, whose commit is known only now, has
// resolved a stray.
func resolved(t *tx, tried store.Stray) (bool, error) {
	if tried.ID == 0 {
		return false, nil
	}
	found, err := t.Strays(tried.ID)
	return len(found) > 0 && found[0].ResolvedBy == tried.ResolvedBy && found[0].ResolvedAt.Equal(tried.ResolvedAt), err
}

// resolveStray notes what became of a stray.
func resolveStray(t *tx, s store.Stray, by store.Author, how string) (store.Stray, error) {
	s.ResolvedAt, s.ResolvedBy, s.Resolution = t.now, by.User, how
	if err := t.PutStrays(s); err != nil {
		return s, err
	}
	return s, t.AppendEvents(store.Event{
		Account: s.Account, Type: store.StrayResolved, At: t.now, Actor: by, Detail: store.Detail{Reason: how},
	})
}
