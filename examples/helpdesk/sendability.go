package main

import (
	"net/http"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
)

// sendability is what the page says below the box in which one writes.
type sendability struct {
	Status   inbox.SendStatus `json:"status"`
	Reason   string           `json:"reason,omitempty"`
	Next     time.Time        `json:"next,omitzero"`
	Warning  string           `json:"warning,omitempty"`
	FreeText time.Time        `json:"free_text_until,omitzero"`
}

// sendability says whether the user could answer in a conversation now.
func (a *api) sendability(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	id, err := pathID[inbox.ConversationID](r)
	if err != nil {
		return nil, err
	}
	s, err := agent.Sendability(r.Context(), id, inbox.Draft{})
	switch {
	case err != nil:
		return nil, err
	case s.Status == inbox.SendUnlicensed:
		return nil, inbox.ErrUnlicensed
	}
	return sendability{s.Status, s.Reason, s.Next, s.Warning, s.FreeText}, nil
}
