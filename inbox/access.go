package inbox

import (
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

// access is what a user may do with a conversation.
type access uint8

const (
	accessNone access = iota
	accessRead        // see it and leave notes
	accessFull        // answer, claim, close …
)

// accessTo says what a user may do with a conversation, denying by default.
// A licensed user has full access to the conversations of the inboxes behind
// which their teams stand, and to those in which they or their teams take
// part. A claim takes it away from everybody else, wholly or but for reading,
// as the inbox says.
func (c *company) accessTo(conv store.Conversation, user store.UserID) access {
	switch {
	case !c.licensed(user) || !c.concerns(conv, user):
		return accessNone
	case conv.ClaimedBy == "" || conv.ClaimedBy == user || !c.licensed(conv.ClaimedBy):
		return accessFull
	case c.inboxes[conv.Inbox].Settings.Claim == store.ClaimVisible:
		return accessRead
	}
	return accessNone
}

// concerns reports whether a conversation is the user's business, whoever has
// claimed it.
func (c *company) concerns(conv store.Conversation, user store.UserID) bool {
	if slices.Contains(conv.Users, user) || conv.ClaimedBy == user {
		return true
	}
	if slices.Contains(c.teams[c.inboxes[conv.Inbox].Team].Members, user) {
		return true
	}
	for _, t := range conv.Teams {
		if slices.Contains(c.teams[t].Members, user) {
			return true
		}
	}
	return false
}

// keepsClaim reports whether whoever has claimed a conversation can answer it,
// and would be concerned by it without the claim.
func (c *company) keepsClaim(conv store.Conversation) bool {
	unclaimed := conv
	unclaimed.ClaimedBy = ""
	return c.licensed(conv.ClaimedBy) && c.concerns(unclaimed, conv.ClaimedBy)
}

// sees reports whether an event is for the user: it tells of a conversation
// that they may see, or it names them, so that whoever is removed from one
// learns of it.
func (c *company) sees(e store.Event, conv store.Conversation, user store.UserID) bool {
	if !c.licensed(user) {
		return false
	}
	if e.Conversation == 0 {
		return true // a stray: everybody's business until somebody takes it
	}
	if e.Type == store.ConversationRead && e.Actor.User != user {
		return false
	}
	if slices.Contains(e.Detail.Users, user) && (e.Type == store.ConversationClaimed || e.Type == store.ConversationReleased) {
		return true
	}
	if slices.Contains(e.Detail.Removed, user) {
		return true
	}
	return c.accessTo(conv, user) >= accessRead
}
