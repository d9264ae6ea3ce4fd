package record

import (
	"maps"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// The functions of this file copy records so that they share no memory, with
// times in the form in which they are kept.

// Time returns a time in UTC with microseconds, as it is kept.
func Time(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// CopyAccount copies a record.
func CopyAccount(a store.Account) store.Account { return a }

// CopyInbox copies a record.
func CopyInbox(i store.Inbox) store.Inbox {
	i.Endpoints = slices.Clone(i.Endpoints)
	i.Settings.Rules = CopyRules(i.Settings.Rules)
	return i
}

// CopyRules copies a part of an inbox.
func CopyRules(rules []store.Rule) []store.Rule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i].Users, rules[i].Teams = slices.Clone(rules[i].Users), slices.Clone(rules[i].Teams)
	}
	return rules
}

// CopyTeam copies a record.
func CopyTeam(t store.Team) store.Team {
	t.Members = slices.Clone(t.Members)
	return t
}

// CopyUser copies a record.
func CopyUser(u store.User) store.User {
	u.Languages = slices.Clone(u.Languages)
	return u
}

// CopyContact copies a record.
func CopyContact(c store.Contact) store.Contact {
	c.Addresses = slices.Clone(c.Addresses)
	c.Attributes = maps.Clone(c.Attributes)
	c.CreatedAt = Time(c.CreatedAt)
	return c
}

// CopyConversation copies a record.
func CopyConversation(c store.Conversation) store.Conversation {
	c.Users = slices.Clone(c.Users)
	c.Teams = slices.Clone(c.Teams)
	c.SnoozedUntil = Time(c.SnoozedUntil)
	c.ClaimedAt = Time(c.ClaimedAt)
	c.LastAt = Time(c.LastAt)
	c.LastInbound = Time(c.LastInbound)
	c.WaitingSince = Time(c.WaitingSince)
	c.CreatedAt = Time(c.CreatedAt)
	return c
}

// CopyMessage copies a record.
func CopyMessage(m store.Message) store.Message {
	if m.Extras != nil {
		e := CopyExtras(*m.Extras)
		m.Extras = &e
	}
	if m.Decision != nil {
		d := CopyDecision(*m.Decision)
		m.Decision = &d
	}
	m.StateAt = Time(m.StateAt)
	m.DueAt = Time(m.DueAt)
	m.AttemptedAt = Time(m.AttemptedAt)
	m.ErasedAt = Time(m.ErasedAt)
	m.CreatedAt = Time(m.CreatedAt)
	return m
}

// CopyDecision copies a part of a message.
func CopyDecision(d compliance.Record) compliance.Record {
	d.At, d.For, d.Until = Time(d.At), Time(d.For), Time(d.Until)
	d.Registers = slices.Clone(d.Registers)
	for i := range d.Registers {
		d.Registers[i].AsOf = Time(d.Registers[i].AsOf)
	}
	return d
}

// CopyExtras copies a part of a message.
func CopyExtras(e store.Extras) store.Extras {
	e.Media = slices.Clone(e.Media)
	if e.Template != nil {
		e.Template = &channel.Template{ID: e.Template.ID, Variables: maps.Clone(e.Template.Variables)}
	}
	e.Location = copyPointer(e.Location)
	e.Button = copyPointer(e.Button)
	e.ReplyTo = copyPointer(e.ReplyTo)
	e.Referral = copyPointer(e.Referral)
	e.SentAt, e.NotBefore, e.Expires = Time(e.SentAt), Time(e.NotBefore), Time(e.Expires)
	e.Problems = slices.Clone(e.Problems)
	e.Raw = maps.Clone(e.Raw)
	return e
}

// CopyTask copies a record.
func CopyTask(t store.Task) store.Task {
	t.DueAt = Time(t.DueAt)
	t.NotBefore = Time(t.NotBefore)
	return t
}

// CopyEntry copies a record.
func CopyEntry(e compliance.Entry) compliance.Entry {
	e.OccurredAt = Time(e.OccurredAt)
	e.RecordedAt = Time(e.RecordedAt)
	e.SentAt = Time(e.SentAt)
	e.Until = Time(e.Until)
	return e
}

// CopyEvent copies a record.
func CopyEvent(e store.Event) store.Event {
	e.At = Time(e.At)
	e.Detail.Users = slices.Clone(e.Detail.Users)
	e.Detail.Teams = slices.Clone(e.Detail.Teams)
	e.Detail.Removed = slices.Clone(e.Detail.Removed)
	e.Detail.Trace = slices.Clone(e.Detail.Trace)
	e.Detail.Until = Time(e.Detail.Until)
	return e
}

// EraseDetail takes what may quote somebody out of a part of an event, and reports
// whether there was any.
func EraseDetail(d store.Detail) (store.Detail, bool) {
	changed := d.Reason != "" || len(d.Trace) > 0
	d.Reason, d.Trace = "", nil
	return d, changed
}

// CopyStray copies a record.
func CopyStray(s store.Stray) store.Stray {
	in := &s.Inbound
	in.Media = slices.Clone(in.Media)
	in.Location = copyPointer(in.Location)
	in.Button = copyPointer(in.Button)
	in.ReplyTo = copyPointer(in.ReplyTo)
	in.Referral = copyPointer(in.Referral)
	in.SentAt = Time(in.SentAt)
	in.Problems = slices.Clone(in.Problems)
	in.Raw = maps.Clone(in.Raw)
	s.ReceivedAt = Time(s.ReceivedAt)
	s.ResolvedAt = Time(s.ResolvedAt)
	return s
}

// CopyWatermark copies a record.
func CopyWatermark(w store.Watermark) store.Watermark {
	w.Through = Time(w.Through)
	w.AskedAt = Time(w.AskedAt)
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
