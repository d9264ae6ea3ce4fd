package simulation

import (
	"context"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// Two companies share the store. What is written to no inbox is the first
// one's business.
const (
	strayAccount store.AccountID = store.DefaultAccount
	otherAccount store.AccountID = "other"
	carrierName                  = "simulated"
)

// The numbers that customers write to, and theirs.
var (
	support  = channel.Address("+14155550100")
	sales    = channel.Address("+14155550101")
	desk     = channel.Address("+14155550110") // the other company's
	stranded = channel.Address("+14155550199") // of no inbox

	customers = []channel.Address{"+12025550101", "+12025550102", "+12025550103"}
)

// numbers are those that a customer chooses among, the first ones most often.
var numbers = []channel.Address{
	support, support, "whatsapp:" + support, sales, sales, desk, desk, stranded,
}

// people of the two companies, with the accounts that they belong to. Erin
// has no seat at first.
var people = []store.User{
	{Account: strayAccount, ID: "alice", Name: "Alice", Licensed: true},
	{Account: strayAccount, ID: "bob", Name: "Bob", Licensed: true},
	{Account: strayAccount, ID: "carol", Name: "Carol", Licensed: true},
	{Account: otherAccount, ID: "dave", Name: "Dave", Licensed: true},
	{Account: otherAccount, ID: "erin", Name: "Erin"},
	{Account: otherAccount, ID: "alice", Name: "Another Alice", Licensed: true},
}

var teams = []store.Team{
	{Account: strayAccount, ID: "support", Name: "Support", Members: []store.UserID{"alice", "bob"}},
	{Account: strayAccount, ID: "sales", Name: "Sales", Members: []store.UserID{"bob", "carol"}},
	{Account: otherAccount, ID: "desk", Name: "Desk", Members: []store.UserID{"alice", "dave", "erin"}},
}

var inboxes = []store.Inbox{
	{
		Account: strayAccount, ID: "support", Name: "Support", Team: "support",
		Endpoints: []store.Endpoint{{Channel: carrierName, Address: support}, {Channel: carrierName, Address: "whatsapp:" + support}},
		Settings:  store.Settings{FirstReply: firstReply},
	},
	{
		Account: strayAccount, ID: "sales", Name: "Sales", Team: "sales",
		Endpoints: []store.Endpoint{{Channel: carrierName, Address: sales}},
		Settings:  store.Settings{Claim: store.ClaimVisible},
	},
	{
		Account: otherAccount, ID: "desk", Name: "Desk", Team: "desk",
		Endpoints: []store.Endpoint{{Channel: carrierName, Address: desk}},
	},
}

// found writes the companies into the store, before anything can go wrong.
func (w *world) found() error {
	return w.commitAs(nil, func(tx store.Tx) error {
		for _, account := range []store.AccountID{strayAccount, otherAccount} {
			if err := tx.PutAccounts(store.Account{ID: account, Name: string(account)}); err != nil {
				return err
			}
		}
		if err := tx.PutUsers(people...); err != nil {
			return err
		}
		if err := tx.PutTeams(teams...); err != nil {
			return err
		}
		return tx.PutInboxes(inboxes...)
	})
}

// commitAs writes into the store past everything that fails, in the name of an
// operation or of none.
func (w *world) commitAs(a *activity, fn func(store.Tx) error) error {
	x := &commit{at: w.now(), by: a}
	err := w.store.Update(context.Background(), func(tx store.Tx) error {
		x.writes = nil
		return fn(&recorder{Tx: tx, commit: x})
	})
	if err == nil {
		w.write(x)
	}
	return err
}
