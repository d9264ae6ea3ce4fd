package inboxtest

import (
	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// The numbers of the default company.
const (
	SupportNumber   channel.Address = "+14155550100"
	SupportWhatsApp channel.Address = "whatsapp:+14155550100"
	SalesNumber     channel.Address = "+14155550101"
)

// DefaultUsers returns alice, bob and carol, who have seats, and dave, who has
// none.
func DefaultUsers() []inbox.User {
	return []inbox.User{
		{ID: "alice", Name: "Alice", Licensed: true},
		{ID: "bob", Name: "Bob", Licensed: true},
		{ID: "carol", Name: "Carol", Licensed: true},
		{ID: "dave", Name: "Dave"},
	}
}

// DefaultTeams returns support with alice, bob and dave, and sales with carol.
func DefaultTeams() []inbox.Team {
	return []inbox.Team{
		{ID: "support", Name: "Support", Members: []inbox.UserID{"alice", "bob", "dave"}},
		{ID: "sales", Name: "Sales", Members: []inbox.UserID{"carol"}},
	}
}

// DefaultInboxes returns support, at [SupportNumber] and [SupportWhatsApp],
// and sales, at [SalesNumber], with the teams of those names behind them and
// no automatic answer.
func DefaultInboxes() []store.Inbox {
	at := func(addresses ...channel.Address) []store.Endpoint {
		var ends []store.Endpoint
		for _, a := range addresses {
			ends = append(ends, store.Endpoint{Channel: carrierName, Address: a})
		}
		return ends
	}
	return []store.Inbox{
		{ID: "support", Name: "Acme Support", Team: "support", Endpoints: at(SupportNumber, SupportWhatsApp)},
		{ID: "sales", Name: "Acme Sales", Team: "sales", Endpoints: at(SalesNumber)},
	}
}
