package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

func accountCases() []testCase {
	const apart = "Every record is inside exactly one account, and nothing crosses."
	return []testCase{
		{"accounts/directories apart", apart, accountsDirectory},
		{"accounts/customers apart", apart, accountsCustomers},
		{"accounts/lists apart", apart, accountsLists},
		{"accounts/consent apart", apart, accountsConsent},
		{"accounts/marks and requests apart", apart, accountsMarks},
		{"directory/sorted by id", "Accounts, Inboxes, Teams and Users return all of them, sorted by id.", directorySorted},
		{"directory/version", "DirectoryVersion returns a number that changes with every committed write to any record of the Directory.", directoryVersion},
		{"directory/version at rest", "DirectoryVersion changes with writes, so that the records can be cached.", directoryVersionAtRest},
		{"directory/in the same transaction", "A read sees what the same transaction has written.", directoryOwn},
	}
}

// inBoth calls fn for each of the two companies.
func inBoth(fn func(account store.AccountID) error) error {
	for _, account := range []store.AccountID{acme, globex} {
		if err := fn(account); err != nil {
			return fmt.Errorf("account %s: %w", account, err)
		}
	}
	return nil
}

func accountsDirectory(e *env) error {
	err := e.update(func(tx store.Tx) error {
		return inBoth(func(account store.AccountID) error {
			name := "of " + string(account)
			return errors.Join(
				tx.PutUsers(store.User{Account: account, ID: "erin", Name: name}),
				tx.PutTeams(store.Team{Account: account, ID: "day", Name: name}),
				tx.PutInboxes(store.Inbox{Account: account, ID: "billing", Team: crew, Name: name}),
			)
		})
	})
	if err != nil {
		return err
	}
	// A change in one leaves the other alone.
	err = e.update(func(tx store.Tx) error {
		return tx.PutUsers(store.User{Account: globex, ID: "erin", Name: "changed", Version: 1})
	})
	if err != nil {
		return err
	}
	return inBoth(func(account store.AccountID) error {
		name := "of " + string(account)
		user := store.User{Account: account, ID: "erin", Name: name, Version: 1}
		if account == globex {
			user.Name, user.Version = "changed", 2
		}
		return e.view(func(tx store.Tx) error {
			users, err1 := tx.Users(account)
			teams, err2 := tx.Teams(account)
			inboxes, err3 := tx.Inboxes(account)
			if err := errors.Join(err1, err2, err3); err != nil {
				return err
			}
			if len(users) != 5 || len(teams) != 3 || len(inboxes) != 3 {
				return fmt.Errorf("has %d users, %d teams and %d inboxes, must have 5, 3 and 3", len(users), len(teams), len(inboxes))
			}
			return errors.Join(
				same(user, users[4]),
				same(store.Team{Account: account, ID: "day", Name: name, Version: 1}, teams[1]),
				same(store.Inbox{Account: account, ID: "billing", Team: crew, Name: name, Version: 1}, inboxes[0]),
			)
		})
	})
}

// twins makes a contact and a conversation with the same keys in both
// companies.
func (e *env) twins() (map[store.AccountID]store.Contact, map[store.AccountID]store.Conversation, error) {
	contacts, conversations := make(map[store.AccountID]store.Contact), make(map[store.AccountID]store.Conversation)
	err := inBoth(func(account store.AccountID) error {
		c, err := e.contact()
		if err != nil {
			return err
		}
		c.Account, c.Name = account, "of "+string(account)
		c.Addresses = c.Addresses[:1]
		c.Addresses[0] = "+14155550142"
		id, err := e.id()
		if err != nil {
			return err
		}
		conv := store.Conversation{
			ID: store.ConversationID(id), Account: account, Inbox: support, Contact: c.ID, Theirs: "+14155550142",
			Status: store.Open, Users: []store.UserID{bob}, Teams: []store.TeamID{crew}, LastAt: noon,
		}
		err = e.update(func(tx store.Tx) error { return errors.Join(tx.PutContacts(c), tx.PutConversations(conv)) })
		c.Version, conv.Version = 1, 1
		contacts[account], conversations[account] = c, conv
		return err
	})
	return contacts, conversations, err
}

func accountsCustomers(e *env) error {
	contacts, conversations, err := e.twins()
	if err != nil {
		return err
	}
	return inBoth(func(account store.AccountID) error {
		c, conv := contacts[account], conversations[account]
		return errors.Join(
			e.expect([]store.Contact{c}, func(tx store.Tx) (any, error) { return tx.ContactsAt(store.IdentityOf(account, "+14155550142")) }),
			e.expect([]store.Conversation{conv}, func(tx store.Tx) (any, error) { return tx.ConversationsIn(conv.Thread()) }),
		)
	})
}

func accountsLists(e *env) error {
	_, conversations, err := e.twins()
	if err != nil {
		return err
	}
	want := make(map[store.AccountID]struct {
		task  store.Task
		stray store.Stray
		event store.Event
	})
	err = inBoth(func(account store.AccountID) error {
		task, err := e.taskOf(conversations[account].ID)
		if err != nil {
			return err
		}
		stray, err := e.stray()
		if err != nil {
			return err
		}
		task.Account, task.SetAside, stray.Account = account, true, account
		stray.ResolvedAt = time.Time{}
		event := happened(conversations[account], 1)[0]
		w := want[account]
		w.task, w.stray, w.event = task, stray, event
		w.stray.Version = 1
		want[account] = w
		return e.update(func(tx store.Tx) error {
			return errors.Join(tx.PutTasks(task), tx.PutStrays(stray), tx.AppendEvents(event))
		})
	})
	if err != nil {
		return err
	}
	return inBoth(func(account store.AccountID) error {
		w, conv := want[account], conversations[account]
		for _, q := range []store.ConversationQuery{
			{Inboxes: []store.InboxID{support}}, {User: bob}, {Teams: []store.TeamID{crew}},
			{Inboxes: []store.InboxID{support}, Claimants: []store.UserID{""}, Statuses: []store.Status{store.Open}},
		} {
			q.Account, q.Limit = account, 10
			if err := e.expectList("conversations", q, conv); err != nil {
				return err
			}
		}
		got, err := e.allEvents(account)
		if err != nil {
			return err
		}
		for i := range got {
			got[i].Cursor = 0
		}
		return errors.Join(
			doing("Events", same([]store.Event{w.event}, got)),
			doing("TasksSetAside", e.expect([]store.Task{w.task}, func(tx store.Tx) (any, error) { return tx.TasksSetAside(account, 10) })),
			doing("WaitingStrays", e.expect([]store.Stray{w.stray}, func(tx store.Tx) (any, error) { return tx.WaitingStrays(account, 10) })),
		)
	})
}

func accountsConsent(e *env) error {
	entries, err := some(2, e.entry)
	if err != nil {
		return err
	}
	entries[0].Key = compliance.KeyOf(string(acme), "+14155550142")
	entries[1].Key = compliance.KeyOf(string(globex), "+14155550142")
	if err := e.update(func(tx store.Tx) error { return tx.AppendConsent(entries...) }); err != nil {
		return err
	}
	for i, en := range entries {
		err := e.expect(entries[i:i+1], func(tx store.Tx) (any, error) { return tx.ConsentEntries(en.Key) })
		if err != nil {
			return fmt.Errorf("account %s: %w", en.Key.Account, err)
		}
	}
	return nil
}

func accountsMarks(e *env) error {
	_, conversations, err := e.twins()
	if err != nil {
		return err
	}
	mark := store.ReadMark{User: bob, Conversation: conversations[acme].ID, Seq: 1, InboundCount: 1}
	messages := make(map[store.AccountID]store.Message)
	err = inBoth(func(account store.AccountID) error {
		m, err := e.messageIn(conversations[account], 1)
		if err != nil {
			return err
		}
		m.RequestKey = "the same request"
		if err := e.update(func(tx store.Tx) error { return tx.PutMessages(m) }); err != nil {
			return err
		}
		m.Version = 1
		messages[account] = m
		return nil
	})
	if err != nil {
		return err
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutReadMarks(acme, mark) }); err != nil {
		return err
	}
	err = inBoth(func(account store.AccountID) error {
		return e.expect([]store.Message{messages[account]}, func(tx store.Tx) (any, error) { return tx.MessagesByRequest(account, "the same request") })
	})
	return errors.Join(err,
		e.expect([]store.ReadMark{mark}, func(tx store.Tx) (any, error) { return tx.ReadMarks(acme, bob, mark.Conversation) }),
		doing("another account's mark", e.expectNone(func(tx store.Tx) (any, error) { return tx.ReadMarks(globex, bob, mark.Conversation) })),
	)
}
