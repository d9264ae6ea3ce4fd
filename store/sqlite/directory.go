package sqlite

import (
	"fmt"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

var (
	accountsTable = newVersioned("accounts", "id", "", "name")
	inboxesTable  = newVersioned("inboxes", "account, id", "", "name, endpoints, team, settings")
	teamsTable    = newVersioned("teams", "account, id", "", "name, members")
	usersTable    = newVersioned("users", "account, id", "", "name, licensed, availability, languages")
)

func scanAccount(r row, a *store.Account) error {
	return r.Scan((*string)(&a.ID), &a.Name, &a.Version)
}

// Accounts returns all accounts.
func (t *tx) Accounts() ([]store.Account, error) {
	return all(t, scanAccount, `SELECT id, name, version FROM accounts ORDER BY id`)
}

func scanInbox(r row, i *store.Inbox) error {
	return r.Scan((*string)(&i.Account), (*string)(&i.ID), &i.Name, jsonColumn{&i.Endpoints}, (*string)(&i.Team), jsonColumn{&i.Settings}, &i.Version)
}

// Inboxes returns an account's inboxes.
func (t *tx) Inboxes(account store.AccountID) ([]store.Inbox, error) {
	return all(t, scanInbox, `SELECT account, id, name, endpoints, team, settings, version FROM inboxes WHERE account = ? ORDER BY id`, string(account))
}

func scanTeam(r row, m *store.Team) error {
	return r.Scan((*string)(&m.Account), (*string)(&m.ID), &m.Name, jsonColumn{&m.Members}, &m.Version)
}

// Teams returns an account's teams.
func (t *tx) Teams(account store.AccountID) ([]store.Team, error) {
	return all(t, scanTeam, `SELECT account, id, name, members, version FROM teams WHERE account = ? ORDER BY id`, string(account))
}

func scanUser(r row, u *store.User) error {
	return r.Scan((*string)(&u.Account), (*string)(&u.ID), &u.Name, &u.Licensed, (*string)(&u.Availability), jsonColumn{&u.Languages}, &u.Version)
}

// Users returns an account's users.
func (t *tx) Users(account store.AccountID) ([]store.User, error) {
	return all(t, scanUser, `SELECT account, id, name, licensed, availability, languages, version FROM users WHERE account = ? ORDER BY id`, string(account))
}

// InboxesAt returns the inboxes that own endpoints.
func (t *tx) InboxesAt(ends ...store.Endpoint) ([]store.Inbox, error) {
	return eachKey(t, scanInbox, `
		SELECT i.account, i.id, i.name, i.endpoints, i.team, i.settings, i.version
		FROM endpoints e JOIN inboxes i ON i.account = e.account AND i.id = e.inbox
		WHERE e.channel = ? AND e.address = ?`,
		func(e store.Endpoint) []any { return []any{e.Channel, string(e.Address)} }, ends)
}

// putDirectory writes records of the Directory and counts the write.
func putDirectory[T any](t *tx, records []T, put func(T) error) error {
	if err := t.writable(); err != nil || len(records) == 0 {
		return err
	}
	for _, r := range records {
		if err := put(r); err != nil {
			return err
		}
	}
	return t.count(func(c *counters) { c.directoryVersion++ })
}

// PutAccounts writes accounts.
func (t *tx) PutAccounts(as ...store.Account) error {
	return putDirectory(t, as, func(a store.Account) error {
		return t.put(accountsTable, "account", a.ID, a.Version, string(a.ID), a.Name)
	})
}

// PutInboxes writes inboxes. An endpoint may move from one to another of them:
// it is given up before it is taken.
func (t *tx) PutInboxes(is ...store.Inbox) error {
	if err := putDirectory(t, is, t.putInbox); err != nil {
		return err
	}
	for _, i := range is {
		if err := t.takeEndpoints(i); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putInbox(i store.Inbox) error {
	endpoints, err := encodeList(i.Endpoints)
	if err != nil {
		return t.fail(fmt.Errorf("sqlite: Inbox.Endpoints: %w", err))
	}
	settings, err := record.Encode(i.Settings)
	if err != nil {
		return t.fail(fmt.Errorf("sqlite: Inbox.Settings: %w", err))
	}
	old, err := all(t, scanInbox, `SELECT account, id, name, endpoints, team, settings, version FROM inboxes WHERE account = ? AND id = ?`, string(i.Account), string(i.ID))
	if err != nil {
		return err
	}
	if err := t.put(inboxesTable, "inbox", i.ID, i.Version, string(i.Account), string(i.ID), i.Name, endpoints, string(i.Team), settings); err != nil {
		return err
	}
	for _, o := range old {
		for _, e := range o.Endpoints {
			if _, err := t.exec(`DELETE FROM endpoints WHERE channel = ? AND address = ?`, e.Channel, string(e.Address)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) takeEndpoints(i store.Inbox) error {
	taken := make(map[store.Endpoint]bool, len(i.Endpoints))
	for _, e := range i.Endpoints {
		if taken[e] {
			continue
		}
		taken[e] = true
		if _, err := t.exec(`INSERT INTO endpoints (channel, address, account, inbox) VALUES (?, ?, ?, ?)`,
			e.Channel, string(e.Address), string(i.Account), string(i.ID)); err != nil {
			return fmt.Errorf("%w (an endpoint of inbox %s on channel %s)", err, i.ID, e.Channel)
		}
	}
	return nil
}

// PutTeams writes teams.
func (t *tx) PutTeams(ts ...store.Team) error {
	return putDirectory(t, ts, func(m store.Team) error {
		members, err := encodeList(m.Members)
		if err != nil {
			return t.fail(fmt.Errorf("sqlite: Team.Members: %w", err))
		}
		return t.put(teamsTable, "team", m.ID, m.Version, string(m.Account), string(m.ID), m.Name, members)
	})
}

// PutUsers writes users.
func (t *tx) PutUsers(us ...store.User) error {
	return putDirectory(t, us, func(u store.User) error {
		languages, err := encodeList(u.Languages)
		if err != nil {
			return t.fail(fmt.Errorf("sqlite: User.Languages: %w", err))
		}
		return t.put(usersTable, "user", u.ID, u.Version, string(u.Account), string(u.ID), u.Name, u.Licensed, string(u.Availability), languages)
	})
}
