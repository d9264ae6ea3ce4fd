package search

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Index is a transaction that knows which messages have which tokens.
type Index interface {
	// Candidates yields messages that may be what is wanted, the newest first:
	// by ID, descending, and each at most once. None that is wanted is left out:
	// of the account, in the time and the conversations, and with all that the
	// query looks for. There may be others, since each is looked at again, but
	// for its ID; an index that is asked for the [Query.Rarest] words alone is
	// often the faster one.
	//
	// They are read as far as they are needed. Between two of them the other
	// methods are called.
	Candidates(w Wanted) iter.Seq2[Candidate, error]

	// Messages returns those that exist, in the order of the ids.
	Messages(ids ...store.MessageID) ([]store.Message, error)
	Conversations(ids ...store.ConversationID) ([]store.Conversation, error)
	ListConversations(q store.ConversationQuery) ([]store.Conversation, error)
}

// Ahead is an Index for which every read is a round trip. It is told which
// conversations and messages are likely to be asked for next, and may read all of
// them at once. That changes no answer.
type Ahead interface {
	Index
	Ahead(conversations []store.ConversationID, messages []store.MessageID) error
}

// Wanted is what candidates are asked for.
type Wanted struct {
	Query   Query // has terms
	Account store.AccountID
	Since   time.Time       // only messages of this time or later, in the years 1 to 9999; zero: not given
	Until   time.Time       // only messages before this time, as well; zero: not given
	Before  store.MessageID // only messages with a smaller ID, never 0

	Within []store.ConversationID // only messages of these, sorted; nil: of any
}

// Covers reports whether a message is one of those in which is searched, as far
// as account and time go.
func (w Wanted) Covers(m store.Message) bool {
	at := m.CreatedAt.UnixMicro() // as it is kept
	return m.Account == w.Account && (w.Since.IsZero() || at >= w.Since.UnixMicro()) && (w.Until.IsZero() || at < w.Until.UnixMicro())
}

// Candidate is a message that may be what is wanted.
type Candidate struct {
	Message      store.MessageID
	Conversation store.ConversationID

	// Text is the message's if HasText. Those that don't match need not be read
	// then, so an index that has the text at hand had better give it.
	Text    string
	HasText bool

	// Hit says that the index has looked at the text itself, by Query.Matches.
	Hit bool
}

// How candidates are gone through.
const (
	largestBatch = 8192   // candidates that are looked at together
	patience     = 1000   // candidates that are looked at before it is asked how many may be left
	farAway      = 4000   // candidates until the page is full that are too many
	narrow       = 1000   // conversations that are few enough to look into each
	lessNarrow   = 10_000 // and those that are, if not even one candidate in few may be read
	few          = 4
	widening     = 4 // how many times as large the next batch is
)

// Find answers a query with an index.
//
// Common words have many candidates, most of which are no hits for somebody
// who may read few conversations. If that happens, those conversations are
// asked for, and only their candidates.
func Find(x Index, q store.SearchQuery) ([]store.Message, error) {
	parsed := Parse(q.Text)
	since, until, ok := timeOf(q)
	if !ok || len(parsed.Terms) == 0 || q.Limit < 1 || len(q.Inboxes) == 0 && q.User == "" && len(q.Teams) == 0 {
		return nil, nil
	}
	f := finder{Index: x, q: q, reads: make(map[store.ConversationID]bool), narrowed: q.Conversation != 0}
	w := Wanted{Query: parsed, Account: q.Account, Since: since, Until: until, Before: cmp.Or(q.Before, math.MaxInt64)}
	if q.Conversation != 0 {
		w.Within = []store.ConversationID{q.Conversation}
	}
	for {
		within, err := f.gather(w)
		if err != nil {
			return nil, err
		}
		if len(within) == 0 {
			return f.found, nil
		}
		w.Within, w.Before = within, f.last
	}
}

// Those who show times in JSON can't have others, and not every database can.
var (
	firstTime = time.Time{}
	lastTime  = time.Date(9999, time.December, 31, 23, 59, 59, 999_999_000, time.UTC)
)

// timeOf returns in which time is searched, within what an index can compare,
// or that there can be nothing.
func timeOf(q store.SearchQuery) (since, until time.Time, ok bool) {
	if q.Since.After(lastTime) || q.Until.Before(firstTime) {
		return since, until, false
	}
	if q.Since.After(firstTime) {
		since = q.Since
	}
	if !q.Until.After(lastTime) {
		until = q.Until
	}
	return since, until, true
}

// finder gathers the hits of a query.
type finder struct {
	Index
	q     store.SearchQuery
	reads map[store.ConversationID]bool // which may be read
	found []store.Message

	looked   int             // how many candidates were looked at
	readable int             // how many of them are in conversations that may be read
	last     store.MessageID // the last of them
	narrowed bool            // whether it was asked how many conversations may be left
}

// gather takes candidates until the page is full, or until it is better to go
// on with those of some conversations alone. It returns these.
func (f *finder) gather(w Wanted) (within []store.ConversationID, err error) {
	size := min(f.q.Limit, largestBatch)
	var batch []Candidate
	for c, err := range f.Candidates(w) {
		if err != nil {
			return nil, err
		}
		if batch = append(batch, c); len(batch) < size {
			continue
		}
		if err := f.take(w, batch); err != nil || f.full() {
			return nil, err
		}
		batch, size = batch[:0], min(widening*size, largestBatch)
		if f.narrowed || f.looked < patience || f.distance() <= farAway {
			continue
		}
		f.narrowed = true
		if within, err := f.listed(); err != nil || within != nil {
			return within, err
		}
	}
	return nil, f.take(w, batch)
}

// distance estimates how many candidates it takes until the page is full.
func (f *finder) distance() int {
	return (f.q.Limit - len(f.found)) * f.looked / max(len(f.found), 1)
}

func (f *finder) full() bool { return len(f.found) == f.q.Limit }

// take takes the candidates that are hits.
func (f *finder) take(w Wanted, batch []Candidate) error {
	if len(batch) == 0 {
		return nil
	}
	if err := f.readAhead(batch); err != nil {
		return err
	}
	f.looked += len(batch)
	f.last = batch[len(batch)-1].Message
	if err := f.learn(batch); err != nil {
		return err
	}
	ids := make([]store.MessageID, 0, len(batch))
	matching := make(map[store.MessageID]string) // texts that were looked at
	for _, c := range batch {
		if !f.reads[c.Conversation] {
			continue
		}
		f.readable++
		switch {
		case !c.HasText:
		case c.Hit || w.Query.Matches(c.Text):
			matching[c.Message] = c.Text
		default:
			continue
		}
		ids = append(ids, c.Message)
	}
	// Most of them are hits, or hardly one.
	for n := f.q.Limit - len(f.found); len(ids) > 0 && !f.full(); n *= widening {
		n = min(n, len(ids))
		messages, err := f.Messages(ids[:n]...)
		if err != nil {
			return err
		}
		ids = ids[n:]
		for _, m := range messages {
			text, known := matching[m.ID]
			if !f.full() && w.Covers(m) && (known && text == m.Text || w.Query.Matches(m.Text)) {
				f.found = append(f.found, m)
			}
		}
	}
	return nil
}

// readAhead reads what belongs to the first candidates at once: most searches are
// about what the user may read, and end with those.
func (f *finder) readAhead(batch []Candidate) error {
	x, ok := f.Index.(Ahead)
	if !ok || f.looked > 0 {
		return nil
	}
	conversations, messages := make([]store.ConversationID, len(batch)), make([]store.MessageID, len(batch))
	for i, c := range batch {
		conversations[i], messages[i] = c.Conversation, c.Message
	}
	return x.Ahead(conversations, messages)
}

// learn looks up which conversations may be read.
func (f *finder) learn(batch []Candidate) error {
	var unknown []store.ConversationID
	for _, c := range batch {
		if _, known := f.reads[c.Conversation]; !known {
			f.reads[c.Conversation] = false
			unknown = append(unknown, c.Conversation)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	conversations, err := f.Conversations(unknown...)
	for _, c := range conversations {
		f.reads[c.ID] = reads(f.q, c)
	}
	return err
}

// listed returns which conversations may be read, or nil if they are not few.
// There may be none.
func (f *finder) listed() ([]store.ConversationID, error) {
	most := narrow
	if few*f.readable < f.looked {
		most = lessNarrow
	}
	lists := store.ConversationQuery{
		Account: f.q.Account, Inboxes: f.q.Inboxes, User: f.q.User, Teams: f.q.Teams, Claimants: f.q.Claimants, Limit: most + 1,
	}
	if len(f.q.Shared) > 0 {
		lists.Claimants = nil
	}
	conversations, err := f.ListConversations(lists)
	if err != nil || len(conversations) > most {
		return nil, err
	}
	ids := make([]store.ConversationID, 0, len(conversations))
	for _, c := range conversations {
		if f.reads[c.ID] = reads(f.q, c); f.reads[c.ID] {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// reads reports whether messages of a conversation may be found.
func reads(q store.SearchQuery, c store.Conversation) bool {
	switch {
	case c.Account != q.Account, q.Inbox != "" && q.Inbox != c.Inbox, q.Conversation != 0 && q.Conversation != c.ID:
		return false
	case q.Claimants != nil && !slices.Contains(q.Claimants, c.ClaimedBy) && !slices.Contains(q.Shared, c.Inbox):
		return false
	}
	return slices.Contains(q.Inboxes, c.Inbox) || q.User != "" && slices.Contains(c.Users, q.User) ||
		slices.ContainsFunc(q.Teams, func(t store.TeamID) bool { return slices.Contains(c.Teams, t) })
}
