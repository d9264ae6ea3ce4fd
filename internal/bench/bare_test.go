package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/channel/twilio/twiliotest"
	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// forEachStore runs a test on an empty database of each kind.
func forEachStore(t *testing.T, test func(t *testing.T, kind, url string)) {
	for kind, args := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "-dir " + t.TempDir() },
		"postgres": func(t *testing.T) string { return "-url " + pgtest.Database(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			cfg, err := parse(strings.Fields("-store "+kind+" "+args(t)), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			where, err := openPlace(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := where.close(""); err != nil {
					t.Error(err)
				}
			})
			address, err := where.create(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			test(t, kind, address)
		})
	}
}

// What is compared with the engine does the work: a message comes into its
// conversation, once, with its events and its task.
func TestBareServer(t *testing.T) {
	forEachStore(t, func(t *testing.T, kind, address string) {
		a := archive{conversations: 3, each: 2}
		use := func(fn func(opened) error) {
			t.Helper()
			db, err := openStore(t.Context(), kind, address)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := fn(db); err != nil {
				t.Fatal(err)
			}
		}
		use(func(db opened) error { return a.load(t.Context(), db) })

		const public = "http://inbox.example.com" + webhookPath
		h, err := newHost(t.Context(), job{Role: "bare", Store: kind, URL: address, Writers: 2}, public)
		if err != nil {
			t.Fatal(err)
		}
		post := func(form []parameter, signature string) int {
			r := httptest.NewRequest(http.MethodPost, webhookPath, strings.NewReader(encoded(form)))
			r.Header.Set(signatureHeader, signature)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		sids := newSIDs()
		first, second := sids.next(), sids.next()
		for _, sid := range []string{first, second, first} {
			form := inboundForm(sid, string(customer(1)), "Hello & goodbye")
			if status := post(form, signature(public, form)); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		}
		form := inboundForm(sids.next(), string(customer(1)), "Hello")
		if status := post(form, signature(public, form[1:])); status != http.StatusForbidden {
			t.Errorf("status %d for a wrong signature", status)
		}
		if err := h.close(); err != nil {
			t.Error(err)
		}

		use(func(db opened) error {
			return db.View(t.Context(), func(tx store.Tx) error {
				m, err := store.One(tx.MessagesFrom(store.ProviderRef{Channel: channelName, ProviderID: second}))
				if err != nil {
					return err
				}
				if m.Conversation != a.conversation(1) || m.Seq != 4 || m.Text != "Hello & goodbye" || m.InboundCount != 3 || m.Extras.Raw["FromCity"] != "SPRINGFIELD" {
					t.Errorf("the message is %+v", m)
				}
				conv, err := store.One(tx.Conversations(m.Conversation))
				if err != nil {
					return err
				}
				if conv.LastSeq != 4 || conv.InboundCount != 3 || conv.Preview != m.Text || conv.Status != store.Open || !conv.LastAt.Equal(m.CreatedAt) {
					t.Errorf("its conversation is %+v", conv)
				}
				events, err := tx.Events(store.EventQuery{Account: account, Conversation: conv.ID, After: store.Cursor(2 * a.messages()), Limit: 10})
				var types []store.EventType
				for _, e := range events {
					types = append(types, e.Type)
				}
				if want := []store.EventType{store.ConversationReopened, store.MessageReceived, store.MessageReceived}; err != nil || !slices.Equal(types, want) {
					t.Errorf("events %v and %v, want those of the engine: %v", types, err, want)
				}
				tasks, err := tx.Tasks(conv.ID)
				routes := 0
				for _, task := range tasks {
					if task.Kind == store.TaskRoute {
						routes++
					}
				}
				if err != nil || routes != 2 {
					t.Errorf("tasks %+v, %v", tasks, err)
				}
				return nil
			})
		})
	})
}

// Webhooks are signed as Twilio signs them.
func TestSignature(t *testing.T) {
	form := inboundForm("SM00000000000000000000000000000001", string(customer(1)), "100 % = a + b & c")
	values := make(url.Values)
	for _, p := range form {
		values.Set(p.name, p.value)
	}
	const public = "https://inbox.example.com/twilio?a=b"
	r, err := webhook(t.Context(), public, form)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Header.Get(signatureHeader), twiliotest.Signature(authToken, public, values); got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := url.ParseQuery(string(body)); err != nil || back.Encode() != values.Encode() {
		t.Errorf("the body is %s, %v", body, err)
	}
}

// A host that can't be started says so.
func TestServiceFails(t *testing.T) {
	b := &bench{cfg: config{store: "sqlite", connections: []int{1}}}
	if _, err := b.start(t.Context(), "none", "nobody", "", ""); err == nil || !strings.Contains(err.Error(), "did not start") {
		t.Errorf("%v", err)
	}
}

// An answer that never comes ends the measurement.
func TestLifeEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newLives(ctx, 1).begin(customer(1)).end(ctx); err == nil {
		t.Error("it went on")
	}
}
