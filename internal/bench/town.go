package main

import (
	"context"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// town is many companies, each with an inbox, a team of agents and one customer
// whose conversation is open. What happens in one is no business of the others.
type town struct {
	companies int
	agents    int // of all companies together
}

func (t town) account(n int) store.AccountID { return store.AccountID(fmt.Sprintf("company-%d", n)) }
func (t town) number(n int) channel.Address {
	return channel.Address(fmt.Sprintf("+1%010d", 3_000_000_000+n))
}
func (t town) conversation(n int) store.ConversationID {
	return store.ConversationID(1 + t.companies + n)
}

// company returns the one that an agent works for.
func (t town) company(agent int) int { return agent % t.companies }

func (t town) agent(n int) store.UserID { return store.UserID(fmt.Sprintf("agent-%d", n)) }

// staff returns the agents of a company.
func (t town) staff(company int) []store.UserID {
	var all []store.UserID
	for n := company; n < t.agents; n += t.companies {
		all = append(all, t.agent(n))
	}
	return all
}

// load fills a store with it.
func (t town) load(ctx context.Context, to store.Porter) error {
	return to.Import(ctx, func(target store.Target) error {
		l := &loader{to: target}
		for n := range t.companies {
			put(l, &l.b.Accounts, store.Account{ID: t.account(n), Name: fmt.Sprintf("Company %d", n), Version: 1})
		}
		for n := range t.agents {
			put(l, &l.b.Users, store.User{Account: t.account(t.company(n)), ID: t.agent(n), Name: fmt.Sprintf("Agent %d", n), Licensed: true, Version: 1})
		}
		for n := range t.companies {
			put(l, &l.b.Teams, store.Team{Account: t.account(n), ID: teamID, Name: "Support", Members: t.staff(n), Version: 1})
		}
		for n := range t.companies {
			put(l, &l.b.Inboxes, store.Inbox{
				Account: t.account(n), ID: inboxID, Name: "Support", Team: teamID,
				Endpoints: []store.Endpoint{{Channel: channelName, Address: t.number(n)}}, Version: 1,
			})
		}
		for n := range t.companies {
			put(l, &l.b.Contacts, store.Contact{
				ID: store.ContactID(1 + n), Account: t.account(n), Name: "Customer", Addresses: []channel.Address{customer(n)}, CreatedAt: began, Version: 1,
			})
		}
		for n := range t.companies {
			put(l, &l.b.Conversations, store.Conversation{
				ID: t.conversation(n), Account: t.account(n), Inbox: inboxID, Contact: store.ContactID(1 + n), Channel: channelName,
				Ours: t.number(n), Theirs: customer(n), Status: store.Open, Teams: []store.TeamID{teamID}, LastAt: began, CreatedAt: began, Version: 1,
			})
		}
		l.flush()
		if l.err != nil {
			return l.err
		}
		return target.SetNumbers(store.Numbers{LastID: int64(t.conversation(t.companies)), DirectoryVersion: 1})
	})
}
