package inbox_test

import (
	"context"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// A company keeps what was written for two years, and for longer what a court may
// want to see. It looks first at what that would be.
func ExampleAdmin_Retain() {
	ctx := context.Background()
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	db := memory.New()
	in, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{carrier}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := db.Update(ctx, talksOf2020); err != nil { // what the company has
		fmt.Println(err)
		return
	}
	held := map[store.ContactID]bool{2: true} // the company's lawyers know of
	r := inbox.Retention{Days: 730, Actor: "carol", Keep: func(c inbox.Conversation) bool { return held[c.Contact] }}
	for _, r.DryRun = range []bool{true, false, false} {
		report, err := in.Admin(inbox.DefaultAccount).Retain(ctx, r)
		fmt.Printf("%d conversations, %d messages and notes, %d kept, %v\n", report.Conversations, report.Messages, report.Kept, err)
	}
	// Output:
	// 1 conversations, 1 messages and notes, 1 kept, <nil>
	// 1 conversations, 1 messages and notes, 1 kept, <nil>
	// 0 conversations, 0 messages and notes, 1 kept, <nil>
}

// talksOf2020 are two closed conversations.
func talksOf2020(tx store.Tx) error {
	then := time.Date(2020, time.March, 3, 9, 0, 0, 0, time.UTC)
	const account, support = inbox.DefaultAccount, channel.Address("+14155550100")
	if err := tx.PutAccounts(store.Account{ID: account, Name: "Acme"}); err != nil {
		return err
	}
	if err := tx.PutTeams(store.Team{Account: account, ID: "support", Name: "Support"}); err != nil {
		return err
	}
	if err := tx.PutInboxes(store.Inbox{Account: account, ID: "support", Name: "Support", Team: "support"}); err != nil {
		return err
	}
	for i, customer := range []channel.Address{"+14155550123", "+14155550124"} {
		id := int64(i) + 1
		err := tx.PutContacts(store.Contact{ID: store.ContactID(id), Account: account, Addresses: []channel.Address{customer}, CreatedAt: then})
		if err != nil {
			return err
		}
		err = tx.PutConversations(store.Conversation{
			ID: store.ConversationID(id), Account: account, Inbox: "support", Contact: store.ContactID(id), Channel: "simulated",
			Ours: support, Theirs: customer, Status: store.Closed, LastSeq: 1, InboundCount: 1, LastAt: then, LastInbound: then, CreatedAt: then,
		})
		if err != nil {
			return err
		}
		err = tx.PutMessages(store.Message{
			ID: store.MessageID(id), Account: account, Conversation: store.ConversationID(id), Seq: 1, Direction: store.Inbound,
			Author: store.Author{Kind: store.ByCustomer}, Text: "Where is my order?", Channel: "simulated", ProviderID: customer.Masked(),
			From: customer, To: support, InboundCount: 1, CreatedAt: then,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
