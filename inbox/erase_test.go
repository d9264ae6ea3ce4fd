package inbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// secretOf makes a secret that a test knows again.
func secretOf(c byte) []byte { return bytes.Repeat([]byte{c}, compliance.MinPseudonymSecret) }

// request is a wish to be erased.
var request = inbox.Erasure{Actor: "carol", Reason: "their request of January 5, ticket 4711"}

func of(e inbox.Erasure, a channel.Address) inbox.Erasure {
	e.Address = a
	return e
}

// personal is what nothing may be left of: the customer's number, however it is
// written, their name and id, and words that are in all they wrote and got.
var personal = []string{"4155550123", "Alicia", "US.7777", "xylophone", "Quokka"}

// remains returns what is left of what is personal in a store.
func remains(t *testing.T, s store.Store, words ...string) []string {
	t.Helper()
	var left []string
	err := s.(store.Porter).Export(t.Context(), func(src store.Source) error {
		for b, err := range src.Batches() {
			if err != nil {
				return err
			}
			text, err := json.Marshal(b)
			if err != nil {
				return err
			}
			for _, w := range words {
				if i := bytes.Index(text, []byte(w)); i >= 0 {
					left = append(left, fmt.Sprintf("%s in …%s…", w, text[max(0, i-300):min(len(text), i+100)]))
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

func requireClean(t *testing.T, s store.Store) {
	t.Helper()
	if left := remains(t, s, personal...); len(left) > 0 {
		t.Errorf("there is left:\n%s", strings.Join(left, "\n"))
	}
}

// life is all that there may be about a customer: text, files, parameters, a name,
// an answer, a template, a note, a stray, words of consent, in both media.
func life(t *testing.T, cfg inboxtest.Config) *talk {
	t.Helper()
	cfg.Inbox.PseudonymSecrets = append(cfg.Inbox.PseudonymSecrets, secretOf(1))
	h := inboxtest.New(t, cfg)
	k := &talk{Harness: h, t: t, customer: h.Phone(alicesCustomer)}
	k.customer.SendMessage(channel.Inbound{
		Text: "The xylophone has come", ProfileName: "Alicia Quokka", Region: "US", Raw: map[string]string{"Caller": "Alicia"},
		Media: []channel.Media{{URL: "https://example.com/xylophone", ContentType: "image/png"}},
	})
	k.conv = k.customer.Conversation()
	k.reply("Dear Alicia, how is the xylophone?")
	if _, err := k.Agent("bob").Note(t.Context(), k.conv, "Alicia Quokka calls from +1 (415) 555-0123, her xylophone", "note about 4155550123"); err != nil {
		t.Fatal(err)
	}
	h.Phone("whatsapp:" + alicesCustomer).SendMessage(channel.Inbound{Text: "A Quokka here", ProfileName: "Alicia", UserID: "US.7777"})
	h.Settle()
	if _, err := h.Inbox.Receive(t.Context(), "simulated", channel.Inbound{ProviderID: "stray", From: alicesCustomer, To: "+14155550199", Text: "xylophone?"}); err != nil {
		t.Fatal(err)
	}
	_, err := h.Admin().RecordConsent(t.Context(), inbox.ConsentRecord{Actor: "bob", RequestKey: "Quokka", Statement: compliance.Statement{
		Address: alicesCustomer, Kind: compliance.OptIn, OccurredAt: h.Now(), Via: compliance.ViaVoice, Text: "Alicia says yes", Evidence: "call of Alicia", Reason: "Alicia",
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Inbox.Consent(t.Context(), "simulated", channel.ConsentUpdate{
		From: alicesCustomer, To: inboxtest.SupportNumber, Change: channel.MarketingStopped, At: h.Now(), Code: "stop", Reason: "Alicia Quokka, +14155550123, wants no offers",
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Advance(time.Minute)
	k.customer.Send("Stop with the xylophone")
	k.customer.Send("STOP")
	h.Settle()
	return k
}

// stores are those with which the promises of erasure are tested here; the others
// do the same, see internal/parity.
var stores = map[string]func(t *testing.T) (inboxtest.Config, func()){
	"memory": func(*testing.T) (inboxtest.Config, func()) { return inboxtest.Config{}, func() {} },
	"sqlite": func(t *testing.T) (inboxtest.Config, func()) {
		path := filepath.Join(t.TempDir(), "inbox.db")
		s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return inboxtest.Config{Inbox: inbox.Config{Store: s}}, func() {
			t.Helper()
			if err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, suffix := range []string{"", "-wal"} {
				file, err := os.ReadFile(path + suffix)
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range append([]string{"xylophone", "quokka", "alicia"}, personal...) {
					if bytes.Contains(file, []byte(w)) {
						t.Errorf("the file inbox.db%s has %q", suffix, w)
					}
				}
			}
		}
	},
}

func TestEraseContact(t *testing.T) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			cfg, requireFileClean := open(t)
			k := life(t, cfg)
			for _, w := range personal {
				if len(remains(t, k.Store, w)) == 0 {
					t.Fatalf("there is no %s to erase", w)
				}
			}
			before := messagesOf(t, k.Harness, k.conv)
			contact := contactAt(t, k, alicesCustomer)

			e := request
			e.Contact = contact.ID
			told := 0
			e.Progress = func(inbox.ErasureReport) { told++ }
			report, err := k.Admin().EraseContact(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if report.Conversations == 0 || report.Strays != 1 || int(report.Messages) < len(before) || told < 3 {
				t.Errorf("reported is %+v, in %d steps", report, told)
			}
			whatsApp, err := k.Admin().EraseContact(t.Context(), of(request, "whatsapp:"+alicesCustomer))
			if err != nil || whatsApp.Addresses != 2 { // the number and the user id
				t.Errorf("on WhatsApp: %+v, %v", whatsApp, err)
			}
			requireClean(t, k.Store)
			requireFileClean()

			// What was said is gone, that it was is not.
			after := messagesOf(t, k.Harness, k.conv)
			if len(after) != len(before) {
				t.Fatalf("there are %d messages, there were %d", len(after), len(before))
			}
			for i, m := range after {
				had := before[i]
				if m.ID != had.ID || m.Direction != had.Direction || m.State != had.State || m.Purpose != had.Purpose || m.Kind != had.Kind ||
					!m.CreatedAt.Equal(had.CreatedAt) || m.Author != had.Author || m.ProviderID != had.ProviderID || m.ErasedAt.IsZero() ||
					(m.Decision == nil) != (had.Decision == nil) || m.Decision != nil && m.Decision.Verdict != had.Decision.Verdict {
					t.Errorf("of %+v is left %+v", had, m)
				}
			}
			for _, word := range []string{"xylophone", "Alicia", "4155550123", "stop"} {
				found, err := k.Agent("alice").Search(t.Context(), inbox.SearchQuery{Text: word})
				if err != nil || len(found) > 0 {
					t.Errorf("a search for %q finds %+v, %v", word, found, err)
				}
			}
			if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "still there?"}); !errors.Is(err, inbox.ErrBlocked) {
				t.Errorf("a reply to nobody: %v", err)
			}

			// The chain holds, and says what happened.
			for _, address := range []channel.Address{alicesCustomer, "whatsapp:" + alicesCustomer, "whatsapp:US.7777"} {
				ev, err := k.Admin().Evidence(t.Context(), address)
				if err != nil {
					t.Fatal(err)
				}
				if err := ev.Verify(); err != nil {
					t.Errorf("%s: %v", address, err)
				}
				last := ev.Consent[len(ev.Consent)-1]
				if n := len(last.Entries); n == 0 || last.Entries[n-1].Kind != compliance.Erased || last.Entries[n-1].Actor != "carol" || last.Entries[n-1].Reason != request.Reason {
					t.Errorf("%s: the ledger has %+v", address, last.Entries)
				}
			}
			requireRepeated(t, k, e)
			requireRepeated(t, k, of(request, "whatsapp:US.7777"))

			// The person writes again.
			sent := len(k.customer.Messages())
			k.customer.Send("Hello again")
			k.Advance(time.Minute)
			if got := k.customer.Messages(); len(got) != sent+1 {
				t.Errorf("who has opted out got an answer: %+v", got[sent:])
			}
			k.conv = k.customer.Conversation()
			if v, err := k.Agent("alice").Conversation(t.Context(), k.conv); err != nil || !v.OptedOut || v.Contact.ID == contact.ID || v.Contact.Name != "" {
				t.Errorf("the conversation is shown as %+v, %v", v, err)
			}
			if _, err := k.Agent("alice").Reply(t.Context(), k.conv, inbox.Draft{Text: "Buy!", Purpose: compliance.Marketing}); !errors.Is(err, inbox.ErrBlocked) {
				t.Errorf("a reply to somebody who had opted out: %v", err)
			}
			list := "address,kind,occurred_at,via,text,evidence\n+14155550123,opt_in,2026-01-05T09:00:00Z,web_form,Yes,form 12\n"
			if r := importOf(t, k.Harness, list); r.Refused != 1 {
				t.Errorf("a list made an opt-in of it: %+v", r)
			}
			// Their own act ends it.
			k.customer.Send("START")
			k.Settle()
			if v, err := k.Agent("alice").Conversation(t.Context(), k.conv); err != nil || v.OptedOut {
				t.Errorf("after START: %+v, %v", v, err)
			}
		})
	}
}

func contactAt(t *testing.T, k *talk, a channel.Address) store.Contact {
	t.Helper()
	var c store.Contact
	err := k.Store.View(t.Context(), func(tx store.Tx) (err error) {
		c, err = store.One(tx.ContactsAt(store.IdentityOf(inbox.DefaultAccount, a)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// requireRepeated checks that an erasure that is done again does nothing.
func requireRepeated(t *testing.T, k *talk, e inbox.Erasure) {
	t.Helper()
	sum, err := store.Checksum(t.Context(), k.Store, nil)
	if err != nil {
		t.Fatal(err)
	}
	report, err := k.Admin().EraseContact(t.Context(), e)
	if err != nil || report != (inbox.ErasureReport{}) {
		t.Errorf("a second time: %+v, %v", report, err)
	}
	if again, err := store.Checksum(t.Context(), k.Store, nil); err != nil || !reflect.DeepEqual(again, sum) {
		t.Errorf("a second time changed something, %v", err)
	}
}

// dying is a store whose process dies at the nth Update: before it, or after it has
// committed, which nobody hears.
type dying struct {
	store.Porter
	n     int
	after bool
}

var errDies = errors.New("deliberate: the process has died")

func (s *dying) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.n--
	switch {
	case s.n > 0 || s.n < -1000:
	case s.n < 0 || !s.after:
		return errDies
	default:
		return errors.Join(s.Porter.Update(ctx, fn), errDies)
	}
	return s.Porter.Update(ctx, fn)
}

// However often a process dies in the middle, the next one goes on.
func TestErasureGoesOnWhereItDied(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			db := &dying{Porter: memory.New(), n: 1 << 30, after: after}
			k := life(t, inboxtest.Config{Inbox: inbox.Config{Store: db}})
			e := of(request, alicesCustomer)
			db.n = n
			_, err := k.Admin().EraseContact(t.Context(), e)
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
			for _, e := range []inbox.Erasure{e, of(request, "whatsapp:"+alicesCustomer)} {
				if _, err := k.Admin().EraseContact(t.Context(), e); err != nil {
					t.Fatalf("after it died at transaction %d: %v", n, err)
				}
			}
			requireClean(t, k.Store)
			if ev, err := k.Admin().Evidence(t.Context(), alicesCustomer); err != nil || ev.Verify() != nil {
				t.Errorf("after it died at transaction %d: %v, %v", n, err, ev.Verify())
			}
		}
	}
}

// What is written while an erasure goes on is somebody's of whom nothing is known.
func TestErasureBesideAMessage(t *testing.T) {
	k := life(t, inboxtest.Config{})
	e := of(request, alicesCustomer)
	steps := 0
	e.Progress = func(inbox.ErasureReport) {
		steps++
		_, err := k.Inbox.Receive(t.Context(), "simulated", channel.Inbound{
			ProviderID: fmt.Sprint("meanwhile ", steps), From: alicesCustomer, To: inboxtest.SupportNumber, Text: fmt.Sprint("meanwhile ", steps),
		})
		if err != nil {
			t.Error(err)
		}
	}
	old := k.conv
	if _, err := k.Admin().EraseContact(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	k.conv = k.customer.Conversation()
	got := messagesOf(t, k.Harness, k.conv)
	if k.conv == old || len(got) != steps || got[0].Text != "meanwhile 1" || got[0].From != alicesCustomer {
		t.Errorf("of %d messages there are %+v", steps, got)
	}
	for _, m := range messagesOf(t, k.Harness, old) {
		if m.Text != "" || m.ErasedAt.IsZero() {
			t.Errorf("the old conversation has %+v", m)
		}
	}
	if v, err := k.Agent("alice").Conversation(t.Context(), k.conv); err != nil || !v.OptedOut {
		t.Errorf("the opt-out does not hold: %+v, %v", v, err)
	}
}

// What waits to be sent is not; what is being sent ends as it ends, and nobody is
// asked about it with what was erased.
func TestErasureBesideASend(t *testing.T) {
	for outcome, fault := range map[store.State]simulated.Fault{
		store.StateDelivered:   {},
		store.StateUnconfirmed: {Kind: simulated.Lost},
		store.StateRejected:    {Kind: simulated.Rejected, Code: "1", Reason: "the number +14155550123 does not exist"},
		store.StateBlocked:     {Kind: simulated.Refused, Reason: "too much for +14155550123"},
	} {
		t.Run(string(outcome), func(t *testing.T) {
			erase := func() {}
			cfg := inboxtest.Config{
				Inbox:   inbox.Config{PseudonymSecrets: [][]byte{secretOf(1)}},
				Carrier: simulated.Config{Hook: func(context.Context, channel.Outbound) simulated.Fault { erase(); return fault }},
			}
			h := inboxtest.New(t, cfg)
			k := &talk{Harness: h, t: t, customer: h.Phone(alicesCustomer)}
			faulty := fault
			fault = simulated.Fault{}
			k.customer.Send("A xylophone for Alicia")
			k.conv = k.customer.Conversation()
			fault = faulty
			var report inbox.ErasureReport
			erased := false
			erase = func() {
				if erased {
					t.Error("something is sent to somebody who was erased")
					return
				}
				erased = true
				var err error
				if report, err = k.Admin().EraseContact(t.Context(), of(request, alicesCustomer)); err != nil {
					t.Error(err)
				}
			}
			first, second := k.reply("Dear Alicia, the first"), k.reply("Dear Alicia, the second")
			k.Settle()
			k.Advance(3 * time.Hour)
			if m := k.message(first.ID); m.State != outcome || m.Text != "" || m.Reason != "" && outcome != store.StateBlocked {
				t.Errorf("what was being sent is %+v, want %s", m, outcome)
			}
			if m := k.message(second.ID); m.State != store.StateCanceled || m.Text != "" {
				t.Errorf("what waited is %+v", m)
			}
			if report.Canceled != 1 {
				t.Errorf("reported is %+v", report)
			}
			requireClean(t, k.Store)
			if err := k.Agent("alice").Resend(t.Context(), first.ID); err == nil {
				t.Error("it is sent again to somebody who was erased")
			}
			err := k.Store.View(t.Context(), func(tx store.Tx) error {
				owed, err := tx.Tasks(k.conv)
				if len(owed) > 0 {
					t.Errorf("the conversation owes %+v", owed)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Nobody can decide any more about what holds.
func TestErasureOfWhatHolds(t *testing.T) {
	k := newHeld(t, inboxtest.Config{Inbox: inbox.Config{PseudonymSecrets: [][]byte{secretOf(1)}}})
	if _, err := k.Admin().EraseContact(t.Context(), of(request, alicesCustomer)); err != nil {
		t.Fatal(err)
	}
	ev, err := k.Admin().Evidence(t.Context(), alicesCustomer)
	if err != nil || ev.Verify() != nil {
		t.Fatal(err, ev.Verify())
	}
	if s := ev.Consent[1].State; !s.OptedOut || s.Source != compliance.FromOperator {
		t.Errorf("what stands is %+v", s)
	}
	k.Advance(48 * time.Hour) // its deadline passes
	if n := len(ev.Consent[1].Entries); n != 3 {
		t.Errorf("the ledger has %d entries, want what held, the opt-out and the erasure", n)
	}
}

// The webhook of a message that was fetched may come when the message was erased. If
// it alone says that it was an opt-out, the opt-out holds, and nothing else is kept.
func TestOptOutThatIsKnownOnlyAfterTheErasure(t *testing.T) {
	for name, open := range stores {
		for _, returned := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, returned %t", name, returned), func(t *testing.T) {
				cfg, _ := open(t)
				cfg.Inbox.PseudonymSecrets = [][]byte{secretOf(1)}
				h := inboxtest.New(t, cfg)
				k := &talk{Harness: h, t: t, customer: h.Phone(alicesCustomer)}
				m := channel.Inbound{ProviderID: "SM1", From: alicesCustomer, To: inboxtest.SupportNumber, Text: "No xylophone, Alicia Quokka", SentAt: h.Now()}
				listed := m
				listed.Late = true
				fetched, err := h.Inbox.Receive(t.Context(), "simulated", listed)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := h.Admin().EraseContact(t.Context(), of(request, alicesCustomer)); err != nil {
					t.Fatal(err)
				}
				if returned {
					k.customer.Send("hello")
					k.conv = k.customer.Conversation()
					h.Settle()
				}
				told := h.Events()
				m.Keyword = channel.KeywordStop
				for range 2 {
					if a, err := h.Inbox.Receive(t.Context(), "simulated", m); err != nil || !a.Duplicate || a.Message != fetched.Message {
						t.Fatalf("%+v, %v", a, err)
					}
				}
				optOuts := 0
				for _, e := range h.Events()[len(told):] {
					if e.Type == store.ContactOptedOut && e.Conversation == k.conv {
						optOuts++
					}
				}
				if returned != (optOuts == 1) {
					t.Errorf("the team of the conversation was told of %d opt-outs", optOuts)
				}
				if left := remains(t, h.Store, "Alicia", "xylophone"); len(left) > 0 {
					t.Errorf("there is left %v", left)
				}
				ev, err := h.Admin().Evidence(t.Context(), alicesCustomer)
				if err != nil || ev.Verify() != nil {
					t.Fatal(err, ev.Verify())
				}
				entries := ev.Consent[len(ev.Consent)-1].Entries
				last := entries[len(entries)-1]
				if len(entries) != 2 || last.Kind != compliance.OptOut || last.Message != fetched.Message.String() || last.Text != "" || !last.Key.Pseudonymous() {
					t.Errorf("the ledger has %+v", entries)
				}
				if got := messagesOf(t, h, fetched.Conversation)[0]; got.Kind != compliance.OptOut || got.Text != "" || got.Extras != nil {
					t.Errorf("the message is %+v", got)
				}
				if !returned {
					k.customer.Send("hello")
					k.conv = k.customer.Conversation()
				}
				if v, err := h.Agent("alice").Conversation(t.Context(), k.conv); err != nil || !v.OptedOut {
					t.Errorf("the conversation is shown as %+v, %v", v, err)
				}
			})
		}
	}
}

// Who comes back can be erased again, also after the secret was changed, and their
// opt-out from the first time holds.
func TestErasedTwice(t *testing.T) {
	db := memory.New()
	engine := func(secrets ...[]byte) *talk {
		h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Store: db, PseudonymSecrets: secrets}})
		return &talk{Harness: h, t: t, customer: h.Phone(alicesCustomer)}
	}
	k := engine(secretOf(1))
	k.customer.Send("STOP")
	k.Settle()
	for n, secrets := range [][][]byte{{secretOf(1)}, {secretOf(1)}, {secretOf(2), secretOf(1)}, {secretOf(3), secretOf(2), secretOf(1)}} {
		k = engine(secrets...)
		got, err := k.Inbox.Receive(t.Context(), "simulated", channel.Inbound{
			ProviderID: fmt.Sprint("time ", n), From: alicesCustomer, To: inboxtest.SupportNumber, Text: "A xylophone of Alicia",
		})
		if err != nil {
			t.Fatal(err)
		}
		k.Settle()
		conv := got.Conversation
		if v, err := k.Agent("alice").Conversation(t.Context(), conv); err != nil || !v.OptedOut {
			t.Errorf("with %d secrets it is shown as %+v, %v", len(secrets), v, err)
		}
		if _, err := k.Admin().EraseContact(t.Context(), of(request, alicesCustomer)); err != nil {
			t.Fatal(err)
		}
		requireClean(t, db)
	}
	ev, err := k.Admin().Evidence(t.Context(), alicesCustomer)
	if err != nil || ev.Verify() != nil {
		t.Fatal(err, ev.Verify())
	}
	if len(ev.Consent) != 5 { // the number's own and one for each time
		t.Errorf("there are %d chains: %+v", len(ev.Consent), ev.Consent)
	}
	// Without the secrets nobody is found: that is what they are for.
	k = engine(secretOf(9))
	if _, err := k.Admin().Evidence(t.Context(), alicesCustomer); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("with another secret: %v", err)
	}
}

// The ledger may know somebody who has never written.
func TestErasureOfAStranger(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{PseudonymSecrets: [][]byte{secretOf(1)}}})
	list := suppressions(3)
	importOf(t, h, list)
	line := strings.Split(strings.Split(list, "\n")[1], ",")
	stranger := channel.Address(line[0])
	if _, err := h.Admin().EraseContact(t.Context(), of(request, stranger)); err != nil {
		t.Fatal(err)
	}
	if left := remains(t, h.Store, string(stranger)[1:]); len(left) > 0 {
		t.Errorf("there is left %v", left)
	}
	requireRepeated(t, &talk{Harness: h, t: t}, of(request, stranger))
	h.Phone(stranger).Send("hello")
	h.RequireNothingSent(stranger)
	// Nobody's words are in the list, so that it is known again.
	if r := importOf(t, h, list); r.Added != 0 || r.Known != 3 {
		t.Errorf("the list again: %+v", r)
	}
}

func TestErasureNamesWhatIsWrong(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	_, err := h.Admin().EraseContact(t.Context(), inbox.Erasure{})
	for _, field := range []string{"Erasure.Actor", "Erasure.Reason", "Erasure.Contact", "Config.PseudonymSecrets"} {
		if !errors.Is(err, inbox.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not named: %v", field, err)
		}
	}
	if _, err := h.Admin().EraseContact(t.Context(), of(request, "+1 call me")); err == nil || !strings.Contains(err.Error(), "Erasure.Address") {
		t.Errorf("no address: %v", err)
	}
	_, err = inbox.New(inbox.Config{Store: h.Store, Channels: []channel.Channel{h.Carrier}, PseudonymSecrets: [][]byte{secretOf(1), []byte("short")}})
	if err == nil || !strings.Contains(err.Error(), "Config.PseudonymSecrets[1] has 5 bytes") {
		t.Errorf("a short secret: %v", err)
	}
	h = inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{PseudonymSecrets: [][]byte{secretOf(1)}}})
	for _, e := range []inbox.Erasure{of(request, daves), {Contact: 1 << 40, Actor: "carol", Reason: "why"}} {
		if _, err := h.Admin().EraseContact(t.Context(), e); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
	}
	// Another account's customer is nobody's here.
	h.Phone(alicesCustomer).Send("hello")
	contact := contactAt(t, &talk{Harness: h, t: t}, alicesCustomer)
	_, err = h.Inbox.Admin("other").EraseContact(t.Context(), inbox.Erasure{Contact: contact.ID, Actor: "carol", Reason: "why"})
	if !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("another account's: %v", err)
	}
	if !slices.Contains(contactAt(t, &talk{Harness: h, t: t}, alicesCustomer).Addresses, alicesCustomer) {
		t.Error("another account's customer was erased")
	}
}
