package storetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// The defects of searches are in what they find and in which order.

// searching changes what a search finds.
type searching struct {
	store.Tx
	search func(tx store.Tx, q store.SearchQuery) ([]store.Message, error)
}

func (t searching) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	return t.search(t.Tx, q)
}

func searches(search func(tx store.Tx, q store.SearchQuery) ([]store.Message, error)) func(*mutant) {
	return inTx(func(tx store.Tx) store.Tx { return searching{tx, search} })
}

// asking plants a defect that is in what is asked for.
func asking(change func(q *store.SearchQuery)) func(*mutant) {
	return searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
		change(&q)
		return tx.SearchMessages(q)
	})
}

// missing plants a defect that some messages are not found.
func missing(what func(q store.SearchQuery, m store.Message) bool) func(*mutant) {
	return searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
		ms, err := tx.SearchMessages(q)
		return slices.DeleteFunc(ms, func(m store.Message) bool { return what(q, m) }), err
	})
}

// anyWord finds what has one of the words.
func anyWord(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
	var all []store.Message
	for _, word := range strings.Fields(q.Text) {
		q.Text = word
		ms, err := tx.SearchMessages(q)
		if err != nil {
			return nil, err
		}
		all = append(all, ms...)
	}
	slices.SortFunc(all, func(a, b store.Message) int { return cmp.Compare(b.ID, a.ID) })
	return slices.CompactFunc(all, func(a, b store.Message) bool { return a.ID == b.ID }), nil
}

// notAll says whether not every word is one of a text's.
func notAll(words, of []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(of, w) })
}

// newestThousand looks at so many messages, and then who may see them.
func newestThousand(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
	wide := q
	wide.Inboxes, wide.Limit = []store.InboxID{support, sales}, 1000
	candidates, err := tx.SearchMessages(wide)
	if err != nil {
		return nil, err
	}
	ms, err := tx.SearchMessages(q)
	return slices.DeleteFunc(ms, func(m store.Message) bool {
		return !slices.ContainsFunc(candidates, func(c store.Message) bool { return c.ID == m.ID })
	}), err
}

// hides leaves out what the transaction has written.
type hides struct {
	store.Tx
	own map[store.MessageID]bool
}

func (t hides) PutMessages(ms ...store.Message) error {
	for _, m := range ms {
		t.own[m.ID] = true
	}
	return t.Tx.PutMessages(ms...)
}

func (t hides) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	ms, err := t.Tx.SearchMessages(q)
	return slices.DeleteFunc(ms, func(m store.Message) bool { return t.own[m.ID] }), err
}

// remembers finds messages by every text that was ever put.
type remembers struct {
	store.Tx
	texts map[store.MessageID][]string
}

func (t remembers) PutMessages(ms ...store.Message) error {
	for _, m := range ms {
		t.texts[m.ID] = append(t.texts[m.ID], m.Text)
	}
	return t.Tx.PutMessages(ms...)
}

func (t remembers) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	var ids []store.MessageID
	for id, texts := range t.texts {
		if slices.Contains(texts, q.Text) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b store.MessageID) int { return cmp.Compare(b, a) })
	return t.Messages(ids...)
}

// firstUsers lets those see a conversation who took part in it at first.
type firstUsers struct {
	store.Tx
	users map[store.ConversationID][]store.UserID
}

func (t firstUsers) PutConversations(cs ...store.Conversation) error {
	for _, c := range cs {
		if c.Version == 0 {
			t.users[c.ID] = slices.Clone(c.Users)
		}
	}
	return t.Tx.PutConversations(cs...)
}

func (t firstUsers) SearchMessages(q store.SearchQuery) ([]store.Message, error) {
	user := q.User
	q.Inboxes, q.User, q.Claimants = []store.InboxID{support, sales}, "", nil
	ms, err := t.Tx.SearchMessages(q)
	return slices.DeleteFunc(ms, func(m store.Message) bool { return !slices.Contains(t.users[m.Conversation], user) }), err
}

func searchDefects() []defect {
	syntax := errors.New("syntax error")
	return []defect{
		{"one of the words is enough", []string{"search/all words"}, searches(anyWord)},
		{"words are found whole only", []string{"search/beginnings of words"}, asking(func(q *store.SearchQuery) {
			if !strings.Contains(q.Text, `"`) {
				q.Text = `"` + strings.Join(strings.Fields(q.Text), `" "`) + `"`
			}
		})},
		{"quotation marks are ignored", []string{"search/side by side"}, asking(func(q *store.SearchQuery) { q.Text = strings.ReplaceAll(q.Text, `"`, " ") })},
		{"case counts", []string{"search/case and accents"}, missing(func(q store.SearchQuery, m store.Message) bool { return !strings.Contains(m.Text, q.Text) })},
		{"words are what stands between spaces", []string{"search/scripts without spaces", "search/side by side"}, missing(func(q store.SearchQuery, m store.Message) bool {
			return notAll(strings.Fields(q.Text), strings.Fields(m.Text))
		})},
		{"the grouping of digits counts", []string{"search/numbers"}, missing(func(q store.SearchQuery, m store.Message) bool {
			return !strings.Contains(m.Text, q.Text)
		})},
		{"the text is handed to the database", []string{"search/operators are words", "search/hostile texts", "search/no words"}, searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
			if strings.Count(q.Text, `"`)%2 != 0 || strings.ContainsAny(q.Text, "()*&|\x00") {
				return nil, syntax
			}
			return tx.SearchMessages(q)
		})},
		{"a minus excludes", []string{"search/operators are words"}, missing(func(q store.SearchQuery, m store.Message) bool {
			return strings.HasPrefix(q.Text, "-") && strings.Contains(strings.ToLower(m.Text), q.Text[1:])
		})},
		{"no words find everything", []string{"search/no words"}, asking(func(q *store.SearchQuery) {
			if !strings.ContainsAny(q.Text, "abcdefghijklmnopqrstuvwxyz") {
				q.Text = "bicycle"
			}
		})},
		{"the end of a long text is not found", []string{"search/long texts"}, missing(func(_ store.SearchQuery, m store.Message) bool { return 5000 < len(m.Text) && len(m.Text) < 16<<10 })},
		{"the oldest come first", []string{"search/newest first", "search/pages"}, searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
			ms, err := tx.SearchMessages(q)
			slices.Reverse(ms)
			return ms, err
		})},
		{"a search has one too few", []string{"search/limit"}, asking(func(q *store.SearchQuery) { q.Limit-- })},
		{"a page of hits begins with the last of the one before", []string{"search/pages"}, asking(func(q *store.SearchQuery) { q.Before += min(q.Before, 1) })},
		{"the limit counts hits that may not be seen", []string{"search/claimants"}, searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
			seen, err := tx.SearchMessages(q)
			if err != nil {
				return nil, err
			}
			q.Claimants = nil
			ms, err := tx.SearchMessages(q)
			return slices.DeleteFunc(ms, func(m store.Message) bool {
				return !slices.ContainsFunc(seen, func(s store.Message) bool { return s.ID == m.ID })
			}), err
		})},
		{"Shared is forgotten", []string{"search/claimants"}, asking(func(q *store.SearchQuery) { q.Shared = nil })},
		{"Shared selects", []string{"search/claimants", "search/nobody's"}, asking(func(q *store.SearchQuery) { q.Inboxes = append(slices.Clone(q.Inboxes), q.Shared...) })},
		{"nobody's messages are everybody's", []string{"search/nobody's"}, asking(func(q *store.SearchQuery) {
			if len(q.Inboxes) == 0 && q.User == "" && len(q.Teams) == 0 {
				q.Inboxes = []store.InboxID{support, sales}
			}
		})},
		{"a team is forgotten where there is a user", []string{"search/inbox, user or team"}, asking(func(q *store.SearchQuery) {
			if q.User != "" {
				q.Teams = nil
			}
		})},
		{"only the newest thousand are looked at", []string{"search/few among many", "search/many among more"}, searches(newestThousand)},
		{"the conversation is ignored", []string{"search/in a conversation"}, asking(func(q *store.SearchQuery) { q.Conversation = 0 })},
		{"in a conversation everybody sees everything", []string{"search/in a conversation"}, asking(func(q *store.SearchQuery) {
			if q.Conversation != 0 {
				q.Inboxes = []store.InboxID{support, sales}
			}
		})},
		{"the inbox is ignored", []string{"search/in an inbox"}, asking(func(q *store.SearchQuery) { q.Inbox = "" })},
		{"the inbox is an alternative", []string{"search/in an inbox"}, asking(func(q *store.SearchQuery) {
			if q.Inbox != "" {
				q.Inboxes, q.Inbox = append(slices.Clone(q.Inboxes), q.Inbox), ""
			}
		})},
		{"far times are an error", []string{"search/in far times"}, searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
			if q.Since.Year() < -4712 || q.Until.Year() > 294_275 {
				return nil, errors.New("timestamp out of range")
			}
			return tx.SearchMessages(q)
		})},
		{"far times wrap around", []string{"search/in far times"}, asking(func(q *store.SearchQuery) {
			if !q.Until.IsZero() {
				q.Until = time.UnixMicro(q.Until.Unix() * 1_000_000)
			}
		})},
		{"there are too many parameters", []string{"search/a great many at once"}, searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
			ms, err := tx.SearchMessages(q)
			if len(ms) > 999 {
				return nil, errors.New("too many SQL variables")
			}
			return ms, err
		})},
		{"what was imported is not in the index", []string{"search/after an Import"}, func(m *mutant) {
			imported := false
			m.imports = func(ctx context.Context, fn func(store.Target) error) error {
				imported = true
				return m.Store.Import(ctx, fn)
			}
			missing(func(store.SearchQuery, store.Message) bool { return imported })(m)
		}},
		{"an Update finds what was there a while ago", []string{"search/beside writers"}, func(m *mutant) {
			var mu sync.Mutex
			early := make(map[string]int)
			missing(func(q store.SearchQuery, _ store.Message) bool {
				mu.Lock()
				defer mu.Unlock()
				early[q.Text]++
				return early[q.Text] == 1
			})(m)
		}},
		{"Since is not included", []string{"search/in a time"}, asking(func(q *store.SearchQuery) {
			if !q.Since.IsZero() {
				q.Since = q.Since.Add(time.Microsecond)
			}
		})},
		{"Until is included", []string{"search/in a time"}, asking(func(q *store.SearchQuery) {
			if !q.Until.IsZero() {
				q.Until = q.Until.Add(time.Microsecond)
			}
		})},
		{"searches mix accounts", []string{"search/accounts apart"}, searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
			q.Account = acme
			a, err1 := tx.SearchMessages(q)
			q.Account = globex
			b, err2 := tx.SearchMessages(q)
			return append(a, b...), errors.Join(err1, err2)
		})},
		{"notes are not found", []string{"search/notes and answers"}, missing(func(_ store.SearchQuery, m store.Message) bool { return m.Direction == store.Note })},
		{"a part of a message is missing in what is found", []string{"search/newest first"}, searches(func(tx store.Tx, q store.SearchQuery) ([]store.Message, error) {
			ms, err := tx.SearchMessages(q)
			for i := range ms {
				ms[i].Extras = nil
			}
			return ms, err
		})},
		{"messages are found by what they were", []string{"search/after changes", "search/rolled back"}, func(m *mutant) {
			texts := make(map[store.MessageID][]string)
			m.tx = func(tx store.Tx) store.Tx { return remembers{tx, texts} }
		}},
		{"a search does not see its own transaction", []string{"search/in the same transaction"},
			inTx(func(tx store.Tx) store.Tx { return hides{tx, make(map[store.MessageID]bool)} })},
		{"who took part at first sees it for ever", []string{"search/who takes part changes"}, func(m *mutant) {
			users := make(map[store.ConversationID][]store.UserID)
			m.tx = func(tx store.Tx) store.Tx { return firstUsers{tx, users} }
		}},
	}
}
