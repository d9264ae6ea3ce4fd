package inbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
	"github.com/teaminbox/teaminbox/store/postgres"
)

// month keeps words for 30 days.
var month = inbox.Retention{Days: 30, Actor: "carol"}

// everybody erases customers, too.
var everybody = inbox.Retention{Days: 30, Contacts: true, Actor: "carol"}

const year = 365 * 24 * time.Hour

// retentionStores are those with which the promises of retention are tested.
func retentionStores() map[string]func(t *testing.T) inboxtest.Config {
	return map[string]func(t *testing.T) inboxtest.Config{
		"memory": func(*testing.T) inboxtest.Config { return inboxtest.Config{} },
		"sqlite": func(t *testing.T) inboxtest.Config {
			cfg, _ := stores["sqlite"](t)
			return cfg
		},
		"postgres": func(t *testing.T) inboxtest.Config {
			db, err := postgres.Open(t.Context(), pgtest.Database(t), postgres.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			return inboxtest.Config{Inbox: inbox.Config{Store: db}}
		},
	}
}

// over is a life that is over: its conversations are closed, and somebody has
// decided about what belongs to no inbox.
func over(t *testing.T, cfg inboxtest.Config) *talk {
	t.Helper()
	k := life(t, cfg)
	alice := k.Agent("alice")
	views, err := alice.List(t.Context(), inbox.ListQuery{})
	if err != nil || len(views) != 2 {
		t.Fatalf("%d conversations, %v", len(views), err)
	}
	for _, v := range views {
		if err := alice.Close(t.Context(), v.ID); err != nil {
			t.Fatal(err)
		}
	}
	strays, err := alice.Strays(t.Context(), 0)
	if err != nil || len(strays) != 1 {
		t.Fatalf("%d strays, %v", len(strays), err)
	}
	if err := alice.DismissStray(t.Context(), strays[0].ID); err != nil {
		t.Fatal(err)
	}
	return k
}

// wordsLeft returns what is left of some words, but for contacts and the ledger.
func wordsLeft(t *testing.T, s store.Store, words ...string) []string {
	t.Helper()
	var left []string
	err := s.(store.Porter).Export(t.Context(), func(src store.Source) error {
		for b, err := range src.Batches() {
			if err != nil {
				return err
			}
			b.Contacts, b.Consent = nil, nil
			text, err := json.Marshal(b)
			if err != nil {
				return err
			}
			for _, w := range words {
				if i := strings.Index(string(text), w); i >= 0 {
					left = append(left, fmt.Sprintf("%s in …%s…", w, text[max(0, i-200):min(len(text), i+100)]))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// inWords are those of what was written, and not of who somebody is.
var inWords = []string{"xylophone", "Alicia", "Quokka"}

// retain retains, and checks that a trial says the same before and changes nothing,
// and that a repetition finds nothing to do.
func retain(t *testing.T, k *talk, r inbox.Retention) inbox.RetentionReport {
	t.Helper()
	trial := r
	trial.DryRun, trial.Progress = true, nil
	before := sumOf(t, k.Store)
	would, err := k.Admin().Retain(t.Context(), trial)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(sumOf(t, k.Store), before) {
		t.Error("the trial has changed something")
	}
	did, err := k.Admin().Retain(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if did != would {
		t.Errorf("it did %+v, and the trial said %+v", did, would)
	}
	after := sumOf(t, k.Store)
	again, err := k.Admin().Retain(t.Context(), r)
	if err != nil || again != (inbox.RetentionReport{Kept: again.Kept, Waiting: again.Waiting}) {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	if !reflect.DeepEqual(sumOf(t, k.Store), after) {
		t.Error("a second time changed something")
	}
	return did
}

func sumOf(t *testing.T, s store.Store) store.Report {
	t.Helper()
	sum, err := store.Checksum(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestRetain(t *testing.T) {
	for name, open := range retentionStores() {
		t.Run(name, func(t *testing.T) {
			k := over(t, open(t))
			k.Advance(30*24*time.Hour - 2*time.Minute)
			if r := retain(t, k, month); r != (inbox.RetentionReport{}) {
				t.Errorf("of what is younger: %+v", r)
			}
			k.Advance(24 * time.Hour)
			before := messagesOf(t, k.Harness, k.conv)
			entries := ledgerOf(t, k.Harness, alicesCustomer)
			contact := contactAt(t, k, alicesCustomer)
			r := retain(t, k, month)
			if r.Conversations != 2 || r.Messages < int64(len(before)) || r.Strays != 1 || r.Contacts+r.Kept+r.Waiting != 0 {
				t.Errorf("reported is %+v", r)
			}
			if left := wordsLeft(t, k.Store, inWords...); len(left) > 0 {
				t.Errorf("there is left:\n%s", strings.Join(left, "\n"))
			}
			for i, m := range messagesOf(t, k.Harness, k.conv) {
				had := before[i]
				if m.ID != had.ID || m.State != had.State || !m.CreatedAt.Equal(had.CreatedAt) || m.Author != had.Author || m.ProviderID != had.ProviderID ||
					m.From != had.From || m.To != had.To || !m.ErasedAt.Equal(k.Now()) || (m.Decision == nil) != (had.Decision == nil) ||
					m.Decision != nil && m.Decision.Verdict != had.Decision.Verdict {
					t.Errorf("of %+v is left %+v", had, m)
				}
			}
			if got := k.told(store.ConversationErased); len(got) != 2 || got[0].Actor.User != "carol" {
				t.Errorf("told is %+v", got)
			}
			if v, err := k.Agent("alice").Conversation(t.Context(), k.conv); err != nil || v.Preview != "" || !v.OptedOut {
				t.Errorf("the conversation is %+v, %v", v, err)
			}
			// Whoever it is, and what they have consented to, is known as before.
			if got := ledgerOf(t, k.Harness, alicesCustomer); !reflect.DeepEqual(got, entries) {
				t.Errorf("the ledger has %+v, it had %+v", got, entries)
			}
			if got := contactAt(t, k, alicesCustomer); !reflect.DeepEqual(got, contact) {
				t.Errorf("the customer is %+v, was %+v", got, contact)
			}
			if ev, err := k.Admin().Evidence(t.Context(), alicesCustomer); err != nil || ev.Verify() != nil {
				t.Error(err, ev.Verify())
			}
			for _, word := range inWords {
				if found, err := k.Agent("alice").Search(t.Context(), inbox.SearchQuery{Text: word}); err != nil || len(found) > 0 {
					t.Errorf("a search for %q finds %+v, %v", word, found, err)
				}
			}
			// It goes on, and is old again one day.
			k.customer.Send("A second xylophone")
			if err := k.Agent("alice").Close(t.Context(), k.conv); err != nil {
				t.Fatal(err)
			}
			k.Advance(20 * 24 * time.Hour)
			if r := retain(t, k, month); r != (inbox.RetentionReport{}) {
				t.Errorf("of what goes on: %+v", r)
			}
			k.Advance(20 * 24 * time.Hour)
			if r := retain(t, k, month); r.Conversations != 1 || r.Messages == 0 || len(wordsLeft(t, k.Store, inWords...)) > 0 {
				t.Errorf("the second time: %+v", r)
			}
		})
	}
}

// What is not done with stays, however old it is.
func TestRetainLeavesAlone(t *testing.T) {
	closed := func(t *testing.T, k *talk) {
		if err := k.Agent("alice").Close(t.Context(), k.conv); err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct {
		unsure bool // what becomes of what is sent, nobody can find out
		do     func(t *testing.T, k *talk)
		keep   func(store.Conversation) bool
		want   inbox.RetentionReport
	}{
		"what is open": {do: func(*testing.T, *talk) {}},
		"what is snoozed": {do: func(t *testing.T, k *talk) {
			if err := k.Agent("alice").Snooze(t.Context(), k.conv, k.Now().Add(300*24*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}},
		"what nobody knows of whether it was sent": {
			unsure: true,
			do: func(t *testing.T, k *talk) {
				k.reply("Here is your xylophone")
				k.Settle()
				closed(t, k)
			},
			want: inbox.RetentionReport{Waiting: 1},
		},
		"what is yet to be sent": {
			do: func(t *testing.T, k *talk) {
				_, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{
					Text: "The xylophone is paid for a year", Purpose: compliance.Transactional, Plan: store.Plan{NotBefore: k.Now().Add(300 * 24 * time.Hour)},
				})
				if err != nil {
					t.Fatal(err)
				}
				closed(t, k)
			},
			want: inbox.RetentionReport{Waiting: 1},
		},
		"what is under a legal hold": {
			do:   closed,
			keep: func(conv store.Conversation) bool { return conv.Theirs == alicesCustomer && conv.Contact != 0 },
			want: inbox.RetentionReport{Kept: 1},
		},
	} {
		t.Run(what, func(t *testing.T) {
			k := newTalk(t, inboxtest.Config{})
			if c.unsure {
				k, _ = newUnsureTalk(t, inbox.Config{})
			}
			c.do(t, k)
			k.Advance(60 * 24 * time.Hour)
			before := messagesOf(t, k.Harness, k.conv)
			r := month
			r.Keep = c.keep
			if got := retain(t, k, r); got != c.want {
				t.Errorf("reported is %+v, want %+v", got, c.want)
			}
			if got := messagesOf(t, k.Harness, k.conv); !reflect.DeepEqual(got, before) {
				t.Errorf("there is %+v, want %+v", got, before)
			}
		})
	}
}

// A message about which a person has yet to decide stays, also in what was closed.
func TestRetainLeavesAloneWhatHolds(t *testing.T) {
	cfg := inboxtest.Config{Inbox: inbox.Config{HoldTerm: 48 * time.Hour}}
	k := newHeld(t, cfg)
	if err := k.Agent("alice").Close(t.Context(), k.conv); err != nil {
		t.Fatal(err)
	}
	k.Advance(25 * time.Hour)
	r := month
	r.Days = 1
	if got := retain(t, k, r); got != (inbox.RetentionReport{Waiting: 1}) {
		t.Errorf("reported is %+v", got)
	}
	if m := k.last(); m.Text != unclear {
		t.Errorf("what holds is %+v", m)
	}
	k.Advance(48 * time.Hour) // its time passes
	if got := retain(t, k, r); got.Conversations != 1 {
		t.Errorf("reported is %+v", got)
	}
	if s := compliance.Fold(ledgerOf(t, k.Harness, alicesCustomer)); !s.OptedOut {
		t.Error("the opt-out is lost")
	}
}

// lengthen adds notes to a conversation, so that it is more than a batch.
func lengthen(t *testing.T, k *talk, notes int) {
	t.Helper()
	err := k.Store.Update(t.Context(), func(tx store.Tx) error {
		conv, err := store.One(tx.Conversations(k.conv))
		if err != nil {
			return err
		}
		for range notes {
			id, err := tx.NewID()
			if err != nil {
				return err
			}
			conv.LastSeq++
			err = tx.PutMessages(store.Message{
				ID: store.MessageID(id), Account: conv.Account, Conversation: conv.ID, Seq: conv.LastSeq, Direction: store.Note,
				Author: store.Author{Kind: store.ByUser, User: "bob"}, Text: "Quokka", CreatedAt: k.Now(),
			})
			if err != nil {
				return err
			}
		}
		return tx.PutConversations(conv)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// However often a process dies in the middle, the next one goes on.
func TestRetentionGoesOnWhereItDied(t *testing.T) {
	for _, r := range []inbox.Retention{month, everybody} {
		for _, after := range []bool{false, true} {
			for n := 1; ; n++ {
				db := &dying{Porter: memory.New(), n: 1 << 30, after: after}
				k := over(t, inboxtest.Config{Inbox: inbox.Config{Store: db}})
				lengthen(t, k, 250)
				k.Advance(11 * year)
				db.n = n
				_, err := k.Admin().Retain(t.Context(), r)
				if err == nil {
					if n < 6 {
						t.Errorf("it took %d transactions", n-1)
					}
					break
				}
				if !errors.Is(err, errDies) {
					t.Fatal(err)
				}
				db.n = 1 << 30
				k.Restart()
				retain(t, k, r)
				if r.Contacts {
					requireClean(t, k.Store)
				}
				if left := wordsLeft(t, k.Store, inWords...); len(left) > 0 {
					t.Errorf("after it died at transaction %d there is left:\n%s", n, strings.Join(left, "\n"))
				}
				if ev, err := k.Admin().Evidence(t.Context(), alicesCustomer); err != nil || ev.Verify() != nil {
					t.Errorf("after it died at transaction %d: %v, %v", n, err, ev.Verify())
				}
			}
		}
	}
}

// An erasure that somebody wanted, and that was cut off, is finished.
func TestRetentionFinishesAnErasure(t *testing.T) {
	for n := 2; ; n++ {
		db := &dying{Porter: memory.New(), n: 1 << 30}
		k := over(t, inboxtest.Config{Inbox: inbox.Config{Store: db}})
		db.n = n
		_, err := k.Admin().EraseContact(t.Context(), of(request, alicesCustomer))
		db.n = 1 << 30
		if err == nil {
			if n < 5 {
				t.Errorf("it took %d transactions", n-1)
			}
			break
		}
		k.Restart()
		if _, err := k.Admin().EraseContact(t.Context(), of(request, "whatsapp:"+alicesCustomer)); err != nil {
			t.Fatal(err)
		}
		k.Advance(60 * 24 * time.Hour)
		if r := retain(t, k, month); r.Contacts != 1 {
			t.Errorf("after it died at transaction %d: %+v", n, r)
		}
		requireClean(t, k.Store)
	}
}

// Customers go when the proof of what they consented to need not be kept any more,
// and their opt-outs stay.
func TestRetainContacts(t *testing.T) {
	for name, open := range retentionStores() {
		t.Run(name, func(t *testing.T) {
			k := over(t, open(t)) // by telephone from the US, on WhatsApp from nobody knows where
			k.Advance(3 * year)
			if r := retain(t, k, everybody); r.Contacts != 0 {
				t.Errorf("after three years: %+v", r)
			}
			k.Advance(2 * year)
			longer := everybody
			longer.EvidenceYears = 12
			if r := retain(t, k, longer); r.Contacts != 0 {
				t.Errorf("kept for 12 years: %+v", r)
			}
			held := everybody
			held.Keep = func(conv store.Conversation) bool { return conv.Theirs == alicesCustomer }
			if r := retain(t, k, held); r != (inbox.RetentionReport{Kept: 1}) {
				t.Errorf("under a legal hold: %+v", r)
			}
			if r := retain(t, k, everybody); r.Contacts != 1 {
				t.Errorf("after five years: %+v", r)
			}
			k.Advance(6 * year)
			if r := retain(t, k, everybody); r.Contacts != 1 {
				t.Errorf("after eleven: %+v", r)
			}
			requireClean(t, k.Store)
			ev, err := k.Admin().Evidence(t.Context(), alicesCustomer)
			if err != nil || ev.Verify() != nil {
				t.Fatal(err, ev.Verify())
			}
			last := ev.Consent[len(ev.Consent)-1]
			if e := last.Entries[len(last.Entries)-1]; e.Kind != compliance.Erased || e.Actor != "carol" || !strings.Contains(e.Reason, "30 days") || !last.State.OptedOut {
				t.Errorf("the ledger has %+v", last)
			}
			k.customer.Send("hello")
			if v, err := k.Agent("alice").Conversation(t.Context(), k.customer.Conversation()); err != nil || !v.OptedOut {
				t.Errorf("the conversation is shown as %+v, %v", v, err)
			}
		})
	}
}

// A customer who is heard of is kept: by an entry of the ledger, by something that
// waits, or by what they wrote to a number of no inbox.
func TestRetainKeepsWhoIsHeardOf(t *testing.T) {
	for what, do := range map[string]func(t *testing.T, k *talk){
		"a consent that was recorded": func(t *testing.T, k *talk) {
			_, err := k.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "bob", Statement: compliance.Statement{
				Address: alicesCustomer, Kind: compliance.OptIn, OccurredAt: k.Now(), Via: compliance.ViaVoice, Text: "yes", Evidence: "call 4711",
			}})
			if err != nil {
				t.Fatal(err)
			}
		},
		"a stray": func(t *testing.T, k *talk) {
			_, err := k.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "astray", From: alicesCustomer, To: "+14155550199", Text: "hello?"})
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{PseudonymSecrets: [][]byte{secretOf(1)}}})
			if err := k.Agent("alice").Close(t.Context(), k.conv); err != nil {
				t.Fatal(err)
			}
			k.Advance(11 * year)
			do(t, k)
			k.Advance(24 * time.Hour)
			if r := retain(t, k, everybody); r.Contacts != 0 || r.Conversations != 1 {
				t.Errorf("reported is %+v", r)
			}
			if c := contactAt(t, k, alicesCustomer); !slices.Contains(c.Addresses, alicesCustomer) {
				t.Errorf("the customer is %+v", c)
			}
		})
	}
}

// Who writes while it goes on is left alone from then on, and nothing that they
// write is lost.
func TestRetainBesideAMessage(t *testing.T) {
	for at := 1; ; at++ {
		k := over(t, inboxtest.Config{})
		k.Advance(11 * year)
		r := everybody
		steps := 0
		var got inbox.Acceptance
		r.Progress = func(inbox.RetentionReport) {
			if steps++; steps != at {
				return
			}
			for i, to := range []channel.Address{inboxtest.SupportNumber, "+14155550199"} {
				a, err := k.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: fmt.Sprint("meanwhile ", i), From: alicesCustomer, To: to, Text: "meanwhile"})
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					got = a
				}
			}
		}
		if _, err := k.Admin().Retain(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if steps < at {
			if at < 8 {
				t.Errorf("there were %d steps", steps)
			}
			return
		}
		all := messagesOf(t, k.Harness, got.Conversation)
		if m := all[len(all)-1]; m.Text != "meanwhile" || m.From != alicesCustomer || !m.ErasedAt.IsZero() {
			t.Errorf("at step %d: what was written is %+v", at, m)
		}
		strays, err := k.Agent("alice").Strays(t.Context(), 0)
		if err != nil || len(strays) != 1 || strays[0].Inbound.Text != "meanwhile" {
			t.Errorf("at step %d: strays are %+v, %v", at, strays, err)
		}
		if v, err := k.Agent("alice").Conversation(t.Context(), got.Conversation); err != nil || !v.OptedOut || v.Status != store.Open {
			t.Errorf("at step %d: the conversation is %+v, %v", at, v, err)
		}
	}
}

func TestRetentionNamesWhatIsWrong(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	_, err := h.Admin().Retain(t.Context(), inbox.Retention{EvidenceYears: 3, Contacts: true, Reason: "\x00"})
	for _, field := range []string{"Retention.Days", "Retention.EvidenceYears", "Retention.Actor", "Retention.Reason", "Config.PseudonymSecrets"} {
		if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not named: %v", field, err)
		}
	}
	h = inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{PseudonymSecrets: [][]byte{secretOf(1)}}})
	typo := h.Inbox.Admin("defualt")
	_, retained := typo.Retain(t.Context(), month)
	_, erased := typo.EraseContact(t.Context(), of(request, daves))
	for _, err := range []error{retained, erased} {
		if !errors.Is(err, inbox.ErrNotFound) || !strings.Contains(err.Error(), `account "defualt"`) {
			t.Errorf("of no account: %v", err)
		}
	}
	// What has come in before anybody has set anything up has an account.
	empty := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Store: memory.New()}})
	if r, err := empty.Admin().Retain(t.Context(), month); err != nil || r != (inbox.RetentionReport{}) {
		t.Errorf("of nothing: %+v, %v", r, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := h.Admin().Retain(ended, month); !errors.Is(err, context.Canceled) {
		t.Errorf("of an ended context: %v", err)
	}
}
