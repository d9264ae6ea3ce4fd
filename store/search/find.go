package search

import (
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

// Index is a transaction that knows which messages have which tokens.
type Index interface {
	// Candidates returns messages that have the tokens of a query, the newest
	// first. If they are fewer than the limit, there are no more.
	Candidates(w Wanted) ([]Candidate, error)

	Messages(ids ...store.MessageID) ([]store.Message, error)
	Conversations(ids ...store.ConversationID) ([]store.Conversation, error)
	ListConversations(q store.ConversationQuery) ([]store.Conversation, error)
}

// Wanted is what candidates are asked for.
type Wanted struct {
	Query
	store.SearchQuery // of which Account, Since, Until, Before and Limit count

	Within []store.ConversationID // only messages of these, sorted; nil: of any
}

// Covers reports whether a message is one of those in which is searched, as far
// as account and time go.
func (w Wanted) Covers(m store.Message) bool {
	at := m.CreatedAt.UnixMicro() // as it is kept
	return m.Account == w.Account && (w.Since.IsZero() || at >= w.Since.UnixMicro()) && (w.Until.IsZero() || at < w.Until.UnixMicro())
}

// Candidate is a message that has the tokens of a query.
type Candidate struct {
	Message      store.MessageID
	Conversation store.ConversationID
}

// How candidates are gone through.
const (
	largestBatch = 8192 // candidates that are asked for at once
	patience     = 1000 // candidates that are looked at before it is asked how many may be left
	farAway      = 4000 // candidates until the page is full that are too many
	narrow       = 1000 // conversations that are few enough to look into each
)

// Find answers a query with an index.
//
// Common words have many candidates, most of which are no hits for somebody
// who may read few conversations. If that happens, those conversations are
// asked for, and only their candidates.
func Find(x Index, q store.SearchQuery) ([]store.Message, error) {
	f := finder{Index: x, q: q, parsed: Parse(q.Text), reads: make(map[store.ConversationID]bool)}
	if len(f.parsed.Terms) == 0 || q.Limit < 1 || len(q.Inboxes) == 0 && q.User == "" && len(q.Teams) == 0 {
		return nil, nil
	}
	w := Wanted{Query: f.parsed, SearchQuery: q}
	w.Limit = min(q.Limit, largestBatch)
	if q.Conversation != 0 {
		w.Within = []store.ConversationID{q.Conversation}
	}
	for looked, asked := 0, q.Conversation != 0; ; {
		batch, err := x.Candidates(w)
		if err != nil {
			return nil, err
		}
		if err := f.take(batch); err != nil || len(f.found) == q.Limit || len(batch) < w.Limit {
			return f.found, err
		}
		w.Before = batch[len(batch)-1].Message
		w.Limit = min(4*w.Limit, largestBatch)
		looked += len(batch)
		if asked || looked < patience || f.distance(looked) <= farAway {
			continue
		}
		asked = true
		if w.Within, err = f.few(); err != nil || w.Within != nil && len(w.Within) == 0 {
			return f.found, err
		}
	}
}

// finder gathers the hits of a query.
type finder struct {
	Index
	q      store.SearchQuery
	parsed Query
	reads  map[store.ConversationID]bool // which may be read
	found  []store.Message
}

// distance estimates how many candidates it takes until the page is full.
func (f *finder) distance(looked int) int {
	return (f.q.Limit - len(f.found)) * looked / max(len(f.found), 1)
}

// take takes the candidates that are hits.
func (f *finder) take(batch []Candidate) error {
	var unknown []store.ConversationID
	for _, c := range batch {
		if _, known := f.reads[c.Conversation]; !known {
			f.reads[c.Conversation] = false
			unknown = append(unknown, c.Conversation)
		}
	}
	conversations, err := f.Conversations(unknown...)
	if err != nil {
		return err
	}
	for _, c := range conversations {
		f.reads[c.ID] = reads(f.q, c)
	}
	var ids []store.MessageID
	for _, c := range batch {
		if f.reads[c.Conversation] {
			ids = append(ids, c.Message)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if f.parsed.Plain() { // each is a hit
		ids = ids[:min(len(ids), f.q.Limit-len(f.found))]
	}
	messages, err := f.Messages(ids...)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if len(f.found) < f.q.Limit && (f.parsed.Plain() || f.parsed.Matches(m.Text)) {
			f.found = append(f.found, m)
		}
	}
	return nil
}

// few returns which conversations may be read, or nil if they are not few.
func (f *finder) few() ([]store.ConversationID, error) {
	lists := store.ConversationQuery{
		Account: f.q.Account, Inboxes: f.q.Inboxes, User: f.q.User, Teams: f.q.Teams, Claimants: f.q.Claimants, Limit: narrow + 1,
	}
	if len(f.q.Shared) > 0 {
		lists.Claimants = nil
	}
	conversations, err := f.ListConversations(lists)
	if err != nil || len(conversations) > narrow {
		return nil, err
	}
	ids := make([]store.ConversationID, 0, len(conversations))
	for _, c := range conversations {
		if reads(f.q, c) {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// reads reports whether messages of a conversation may be found.
func reads(q store.SearchQuery, c store.Conversation) bool {
	if c.Account != q.Account || q.Claimants != nil && !slices.Contains(q.Claimants, c.ClaimedBy) && !slices.Contains(q.Shared, c.Inbox) {
		return false
	}
	return slices.Contains(q.Inboxes, c.Inbox) || q.User != "" && slices.Contains(c.Users, q.User) ||
		slices.ContainsFunc(q.Teams, func(t store.TeamID) bool { return slices.Contains(c.Teams, t) })
}
