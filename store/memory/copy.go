package memory

import (
	"maps"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// The functions of this file copy records so that they share no memory, with
// times in the form in which they are kept. A record is copied on its way in
// and on its way out.

// kept returns a time in UTC with microseconds.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func copyAccount(a store.Account) store.Account { return a }

func copyInbox(i store.Inbox) store.Inbox {
	i.Endpoints = slices.Clone(i.Endpoints)
	return i
}

func copyTeam(t store.Team) store.Team {
	t.Members = slices.Clone(t.Members)
	return t
}

func copyUser(u store.User) store.User {
	u.Languages = slices.Clone(u.Languages)
	return u
}

func copyContact(c store.Contact) store.Contact {
	c.Addresses = slices.Clone(c.Addresses)
	c.Attributes = maps.Clone(c.Attributes)
	c.CreatedAt = kept(c.CreatedAt)
	return c
}

func copyConversation(c store.Conversation) store.Conversation {
	c.Users = slices.Clone(c.Users)
	c.Teams = slices.Clone(c.Teams)
	c.SnoozedUntil = kept(c.SnoozedUntil)
	c.ClaimedAt = kept(c.ClaimedAt)
	c.LastAt = kept(c.LastAt)
	c.LastInbound = kept(c.LastInbound)
	c.WaitingSince = kept(c.WaitingSince)
	c.CreatedAt = kept(c.CreatedAt)
	return c
}

func copyMessage(m store.Message) store.Message {
	if m.Extras != nil {
		e := copyExtras(*m.Extras)
		m.Extras = &e
	}
	m.StateAt = kept(m.StateAt)
	m.DueAt = kept(m.DueAt)
	m.AttemptedAt = kept(m.AttemptedAt)
	m.CreatedAt = kept(m.CreatedAt)
	return m
}

func copyExtras(e store.Extras) store.Extras {
	e.Media = slices.Clone(e.Media)
	if e.Template != nil {
		e.Template = &channel.Template{ID: e.Template.ID, Variables: maps.Clone(e.Template.Variables)}
	}
	e.Location = copyPointer(e.Location)
	e.Button = copyPointer(e.Button)
	e.ReplyTo = copyPointer(e.ReplyTo)
	e.Referral = copyPointer(e.Referral)
	e.SentAt = kept(e.SentAt)
	e.Problems = slices.Clone(e.Problems)
	e.Raw = maps.Clone(e.Raw)
	return e
}

func copyTask(t store.Task) store.Task {
	t.DueAt = kept(t.DueAt)
	t.NotBefore = kept(t.NotBefore)
	return t
}

func copyEntry(e compliance.Entry) compliance.Entry {
	e.OccurredAt = kept(e.OccurredAt)
	e.RecordedAt = kept(e.RecordedAt)
	e.SentAt = kept(e.SentAt)
	return e
}

func copyEvent(e store.Event) store.Event {
	e.At = kept(e.At)
	e.Detail.Users = slices.Clone(e.Detail.Users)
	e.Detail.Teams = slices.Clone(e.Detail.Teams)
	e.Detail.Removed = slices.Clone(e.Detail.Removed)
	e.Detail.Until = kept(e.Detail.Until)
	return e
}

func copyStray(s store.Stray) store.Stray {
	in := &s.Inbound
	in.Media = slices.Clone(in.Media)
	in.Location = copyPointer(in.Location)
	in.Button = copyPointer(in.Button)
	in.ReplyTo = copyPointer(in.ReplyTo)
	in.Referral = copyPointer(in.Referral)
	in.SentAt = kept(in.SentAt)
	in.Problems = slices.Clone(in.Problems)
	in.Raw = maps.Clone(in.Raw)
	s.ReceivedAt = kept(s.ReceivedAt)
	s.ResolvedAt = kept(s.ResolvedAt)
	return s
}

func copyWatermark(w store.Watermark) store.Watermark {
	w.Through = kept(w.Through)
	w.AskedAt = kept(w.AskedAt)
	return w
}

// copyPointer copies what a pointer points to, which has none itself.
func copyPointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
