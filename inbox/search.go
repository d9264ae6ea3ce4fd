package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// SearchQuery says what a user looks for.
type SearchQuery struct {
	// Text is what the user has typed: words, of which a message must have all,
	// or its beginnings. What is in quotation marks must be found as it is. See
	// store.SearchQuery for what counts as the same word. Any text will do; one
	// without words finds nothing.
	Text string

	Inbox        store.InboxID        // "": all of the user's
	Conversation store.ConversationID // 0: all that the user may see
	Since        time.Time            // only messages of this time or later; zero: not given
	Until        time.Time            // only messages before this time; zero: not given
	Before       store.MessageID      // go on after this hit; 0: from the newest
	Limit        int                  // at most so many; 0: 50; more than 200 are never returned
}

// Hit is a message that was found, and the conversation in which it is.
type Hit struct {
	Message      store.Message
	Conversation View
}

// Search returns messages and notes of the conversations that the user may
// see, the newest first. The next page begins at the id of the last message.
// Which parts of a text were found is told by Query.Marks of package
// store/search.
func (a *Agent) Search(ctx context.Context, q SearchQuery) ([]Hit, error) {
	free, err := a.in.searches.take(ctx)
	if err != nil {
		return nil, fmt.Errorf("inbox: waiting for other searches: %w", err)
	}
	defer free()
	var hits []Hit
	err = a.in.view(ctx, func(t *tx) error {
		hits = nil
		c, err := a.seat(t)
		if err != nil {
			return err
		}
		sq, ok, err := a.searchQuery(t, c, q)
		if err != nil || !ok {
			return err
		}
		hits, err = a.search(t, c, sq)
		return err
	})
	return hits, err
}

// slots bound how many do something at once. Nil ones, which an engine has in a
// transaction of the host's, bound nothing: whoever waited there would hold up
// others.
type slots chan struct{}

// take waits for a slot until the context ends, and returns what frees it.
func (s slots) take(ctx context.Context) (free func(), err error) {
	if s == nil {
		return func() {}, nil
	}
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// searchQuery returns what the store is asked for, or that there is nothing to
// ask for.
func (a *Agent) searchQuery(t *tx, c *company, q SearchQuery) (sq store.SearchQuery, ok bool, err error) {
	sq = store.SearchQuery{
		Account: a.account, Text: q.Text, Inbox: q.Inbox,
		Conversation: q.Conversation, Since: q.Since, Until: q.Until, Before: q.Before, Limit: pageSize(q.Limit),
	}
	if q.Conversation != 0 { // all of it may be found by whoever may open it
		conv, _, err := a.open(t, q.Conversation, accessRead)
		sq.Inboxes = []store.InboxID{conv.Inbox}
		return sq, err == nil, err
	}
	sq.Claimants, sq.Shared = c.yielding(a.user), c.sharing()
	_, exists := c.inboxes[q.Inbox]
	mine := c.inboxesOf(a.user)
	switch {
	case q.Inbox == "":
		sq.Inboxes, sq.User, sq.Teams = mine, a.user, c.teamsOf(a.user)
	case !exists:
		return sq, false, nil
	case slices.Contains(mine, q.Inbox): // all of it is the user's
		sq.Inboxes = []store.InboxID{q.Inbox}
	default:
		sq.User, sq.Teams = a.user, c.teamsOf(a.user)
	}
	return sq, true, nil
}

// search asks the store until the page is full. The store knows who may see
// what; that it is looked at again is for nothing to slip through.
func (a *Agent) search(t *tx, c *company, sq store.SearchQuery) ([]Hit, error) {
	var found []store.Message
	convs := make(map[store.ConversationID]store.Conversation)
	for full := false; !full; {
		page, err := t.SearchMessages(sq)
		if err != nil {
			return nil, err
		}
		if err := addConversations(t, page, convs); err != nil {
			return nil, err
		}
		for _, m := range page {
			if c.accessTo(convs[m.Conversation], a.user) < accessRead {
				continue
			}
			if found = append(found, m); len(found) == sq.Limit {
				break
			}
		}
		if full = len(page) < sq.Limit || len(found) == sq.Limit; !full {
			sq.Before = page[len(page)-1].ID
		}
	}
	return a.hits(t, found, convs)
}

// addConversations reads the conversations of messages that are not known yet.
func addConversations(t *tx, ms []store.Message, known map[store.ConversationID]store.Conversation) error {
	var ids []store.ConversationID
	for _, m := range ms {
		if _, ok := known[m.Conversation]; !ok && !slices.Contains(ids, m.Conversation) {
			ids = append(ids, m.Conversation)
		}
	}
	convs, err := t.Conversations(ids...)
	for _, conv := range convs {
		known[conv.ID] = conv
	}
	return err
}

// hits shows messages with their conversations.
func (a *Agent) hits(t *tx, ms []store.Message, convs map[store.ConversationID]store.Conversation) ([]Hit, error) {
	var shown []store.Conversation
	places := make(map[store.ConversationID]int)
	for _, m := range ms {
		if _, ok := places[m.Conversation]; !ok {
			places[m.Conversation] = len(shown)
			shown = append(shown, convs[m.Conversation])
		}
	}
	views, err := a.views(t, shown)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(ms))
	for i, m := range ms {
		hits[i] = Hit{Message: m, Conversation: views[places[m.Conversation]]}
	}
	return hits, nil
}
