package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func searchCases() []testCase {
	const (
		order  = "SearchMessages returns the newest first: by ID, descending."
		before = "Before selects only messages with a smaller ID."
		either = "A message is found if its conversation is in one of the inboxes, or if the user or one of the teams takes part in it."
		sees   = "A read sees what the same transaction has written."
	)
	return slices.Concat(searchWordCases(), []testCase{
		{"search/newest first", order, searchOrder},
		{"search/limit", "Limit: at most so many.", searchLimit},
		{"search/pages", before, searchPages},
		{"search/inbox, user or team", either, searchAlternatives},
		{"search/nobody's", "If Inboxes, User and Teams are all empty, none is found.", searchNothing},
		{"search/claimants", "Claimants: in conversations claimed by one of these, \"\" being nobody; nil: by whoever. Shared: inboxes whose conversations are found whoever has claimed them.", searchClaimants},
		{"search/who takes part changes", either + " " + sees, searchTransfer},
		{"search/few among many", either + " The limit counts what is found.", searchFew},
		{"search/many among more", either + " The limit counts what is found.", searchMany},
		{"search/a great many at once", either, searchWide},
		{"search/in a conversation", "Conversation: only in this one; 0: in any.", searchConversation},
		{"search/in an inbox", "Inbox: only in this one; \"\": in any.", searchInbox},
		{"search/in a time", "Since: only messages with CreatedAt at this time or later. Until: before this time.", searchTime},
		{"search/in far times", "Since: only messages with CreatedAt at this time or later. Until: before this time. Any time will do.", searchFarTimes},
		{"search/accounts apart", "A SearchQuery selects messages of one account.", searchAccounts},
		{"search/notes and answers", "A SearchQuery selects messages and notes.", searchDirections},
		{"search/after changes", sees + " A message is found by the text that it has.", searchChanges},
		{"search/in the same transaction", sees, searchOwn},
		{"search/rolled back", "Nothing that a failed Update wrote is kept.", searchRolledBack},
		{"search/beside writers", "What an Update has found stays true until it is committed.", searchBeside},
		{"search/after an Import", "What an Import has put is found as soon as it has ended.", searchImported},
	})
}

// searched selects the messages of acme's support that have these words.
func searched(text string) store.SearchQuery {
	return store.SearchQuery{Account: acme, Text: text, Inboxes: []store.InboxID{support}, Limit: 100}
}

// writtenIn puts messages with these texts into a conversation and returns them
// as they are stored, the first of them the oldest.
func (e *env) writtenIn(c store.Conversation, texts ...string) ([]store.Message, error) {
	ms, err := e.messagesIn(c, len(texts))
	if err != nil {
		return nil, err
	}
	for i := range ms {
		ms[i].Text, ms[i].CreatedAt = texts[i], noon.Add(time.Duration(i)*time.Minute)
	}
	err = e.update(func(tx store.Tx) error { return tx.PutMessages(ms...) })
	for i := range ms {
		ms[i].Version = 1
	}
	return ms, err
}

// written is writtenIn for a conversation of its own.
func (e *env) written(texts ...string) ([]store.Message, error) {
	c, err := e.stored()
	if err != nil {
		return nil, err
	}
	return e.writtenIn(c, texts...)
}

// expectFound compares what a query finds.
func (e *env) expectFound(q store.SearchQuery, want ...store.Message) error {
	return e.view(func(tx store.Tx) error { return expectFoundIn(tx, q, want...) })
}

func expectFoundIn(tx store.Tx, q store.SearchQuery, want ...store.Message) error {
	got, err := tx.SearchMessages(q)
	if err != nil {
		return fmt.Errorf("%.200q: %w", q.Text, err)
	}
	text := func(m store.Message) string { return fmt.Sprintf("%v: %s", m.ID, m.Text) }
	if err := same(mapped(want, text), mapped(got, text)); err != nil {
		return fmt.Errorf("%+v finds others: %w", q, err)
	}
	return same(want, got)
}

// newestFirst returns messages in the order in which they are found.
func newestFirst(ms ...store.Message) []store.Message {
	ms = slices.Clone(ms)
	slices.SortFunc(ms, func(a, b store.Message) int { return int(b.ID - a.ID) })
	return ms
}

func searchOrder(e *env) error {
	first, err := e.written("blue bicycle", "red bicycle", "blue car", "bicycle")
	if err != nil {
		return err
	}
	second, err := e.written("bicycle bell", "car")
	if err != nil {
		return err
	}
	return e.expectFound(searched("bicycle"), second[0], first[3], first[1], first[0])
}

func searchLimit(e *env) error {
	ms, err := e.written("bicycle", "car", "bicycle", "bicycle")
	if err != nil {
		return err
	}
	for limit, want := range [][]store.Message{nil, {ms[3]}, {ms[3], ms[2]}, {ms[3], ms[2], ms[0]}, {ms[3], ms[2], ms[0]}} {
		q := searched("bicycle")
		q.Limit = limit
		if err := e.expectFound(q, want...); err != nil {
			return err
		}
	}
	return nil
}

func searchPages(e *env) error {
	var all []store.Message
	for range 3 {
		ms, err := e.written("a bicycle", "a car", "a bicycle and a car", "a bicycle", "nothing")
		if err != nil {
			return err
		}
		all = append(all, ms[0], ms[2], ms[3])
	}
	for _, typed := range []string{"bicycle", `"bicycle"`} {
		if err := e.pagesOf(searched(typed), all); err != nil {
			return err
		}
	}
	return nil
}

func searchConversation(e *env) error {
	first, err := e.written("bicycle", "car", "bicycles")
	if err != nil {
		return err
	}
	if _, err := e.written("bicycle"); err != nil {
		return err
	}
	q := searched("bicycle")
	q.Conversation = first[0].Conversation
	if err := e.expectFound(q, first[2], first[0]); err != nil {
		return err
	}
	q.Inboxes = []store.InboxID{sales}
	if err := e.expectFound(q); err != nil {
		return doing("of another inbox", err)
	}
	q = searched("bicycle")
	q.Conversation = 1 << 40
	return doing("that does not exist", e.expectFound(q))
}

func searchTime(e *env) error {
	ms, err := e.written("bicycle 0", "bicycle 1", "bicycle 2", "bicycle 3")
	if err != nil {
		return err
	}
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	for _, t := range []struct {
		since, until time.Time
		want         []store.Message
	}{
		{time.Time{}, time.Time{}, newestFirst(ms...)},
		{at(2), time.Time{}, newestFirst(ms[2:]...)},
		{at(2).Add(time.Microsecond), time.Time{}, ms[3:]},
		{time.Time{}, at(2), newestFirst(ms[:2]...)},
		{time.Time{}, at(2).Add(time.Microsecond), newestFirst(ms[:3]...)},
		{at(1), at(3), newestFirst(ms[1:3]...)},
		{at(3), at(1), nil},
		{at(1).In(time.FixedZone("", 7200)), at(2), ms[1:2]},
	} {
		q := searched("bicycle")
		q.Since, q.Until = t.since, t.until
		if err := e.expectFound(q, t.want...); err != nil {
			return err
		}
		q.Limit = 1
		if err := e.expectFound(q, t.want[:min(1, len(t.want))]...); err != nil {
			return err
		}
	}
	return nil
}

// searchFarTimes asks for times that many databases can't hold.
func searchFarTimes(e *env) error {
	ms, err := e.written("bicycle 0", "bicycle 1")
	if err != nil {
		return err
	}
	year := func(y int) time.Time { return time.Date(y, time.March, 1, 0, 0, 0, 0, time.UTC) }
	for _, far := range []int{10_000, 300_000, 1 << 30} {
		for _, t := range []struct {
			since, until time.Time
			want         []store.Message
		}{
			{year(-far), year(far), newestFirst(ms...)},
			{year(-far), noon.Add(time.Second), ms[:1]},
			{noon.Add(time.Second), year(far), ms[1:]},
			{time.Time{}, year(-far), nil},
			{year(far), time.Time{}, nil},
		} {
			q := searched("bicycle")
			q.Since, q.Until = t.since, t.until
			if err := e.expectFound(q, t.want...); err != nil {
				return err
			}
		}
	}
	return nil
}

func searchAccounts(e *env) error {
	ours, err := e.written("bicycle")
	if err != nil {
		return err
	}
	c, err := e.storedWith(func(c *store.Conversation) { c.Account = globex })
	if err != nil {
		return err
	}
	theirs, err := e.writtenIn(c, "bicycle")
	if err != nil {
		return err
	}
	q := searched("bicycle")
	q.User, q.Teams = bob, []store.TeamID{crew}
	if err := e.expectFound(q, ours...); err != nil {
		return err
	}
	q.Account = globex
	return e.expectFound(q, theirs...)
}

func searchDirections(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	ms, err := e.messagesIn(c, 3)
	if err != nil {
		return err
	}
	for i, d := range []store.Direction{store.Inbound, store.Outbound, store.Note} {
		ms[i].Direction, ms[i].Text = d, "about the bicycle"
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(ms...) }); err != nil {
		return err
	}
	for i := range ms {
		ms[i].Version = 1
	}
	return e.expectFound(searched("bicycle"), ms[2], ms[1], ms[0])
}

func searchChanges(e *env) error {
	ms, err := e.written("bicycle", "a car", "")
	if err != nil {
		return err
	}
	other, err := e.storedWith(func(c *store.Conversation) { c.Inbox = sales })
	if err != nil {
		return err
	}
	m := &ms[0]
	for _, step := range []struct {
		what   string
		change func()
		finds  map[string]bool
	}{
		{"nothing but the state", func() { m.State, m.Attempts = store.StateDelivered, 3 }, map[string]bool{"bicycle": true, "car": false}},
		{"another text", func() { m.Text = "tricycle" }, map[string]bool{"bicycle": false, "tricycle": true}},
		{"no text", func() { m.Text = "" }, map[string]bool{"bicycle": false, "tricycle": false}},
		{"a text again", func() { m.Text = "unicycle" }, map[string]bool{"tricycle": false, "unicycle": true}},
		{"another conversation", func() { m.Conversation, m.Seq = other.ID, 1 }, map[string]bool{"unicycle": false}},
	} {
		step.change()
		if err := e.update(func(tx store.Tx) error { return tx.PutMessages(*m) }); err != nil {
			return doing(step.what, err)
		}
		m.Version++
		for text, found := range step.finds {
			var want []store.Message
			switch {
			case text == "car":
				want = ms[1:2]
			case found:
				want = ms[:1]
			}
			for _, typed := range []string{text, `"` + text + `"`} {
				if err := e.expectFound(searched(typed), want...); err != nil {
					return doing(step.what, err)
				}
			}
		}
	}
	q := searched("unicycle")
	q.Conversation, q.Inboxes = other.ID, []store.InboxID{sales}
	return doing("in the other conversation", e.expectFound(q, *m))
}
