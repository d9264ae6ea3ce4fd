package sqlite

import (
	"fmt"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const contactColumns = `c.id, c.account, c.name, c.addresses, c.language, c.time_zone, c.region, c.attributes, c.created_at, c.version`

var (
	contactsTable = newVersioned("contacts", "id", "", "account, name, addresses, language, time_zone, region, attributes, created_at")
	contactsByID  = newKeyed(`SELECT ` + contactColumns + ` FROM contacts c WHERE c.id IN %s`)
)

func scanContact(r row, c *store.Contact) error {
	return r.Scan((*int64)(&c.ID), (*string)(&c.Account), &c.Name, jsonColumn{&c.Addresses}, &c.Language, &c.TimeZone, &c.Region,
		jsonColumn{&c.Attributes}, timeColumn{&c.CreatedAt}, &c.Version)
}

// Contacts returns contacts by id.
func (t *tx) Contacts(ids ...store.ContactID) ([]store.Contact, error) {
	return byKeys(t, &contactsByID, scanContact, func(c *store.Contact) store.ContactID { return c.ID }, ids)
}

// ContactsAt returns the contacts that own identities, each once.
func (t *tx) ContactsAt(ids ...store.Identity) ([]store.Contact, error) {
	found, err := eachKey(t, scanContact, `
		SELECT `+contactColumns+`
		FROM identities i JOIN contacts c ON c.id = i.contact
		WHERE i.account = ? AND i.family = ? AND i.value = ?`,
		func(i store.Identity) []any { return []any{string(i.Account), string(i.Family), i.Value} }, ids)
	if err != nil || len(found) < 2 {
		return found, err
	}
	seen := make(map[store.ContactID]bool, len(found))
	once := found[:0]
	for _, c := range found {
		if !seen[c.ID] {
			seen[c.ID] = true
			once = append(once, c)
		}
	}
	return once, nil
}

// PutContacts writes contacts. An identity may move from one to another of
// them: it is given up before it is taken.
func (t *tx) PutContacts(cs ...store.Contact) error {
	if err := t.writable(); err != nil {
		return err
	}
	owned := make([]map[store.Identity]bool, len(cs))
	for n, c := range cs {
		var err error
		if owned[n], err = t.putContact(c); err != nil {
			return err
		}
	}
	for n, c := range cs {
		for _, a := range c.Addresses {
			i := store.IdentityOf(c.Account, a)
			if owned[n][i] {
				continue
			}
			owned[n][i] = true
			if _, err := t.exec(`INSERT INTO identities (account, family, value, contact) VALUES (?, ?, ?, ?)`,
				string(i.Account), string(i.Family), i.Value, int64(c.ID)); err != nil {
				return fmt.Errorf("%w (an address of contact %v)", err, c.ID)
			}
		}
	}
	return nil
}

// putContact writes a contact and gives up the identities that it no longer
// has. It returns those that stay.
func (t *tx) putContact(c store.Contact) (map[store.Identity]bool, error) {
	owned := make(map[store.Identity]bool, len(c.Addresses))
	var old []store.Contact
	if c.Version != 0 && !t.restores {
		var err error
		if old, err = t.Contacts(c.ID); err != nil {
			return nil, err
		}
	}
	addresses, err := encodeList(c.Addresses)
	if err != nil {
		return nil, t.fail(fmt.Errorf("sqlite: Contact.Addresses: %w", err))
	}
	var attributes any
	if len(c.Attributes) > 0 {
		if attributes, err = record.Encode(c.Attributes); err != nil {
			return nil, t.fail(fmt.Errorf("sqlite: Contact.Attributes: %w", err))
		}
	}
	if err := t.put(contactsTable, "contact", c.ID, c.Version, int64(c.ID), string(c.Account), c.Name, addresses, c.Language, c.TimeZone, c.Region,
		attributes, stamp(c.CreatedAt)); err != nil {
		return nil, err
	}
	for _, o := range old {
		for _, a := range o.Addresses {
			i := store.IdentityOf(o.Account, a)
			if hasIdentity(c, i) {
				owned[i] = true
				continue
			}
			if _, err := t.exec(`DELETE FROM identities WHERE account = ? AND family = ? AND value = ?`, string(i.Account), string(i.Family), i.Value); err != nil {
				return nil, err
			}
		}
	}
	return owned, nil
}

func hasIdentity(c store.Contact, i store.Identity) bool {
	for _, a := range c.Addresses {
		if store.IdentityOf(c.Account, a) == i {
			return true
		}
	}
	return false
}
