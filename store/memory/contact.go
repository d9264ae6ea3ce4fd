package memory

import (
	"slices"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) Contacts(ids ...store.ContactID) ([]store.Contact, error) {
	return read(t, &t.contacts, ids, record.CopyContact)
}

func (t *tx) ContactsAt(ids ...store.Identity) ([]store.Contact, error) {
	if err := t.ready(); err != nil || len(ids) == 0 {
		return nil, err
	}
	owners := make([]store.ContactID, 0, len(ids))
	for _, id := range ids {
		if c, ok := t.identities.get(id); ok && !slices.Contains(owners, c) {
			owners = append(owners, c)
		}
	}
	return read(t, &t.contacts, owners, record.CopyContact)
}

func (t *tx) PutContacts(cs ...store.Contact) error { return write(t, cs, (*tx).putContact) }

func (t *tx) putContact(c store.Contact) error {
	var stored int64
	old, replaces := t.contacts.get(c.ID)
	if replaces {
		stored = old.Version
	}
	if err := checkVersion("contact", c.ID, stored, c.Version); err != nil {
		return err
	}
	has := identitiesOf(&c)
	for _, k := range has {
		if other, ok := owner(&t.identities, k, c.ID); ok {
			return duplicate("contact", c.ID, "address", other)
		}
	}
	var had []store.Identity
	if replaces {
		had = identitiesOf(old)
	}
	c = record.CopyContact(c)
	c.Version++
	t.contacts.set(t.number, c.ID, &c)
	reindex(t, &t.identities, c.ID, had, has)
	return nil
}

func identitiesOf(c *store.Contact) []store.Identity {
	ids := make([]store.Identity, len(c.Addresses))
	for i, a := range c.Addresses {
		ids[i] = store.IdentityOf(c.Account, a)
	}
	return ids
}
