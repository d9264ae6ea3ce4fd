package sqlite

import (
	"context"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/search"
)

// methods calls every method of a transaction in every way that has a
// statement of its own.
var methods = map[string]func(tx store.Tx) error{
	"NewID":            func(tx store.Tx) error { _, err := tx.NewID(); return err },
	"DirectoryVersion": func(tx store.Tx) error { _, err := tx.DirectoryVersion(); return err },
	"Accounts":         func(tx store.Tx) error { _, err := tx.Accounts(); return err },
	"Inboxes":          func(tx store.Tx) error { _, err := tx.Inboxes("a"); return err },
	"Teams":            func(tx store.Tx) error { _, err := tx.Teams("a"); return err },
	"Users":            func(tx store.Tx) error { _, err := tx.Users("a"); return err },
	"InboxesAt":        func(tx store.Tx) error { _, err := tx.InboxesAt(store.Endpoint{Channel: "sms"}); return err },
	"PutAccounts": func(tx store.Tx) error {
		return twice(func(v int64) error { return tx.PutAccounts(store.Account{ID: "a", Version: v}) })
	},
	"PutInboxes": func(tx store.Tx) error {
		return twice(func(v int64) error {
			return tx.PutInboxes(store.Inbox{Account: "a", ID: "i", Endpoints: []store.Endpoint{{Channel: "sms", Address: "+1"}}, Version: v})
		})
	},
	"PutTeams": func(tx store.Tx) error {
		return twice(func(v int64) error { return tx.PutTeams(store.Team{ID: "t", Version: v}) })
	},
	"PutUsers": func(tx store.Tx) error {
		return twice(func(v int64) error { return tx.PutUsers(store.User{ID: "u", Version: v}) })
	},

	"Contacts":   func(tx store.Tx) error { return chunked(tx.Contacts) },
	"ContactsAt": func(tx store.Tx) error { _, err := tx.ContactsAt(store.Identity{}); return err },
	"PutContacts": func(tx store.Tx) error {
		return twice(func(v int64) error {
			return tx.PutContacts(store.Contact{ID: 1, Addresses: [][]channel.Address{{"+1"}, {"+2"}}[v], Version: v})
		})
	},

	"Conversations":   func(tx store.Tx) error { return chunked(tx.Conversations) },
	"ConversationsIn": func(tx store.Tx) error { _, err := tx.ConversationsIn(store.Thread{}); return err },
	"ListConversations": func(tx store.Tx) error {
		for _, claimants := range [][]store.UserID{nil, {"", "u"}, {"u"}} {
			for _, statuses := range [][]store.Status{nil, {store.Open}} {
				if _, err := tx.ListConversations(store.ConversationQuery{
					Account: "a", Inboxes: []store.InboxID{"i"}, User: "u", Teams: []store.TeamID{"t"},
					Claimants: claimants, Statuses: statuses, Limit: 10,
				}); err != nil {
					return err
				}
			}
		}
		return nil
	},
	"PutConversations": func(tx store.Tx) error {
		return twice(func(v int64) error {
			return tx.PutConversations(store.Conversation{ID: 1, Account: "a", Inbox: store.InboxID([]string{"i", "j"}[v]), Users: []store.UserID{"u"}, Version: v})
		})
	},
	"ReadMarks": func(tx store.Tx) error {
		return chunked(func(ids ...store.ConversationID) ([]store.ReadMark, error) { return tx.ReadMarks("a", "u", ids...) })
	},
	"CountUnread": func(tx store.Tx) error {
		_, err := tx.CountUnread(store.UnreadQuery{Account: "a", Inboxes: []store.InboxID{"i"}, User: "u", Teams: []store.TeamID{"t"}})
		return err
	},
	"PutReadMarks": func(tx store.Tx) error { return tx.PutReadMarks("a", store.ReadMark{}) },

	"Messages":          func(tx store.Tx) error { return chunked(tx.Messages) },
	"MessagesFrom":      func(tx store.Tx) error { _, err := tx.MessagesFrom(store.ProviderRef{}); return err },
	"MessagesByRequest": func(tx store.Tx) error { _, err := tx.MessagesByRequest("a", "k"); return err },
	"ListMessages": func(tx store.Tx) error {
		for _, q := range []store.MessageQuery{{}, {After: 1}, {Before: 1}} {
			if _, err := tx.ListMessages(q); err != nil {
				return err
			}
		}
		return nil
	},
	"SearchMessages": func(tx_ store.Tx) error {
		for _, within := range [][]store.ConversationID{nil, {1}} {
			for _, text := range []string{"a", "abc", `"abc def"`} {
				for _, since := range []time.Time{{}, time.Unix(0, 0)} {
					for _, err := range tx_.(*tx).Candidates(search.Wanted{Query: search.Parse(text), Account: "a", Since: since, Before: 10, Within: within}) {
						if err != nil {
							return err
						}
					}
				}
			}
		}
		if _, err := tx_.(*tx).indexPending(10); err != nil {
			return err
		}
		_, err := tx_.(*tx).indexOlder(10)
		return err
	},
	"PutMessages": func(tx store.Tx) error {
		return twice(func(v int64) error {
			return tx.PutMessages(store.Message{ID: 1, Seq: 1 + v, Text: []string{"a", "b"}[v], Version: v})
		})
	},

	"Tasks":         func(tx store.Tx) error { return chunked(tx.Tasks) },
	"TasksSetAside": func(tx store.Tx) error { _, err := tx.TasksSetAside("a", 10); return err },
	"PutTasks":      func(tx store.Tx) error { return tx.PutTasks(store.Task{ID: 1, Conversation: 1}) },
	"DeleteTasks":   func(tx store.Tx) error { return tx.DeleteTasks(2) },
	"NextDue":       func(tx store.Tx) error { _, _, err := tx.NextDue(); return err },
	"LeaseDue": func(tx store.Tx) error {
		_, err := tx.LeaseDue(store.LeaseQuery{Owner: "o", Now: time.UnixMicro(1), TTL: time.Hour, Limit: 10})
		return err
	},
	"Lease": func(tx store.Tx) error {
		for _, ttl := range []time.Duration{time.Hour, 2 * time.Hour} {
			if _, err := tx.Lease("o", ttl, 7); err != nil {
				return err
			}
		}
		return nil
	},
	"Leases":  func(tx store.Tx) error { return chunked(tx.Leases) },
	"Release": func(tx store.Tx) error { return tx.Release(store.Lease{Conversation: 7}) },

	"ConsentEntries": func(tx store.Tx) error { _, err := tx.ConsentEntries(compliance.Key{}); return err },
	"AppendConsent":  func(tx store.Tx) error { return tx.AppendConsent(compliance.Entry{ID: 1}) },

	"EraseConsent": func(tx store.Tx) error {
		return tx.EraseConsent(compliance.Key{}, compliance.Key{Identity: "erased"})
	},

	"EraseReasons": func(tx store.Tx) error {
		if err := tx.AppendEvents(store.Event{Account: "e", Detail: store.Detail{Reason: "why"}}); err != nil {
			return err
		}
		_, err := tx.EraseReasons(store.EventQuery{Account: "e", Limit: 10})
		return err
	},
	"AppendEvents": func(tx store.Tx) error { return tx.AppendEvents(store.Event{Account: "a"}) },
	"Events": func(tx store.Tx) error {
		for _, conversation := range []store.ConversationID{0, 1} {
			if _, err := tx.Events(store.EventQuery{Account: "b", Conversation: conversation, Limit: 10}); err != nil {
				return err
			}
		}
		return nil
	},
	"LastEvent": func(tx store.Tx) error { _, err := tx.LastEvent("a"); return err },
	"DeleteEvents": func(tx store.Tx) error {
		if err := tx.AppendEvents(store.Event{Account: "c"}); err != nil {
			return err
		}
		return tx.DeleteEvents("c", 1<<40)
	},

	"Strays":     func(tx store.Tx) error { return chunked(tx.Strays) },
	"StraysFrom": func(tx store.Tx) error { _, err := tx.StraysFrom(store.ProviderRef{}); return err },
	"Watermarks": func(tx store.Tx) error { _, err := tx.Watermarks("a"); return err },
	"PutWatermarks": func(tx store.Tx) error {
		return twice(func(v int64) error { return tx.PutWatermarks(store.Watermark{ID: "a", Version: v}) })
	},
	"ListStrays":    func(tx store.Tx) error { _, err := tx.ListStrays("a", 0, 10); return err },
	"WaitingStrays": func(tx store.Tx) error { _, err := tx.WaitingStrays("a", 10); return err },
	"PutStrays": func(tx store.Tx) error {
		return twice(func(v int64) error {
			return tx.PutStrays(store.Stray{ID: 1, Inbound: channel.Inbound{ProviderID: []string{"SM1", "SM2"}[v]}, Version: v})
		})
	},
}

// twice puts a record that is new and then one that replaces it.
func twice(put func(version int64) error) error {
	if err := put(0); err != nil {
		return err
	}
	return put(1)
}

// chunked reads by as many keys as each chunk takes.
func chunked[K ~int64, T any](read func(...K) ([]T, error)) error {
	for _, n := range chunks {
		if _, err := read(slices.Collect(func(yield func(K) bool) {
			for i := range n {
				if !yield(K(i + 1)) {
					return
				}
			}
		})...); err != nil {
			return err
		}
	}
	return nil
}

// smallTables may be read whole: they have few rows, or it is what is asked.
var smallTables = []string{"counters", "accounts", "statuses", "s", "CONSTANT ROW", "search_state", "search_pending", "p", "(subquery-2)", "r"}

// inOrder are walks along an index that end with the first row that counts.
var inOrder = []string{
	"SCAN k USING COVERING INDEX tasks_due",
	"SCAN search VIRTUAL TABLE INDEX 192:M1<>", // by tokens, then by id, downwards
	"SCAN search VIRTUAL TABLE INDEX 0:=",      // by id
	"SCAN json_each VIRTUAL TABLE INDEX 1:",    // what is in a parameter
}

var scan = regexp.MustCompile(`^SCAN (\S+(?: ROW)?)`)

// Every statement finds its rows by a key or an index, in the order that is
// asked for.
func TestEveryStatementUsesAnIndex(t *testing.T) {
	for m := range reflect.TypeFor[store.Tx]().Methods() {
		if methods[m.Name] == nil {
			t.Errorf("the statements of %s are not looked at", m.Name)
		}
	}
	s := openAt(t, newPath(t), Config{})
	update(t, s, func(tx store.Tx) error {
		for name, call := range methods {
			if err := call(tx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
	ctx := context.Background()
	c, err := s.writer.acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.release(c, true)
	looked := 0
	for text := range maps.Clone(c.statements) { // looking at plans adds more
		if strings.HasPrefix(text, "PRAGMA") || strings.HasPrefix(text, "BEGIN") || text == "COMMIT" || text == "ROLLBACK" || strings.Contains(text, "sqlite_schema") {
			continue
		}
		looked++
		for _, step := range plan(t, c, text) {
			sorted := strings.Contains(step, "TEMP B-TREE") && text != countUnread // which tells ids apart
			if found := scan.FindStringSubmatch(step); found != nil && !slices.Contains(smallTables, found[1]) && !slices.Contains(inOrder, step) || sorted {
				t.Errorf("%s\n\t%s", step, text)
			}
		}
	}
	if looked < len(methods) {
		t.Errorf("looked at %d statements only", looked)
	}
}

// plan returns the steps of SQLite's plan of a statement.
func plan(t *testing.T, c *conn, text string) []string {
	t.Helper()
	args := make([]any, 100) // more than there are parameters
	rows, err := c.query(context.Background(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%v\n\t%s", err, text)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var ignored int64
		var step string
		if err := rows.Scan(&ignored, &ignored, &ignored, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// The index of each hot query is the one that was made for it.
func TestPlansOfHotQueries(t *testing.T) {
	s := openAt(t, newPath(t), Config{})
	ctx := context.Background()
	c, err := s.writer.acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.release(c, true)
	for text, want := range map[string]string{
		inboxList:       "USING COVERING INDEX conversations_inbox (account=? AND inbox=? AND status=? AND last_at<?)",
		participantList: "USING PRIMARY KEY (account=? AND name=? AND status=? AND (last_at,conversation)<(?,?))",
		claimedList:     "USING INDEX conversations_claimed (account=? AND claimed_by=? AND status=? AND last_at<?)",
	} {
		if steps := plan(t, c, text); len(steps) != 1 || !strings.Contains(steps[0], want) {
			t.Errorf("%q\n\twant one step %s\n\t%s", steps, want, text)
		}
	}
}
