package parity

import (
	"context"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// The numbers that customers write to.
const (
	support  channel.Address = "+14155550100"
	sales    channel.Address = "+14155550101"
	plainly  channel.Address = "+14155550102" // on the plain channel
	desk     channel.Address = "+14155550110" // the other company's
	stranded channel.Address = "+14155550199" // of no inbox

	supportWhatsApp = "whatsapp:" + support
)

// customers write from these.
var customers = []channel.Address{"+12025550101", "+12025550102", "+12025550103", "+442079460104"}

// person is somebody who acts.
type person struct {
	account store.AccountID
	user    store.UserID
}

var (
	alice = person{store.DefaultAccount, "alice"}
	bob   = person{store.DefaultAccount, "bob"}
	carol = person{store.DefaultAccount, "carol"}
	dave  = person{store.DefaultAccount, "dave"} // has no seat at first
	other = person{"other", "alice"}             // of the other company
	wrong = person{"other", "carol"}             // nobody
)

func (p person) String() string {
	if p.account == store.DefaultAccount {
		return string(p.user)
	}
	return string(p.user) + " of " + string(p.account)
}

func users() []store.User {
	return []store.User{
		{ID: "alice", Name: "Alice", Licensed: true, Languages: []string{"en", "de"}},
		{ID: "bob", Name: "Bob", Licensed: true},
		{ID: "carol", Name: "Carol \x00 Ünïcödé", Licensed: true, Availability: store.Away},
		{ID: "dave", Name: "Dave"},
	}
}

func inboxes() []store.Inbox {
	return []store.Inbox{
		{ID: "support", Name: "Support", Team: "support", Endpoints: []store.Endpoint{
			{Channel: carrierName, Address: support}, {Channel: carrierName, Address: supportWhatsApp}, {Channel: plainName, Address: plainly},
		}, Settings: store.Settings{FirstReply: "Thank you, we will be with you soon.", TimeZone: "Europe/Berlin", Language: "en"}},
		{ID: "sales", Name: "Sales", Team: "sales", Endpoints: []store.Endpoint{{Channel: carrierName, Address: sales}}, Settings: store.Settings{Claim: store.ClaimVisible}},
	}
}

// found makes the two companies, by the administrators' own means.
func (w *world) found() {
	for _, u := range users() {
		w.admin("save user "+string(u.ID), store.DefaultAccount, func(ctx context.Context, a admin) error { return a.SaveUser(ctx, u) })
	}
	for _, team := range []store.Team{
		{ID: "support", Name: "Support", Members: []store.UserID{"bob", "alice", "dave"}},
		{ID: "sales", Name: "Sales", Members: []store.UserID{"carol"}},
	} {
		w.admin("save team "+string(team.ID), store.DefaultAccount, func(ctx context.Context, a admin) error { return a.SaveTeam(ctx, team) })
	}
	for _, box := range inboxes() {
		w.admin("save inbox "+string(box.ID), store.DefaultAccount, func(ctx context.Context, a admin) error { return a.SaveInbox(ctx, box) })
	}
	w.admin("save the other company's user", "other", func(ctx context.Context, a admin) error {
		return a.SaveUser(ctx, store.User{ID: "alice", Name: "Another Alice", Licensed: true})
	})
	w.admin("save the other company's team", "other", func(ctx context.Context, a admin) error {
		return a.SaveTeam(ctx, store.Team{ID: "support", Name: "Desk", Members: []store.UserID{"alice"}})
	})
	w.admin("save the other company's inbox", "other", func(ctx context.Context, a admin) error {
		return a.SaveInbox(ctx, store.Inbox{ID: "desk", Name: "Desk", Team: "support", Endpoints: []store.Endpoint{{Channel: carrierName, Address: desk}}})
	})
}
