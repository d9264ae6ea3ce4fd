package inbox_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
)

// quiet is a harness that logs nothing.
func quiet(t testing.TB) *inboxtest.Harness {
	t.Helper()
	return inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Logger: slog.New(slog.DiscardHandler), OptOut: sellsFreely{}}})
}

// FuzzReceive takes arbitrary messages in. Each is either invalid, and then
// nothing is kept, or there afterwards, once, with everything that it had; and
// if it is an opt-out, nobody can write to the customer any more.
func FuzzReceive(f *testing.F) {
	const support, nobodys = string(inboxtest.SupportNumber), "+14155550199"
	f.Add("SM1", "+14155550123", support, "hello", "Erin", "", "x", 51.5, int64(0), false)
	f.Add("SM1", "sms: +1 (415) 555-0123", support, "Stop!", "", "", "", 0.0, int64(0), false)
	f.Add("SM1", "whatsapp:+14155550123", "whatsapp:"+support, "\xff\x00", "\xff", "US.1", "\xff", math.Copysign(0, -1), int64(1), true)
	f.Add("SM1", "whatsapp:US.1", "WhatsApp:"+support, "START", "\u202e", "US.1", "", 1e308, int64(-1), true)
	f.Add("\x00", "rcs:+14155550123", nobodys, "STOP", "", "::", "", 0.0, int64(1<<62), true)
	f.Add("", "+14155550123", support, "", "", "", "", 0.0, int64(0), false)
	f.Add("SM1", "+", support, strings.Repeat("x", 5000), "", "", "", 0.0, int64(0), false)
	f.Add("SM1", support, support, "hello", "", "", "", 0.0, int64(0), false)
	f.Fuzz(func(t *testing.T, providerID, from, to, text, name, userID, more string, degrees float64, micros int64, late bool) {
		h := quiet(t)
		m := channel.Inbound{
			ProviderID: providerID, From: channel.Address(from), To: channel.Address(to), Text: text, ProfileName: name, UserID: userID,
			Media: []channel.Media{{URL: more, ContentType: name}}, Location: &channel.Location{Latitude: degrees, Label: more},
			Problems: []string{more}, Raw: map[string]string{more: more}, SentAt: time.UnixMicro(micros).UTC(), Late: late,
		}
		theirs, fromErr := channel.ParseAddress(from)
		ours, toErr := channel.ParseAddress(to)
		got, err := h.Inbox.Receive(t.Context(), "simulated", m)
		if providerID == "" || fromErr != nil || toErr != nil {
			if !errors.Is(err, inbox.ErrInvalid) || len(h.Events()) > 0 {
				t.Errorf("%+v: %v, with %d events; want ErrInvalid and nothing kept", m, err, len(h.Events()))
			}
			return
		}
		if err != nil || got.Duplicate || (got.Stray != 0) == (got.Message != 0) {
			t.Fatalf("%+v became %+v, %v", m, got, err)
		}
		h.Settle()
		before := len(h.Events())
		again, err := h.Inbox.Receive(t.Context(), "simulated", m)
		h.Settle()
		if !again.Duplicate || again.Message != got.Message || again.Conversation != got.Conversation || again.Stray != got.Stray || err != nil || len(h.Events()) != before {
			t.Errorf("delivered again, %+v became %+v (%v) and %d events more", m, again, err, len(h.Events())-before)
		}
		m.From, m.To, m.Text, m.ProfileName = theirs, ours, strings.ToValidUTF8(text, "\ufffd"), strings.ToValidUTF8(name, "\ufffd")
		checkKept(t, h, m, got)
		if len(strings.TrimSpace(text)) > 0 && got.Message != 0 && (compliance.Standard{}).Classify(m, compliance.Context{}).Kind == compliance.OptOut {
			if _, err := h.Agent("alice").Reply(t.Context(), got.Conversation, inbox.Draft{Text: "But wait!"}); !errors.Is(err, inbox.ErrBlocked) {
				t.Errorf("after %q a reply ended with %v, want ErrBlocked", text, err)
			}
		}
	})
}

// checkKept checks that a message is in the store as it came in.
func checkKept(t *testing.T, h *inboxtest.Harness, m channel.Inbound, got inbox.Acceptance) {
	t.Helper()
	var strays []store.Stray
	var messages []store.Message
	err := h.Store.View(t.Context(), func(tx store.Tx) (err error) {
		ref := store.ProviderRef{Channel: "simulated", ProviderID: m.ProviderID}
		if strays, err = tx.StraysFrom(ref); err != nil {
			return err
		}
		messages, err = tx.MessagesFrom(ref)
		return err
	})
	if err != nil || len(strays)+len(messages) != 1 {
		t.Fatalf("%+v is kept as %d strays and %d messages, %v", m, len(strays), len(messages), err)
	}
	same := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateNaNs()}
	if got.Stray != 0 {
		if diff := cmp.Diff(m, strays[0].Inbound, same); diff != "" || strays[0].ID != got.Stray {
			t.Errorf("stray %v is kept as %v (-want +got):\n%s", got.Stray, strays[0].ID, diff)
		}
		return
	}
	kept := messages[0]
	if kept.ID != got.Message || kept.Conversation != got.Conversation || kept.From != m.From || kept.To != m.To || kept.Text != m.Text || kept.Extras == nil {
		t.Fatalf("%+v is kept as %+v", m, kept)
	}
	want := store.Extras{Media: m.Media, Location: m.Location, Problems: m.Problems, Raw: m.Raw, SentAt: m.SentAt, Late: m.Late}
	ids := cmpopts.IgnoreMapEntries(func(name, value string) bool { return name == "UserID" && value == m.UserID })
	if diff := cmp.Diff(want, *kept.Extras, same, ids); diff != "" {
		t.Errorf("what came with the text is kept differently (-want +got):\n%s", diff)
	}
}

// FuzzDraft lets alice send arbitrary replies and notes. Each is refused, and
// then nothing is kept, or there as it was written, and sent once.
func FuzzDraft(f *testing.F) {
	f.Add("On its way.", "", "", "", "", "one", int64(0))
	f.Add("hello\u202e", "https://example.com/a", "", "", "marketing", "", int64(1))
	f.Add("", "", "HX1", "{{1}}", "transactional", "k", int64(9))
	f.Add("\x1b[31m", "ftp://example.com", "", "", "compliance", strings.Repeat("k", 129), int64(-1))
	f.Add(" ", "//", "", "", "?", " k", int64(1<<62))
	f.Add(strings.Repeat("é", 1600), "", "", "", "", "é", int64(2))
	f.Fuzz(func(t *testing.T, text, media, template, variable, purpose, key string, seen int64) {
		h := quiet(t)
		customer := h.Phone(alicesCustomer)
		customer.Send("hello")
		conv, alice := customer.Conversation(), h.Agent("alice")
		d := inbox.Draft{Text: text, Purpose: compliance.Purpose(purpose), RequestKey: key, Seen: seen}
		if media != "" {
			d.Media = []channel.Media{{URL: media}}
		}
		if template != "" || variable != "" {
			d.Template = &channel.Template{ID: template, Variables: map[string]string{"1": variable}}
		}
		before := len(h.Events())
		m, err := alice.Reply(t.Context(), conv, d)
		if err != nil {
			if h.Settle(); !errors.Is(err, inbox.ErrInvalid) || len(h.Events()) != before || len(h.Carrier.Sent()) > 0 {
				t.Errorf("%+v: %v, with %d events and %d messages sent; want ErrInvalid and nothing else", d, err, len(h.Events())-before, len(h.Carrier.Sent()))
			}
		} else {
			if key != "" {
				if again, err := alice.Reply(t.Context(), conv, d); err != nil || again.ID != m.ID {
					t.Errorf("sent again with the key %q, %v became %v, %v", key, m.ID, again.ID, err)
				}
			}
			h.Settle()
			sent := h.Carrier.Sent()
			want := channel.Outbound{ID: m.ID.String(), From: inboxtest.SupportNumber, To: alicesCustomer, Text: text, Media: d.Media, Template: d.Template}
			if len(sent) != 1 || !cmp.Equal(want, sent[0].Message, cmpopts.EquateEmpty()) {
				t.Errorf("%+v was sent as %+v", d, sent)
			}
			if playful(text) {
				t.Errorf("%q was sent, though it plays with the screen", text)
			}
		}
		sent, before := len(h.Carrier.Sent()), len(h.Events())
		note, err := alice.Note(t.Context(), conv, text, key)
		h.Settle()
		switch {
		case err != nil && (!errors.Is(err, inbox.ErrInvalid) || len(h.Events()) != before):
			t.Errorf("the note %q: %v, with %d events", text, err, len(h.Events())-before)
		case err == nil && (key == "" || m.ID == 0) && (note.Text != text || note.Direction != store.Note || playful(text)):
			t.Errorf("the note %q is %+v", text, note)
		case len(h.Carrier.Sent()) != sent:
			t.Errorf("the note %q was sent", text)
		}
	})
}

// playful reports whether a text has bytes that a screen may act on.
func playful(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) >= 0
}

// FuzzQueries reads lists, messages and events from arbitrary places. What
// comes is what a plain reading of everything gives.
func FuzzQueries(f *testing.F) {
	h := quiet(f)
	for i := range 7 {
		h.Phone(channel.Address(fmt.Sprintf("+1415555012%d", i))).Send(fmt.Sprint("hello ", i))
	}
	h.Phone("+14155550123").To(inboxtest.SalesNumber).Send("not alice's")
	alice := h.Agent("alice")
	all, err := alice.List(f.Context(), inbox.ListQuery{Limit: 200})
	if err != nil || len(all) != 7 {
		f.Fatal(len(all), err)
	}
	if err := alice.Claim(f.Context(), all[1].ID); err != nil {
		f.Fatal(err)
	}
	if err := alice.Close(f.Context(), all[2].ID); err != nil {
		f.Fatal(err)
	}
	h.Settle()
	if all, err = alice.List(f.Context(), inbox.ListQuery{Limit: 200}); err != nil {
		f.Fatal(err)
	}
	events, last, err := alice.EventsAfter(f.Context(), 0)
	if err != nil || len(events) == 0 {
		f.Fatal(len(events), err)
	}
	for _, v := range all {
		f.Add(int64(last)/2, v.LastAt.UnixMicro(), int64(v.ID), 3, "open", "support", false, int64(0))
	}
	f.Add(int64(last), int64(0), int64(0), 0, "", "", false, int64(1))
	f.Add(int64(0), int64(-62135596800000000), int64(0), 0, "", "", true, int64(0))
	f.Add(int64(last)+1, int64(1<<62), int64(-1), -1, "gone", "sales", true, int64(-1))
	f.Add(int64(-1<<63), int64(-1<<63), int64(-1<<63), 1<<30, "snoozed", "no such", true, int64(1<<62))
	f.Fuzz(func(t *testing.T, cursor, micros, id int64, limit int, status, box string, mine bool, seq int64) {
		q := inbox.ListQuery{Inbox: inbox.InboxID(box), Mine: mine, Limit: limit, Before: store.Position{LastAt: time.UnixMicro(micros).UTC(), ID: inbox.ConversationID(id)}}
		if status != "" {
			q.Statuses = []store.Status{store.Status(status)}
		}
		var want []inbox.ConversationID
		for _, v := range all {
			after := q.Before == (store.Position{}) || v.LastAt.Before(q.Before.LastAt) || v.LastAt.Equal(q.Before.LastAt) && v.ID < q.Before.ID
			if after && (status == "" || string(v.Status) == status) && (box == "" || string(v.Inbox) == box) && (!mine || v.ClaimedBy == "alice") {
				want = append(want, v.ID)
			}
		}
		if limit > 0 {
			want = want[:min(limit, len(want))]
		}
		got, err := alice.List(t.Context(), q)
		var ids []inbox.ConversationID
		for _, v := range got {
			ids = append(ids, v.ID)
		}
		if err != nil || !slices.Equal(want, ids) {
			t.Errorf("%+v lists %v, %v; want %v", q, ids, err, want)
		}

		rest, next, err := alice.EventsAfter(t.Context(), inbox.Cursor(cursor))
		switch {
		case cursor < 0 || cursor > int64(last):
			if !errors.Is(err, inbox.ErrReset) || len(rest) > 0 {
				t.Errorf("after %d come %d events, %v; want ErrReset", cursor, len(rest), err)
			}
		default:
			expected := slices.DeleteFunc(slices.Clone(events), func(e inbox.Event) bool { return int64(e.Cursor) <= cursor })
			if err != nil || next != last || !cmp.Equal(expected, rest, cmpopts.EquateEmpty()) {
				t.Errorf("after %d come %d events up to %v, %v; want %d up to %v", cursor, len(rest), next, err, len(expected), last)
			}
		}

		for _, m := range [][2]int64{{seq, 0}, {0, seq}, {seq, cursor}} {
			messages, err := alice.Messages(t.Context(), all[0].ID, inbox.MessagesQuery{After: m[0], Before: m[1], Limit: limit})
			wanted := (m[0] < 1) && (m[1] == 0 || m[1] > 1) // the one message, number 1
			if err != nil || (len(messages) == 1) != wanted {
				t.Errorf("after %d and before %d there are %d messages, %v", m[0], m[1], len(messages), err)
			}
		}
	})
}
