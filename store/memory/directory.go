package memory

import (
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) DirectoryVersion() (int64, error) { return t.directoryVersion, t.ready() }

func (t *tx) Accounts() ([]store.Account, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var all []store.Account
	for _, a := range t.accounts.from("") {
		all = append(all, record.CopyAccount(*a))
	}
	return all, nil
}

func (t *tx) Inboxes(account store.AccountID) ([]store.Inbox, error) {
	return ofAccount(t, &t.inboxes, account, record.CopyInbox)
}

func (t *tx) Teams(account store.AccountID) ([]store.Team, error) {
	return ofAccount(t, &t.teams, account, record.CopyTeam)
}

func (t *tx) Users(account store.AccountID) ([]store.User, error) {
	return ofAccount(t, &t.users, account, record.CopyUser)
}

// ofAccount returns an account's records, by id.
func ofAccount[ID ~string, R any](t *tx, records *tree[named[ID], *R], account store.AccountID, clone func(R) R) ([]R, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var all []R
	for k, r := range records.from(named[ID]{account: account}) {
		if k.account != account {
			break
		}
		all = append(all, clone(*r))
	}
	return all, nil
}

func (t *tx) InboxesAt(ends ...store.Endpoint) ([]store.Inbox, error) {
	return find(t, &t.endpoints, &t.inboxes, ends, record.CopyInbox)
}

func (t *tx) PutAccounts(as ...store.Account) error { return write(t, as, (*tx).putAccount) }
func (t *tx) PutInboxes(is ...store.Inbox) error    { return write(t, is, (*tx).putInbox) }
func (t *tx) PutTeams(ts ...store.Team) error       { return write(t, ts, (*tx).putTeam) }
func (t *tx) PutUsers(us ...store.User) error       { return write(t, us, (*tx).putUser) }

func (t *tx) putAccount(a store.Account) error {
	var stored int64
	if old, ok := t.accounts.get(a.ID); ok {
		stored = old.Version
	}
	if err := checkVersion("account", a.ID, stored, a.Version); err != nil {
		return err
	}
	a = record.CopyAccount(a)
	a.Version++
	t.accounts.set(t.number, a.ID, &a)
	t.directoryVersion++
	return nil
}

func (t *tx) putInbox(i store.Inbox) error {
	key := named[store.InboxID]{i.Account, i.ID}
	var stored int64
	old, replaces := t.inboxes.get(key)
	if replaces {
		stored = old.Version
	}
	if err := checkVersion("inbox", i.ID, stored, i.Version); err != nil {
		return err
	}
	for _, e := range i.Endpoints {
		if other, ok := owner(&t.endpoints, e, key); ok {
			return duplicate("inbox", i.ID, "endpoint", other.id)
		}
	}
	var had []store.Endpoint
	if replaces {
		had = old.Endpoints
	}
	i = record.CopyInbox(i)
	i.Version++
	t.inboxes.set(t.number, key, &i)
	reindex(t, &t.endpoints, key, had, i.Endpoints)
	t.directoryVersion++
	return nil
}

func (t *tx) putTeam(team store.Team) error {
	key := named[store.TeamID]{team.Account, team.ID}
	var stored int64
	if old, ok := t.teams.get(key); ok {
		stored = old.Version
	}
	if err := checkVersion("team", team.ID, stored, team.Version); err != nil {
		return err
	}
	team = record.CopyTeam(team)
	team.Version++
	t.teams.set(t.number, key, &team)
	t.directoryVersion++
	return nil
}

func (t *tx) putUser(u store.User) error {
	key := named[store.UserID]{u.Account, u.ID}
	var stored int64
	if old, ok := t.users.get(key); ok {
		stored = old.Version
	}
	if err := checkVersion("user", u.ID, stored, u.Version); err != nil {
		return err
	}
	u = record.CopyUser(u)
	u.Version++
	t.users.set(t.number, key, &u)
	t.directoryVersion++
	return nil
}
