package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// local returns times in the server's time zone.
type local struct{ store.Tx }

func (t local) Contacts(ids ...store.ContactID) ([]store.Contact, error) {
	cs, err := t.Tx.Contacts(ids...)
	for i := range cs {
		cs[i].CreatedAt = cs[i].CreatedAt.In(kolkata)
	}
	return cs, err
}

// millis keeps milliseconds.
type millis struct{ store.Tx }

func (t millis) PutTasks(ts ...store.Task) error {
	for i := range ts {
		ts[i].DueAt = ts[i].DueAt.Truncate(time.Millisecond)
	}
	return t.Tx.PutTasks(ts...)
}

// unixNano keeps times as nanoseconds since 1970, which end in 2262.
type unixNano struct{ store.Tx }

func (t unixNano) PutStrays(ss ...store.Stray) error {
	for i := range ss {
		ss[i].ReceivedAt = time.Unix(0, ss[i].ReceivedAt.UnixNano())
	}
	return t.Tx.PutStrays(ss...)
}

// zeroIs1970 returns the zero time as the epoch.
type zeroIs1970 struct{ store.Tx }

func (t zeroIs1970) Messages(ids ...store.MessageID) ([]store.Message, error) {
	ms, err := t.Tx.Messages(ids...)
	for i := range ms {
		if ms[i].DueAt.IsZero() {
			ms[i].DueAt = time.Unix(0, 0).UTC()
		}
	}
	return ms, err
}

// cString ends texts at a NUL.
type cString struct{ store.Tx }

func (t cString) PutMessages(ms ...store.Message) error {
	for i := range ms {
		ms[i].Text, _, _ = strings.Cut(ms[i].Text, "\x00")
	}
	return t.Tx.PutMessages(ms...)
}

// shortText cuts what a column does not hold.
type shortText struct{ store.Tx }

func (t shortText) PutMessages(ms ...store.Message) error {
	for i := range ms {
		ms[i].Text = ms[i].Text[:min(len(ms[i].Text), 1<<16)]
	}
	return t.Tx.PutMessages(ms...)
}

// noRaw loses the parameters that have no field.
type noRaw struct{ store.Tx }

func (t noRaw) PutMessages(ms ...store.Message) error {
	for i := range ms {
		if ms[i].Extras != nil {
			e := *ms[i].Extras
			e.Raw = nil
			ms[i].Extras = &e
		}
	}
	return t.Tx.PutMessages(ms...)
}

// emptyParts returns parts of extras that were not there.
type emptyParts struct{ store.Tx }

func (t emptyParts) Messages(ids ...store.MessageID) ([]store.Message, error) {
	ms, err := t.Tx.Messages(ids...)
	for i := range ms {
		if e := ms[i].Extras; e != nil && e.Location == nil {
			e.Location = new(channel.Location)
		}
	}
	return ms, err
}

// partial replaces only the fields that are not empty.
type partial struct{ store.Tx }

func (t partial) PutContacts(cs ...store.Contact) error {
	for i, c := range cs {
		there, err := t.Contacts(c.ID)
		if err != nil {
			return err
		}
		if len(there) > 0 && c.Name == "" {
			cs[i].Name = there[0].Name
		}
	}
	return t.Tx.PutContacts(cs...)
}

// float64IDs passes numbers through JavaScript's.
type float64IDs struct{ store.Tx }

func (t float64IDs) PutConversations(cs ...store.Conversation) error {
	for i := range cs {
		cs[i].LastSeq = int64(float64(cs[i].LastSeq))
	}
	return t.Tx.PutConversations(cs...)
}

// folded compares the ids of users without case.
type folded struct{ store.Tx }

func (t folded) PutUsers(us ...store.User) error {
	var out []store.User
	for _, u := range us {
		u.ID = store.UserID(strings.ToLower(string(u.ID)))
		if !slices.ContainsFunc(out, func(o store.User) bool { return o.ID == u.ID }) {
			out = append(out, u)
		}
	}
	return t.Tx.PutUsers(out...)
}

// firstHundred puts no more records than a statement has room for.
type firstHundred struct{ store.Tx }

func (t firstHundred) AppendConsent(es ...compliance.Entry) error {
	return t.Tx.AppendConsent(es[:min(len(es), 100)]...)
}
