package postgres

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// directory is what a transaction writes of the Directory.
type directory struct {
	accounts records[store.AccountID, store.Account]
	inboxes  records[inAccount[store.InboxID], store.Inbox]
	teams    records[inAccount[store.TeamID], store.Team]
	users    records[inAccount[store.UserID], store.User]

	written bool // since the last flush

	version      int64 // of the Directory, if it is known
	versionKnown bool
	presumed     bool // the version is what the Store saw last, see presume.go
}

// inAccount is a key within an account.
type inAccount[ID ~string] struct {
	account store.AccountID
	id      ID
}

func (k inAccount[ID]) String() string { return string(k.id) }

var (
	accountsTable = newTable("account", "accounts", 1,
		textColumn("id", func(a *store.Account) string { return string(a.ID) }),
		textColumn("name", func(a *store.Account) string { return a.Name }))
	inboxesTable = newTable("inbox", "inboxes", 2,
		textColumn("account", func(i *store.Inbox) string { return string(i.Account) }),
		textColumn("id", func(i *store.Inbox) string { return string(i.ID) }),
		textColumn("name", func(i *store.Inbox) string { return i.Name }),
		jsonColumn("endpoints", func(i *store.Inbox) any { return listOf(i.Endpoints) }),
		textColumn("team", func(i *store.Inbox) string { return string(i.Team) }),
		jsonColumn("settings", func(i *store.Inbox) any { return i.Settings }))
	teamsTable = newTable("team", "teams", 2,
		textColumn("account", func(m *store.Team) string { return string(m.Account) }),
		textColumn("id", func(m *store.Team) string { return string(m.ID) }),
		textColumn("name", func(m *store.Team) string { return m.Name }),
		jsonColumn("members", func(m *store.Team) any { return listOf(m.Members) }))
	usersTable = newTable("user", "users", 2,
		textColumn("account", func(u *store.User) string { return string(u.Account) }),
		textColumn("id", func(u *store.User) string { return string(u.ID) }),
		textColumn("name", func(u *store.User) string { return u.Name }),
		boolColumn("licensed", func(u *store.User) bool { return u.Licensed }),
		textColumn("availability", func(u *store.User) string { return string(u.Availability) }),
		jsonColumn("languages", func(u *store.User) any { return listOf(u.Languages) }))
)

// forDirectory is the guard of whoever reads the Directory.
func (t *tx) forDirectory() []guard {
	if t.readOnly {
		return nil
	}
	return []guard{t.s.guards.directory(true)}
}

const directoryVersion = `SELECT directory_version FROM @counters`

// DirectoryVersion returns how often the Directory has been written.
func (t *tx) DirectoryVersion() (int64, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	if t.directory.written {
		var version int64
		err := t.readDirectory(directoryVersion, func(rows pgx.Rows) error { return rows.Scan(&version) })
		return version, err
	}
	t.presume()
	err := t.fetch(t.fetchDirectoryVersion())
	return t.directory.version, err
}

func (t *tx) fetchDirectoryVersion() *fetch {
	d := &t.directory
	if d.versionKnown || d.written {
		return nil
	}
	return &fetch{
		guards:    t.forDirectory(),
		statement: statement{directoryVersion, nil, func(rows pgx.Rows) error { return rows.Scan(&d.version) }},
		after: func() {
			d.versionKnown = true
			t.sawVersion()
		},
	}
}

// readDirectory reads from the Directory. What a transaction holds back of
// other records does not matter to it.
func (t *tx) readDirectory(text string, each func(pgx.Rows) error, args ...any) error {
	if !t.directory.written {
		if err := t.ready(); err != nil {
			return err
		}
		return t.ask(t.ctx, t.forDirectory(), statement{text, args, each})
	}
	return t.read(t.forDirectory(), text, each, args...)
}

func allInDirectory[T any](t *tx, scan func(scanner, *T) error, text string, args ...any) ([]T, error) {
	var found []T
	err := t.readDirectory(text, collect(&found, scan), args...)
	if err != nil {
		return nil, err
	}
	return found, nil
}

func scanAccount(r scanner, a *store.Account) error {
	err := r.Scan((*string)(&a.ID), &a.Name, &a.Version)
	unpackAll((*string)(&a.ID), &a.Name)
	return err
}

// Accounts returns all accounts.
func (t *tx) Accounts() ([]store.Account, error) {
	found, err := allInDirectory(t, scanAccount, `SELECT id, name, version FROM @accounts`)
	sortByID(found, func(a store.Account) store.AccountID { return a.ID })
	return found, err
}

func scanInbox(r scanner, i *store.Inbox) error {
	err := r.Scan((*string)(&i.Account), (*string)(&i.ID), &i.Name, structure{&i.Endpoints}, (*string)(&i.Team), structure{&i.Settings}, &i.Version)
	unpackAll((*string)(&i.Account), (*string)(&i.ID), &i.Name, (*string)(&i.Team))
	return err
}

// Inboxes returns an account's inboxes.
func (t *tx) Inboxes(account store.AccountID) ([]store.Inbox, error) {
	found, err := allInDirectory(t, scanInbox, `SELECT account, id, name, endpoints, team, settings, version FROM @inboxes WHERE account = $1`, pack(string(account)))
	sortByID(found, func(i store.Inbox) store.InboxID { return i.ID })
	return found, err
}

func scanTeam(r scanner, m *store.Team) error {
	err := r.Scan((*string)(&m.Account), (*string)(&m.ID), &m.Name, structure{&m.Members}, &m.Version)
	unpackAll((*string)(&m.Account), (*string)(&m.ID), &m.Name)
	return err
}

// Teams returns an account's teams.
func (t *tx) Teams(account store.AccountID) ([]store.Team, error) {
	found, err := allInDirectory(t, scanTeam, `SELECT account, id, name, members, version FROM @teams WHERE account = $1`, pack(string(account)))
	sortByID(found, func(m store.Team) store.TeamID { return m.ID })
	return found, err
}

func scanUser(r scanner, u *store.User) error {
	err := r.Scan((*string)(&u.Account), (*string)(&u.ID), &u.Name, &u.Licensed, (*string)(&u.Availability), structure{&u.Languages}, &u.Version)
	unpackAll((*string)(&u.Account), (*string)(&u.ID), &u.Name, (*string)(&u.Availability))
	return err
}

// Users returns an account's users.
func (t *tx) Users(account store.AccountID) ([]store.User, error) {
	found, err := allInDirectory(t, scanUser, `SELECT account, id, name, licensed, availability, languages, version FROM @users WHERE account = $1`, pack(string(account)))
	sortByID(found, func(u store.User) store.UserID { return u.ID })
	return found, err
}

// InboxesAt returns the inboxes that own endpoints.
func (t *tx) InboxesAt(ends ...store.Endpoint) ([]store.Inbox, error) {
	if err := t.ready(); err != nil || len(ends) == 0 {
		return nil, err
	}
	channels, addresses := make([]string, len(ends)), make([]string, len(ends))
	for i, e := range ends {
		channels[i], addresses[i] = pack(e.Channel), pack(string(e.Address))
	}
	return allInDirectory(t, scanInbox, `
		SELECT i.account, i.id, i.name, i.endpoints, i.team, i.settings, i.version
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(channel, address, n)
		JOIN @endpoints e ON e.channel = k.channel AND e.address = k.address
		JOIN @inboxes i ON i.account = e.account AND i.id = e.inbox
		ORDER BY k.n`, channels, addresses)
}

// writeDirectory prepares a write to the Directory.
func (t *tx) writeDirectory(records int) error {
	if err := t.writable(); err != nil || records == 0 {
		return err
	}
	t.need(t.s.guards.directory(false))
	t.directory.written = true
	return nil
}

// PutAccounts writes accounts.
func (t *tx) PutAccounts(as ...store.Account) error {
	if err := t.writeDirectory(len(as)); err != nil {
		return err
	}
	for _, a := range as {
		if _, err := t.directory.accounts.put("account", a.ID, a, a.Version); err != nil {
			return t.fail(err)
		}
	}
	return nil
}

// PutInboxes writes inboxes. An endpoint may move from one to another of them:
// it is given up before it is taken.
func (t *tx) PutInboxes(is ...store.Inbox) error {
	if err := t.writeDirectory(len(is)); err != nil {
		return err
	}
	for _, i := range is {
		if _, err := t.directory.inboxes.put("inbox", inAccount[store.InboxID]{i.Account, i.ID}, record.CopyInbox(i), i.Version); err != nil {
			return t.fail(err)
		}
	}
	return nil
}

// PutTeams writes teams.
func (t *tx) PutTeams(ts ...store.Team) error {
	if err := t.writeDirectory(len(ts)); err != nil {
		return err
	}
	for _, m := range ts {
		if _, err := t.directory.teams.put("team", inAccount[store.TeamID]{m.Account, m.ID}, record.CopyTeam(m), m.Version); err != nil {
			return t.fail(err)
		}
	}
	return nil
}

// PutUsers writes users.
func (t *tx) PutUsers(us ...store.User) error {
	if err := t.writeDirectory(len(us)); err != nil {
		return err
	}
	for _, u := range us {
		if _, err := t.directory.users.put("user", inAccount[store.UserID]{u.Account, u.ID}, record.CopyUser(u), u.Version); err != nil {
			return t.fail(err)
		}
	}
	return nil
}

// flush returns the statements that write what was put.
func (d *directory) flush() ([]statement, error) {
	if !d.written {
		return nil, nil
	}
	endpoints := d.endpoints()
	accounts, err := d.accounts.flush(&accountsTable)
	if err != nil {
		return nil, err
	}
	inboxes, err := d.inboxes.flush(&inboxesTable)
	if err != nil {
		return nil, err
	}
	teams, err := d.teams.flush(&teamsTable)
	if err != nil {
		return nil, err
	}
	users, err := d.users.flush(&usersTable)
	if err != nil {
		return nil, err
	}
	d.written, d.versionKnown = false, false
	statements := []statement{{text: `UPDATE @counters SET directory_version = directory_version + 1`}}
	for _, some := range [][]statement{accounts, inboxes, teams, users, endpoints} {
		statements = append(statements, some...)
	}
	return statements, nil
}

// endpoints returns the statements that give the endpoints to the inboxes that
// were put.
func (d *directory) endpoints() []statement {
	var accounts, ids []string
	var channels, addresses, ownerAccounts, owners []string
	for _, s := range d.inboxes.dirty {
		i := s.value
		accounts, ids = append(accounts, pack(string(i.Account))), append(ids, pack(string(i.ID)))
		taken := make(map[store.Endpoint]bool, len(i.Endpoints))
		for _, e := range i.Endpoints {
			if taken[e] {
				continue
			}
			taken[e] = true
			channels, addresses = append(channels, pack(e.Channel)), append(addresses, pack(string(e.Address)))
			ownerAccounts, owners = append(ownerAccounts, pack(string(i.Account))), append(owners, pack(string(i.ID)))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	statements := []statement{{
		text: `DELETE FROM @endpoints e USING unnest($1::text[], $2::text[]) AS k(account, inbox) WHERE e.account = k.account AND e.inbox = k.inbox`,
		args: []any{accounts, ids},
	}}
	if len(owners) > 0 {
		statements = append(statements, statement{
			text: `INSERT INTO @endpoints (channel, address, account, inbox) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
			args: []any{channels, addresses, ownerAccounts, owners},
		})
	}
	return statements
}

// sortByID sorts records byte by byte.
func sortByID[T any, ID ~string](records []T, id func(T) ID) {
	slices.SortFunc(records, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
}
