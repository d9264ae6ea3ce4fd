package inbox

import (
	"context"
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

// The bounds of a page.
const (
	defaultPage = 50
	largestPage = 200
)

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, largestPage)
}

// ListQuery selects conversations of a user.
type ListQuery struct {
	Statuses []store.Status // nil: any
	Inbox    store.InboxID  // "": all of the user's
	Mine     bool           // only those that the user has claimed
	Before   store.Position // go on after this place; zero: from the newest
	Limit    int            // at most so many; 0: 50; more than 200 are never returned
}

// List returns the conversations that the user may see, the newest first. The
// next page begins at View.Position of the last one.
func (a *Agent) List(ctx context.Context, q ListQuery) ([]View, error) {
	var views []View
	err := a.in.view(ctx, func(t *tx) error {
		c, err := a.seat(t)
		if err != nil {
			return err
		}
		convs, err := a.list(t, c, q)
		if err != nil {
			return err
		}
		views, err = a.views(t, convs)
		return err
	})
	return views, err
}

// Position is the place of a conversation in a list, see ListQuery.Before.
func (v View) Position() store.Position { return store.Position{LastAt: v.LastAt, ID: v.ID} }

func (a *Agent) list(t *tx, c *company, q ListQuery) ([]store.Conversation, error) {
	limit := pageSize(q.Limit)
	sq := store.ConversationQuery{
		Account: a.account, Inboxes: c.inboxesOf(a.user), User: a.user, Teams: c.teamsOf(a.user),
		Claimants: c.claimantsFor(a.user), Statuses: q.Statuses, Before: q.Before, Limit: limit,
	}
	switch _, exists := c.inboxes[q.Inbox]; {
	case q.Inbox == "":
	case !exists:
		return nil, nil
	case slices.Contains(sq.Inboxes, q.Inbox): // all of it is the user's
		sq.Inboxes, sq.User, sq.Teams = []store.InboxID{q.Inbox}, "", nil
	}
	if q.Mine {
		sq.Claimants = []store.UserID{a.user}
	}
	var convs []store.Conversation
	for {
		page, err := t.ListConversations(sq)
		if err != nil {
			return nil, err
		}
		for _, conv := range page {
			if q.Inbox != "" && conv.Inbox != q.Inbox || c.accessTo(conv, a.user) < accessRead {
				continue
			}
			if convs = append(convs, conv); len(convs) == limit {
				return convs, nil
			}
		}
		if len(page) < sq.Limit {
			return convs, nil
		}
		last := page[len(page)-1]
		sq.Before = store.Position{LastAt: last.LastAt, ID: last.ID}
	}
}

// claimantsFor returns by whom a conversation may be claimed for the user to
// see it, or nil if that depends on the inbox.
func (c *company) claimantsFor(user store.UserID) []store.UserID {
	if len(c.sharing()) > 0 {
		return nil
	}
	return c.yielding(user)
}

// yielding returns whose claims keep the user from nothing: nobody's, the
// user's own, and those of users without a seat.
func (c *company) yielding(user store.UserID) []store.UserID {
	claimants := []store.UserID{"", user}
	for id, u := range c.users {
		if !u.Licensed {
			claimants = append(claimants, id)
		}
	}
	slices.Sort(claimants)
	return slices.Compact(claimants)
}

// sharing returns the inboxes in which a claim hides nothing.
func (c *company) sharing() []store.InboxID {
	var shared []store.InboxID
	for id, box := range c.inboxes {
		if box.Settings.Claim == store.ClaimVisible {
			shared = append(shared, id)
		}
	}
	return shared
}

// Inboxes returns the inboxes behind which one of the user's teams stands,
// sorted by id.
func (a *Agent) Inboxes(ctx context.Context) ([]store.Inbox, error) {
	var inboxes []store.Inbox
	err := a.in.view(ctx, func(t *tx) error {
		c, err := a.seat(t)
		if err != nil {
			return err
		}
		inboxes = nil
		for _, id := range c.inboxesOf(a.user) {
			box := c.inboxes[id]
			box.Endpoints = slices.Clone(box.Endpoints) // the directory is shared
			inboxes = append(inboxes, box)
		}
		return nil
	})
	return inboxes, err
}

// UnreadCount returns how many of the user's open conversations have messages
// of the customer that the user has not read.
func (a *Agent) UnreadCount(ctx context.Context) (int, error) {
	n := 0
	err := a.in.view(ctx, func(t *tx) error {
		c, err := a.seat(t)
		if err != nil {
			return err
		}
		n, err = t.CountUnread(store.UnreadQuery{
			Account: a.account, Inboxes: c.inboxesOf(a.user), User: a.user, Teams: c.teamsOf(a.user),
			Claimants: c.yielding(a.user), Shared: c.sharing(), Status: store.Open,
		})
		return err
	})
	return n, err
}

// unread returns for each conversation how many messages of the customer the
// user has not read.
func (a *Agent) unread(t *tx, convs []store.Conversation) ([]int64, error) {
	ids := make([]store.ConversationID, len(convs))
	for i, conv := range convs {
		ids[i] = conv.ID
	}
	marks, err := t.ReadMarks(a.account, a.user, ids...)
	if err != nil {
		return nil, err
	}
	read := make(map[store.ConversationID]int64, len(marks))
	for _, m := range marks {
		read[m.Conversation] = m.InboundCount
	}
	unread := make([]int64, len(convs))
	for i, conv := range convs {
		unread[i] = max(0, conv.InboundCount-read[conv.ID])
	}
	return unread, nil
}

// MessagesQuery selects messages of a conversation by their place in it.
type MessagesQuery struct {
	After  int64 // only later ones, ascending; 0: not given
	Before int64 // only earlier ones, descending; 0: from the newest
	Limit  int   // at most so many; 0: 50; more than 200 are never returned
}

// Messages returns messages of a conversation: with After those that follow,
// the oldest first, otherwise the newest first.
func (a *Agent) Messages(ctx context.Context, id store.ConversationID, q MessagesQuery) ([]store.Message, error) {
	var messages []store.Message
	err := a.in.view(ctx, func(t *tx) error {
		if _, _, err := a.open(t, id, accessRead); err != nil {
			return err
		}
		var err error
		messages, err = t.ListMessages(store.MessageQuery{Conversation: id, After: q.After, Before: q.Before, Limit: pageSize(q.Limit)})
		return err
	})
	return messages, err
}

// MarkRead notes that the user has read a conversation up to the message with
// the number seq, or, if seq is 0, up to its end. What has been read stays
// read.
func (a *Agent) MarkRead(ctx context.Context, id store.ConversationID, seq int64) error {
	return a.in.update(ctx, func(t *tx) error {
		conv, _, err := a.open(t, id, accessRead)
		if err != nil {
			return err
		}
		return a.markRead(t, conv, seq)
	}, a.expectVisit(id))
}

func (a *Agent) markRead(t *tx, conv store.Conversation, seq int64) error {
	mark := store.ReadMark{User: a.user, Conversation: conv.ID, Seq: conv.LastSeq, InboundCount: conv.InboundCount}
	if seq < 0 {
		return invalid("seq", "is negative; it is the number of the last message read")
	}
	if seq > 0 && seq < conv.LastSeq {
		m, err := store.One(t.ListMessages(store.MessageQuery{Conversation: conv.ID, Before: seq + 1, Limit: 1}))
		if err != nil {
			return err
		}
		mark.Seq, mark.InboundCount = m.Seq, m.InboundCount
	}
	raised, err := a.raiseMark(t, mark)
	if err != nil || !raised {
		return err
	}
	return t.AppendEvents(eventOf(t, conv, store.ConversationRead, a.author(), store.Detail{Seq: mark.Seq}))
}

// raiseMark sets a read mark if it is above the one that is there.
func (a *Agent) raiseMark(t *tx, mark store.ReadMark) (bool, error) {
	had, err := t.ReadMarks(a.account, a.user, mark.Conversation)
	if err != nil || len(had) > 0 && had[0].Seq >= mark.Seq {
		return false, err
	}
	return true, t.PutReadMarks(a.account, mark)
}
