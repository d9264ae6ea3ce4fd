package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
)

// hostile are texts that stores have spoiled. All are valid UTF-8: a channel
// hands over nothing else.
var hostile = []string{
	"\x00",
	"before\x00after",
	"ends with NUL\x00",
	"'; DROP TABLE messages; --",
	`"quoted" 'single' \back\\slash \u0000 \x00 %s %d {{.}} $1 ?1 :a @b`,
	"100% _under_ [a-z] * ? \"NEAR\" AND OR NOT (",
	" leading and trailing \t\r\n ",
	"null",
	"👩‍👩‍👧‍👦 🇨🇭 👍🏽 ☃\ufe0f",
	"\u202eright to left\u202c مرحبا שלום \u200f\u2066",
	"e\u0301 is not \u00e9, K is not \u212a",
	"\ufeff\u200b\u200d\u2060\ufffd\ufffe\uffff",
	"\U0010ffff \U00012000 \ue000",
	"Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034d",
	"\x01\x02\x1b[31m\x7f\u0085\u2028\u2029",
	"İıſß ǅ ﬀ",
}

func valuesTexts(e *env) error {
	for _, text := range hostile {
		err := each(e, kinds(), func(k kind, a, _ any) error {
			spoiled := withTexts(a, text)
			if k.name == "ledger entry" || k.name == "account" {
				spoiled = withKeysOf(a, spoiled)
			}
			return e.keeps(k, spoiled)
		})
		if err != nil {
			return fmt.Errorf("with the text %q: %w", text, err)
		}
	}
	return nil
}

func valuesLong(e *env) error {
	long := strings.Repeat("Grüße aus Zürich 🏔 ", 1<<15) // over 700 kB
	m, err := e.message()
	if err != nil {
		return err
	}
	m.Text, m.Reason = long, long
	m.Extras.Raw = map[string]string{"long": long, "NUL": "\x00" + long}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(m) }); err != nil {
		return err
	}
	m.Version = 1
	return e.expect([]store.Message{m}, func(tx store.Tx) (any, error) { return tx.Messages(m.ID) })
}

// alike are ids that differ, though something may take them for the same.
var alike = []string{
	"erin", "Erin", "ERIN", "erin ", " erin", "erin\x00", "erin\x00\x00", "er\u0131n",
	"\u00e9", "e\u0301", "\u212b", "\u00c5", "A\u030a", "1", "01", "1.0", "0x1", "%", "_", "erin%", "e_in",
	"ﬀ", "ff", strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("é", 64),
}

func valuesIDs(e *env) error {
	users := make([]store.User, len(alike))
	teams := make([]store.Team, len(alike))
	inboxes := make([]store.Inbox, len(alike))
	accounts := make([]store.Account, len(alike))
	for i, id := range alike {
		users[i] = store.User{Account: acme, ID: store.UserID(id), Name: id}
		teams[i] = store.Team{Account: acme, ID: store.TeamID(id), Name: id}
		inboxes[i] = store.Inbox{Account: acme, ID: store.InboxID(id), Team: crew, Name: id}
		accounts[i] = store.Account{ID: store.AccountID(id), Name: id}
	}
	err := e.update(func(tx store.Tx) error {
		if err := tx.PutUsers(users...); err != nil {
			return err
		}
		if err := tx.PutTeams(teams...); err != nil {
			return err
		}
		if err := tx.PutInboxes(inboxes...); err != nil {
			return err
		}
		return tx.PutAccounts(accounts...)
	})
	if err != nil {
		return err
	}
	return e.view(func(tx store.Tx) error {
		gotUsers, err := tx.Users(acme)
		if err != nil {
			return err
		}
		if err := sameIDs("Users", gotUsers, func(u store.User) string { return string(u.ID) }, alice, bob, carol, dave); err != nil {
			return err
		}
		gotTeams, err := tx.Teams(acme)
		if err != nil {
			return err
		}
		if err := sameIDs("Teams", gotTeams, func(t store.Team) string { return string(t.ID) }, crew, night); err != nil {
			return err
		}
		gotInboxes, err := tx.Inboxes(acme)
		if err != nil {
			return err
		}
		if err := sameIDs("Inboxes", gotInboxes, func(i store.Inbox) string { return string(i.ID) }, support, sales); err != nil {
			return err
		}
		gotAccounts, err := tx.Accounts()
		if err != nil {
			return err
		}
		return sameIDs("Accounts", gotAccounts, func(a store.Account) string { return string(a.ID) }, acme, globex)
	})
}

// sameIDs compares the ids of records with those that look alike and those
// that were there, in order of their bytes.
func sameIDs[T any, ID ~string](what string, records []T, id func(T) string, there ...ID) error {
	want := slices.Clone(alike)
	for _, t := range there {
		want = append(want, string(t))
	}
	slices.Sort(want)
	return doing(what, same(want, mapped(records, id)))
}

func valuesKeys(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	messages, err := e.messagesIn(c, len(alike))
	if err != nil {
		return err
	}
	for i, key := range alike {
		messages[i].ProviderID, messages[i].RequestKey = key, key
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(messages...) }); err != nil {
		return err
	}
	return e.view(func(tx store.Tx) error {
		for i, key := range alike {
			want := messages[i]
			want.Version = 1
			if err := expectIn(tx, []store.Message{want}, func(tx store.Tx) (any, error) {
				return tx.MessagesFrom(store.ProviderRef{Channel: sms, ProviderID: key})
			}); err != nil {
				return fmt.Errorf("provider's id %q: %w", key, err)
			}
			if err := expectIn(tx, []store.Message{want}, func(tx store.Tx) (any, error) { return tx.MessagesByRequest(acme, key) }); err != nil {
				return fmt.Errorf("request key %q: %w", key, err)
			}
		}
		return nil
	})
}
