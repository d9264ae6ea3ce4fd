package storetest

import (
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// defect is a mistake that stores have been made with.
type defect struct {
	what     string
	caughtBy []string // names of cases
	plant    func(m *mutant)
}

// defects returns those of transactions first, then those of records.
func defects() []defect {
	return slices.Concat(transactionDefects(), recordDefects(), queryDefects(), unreadDefects(), searchDefects(), workDefects(), eventDefects(), prefetchDefects(), eraseDefects(), copyDefects())
}

// The defects of records are in how they are put and got. Each type overrides
// the methods of a Tx that have the defect.

// noVersions replaces whatever version is there.
type noVersions struct{ store.Tx }

func (t noVersions) PutConversations(cs ...store.Conversation) error {
	for i, c := range cs {
		there, err := t.Conversations(c.ID)
		if err != nil {
			return err
		}
		if cs[i].Version = 0; len(there) > 0 {
			cs[i].Version = there[0].Version
		}
	}
	return t.Tx.PutConversations(cs...)
}

// oldVersions returns the version that was put, not the one that is stored.
type oldVersions struct{ store.Tx }

func (t oldVersions) Users(account store.AccountID) ([]store.User, error) {
	us, err := t.Tx.Users(account)
	for i := range us {
		us[i].Version--
	}
	return us, err
}

// keepsCallers keeps the caller's own list.
type keepsCallers struct {
	store.Tx
	kept map[store.ConversationID][]store.UserID
}

func (t keepsCallers) PutConversations(cs ...store.Conversation) error {
	for _, c := range cs {
		t.kept[c.ID] = c.Users
	}
	return t.Tx.PutConversations(cs...)
}

func (t keepsCallers) Conversations(ids ...store.ConversationID) ([]store.Conversation, error) {
	cs, err := t.Tx.Conversations(ids...)
	for i := range cs {
		cs[i].Users = t.kept[cs[i].ID]
	}
	return cs, err
}

// handsOutOwn returns the same memory each time.
type handsOutOwn struct {
	store.Tx
	own map[store.MessageID]store.Message
}

func (t handsOutOwn) Messages(ids ...store.MessageID) ([]store.Message, error) {
	ms, err := t.Tx.Messages(ids...)
	for i, m := range ms {
		if own, ok := t.own[m.ID]; ok {
			ms[i] = own
		} else {
			t.own[m.ID] = m
		}
	}
	return ms, err
}

// sameProviderID accepts a second message with a provider's id.
type sameProviderID struct{ store.Tx }

func (t sameProviderID) PutMessages(ms ...store.Message) error {
	for _, m := range ms {
		there, err := t.MessagesFrom(store.ProviderRef{Channel: m.Channel, ProviderID: m.ProviderID})
		if err != nil {
			return err
		}
		if len(there) > 0 && there[0].ID != m.ID {
			m.ProviderID = ""
		}
		if err := t.Tx.PutMessages(m); err != nil {
			return err
		}
	}
	return nil
}

// sameEndpoint takes an endpoint to be unique within its account.
type sameEndpoint struct{ store.Tx }

func (t sameEndpoint) PutInboxes(is ...store.Inbox) error {
	for _, i := range is {
		ends := i.Endpoints
		i.Endpoints = nil
		for _, e := range ends {
			owners, err := t.InboxesAt(e)
			if err != nil {
				return err
			}
			if len(owners) == 0 || owners[0].Account == i.Account {
				i.Endpoints = append(i.Endpoints, e)
			}
		}
		if err := t.Tx.PutInboxes(i); err != nil {
			return err
		}
	}
	return nil
}

// keepsKeys never gives up a contact's address.
type keepsKeys struct {
	store.Tx
	had map[store.ContactID][]channel.Address
}

func (t keepsKeys) PutContacts(cs ...store.Contact) error {
	for i, c := range cs {
		for _, a := range t.had[c.ID] {
			if !slices.Contains(c.Addresses, a) {
				cs[i].Addresses = append(slices.Clone(cs[i].Addresses), a)
			}
		}
		t.had[c.ID] = cs[i].Addresses
	}
	return t.Tx.PutContacts(cs...)
}

// oneFamily takes a number on WhatsApp for the same as in SMS.
type oneFamily struct{ store.Tx }

func (t oneFamily) PutContacts(cs ...store.Contact) error {
	for _, c := range cs {
		for _, a := range c.Addresses {
			owners, err := t.ContactsAt(store.IdentityOf(c.Account, channel.Address(a.Identity())))
			if err != nil {
				return err
			}
			if len(owners) > 0 && owners[0].ID != c.ID {
				return store.ErrDuplicate
			}
		}
	}
	return t.Tx.PutContacts(cs...)
}

func recordDefects() []defect {
	one := func(wrap func(store.Tx) store.Tx, what string, caughtBy ...string) defect {
		return defect{what, caughtBy, inTx(wrap)}
	}
	return []defect{
		one(func(tx store.Tx) store.Tx { return noVersions{tx} }, "the version is not checked",
			"version/stale is refused", "version/future is refused", "isolation/one of many claims"),
		one(func(tx store.Tx) store.Tx { return oldVersions{tx} }, "the stored version is not one higher",
			"version/stored is one higher"),
		{"the caller's list is kept", []string{"aliasing/what was put"}, func(m *mutant) {
			kept := make(map[store.ConversationID][]store.UserID)
			m.tx = func(tx store.Tx) store.Tx { return keepsCallers{tx, kept} }
		}},
		{"the store's own memory is handed out", []string{"aliasing/what was read"}, func(m *mutant) {
			own := make(map[store.MessageID]store.Message)
			m.tx = func(tx store.Tx) store.Tx { return handsOutOwn{tx, own} }
		}},
		one(func(tx store.Tx) store.Tx { return sameProviderID{tx} }, "a provider's id is accepted twice",
			"duplicate/provider's id"),
		one(func(tx store.Tx) store.Tx { return sameEndpoint{tx} }, "an endpoint is unique within its account only",
			"duplicate/endpoint"),
		one(func(tx store.Tx) store.Tx { return oneFamily{tx} }, "a contact's family is not compared", "duplicate/identity"),
		{"a key that was given up stays taken", []string{"duplicate/keys that were given up"}, func(m *mutant) {
			had := make(map[store.ContactID][]channel.Address)
			m.tx = func(tx store.Tx) store.Tx { return keepsKeys{tx, had} }
		}},
		one(func(tx store.Tx) store.Tx { return local{tx} }, "times come back in another time zone", "times/come back in UTC"),
		one(func(tx store.Tx) store.Tx { return millis{tx} }, "times are kept with milliseconds", "values/every field", "leases/due to the microsecond"),
		one(func(tx store.Tx) store.Tx { return unixNano{tx} }, "times end in 2262", "times/far away"),
		one(func(tx store.Tx) store.Tx { return zeroIs1970{tx} }, "the zero time becomes 1970", "values/empty fields", "times/zero in a time zone"),
		one(func(tx store.Tx) store.Tx { return cString{tx} }, "a text ends at NUL", "values/hostile texts"),
		one(func(tx store.Tx) store.Tx { return shortText{tx} }, "a long text is cut", "values/long texts"),
		one(func(tx store.Tx) store.Tx { return noRaw{tx} }, "a field is forgotten", "values/every field", "values/parts of extras alone"),
		one(func(tx store.Tx) store.Tx { return emptyParts{tx} }, "a part appears that was not there", "values/parts of extras alone"),
		one(func(tx store.Tx) store.Tx { return partial{tx} }, "a field can't be emptied", "values/every field is replaced"),
		one(func(tx store.Tx) store.Tx { return float64IDs{tx} }, "numbers are floats", "values/large numbers"),
		one(func(tx store.Tx) store.Tx { return folded{tx} }, "ids are compared without case", "values/ids byte for byte"),
		one(func(tx store.Tx) store.Tx { return firstHundred{tx} }, "a statement has room for a hundred", "keys/put many"),
	}
}
