package postgres

import (
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

const contactColumns = `c.id, c.account, c.name, c.addresses, c.language, c.time_zone, c.region, c.attributes, c.created_at, c.version`

var (
	contactsTable = newTable("contact", "contacts", 1,
		numberColumn("id", func(c *store.Contact) int64 { return int64(c.ID) }),
		textColumn("account", func(c *store.Contact) string { return string(c.Account) }),
		textColumn("name", func(c *store.Contact) string { return c.Name }),
		jsonColumn("addresses", func(c *store.Contact) any { return listOf(c.Addresses) }),
		textColumn("language", func(c *store.Contact) string { return c.Language }),
		textColumn("time_zone", func(c *store.Contact) string { return c.TimeZone }),
		textColumn("region", func(c *store.Contact) string { return c.Region }),
		jsonColumn("attributes", func(c *store.Contact) any {
			if len(c.Attributes) == 0 {
				return nil
			}
			return c.Attributes
		}),
		timeColumn("created_at", func(c *store.Contact) time.Time { return c.CreatedAt }))

	contactKind = kind[store.ContactID, store.Contact]{
		scan:    scanContact,
		copy:    record.CopyContact,
		id:      func(c *store.Contact) store.ContactID { return c.ID },
		version: func(c *store.Contact) int64 { return c.Version },
	}
)

// scanner is what a row is read from.
type scanner interface{ Scan(dest ...any) error }

func scanContact(r scanner, c *store.Contact) error {
	err := r.Scan((*int64)(&c.ID), (*string)(&c.Account), &c.Name, structure{&c.Addresses}, &c.Language, &c.TimeZone, &c.Region,
		structure{&c.Attributes}, moment{&c.CreatedAt}, &c.Version)
	unpackAll((*string)(&c.Account), &c.Name, &c.Language, &c.TimeZone, &c.Region)
	return err
}

// Contacts returns contacts by id.
func (t *tx) Contacts(ids ...store.ContactID) ([]store.Contact, error) {
	return byID(t, &t.contacts, contactKind, t.fetchContacts, ids)
}

func (t *tx) fetchContacts(ids []store.ContactID) *fetch {
	return fetchByID(t, &t.contacts, contactKind, t.s.guards.contact, `SELECT `+contactColumns+` FROM @contacts c WHERE c.id = ANY($1::bigint[])`, numbers, ids)
}

// ContactsAt returns the contacts that own identities, each once.
func (t *tx) ContactsAt(ids ...store.Identity) ([]store.Contact, error) {
	found, err := byKey(t, &t.owners, &t.contacts, contactKind, t.fetchContactsAt, ids)
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

func (t *tx) fetchContactsAt(ids []store.Identity) *fetch {
	return fetchByKey(&t.owners, &t.contacts, contactKind, t.forIdentity, `
		SELECT k.n, `+contactColumns+`
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k(account, family, value, n)
		JOIN @identities i ON i.account = k.account AND i.family = k.family AND i.value = k.value
		JOIN @contacts c ON c.id = i.contact`,
		func(keys []store.Identity) []any {
			return texts3(keys, func(i store.Identity) (string, string, string) { return string(i.Account), string(i.Family), i.Value })
		}, ids)
}

func (t *tx) forIdentity(i store.Identity) guard {
	return t.s.guards.person(string(i.Account), i.Family, i.Value)
}

// PutContacts writes contacts. An identity may move from one to another of
// them: it is given up before it is taken.
func (t *tx) PutContacts(cs ...store.Contact) error {
	if err := t.writable(); err != nil || len(cs) == 0 {
		return err
	}
	if err := know(t, &t.contacts, contactKind, cs, t.Contacts); err != nil {
		return err
	}
	t.wrote = true
	for _, c := range cs {
		c = record.CopyContact(c)
		var was []store.Identity
		if s := t.contacts.known[c.ID]; s != nil && s.exists {
			was = identities(s.value)
		}
		slot, err := t.contacts.put("contact", c.ID, c, c.Version)
		if err != nil {
			return t.fail(err)
		}
		slot.value.Version = slot.version
		if c.Version != 0 {
			t.need(t.s.guards.contact(c.ID))
		}
		for _, i := range was {
			t.need(t.forIdentity(i))
			t.owners.drop(i, c.ID)
		}
	}
	for _, c := range cs {
		for _, i := range identities(c) {
			t.need(t.forIdentity(i))
			if err := t.owners.take(i, c.ID, "an address"); err != nil {
				return t.fail(err)
			}
		}
	}
	return nil
}

// identities returns a contact's identities, each once.
func identities(c store.Contact) []store.Identity {
	var all []store.Identity
	for _, a := range c.Addresses {
		if i := store.IdentityOf(c.Account, a); !has(all, i) {
			all = append(all, i)
		}
	}
	return all
}

func has[T comparable](all []T, one T) bool {
	for _, v := range all {
		if v == one {
			return true
		}
	}
	return false
}

// flushContacts returns the statements that write contacts, and who has which
// identity.
func (t *tx) flushContacts() ([]statement, error) {
	var gone, come []identityRow
	for _, s := range t.contacts.dirty {
		is := identities(s.value)
		var was []store.Identity
		if s.kept != nil {
			was = identities(*s.kept)
		}
		for _, i := range was {
			if !has(is, i) {
				gone = append(gone, identityRow{i, s.value.ID})
			}
		}
		for _, i := range is {
			if !has(was, i) {
				come = append(come, identityRow{i, s.value.ID})
			}
		}
	}
	statements, err := t.contacts.flush(&contactsTable)
	if err != nil {
		return nil, err
	}
	if len(gone) > 0 {
		statements = append(statements, identityStatement(gone, `
			DELETE FROM @identities i USING unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS k(account, family, value, contact)
			WHERE i.account = k.account AND i.family = k.family AND i.value = k.value AND i.contact = k.contact`))
	}
	if len(come) > 0 {
		statements = append(statements, identityStatement(come, `
			INSERT INTO @identities (account, family, value, contact)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])`))
	}
	return statements, nil
}

// identityRow says who has an identity.
type identityRow struct {
	store.Identity
	contact store.ContactID
}

func identityStatement(rows []identityRow, text string) statement {
	args := texts3(rows, func(i identityRow) (string, string, string) { return string(i.Account), string(i.Family), i.Value })
	contacts := make([]int64, len(rows))
	for n, i := range rows {
		contacts[n] = int64(i.contact)
	}
	return statement{text: text, args: append(args, contacts)}
}
