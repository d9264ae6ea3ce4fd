package inbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// cut parts what is known from the person: see EraseContact.
func (x *erasing) cut(t *tx) error {
	x.pseudonyms = nil
	contact, addresses, err := x.person(t)
	if errors.Is(err, ErrNotFound) {
		return cmp.Or(x.in.requireAccount(t, x.account), err)
	}
	if err != nil {
		return err
	}
	pseudonyms := make(map[compliance.Key]compliance.Key)
	for _, addresses := range customers(addresses) {
		if err := x.cutConsent(t, addresses, pseudonyms); err != nil {
			return err
		}
	}
	if len(pseudonyms) == 0 {
		return nil // done already
	}
	x.report = ErasureReport{Addresses: len(pseudonyms)}
	if contact.ID == 0 {
		return nil
	}
	c, err := x.in.company(t, x.account)
	if err != nil {
		return err
	}
	convs, err := t.ConversationsIn(threadsOf(c, x.account, contact.Addresses)...)
	if err != nil {
		return err
	}
	for _, conv := range convs {
		if pseudonym, ok := pseudonyms[compliance.KeyOf(string(x.account), conv.Theirs)]; ok {
			if err := x.cutConversation(t, c, conv, pseudonym.Address()); err != nil {
				return err
			}
		}
	}
	return t.PutContacts(store.Contact{
		ID: contact.ID, Account: contact.Account, Addresses: addressesOf(x.pseudonyms), CreatedAt: contact.CreatedAt, Version: contact.Version,
	})
}

// person finds whom it is about, and by which addresses they are known: those that
// were erased are pseudonyms.
func (x *erasing) person(t *tx) (store.Contact, []channel.Address, error) {
	if x.Contact != 0 {
		c, err := store.One(t.Contacts(x.Contact))
		if errors.Is(err, store.ErrNotFound) || err == nil && c.Account != x.account {
			return c, nil, fmt.Errorf("%w: contact %v", ErrNotFound, x.Contact)
		}
		return c, c.Addresses, err
	}
	found, err := t.ContactsAt(store.IdentityOf(x.account, x.Address))
	if err != nil {
		return store.Contact{}, nil, err
	}
	if len(found) > 0 {
		return found[0], found[0].Addresses, nil
	}
	// They have never written, or were erased.
	key := compliance.KeyOf(string(x.account), x.Address)
	known, _, err := t.pseudonyms(key)
	if err != nil {
		return store.Contact{}, nil, err
	}
	entries, err := t.ConsentEntries(key)
	if err != nil {
		return store.Contact{}, nil, err
	}
	var addresses []channel.Address
	if len(entries) > 0 {
		addresses = append(addresses, x.Address)
	}
	for _, p := range known {
		addresses = append(addresses, p.Address())
		erased, err := t.ContactsAt(store.IdentityOf(x.account, p.Address()))
		if err != nil {
			return store.Contact{}, nil, err
		}
		for _, c := range erased {
			addresses = append(addresses, c.Addresses...)
		}
	}
	if len(addresses) == 0 {
		return store.Contact{}, nil, fmt.Errorf("%w: nobody with the address %s is known", ErrNotFound, x.Address.Masked())
	}
	return store.Contact{}, addresses, nil
}

// customers groups addresses by the customers that consent tells apart, see
// sameCustomer.
func customers(addresses []channel.Address) [][]channel.Address {
	var groups [][]channel.Address
	for _, a := range addresses {
		same := func(g []channel.Address) bool {
			return g[0].Family() == a.Family() && (a.Family() != channel.Telephony || g[0].Identity() == a.Identity())
		}
		if i := slices.IndexFunc(groups, same); i >= 0 {
			groups[i] = append(groups[i], a)
		} else {
			groups = append(groups, []channel.Address{a})
		}
	}
	return groups
}

// cutConsent erases in the ledger what is about a customer, and notes the
// pseudonyms.
func (x *erasing) cutConsent(t *tx, addresses []channel.Address, pseudonyms map[compliance.Key]compliance.Key) error {
	before, err := consentFor(t, x.account, addresses...)
	if err != nil {
		return err
	}
	live := slices.DeleteFunc(slices.Clone(before.keys), compliance.Key.Pseudonymous)
	if held := before.state.Held; held.Stands() && len(live) > 0 {
		added, _, err := x.in.link(t, before, compliance.Entry{
			Kind: compliance.OptOut, Source: compliance.FromOperator, Actor: string(x.Actor), OccurredAt: t.now,
			Rule: "what may have been a wish to stop was erased before anybody decided",
		})
		if err != nil {
			return err
		}
		if err := t.AppendConsent(added...); err != nil {
			return err
		}
		before.entries = append(before.entries, added...)
	}
	for _, key := range before.keys {
		if key.Pseudonymous() {
			x.add(key)
			continue
		}
		_, pseudonym, err := t.pseudonyms(key)
		if err != nil {
			return err
		}
		if err := t.EraseConsent(key, pseudonym); err != nil {
			return err
		}
		id, err := t.NewID()
		if err != nil {
			return err
		}
		now := record.Time(t.now)
		erased := compliance.Chain(entriesOf(before.entries, key), compliance.Entry{
			ID: compliance.EntryID(id), Key: pseudonym, Kind: compliance.Erased, Source: compliance.FromOperator, OccurredAt: now, RecordedAt: now,
			Actor: string(x.Actor), Reason: x.Reason,
		}, x.in.name())
		if err := t.AppendConsent(erased); err != nil {
			return err
		}
		pseudonyms[key] = pseudonym
		x.add(pseudonym)
	}
	return nil
}

func (x *erasing) add(pseudonym compliance.Key) {
	if !slices.Contains(x.pseudonyms, pseudonym) {
		x.pseudonyms = append(x.pseudonyms, pseudonym)
	}
}

// cutConversation takes the customer's address from a conversation, cancels what
// waits in it and closes it.
func (x *erasing) cutConversation(t *tx, c *company, conv store.Conversation, pseudonym channel.Address) error {
	tasks, err := t.Tasks(conv.ID)
	if err != nil {
		return err
	}
	var events []store.Event
	for _, task := range tasks {
		if task.Kind == store.TaskSettle || task.Kind == store.TaskReconcile {
			// It is with the provider, or may be.
			if task.Error != "" {
				task.Error = ""
				if err := t.PutTasks(task); err != nil {
					return err
				}
			}
			continue
		}
		if err := t.DeleteTasks(task.ID); err != nil {
			return err
		}
		if task.Kind != store.TaskSend && task.Kind != store.TaskPaced {
			continue
		}
		m, err := store.One(t.Messages(task.Message))
		if err != nil {
			return err
		}
		if !waits(m.State) {
			continue
		}
		events = append(events, move(t, conv, &m, store.StateCanceled, "", "the customer's data was erased"))
		if err := t.PutMessages(m); err != nil {
			return err
		}
		x.report.Canceled++
	}
	conv.WaitingSince, conv.SnoozedUntil = time.Time{}, time.Time{}
	if conv.ClaimedBy != "" {
		events = append(events, release(t, c, &conv, x.author())...)
	}
	if conv.Status != store.Closed {
		conv.Status = store.Closed
		events = append(events, eventOf(t, conv, store.ConversationClosed, x.author(), store.Detail{Status: conv.Status}))
	}
	conv.Theirs, conv.Preview = pseudonym, ""
	if err := t.PutConversations(conv); err != nil {
		return err
	}
	x.report.Conversations++
	return t.AppendEvents(append(events, eventOf(t, conv, store.ContactErased, x.author(), store.Detail{}))...)
}

func (x *erasing) author() store.Author { return store.Author{Kind: store.ByUser, User: x.Actor} }

func addressesOf(keys []compliance.Key) []channel.Address {
	addresses := make([]channel.Address, len(keys))
	for i, k := range keys {
		addresses[i] = k.Address()
	}
	return addresses
}
