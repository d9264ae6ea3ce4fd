package memory

import "github.com/teaminbox/teaminbox/store"

func (t *tx) Contacts(ids ...store.ContactID) ([]store.Contact, error) {
	return read(t, &t.contacts, ids, copyContact)
}

func (t *tx) ContactsAt(ids ...store.Identity) ([]store.Contact, error) {
	if err := t.ready(); err != nil || len(ids) == 0 {
		return nil, err
	}
	found := make([]store.Contact, 0, len(ids))
	seen := make(map[store.ContactID]bool, len(ids))
	for _, id := range ids {
		if c, ok := t.identities.get(id); ok && !seen[c.ID] {
			seen[c.ID] = true
			found = append(found, copyContact(*c))
		}
	}
	return found, nil
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
	for _, a := range c.Addresses {
		if owner, ok := t.identities.get(store.IdentityOf(c.Account, a)); ok && owner.ID != c.ID {
			return duplicate("contact", c.ID, "address", owner.ID)
		}
	}
	if replaces {
		for _, a := range old.Addresses {
			t.identities.delete(t.number, store.IdentityOf(old.Account, a))
		}
	}
	c = copyContact(c)
	c.Version++
	for _, a := range c.Addresses {
		t.identities.set(t.number, store.IdentityOf(c.Account, a), &c)
	}
	t.contacts.set(t.number, c.ID, &c)
	return nil
}
