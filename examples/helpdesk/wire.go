package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// The records as the page reads them. Times are RFC 3339 in UTC, ids decimal
// text, and what is not there is left out.

type conversation struct {
	ID           inbox.ConversationID `json:"id"`
	Inbox        inbox.InboxID        `json:"inbox"`
	Customer     string               `json:"customer"` // a name, or the address
	Address      channel.Address      `json:"address"`
	Ours         channel.Address      `json:"ours"`
	Status       store.Status         `json:"status"`
	SnoozedUntil time.Time            `json:"snoozed_until,omitzero"`
	Users        []inbox.UserID       `json:"users,omitempty"`
	Teams        []inbox.TeamID       `json:"teams,omitempty"`
	ClaimedBy    inbox.UserID         `json:"claimed_by,omitempty"`
	ClaimedAt    time.Time            `json:"claimed_at,omitzero"`
	LastAt       time.Time            `json:"last_at"`
	WaitingSince time.Time            `json:"waiting_since,omitzero"`
	Preview      string               `json:"preview"`
	Unread       int64                `json:"unread"`
	OptedOut     bool                 `json:"opted_out,omitempty"`
	Held         *held                `json:"held,omitempty"` // until somebody has decided
	Version      int64                `json:"version"`
}

// held is a message that may be a wish to stop, and until when that is to be
// decided.
type held struct {
	Message inbox.MessageID `json:"message,omitzero"` // not there if it is in another conversation
	Rule    string          `json:"rule"`
	Since   time.Time       `json:"since"`
	Until   time.Time       `json:"until,omitzero"`
}

type conversationPage struct {
	Cursor        inbox.Cursor   `json:"cursor"` // go on from here with /api/events
	Conversations []conversation `json:"conversations"`
	Next          string         `json:"next,omitempty"` // for ?before=
}

func conversationOf(v inbox.View) conversation {
	name := v.Contact.Name
	if name == "" {
		name = string(v.Theirs)
	}
	c := conversation{
		ID: v.ID, Inbox: v.Inbox, Customer: name, Address: v.Theirs, Ours: v.Ours, Status: v.Status, SnoozedUntil: v.SnoozedUntil,
		Users: v.Users, Teams: v.Teams, ClaimedBy: v.ClaimedBy, ClaimedAt: v.ClaimedAt, LastAt: v.LastAt,
		WaitingSince: v.WaitingSince, Preview: v.Preview, Unread: v.Unread, OptedOut: v.OptedOut, Version: v.Version,
	}
	if h := v.Held; h != nil {
		c.Held = &held{Message: h.Message, Rule: h.Rule, Since: h.Since, Until: h.Until}
	}
	return c
}

func positionText(p store.Position) string {
	return strconv.FormatInt(p.LastAt.UnixMicro(), 10) + "-" + p.ID.String()
}

func parsePosition(text string, to *store.Position) error {
	i := strings.LastIndexByte(text, '-') // the other may be a sign
	micros, err := strconv.ParseInt(text[:max(i, 0)], 10, 64)
	if err == nil {
		err = to.ID.UnmarshalText([]byte(text[i+1:]))
	}
	if err != nil {
		return badRequest("before must be the next of an earlier page")
	}
	to.LastAt = time.UnixMicro(micros).UTC()
	return nil
}

type message struct {
	ID        inbox.MessageID  `json:"id"`
	Seq       int64            `json:"seq"`
	Direction store.Direction  `json:"direction"`
	Author    store.AuthorKind `json:"author"`
	User      inbox.UserID     `json:"user,omitempty"`
	Text      string           `json:"text"`
	Extras    *extras          `json:"extras,omitempty"`
	Meant     string           `json:"meant,omitempty"` // opt_out, opt_in, help or ambiguous; asked, of a question to opt in
	State     store.State      `json:"state,omitempty"`
	Code      string           `json:"code,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	DueAt     time.Time        `json:"due_at,omitzero"`
	At        time.Time        `json:"at"`
	Version   int64            `json:"version"`

	Purpose   compliance.Purpose `json:"purpose,omitempty"` // of what was sent
	Programme string             `json:"programme,omitempty"`
	Expires   time.Time          `json:"expires,omitzero"`
	WaitsFor  string             `json:"waits_for,omitempty"` // of a deferred message: its time, the end of quiet hours, or a decision
	Decided   *decided           `json:"decided,omitempty"`   // about a message that may have been a wish to stop
	Asked     *asked             `json:"asked,omitempty"`     // what became of a question to opt in
}

// What a message may wait for.
const (
	waitsForItsTime   = "time"
	waitsForNoQuiet   = "quiet"
	waitsForADecision = "decision"
)

// waitsFor says what a deferred message waits for, or "".
func waitsFor(m inbox.Message) string {
	switch d := m.Decision; {
	case m.State != store.StateDeferred:
	case d != nil && d.Verdict == compliance.NeedsHuman:
		return waitsForADecision
	case d != nil && d.Verdict == compliance.Defer:
		return waitsForNoQuiet
	case m.Extras != nil && m.DueAt.Equal(m.Extras.NotBefore):
		return waitsForItsTime
	}
	return ""
}

// extras is what the page shows besides the text. Media stay at the provider;
// the page names them.
type extras struct {
	Media    []channel.Media   `json:"media,omitempty"`
	Location *channel.Location `json:"location,omitempty"`
	Button   *channel.Button   `json:"button,omitempty"`
	Late     bool              `json:"late,omitempty"`
	Problems []string          `json:"problems,omitempty"`
}

func messageOf(m inbox.Message) message {
	out := message{
		ID: m.ID, Seq: m.Seq, Direction: m.Direction, Author: m.Author.Kind, User: m.Author.User, Text: m.Text,
		State: m.State, Code: m.Code, Reason: m.Reason, DueAt: m.DueAt, At: m.CreatedAt, Version: m.Version,
		Purpose: m.Purpose, WaitsFor: waitsFor(m),
	}
	if m.Kind != compliance.None {
		out.Meant = m.Kind.String()
	}
	if x := m.Extras; x != nil {
		out.Programme, out.Expires = x.Programme, x.Expires
		out.Extras = &extras{Media: x.Media, Location: x.Location, Button: x.Button, Late: x.Late, Problems: x.Problems}
	}
	return out
}

type event struct {
	Cursor       inbox.Cursor         `json:"cursor"`
	Type         store.EventType      `json:"type"`
	At           time.Time            `json:"at"`
	Inbox        inbox.InboxID        `json:"inbox,omitempty"`
	Conversation inbox.ConversationID `json:"conversation,omitzero"`
	Message      inbox.MessageID      `json:"message,omitzero"`
	Actor        store.AuthorKind     `json:"actor,omitempty"`
	User         inbox.UserID         `json:"user,omitempty"`
	Detail       store.Detail         `json:"detail"`
}

func eventOf(e inbox.Event) event {
	return event{
		Cursor: e.Cursor, Type: e.Type, At: e.At, Inbox: e.Inbox, Conversation: e.Conversation, Message: e.Message,
		Actor: e.Actor.Kind, User: e.Actor.User, Detail: e.Detail,
	}
}

type stray struct {
	ID         store.StrayID   `json:"id"`
	Channel    string          `json:"channel"`
	From       channel.Address `json:"from"`
	To         channel.Address `json:"to"`
	Text       string          `json:"text"`
	Reason     string          `json:"reason"`
	ReceivedAt time.Time       `json:"received_at"`
}

func strayOf(s store.Stray) stray {
	return stray{
		ID: s.ID, Channel: s.Channel, From: s.Inbound.From, To: s.Inbound.To, Text: s.Inbound.Text, Reason: s.Reason, ReceivedAt: s.ReceivedAt,
	}
}

type directory struct {
	Me      inbox.UserID `json:"me"`
	Users   []named      `json:"users"`
	Teams   []named      `json:"teams"`
	Inboxes []named      `json:"inboxes"`
}

type named struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Addresses []channel.Address `json:"addresses,omitempty"`
	Brand     string            `json:"brand,omitempty"` // of an inbox: what customers call the company
	Mine      bool              `json:"mine,omitempty"`  // of an inbox: the user's team stands behind it
}

func directoryOf(me inbox.UserID, users []inbox.User, teams []inbox.Team, inboxes, mine []store.Inbox) directory {
	d := directory{Me: me, Users: []named{}, Teams: []named{}, Inboxes: []named{}}
	for _, u := range users {
		d.Users = append(d.Users, named{ID: string(u.ID), Name: u.Name})
	}
	for _, t := range teams {
		d.Teams = append(d.Teams, named{ID: string(t.ID), Name: t.Name})
	}
	for _, b := range inboxes {
		n := named{ID: string(b.ID), Name: b.Name, Brand: cmp.Or(b.Settings.Brand, b.Name)}
		n.Mine = slices.ContainsFunc(mine, func(m store.Inbox) bool { return m.ID == b.ID })
		for _, e := range b.Endpoints {
			n.Addresses = append(n.Addresses, e.Address)
		}
		d.Inboxes = append(d.Inboxes, n)
	}
	// As the demo names them: Support first.
	slices.SortStableFunc(d.Inboxes, func(a, b named) int { return place(a.ID) - place(b.ID) })
	return d
}

func place(id string) int {
	return slices.IndexFunc(demoInboxes, func(b store.Inbox) bool { return string(b.ID) == id })
}
