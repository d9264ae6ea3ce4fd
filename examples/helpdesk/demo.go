package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// The demo company: two teams, and dave, who is in Support but has no seat.
var (
	demoUsers = []inbox.User{
		{ID: "alice", Name: "Alice", Licensed: true, Languages: []string{"en", "fr"}},
		{ID: "bob", Name: "Bob", Licensed: true, Languages: []string{"en"}},
		{ID: "carol", Name: "Carol", Licensed: true, Languages: []string{"en", "es"}},
		{ID: "dave", Name: "Dave"},
	}
	demoTeams = []inbox.Team{
		{ID: "support", Name: "Support", Members: []inbox.UserID{"alice", "bob", "dave"}},
		{ID: "sales", Name: "Sales", Members: []inbox.UserID{"alice", "carol"}},
	}
	demoInboxes = []store.Inbox{
		{ID: "support", Name: "Acme Support", Team: "support", Settings: store.Settings{
			FirstReply: "Thanks for writing to Acme Support. Somebody from our team answers within minutes.",
		}},
		{ID: "sales", Name: "Acme Sales", Team: "sales", Settings: store.Settings{
			FirstReply: "Thanks for your interest in Acme. Our sales team answers shortly.",
		}},
	}
)

func demoUserIDs() []inbox.UserID {
	ids := make([]inbox.UserID, len(demoUsers))
	for i, u := range demoUsers {
		ids[i] = u.ID
	}
	return ids
}

// seed makes what is missing of the demo company, leaves alone what was
// changed since, and gives the inboxes the addresses of the channel, the
// first to Support, the next to Sales, and so on in turn.
func seed(ctx context.Context, admin *inbox.Admin, channelName string, addresses []channel.Address) error {
	users, err := admin.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range demoUsers {
		if slices.ContainsFunc(users, func(had inbox.User) bool { return had.ID == u.ID }) {
			continue
		}
		if err := admin.SaveUser(ctx, u); err != nil {
			return err
		}
	}
	teams, err := admin.Teams(ctx)
	if err != nil {
		return err
	}
	for _, t := range demoTeams {
		if slices.ContainsFunc(teams, func(had inbox.Team) bool { return had.ID == t.ID }) {
			continue
		}
		if err := admin.SaveTeam(ctx, t); err != nil {
			return err
		}
	}
	return seedInboxes(ctx, admin, channelName, addresses)
}

func seedInboxes(ctx context.Context, admin *inbox.Admin, channelName string, addresses []channel.Address) error {
	had, err := admin.Inboxes(ctx)
	if err != nil {
		return err
	}
	boxes := make([]store.Inbox, len(demoInboxes))
	wanted := make([][]store.Endpoint, len(demoInboxes))
	for i, box := range demoInboxes {
		boxes[i] = box
		for _, h := range had {
			if h.ID == box.ID {
				boxes[i] = h
			}
		}
		boxes[i].Version = 0 // the demo's own start is the only administrator
		for _, e := range boxes[i].Endpoints {
			if e.Channel != channelName { // another start's
				wanted[i] = append(wanted[i], e)
			}
		}
		for j, a := range addresses {
			if j%len(boxes) == i {
				wanted[i] = append(wanted[i], store.Endpoint{Channel: channelName, Address: a})
			}
		}
	}
	// An address that moves must be free before its next inbox can have it.
	for i := range boxes {
		kept := slices.DeleteFunc(slices.Clone(boxes[i].Endpoints), func(e store.Endpoint) bool { return !slices.Contains(wanted[i], e) })
		if len(kept) < len(boxes[i].Endpoints) {
			boxes[i].Endpoints = kept
			if err := admin.SaveInbox(ctx, boxes[i]); err != nil {
				return fmt.Errorf("inbox %s: %w", boxes[i].ID, err)
			}
		}
	}
	for i := range boxes {
		exists := slices.ContainsFunc(had, func(h store.Inbox) bool { return h.ID == boxes[i].ID })
		if exists && slices.Equal(boxes[i].Endpoints, wanted[i]) {
			continue
		}
		boxes[i].Endpoints = wanted[i]
		if err := admin.SaveInbox(ctx, boxes[i]); err != nil {
			return fmt.Errorf("inbox %s: %w", boxes[i].ID, err)
		}
	}
	return nil
}
