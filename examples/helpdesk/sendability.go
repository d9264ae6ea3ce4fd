package main

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
)

// sendability is what the page says below the box in which one writes.
type sendability struct {
	Status   inbox.SendStatus   `json:"status"`
	Reason   string             `json:"reason,omitempty"`
	Next     time.Time          `json:"next,omitzero"`
	Warning  string             `json:"warning,omitempty"`
	FreeText time.Time          `json:"free_text_until,omitzero"`
	Purpose  compliance.Purpose `json:"purpose,omitempty"` // that the message would count as
	Local    string             `json:"local,omitempty"`   // the customer's time, and where that is known from
	Zone     string             `json:"zone,omitempty"`    // the customer's, an IANA name; not there if there may be several
}

// sendability says whether the user could send something in a conversation: an
// answer at once, or what the query says of its purpose, programme, text, and
// not_before.
func (a *api) sendability(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	d, err := trial{Purpose: compliance.Purpose(q.Get("purpose")), Programme: q.Get("programme"), NotBefore: q.Get("not_before")}.draft()
	if err != nil {
		return nil, err
	}
	d.Text = q.Get("text")
	s, err := agent.Sendability(r.Context(), id, d)
	switch {
	case err != nil:
		return nil, err
	case s.Status == inbox.SendUnlicensed:
		return nil, inbox.ErrUnlicensed
	}
	out := sendability{Status: s.Status, Reason: s.Reason, Next: s.Next, Warning: s.Warning, FreeText: s.FreeText, Purpose: s.Purpose, Local: s.Local}
	if s.Status == inbox.SendClaimed {
		return out, nil // the conversation is not this user's to see
	}
	view, err := agent.Conversation(r.Context(), id)
	out.Zone = zoneOf(a.places, view)
	return out, err
}

// zoneOf returns the time zone of a conversation's customer: their own, or that of
// all places where they may be, by their region and their number. It returns "" if
// the clocks there differ.
func zoneOf(places compliance.Locator, v inbox.View) string {
	if v.Contact.TimeZone != "" {
		return v.Contact.TimeZone
	}
	var all []*time.Location
	located, _ := places.Locate(v.Theirs)
	for _, p := range located {
		if region := v.Contact.Region; region == "" || p.Code == region || strings.HasPrefix(p.Code, region+"-") {
			all = append(all, p.Zone)
		}
	}
	if len(all) == 0 && v.Contact.Region != "" {
		all = places.Zones(v.Contact.Region)
	}
	if len(all) == 0 || slices.ContainsFunc(all, func(z *time.Location) bool { return !agree(z, all[0], v.LastAt) }) {
		return ""
	}
	return all[0].String()
}

// agree reports whether the clocks of two zones show the same from a moment on, for
// a year.
func agree(a, b *time.Location, from time.Time) bool {
	for month := range 12 {
		_, x := from.AddDate(0, month, 0).In(a).Zone()
		_, y := from.AddDate(0, month, 0).In(b).Zone()
		if x != y {
			return false
		}
	}
	return true
}
