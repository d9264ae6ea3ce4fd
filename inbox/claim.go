package inbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// Claim makes the user the only one who answers a conversation. Everybody else
// who was concerned is removed and told. Claiming one's own again has no
// effect. If somebody else was faster, the error is a *ClaimedError that says
// who.
func (a *Agent) Claim(ctx context.Context, id store.ConversationID) error {
	return a.change(ctx, id, func(t *tx, c *company, conv *store.Conversation) ([]store.Event, error) {
		if conv.ClaimedBy == a.user {
			return nil, nil
		}
		removed := c.concerned(*conv)
		removed = slices.DeleteFunc(removed, func(u store.UserID) bool { return u == a.user })
		conv.ClaimedBy, conv.ClaimedAt = a.user, t.now
		return []store.Event{eventOf(t, *conv, store.ConversationClaimed, a.author(), store.Detail{Users: removed})}, nil
	})
}

// Release gives a conversation that the user has claimed back to those who
// were concerned before. They are told, and alerted if the customer waits. If
// the user has not claimed it, the error is ErrNotClaimed.
func (a *Agent) Release(ctx context.Context, id store.ConversationID) error {
	return a.change(ctx, id, func(t *tx, c *company, conv *store.Conversation) ([]store.Event, error) {
		if conv.ClaimedBy != a.user {
			return nil, ErrNotClaimed
		}
		return release(t, c, conv, a.author()), nil
	})
}

// release ends a conversation's claim and returns the events that tell those
// who can take it again, and alert them if the customer waits.
func release(t *tx, c *company, conv *store.Conversation, by store.Author) []store.Event {
	conv.ClaimedBy, conv.ClaimedAt = "", time.Time{}
	events := []store.Event{eventOf(t, *conv, store.ConversationReleased, by, store.Detail{Users: c.concerned(*conv)})}
	others := slices.DeleteFunc(c.participants(*conv), func(u store.UserID) bool { return u == by.User })
	if !conv.WaitingSince.IsZero() && len(others) > 0 {
		events = append(events, eventOf(t, *conv, store.Alerted, by, store.Detail{Users: others}))
	}
	return events
}

// Assign names the users and teams who take part, in place of those who did,
// and alerts them. Whom it concerns no longer is told. A claim of the user's
// ends. The error is ErrInvalid if one of them can't answer.
func (a *Agent) Assign(ctx context.Context, id store.ConversationID, users []store.UserID, teams []store.TeamID) error {
	return a.change(ctx, id, func(t *tx, c *company, conv *store.Conversation) ([]store.Event, error) {
		able, ableTeams, refused := c.able(routing.Decision{Users: users, Teams: teams})
		switch {
		case len(refused) > 0:
			return nil, invalid("assignment", "names somebody who can't answer: %s", strings.Join(refused, ", "))
		case len(able) == 0 && len(ableTeams) == 0:
			return nil, invalid("assignment", "names nobody; name at least one user or team")
		}
		before := c.concerned(*conv)
		conv.Users, conv.Teams = able, ableTeams
		conv.ClaimedBy, conv.ClaimedAt = "", time.Time{}
		after := c.concerned(*conv)
		removed := slices.DeleteFunc(before, func(u store.UserID) bool { return slices.Contains(after, u) })
		events := []store.Event{eventOf(t, *conv, store.ConversationAssigned, a.author(), store.Detail{Users: able, Teams: ableTeams, Removed: removed})}
		if others := slices.DeleteFunc(c.participants(*conv), func(u store.UserID) bool { return u == a.user }); len(others) > 0 {
			events = append(events, eventOf(t, *conv, store.Alerted, a.author(), store.Detail{Users: others}))
		}
		return events, nil
	})
}

// concerned returns the licensed users whose business an unclaimed
// conversation is, sorted: those who take part, and the inbox's team.
func (c *company) concerned(conv store.Conversation) []store.UserID {
	return union(c.participants(conv), c.members(c.inboxes[conv.Inbox].Team))
}
