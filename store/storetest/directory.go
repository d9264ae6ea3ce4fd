package storetest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/store"
)

func directorySorted(e *env) error {
	const unsorted = "mxabzy"
	err := e.update(func(tx store.Tx) error {
		for _, r := range unsorted {
			id := string(r)
			err := errors.Join(
				tx.PutAccounts(store.Account{ID: store.AccountID(id)}),
				tx.PutUsers(store.User{Account: "m", ID: store.UserID(id)}),
				tx.PutTeams(store.Team{Account: "m", ID: store.TeamID(id)}),
				tx.PutInboxes(store.Inbox{Account: "m", ID: store.InboxID(id), Team: "m"}),
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.view(func(tx store.Tx) error {
		accounts, err1 := tx.Accounts()
		users, err2 := tx.Users("m")
		teams, err3 := tx.Teams("m")
		inboxes, err4 := tx.Inboxes("m")
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return err
		}
		return errors.Join(
			doing("Accounts", same([]store.AccountID{"a", acme, "b", globex, "m", "x", "y", "z"}, mapped(accounts, func(a store.Account) store.AccountID { return a.ID }))),
			doing("Users", same([]store.UserID{"a", "b", "m", "x", "y", "z"}, mapped(users, func(u store.User) store.UserID { return u.ID }))),
			doing("Teams", same([]store.TeamID{"a", "b", "m", "x", "y", "z"}, mapped(teams, func(t store.Team) store.TeamID { return t.ID }))),
			doing("Inboxes", same([]store.InboxID{"a", "b", "m", "x", "y", "z"}, mapped(inboxes, func(i store.Inbox) store.InboxID { return i.ID }))),
		)
	})
}

func readDirectoryVersion(e *env, s store.Store) (v int64, err error) {
	err = s.View(e.ctx, func(tx store.Tx) error {
		v, err = tx.DirectoryVersion()
		return err
	})
	return v, err
}

func directoryVersion(e *env) error {
	first, err := readDirectoryVersion(e, e.Store)
	if err != nil {
		return err
	}
	seen := map[int64]string{first: "the beginning"}
	for v := range int64(3) {
		for name, put := range map[string]func(store.Tx) error{
			"an account": func(tx store.Tx) error { return tx.PutAccounts(store.Account{ID: "hooli", Version: v}) },
			"a user": func(tx store.Tx) error {
				return tx.PutUsers(store.User{Account: acme, ID: "erin", Availability: store.Away, Version: v})
			},
			"a team":   func(tx store.Tx) error { return tx.PutTeams(store.Team{Account: globex, ID: "day", Version: v}) },
			"an inbox": func(tx store.Tx) error { return tx.PutInboxes(store.Inbox{Account: acme, ID: "billing", Version: v}) },
		} {
			if err := e.update(put); err != nil {
				return err
			}
			now, err := readDirectoryVersion(e, e.Store)
			if err != nil {
				return err
			}
			if before, again := seen[now]; again {
				return fmt.Errorf("after %s was put, the version is %d, which it was after %s", name, now, before)
			}
			seen[now] = name
		}
	}
	return nil
}

func directoryVersionAtRest(e *env) error {
	before, err := readDirectoryVersion(e, e.Store)
	if err != nil {
		return err
	}
	for range 3 {
		now, err := readDirectoryVersion(e, e.Store)
		if err != nil {
			return err
		}
		if now != before {
			return fmt.Errorf("the version went from %d to %d though nothing was written", before, now)
		}
	}
	return nil
}

func directoryOwn(e *env) error {
	end := e.endpoint()
	return e.update(func(tx store.Tx) error {
		user := store.User{Account: "hooli", ID: "erin", Languages: []string{"de-CH"}}
		inbox := store.Inbox{Account: "hooli", ID: "billing", Team: crew, Endpoints: []store.Endpoint{end}}
		if err := errors.Join(tx.PutAccounts(store.Account{ID: "hooli"}), tx.PutUsers(user), tx.PutInboxes(inbox)); err != nil {
			return err
		}
		user.Version, inbox.Version = 1, 1
		return errors.Join(
			expectIn(tx, []store.User{user}, func(tx store.Tx) (any, error) { return tx.Users("hooli") }),
			expectIn(tx, []store.Inbox{inbox}, func(tx store.Tx) (any, error) { return tx.Inboxes("hooli") }),
			expectIn(tx, []store.Inbox{inbox}, func(tx store.Tx) (any, error) { return tx.InboxesAt(end) }),
		)
	})
}
