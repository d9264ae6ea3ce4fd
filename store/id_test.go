package store_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// id is what all ids that the library makes can do.
type id interface {
	fmt.Stringer
	encoding.TextMarshaler
}

func TestIDsGoThroughText(t *testing.T) {
	roundTrip[store.ContactID](t, "contact id")
	roundTrip[store.ConversationID](t, "conversation id")
	roundTrip[store.MessageID](t, "message id")
	roundTrip[store.TaskID](t, "task id")
	roundTrip[store.StrayID](t, "stray id")
	roundTrip[store.Cursor](t, "cursor")
}

func roundTrip[T interface {
	~int64
	id
}, P interface {
	*T
	encoding.TextUnmarshaler
}](t *testing.T, what string) {
	t.Run(what, func(t *testing.T) {
		for n, want := range map[int64]string{0: "0", 7: "7", 9007199254740993: "9007199254740993", math.MaxInt64: "9223372036854775807"} {
			v := T(n)
			text, err := v.MarshalText()
			if err != nil || string(text) != want || v.String() != want {
				t.Errorf("%d is the text %q (%v) and prints as %q, want %q", n, text, err, v.String(), want)
			}
			var back T
			if err := P(&back).UnmarshalText(text); err != nil || back != v {
				t.Errorf("%q decodes to %d, %v", text, back, err)
			}
			js, err := json.Marshal(map[T]T{v: v})
			if err != nil || string(js) != `{"`+want+`":"`+want+`"}` {
				t.Errorf("in JSON %d is %s (%v), want strings", n, js, err)
			}
			var fields map[T]T
			if err := json.Unmarshal(js, &fields); err != nil || fields[v] != v {
				t.Errorf("%s decodes to %v, %v", js, fields, err)
			}
		}
		for _, bad := range []string{"", "-1", "1.5", "0x10", " 1", "1 ", "1_000", "9223372036854775808", "seven"} {
			v := T(42)
			err := P(&v).UnmarshalText([]byte(bad))
			if err == nil || !strings.Contains(err.Error(), what) || !strings.HasPrefix(err.Error(), "store: ") || v != 42 {
				t.Errorf("%q decodes to %d, %v; want an error about the %s and the value left alone", bad, v, err, what)
			}
		}
		var v T
		if err := json.Unmarshal([]byte("7"), P(&v)); err == nil {
			t.Error("a JSON number decodes, though JavaScript may have rounded it")
		}
	})
}

// What stores keep as JSON comes back as it was.
func TestJSONRoundTrip(t *testing.T) {
	at := time.Date(2026, time.March, 4, 15, 0, 0, 123000, time.UTC)
	check(t, store.Extras{
		Media:     []channel.Media{{URL: "https://example.com/a", ContentType: "image/jpeg", Name: "a.jpg"}},
		Template:  &channel.Template{ID: "welcome", Variables: map[string]string{"1": "Dave"}},
		Location:  &channel.Location{Latitude: -33.5, Longitude: 151.25, Label: "Opera", Address: "Sydney"},
		Button:    &channel.Button{Text: "Yes", Payload: "y"},
		ReplyTo:   &channel.ReplyTo{ProviderID: "SM1", Sender: "+14155550123"},
		Referral:  &channel.Referral{Headline: "h", Body: "b", SourceType: "ad", SourceID: "1", SourceURL: "https://example.com", ClickID: "c"},
		Forwarded: true, Late: true, SentAt: at, Problems: []string{"one"}, Raw: map[string]string{"a": "\u0000b"},
	})
	check(t, store.Detail{
		Users: []store.UserID{"alice"}, Teams: []store.TeamID{"support"}, State: store.StateSent, Status: store.Snoozed,
		Seq: 3, Code: "30003", Reason: "unreachable", Until: at,
	})
	check(t, store.Settings{
		FirstReply: "Hi", OptOutReply: "Bye", OptInReply: "Welcome", HelpReply: "Help", Claim: store.ClaimVisible, Language: "en", TimeZone: "UTC",
	})
	check(t, store.Endpoint{Channel: "sms", Address: "+14155550100"})

	for _, zero := range []any{store.Extras{}, store.Detail{}, store.Settings{}} {
		if js, err := json.Marshal(zero); err != nil || string(js) != "{}" {
			t.Errorf("the zero %T is %s in JSON (%v), want {}", zero, js, err)
		}
	}
}

func check[T any](t *testing.T, want T) {
	t.Helper()
	js, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got T
	if err := json.Unmarshal(js, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T comes back from %s (-want +got):\n%s", want, js, diff)
	}
}

func TestOne(t *testing.T) {
	failure := errors.New("no")
	if got, err := store.One([]string{"first", "second"}, nil); got != "first" || err != nil {
		t.Errorf("One of two is %q, %v", got, err)
	}
	if got, err := store.One([]string{}, nil); got != "" || !errors.Is(err, store.ErrNotFound) {
		t.Errorf("One of none is %q, %v", got, err)
	}
	if got, err := store.One([]string{"first"}, failure); got != "" || !errors.Is(err, failure) {
		t.Errorf("One of a failed read is %q, %v", got, err)
	}
}

func TestThreadsAndIdentities(t *testing.T) {
	sms := store.Conversation{Account: "shop", Inbox: "desk", Theirs: "+14155550123"}
	rcs, whatsApp := sms, sms
	rcs.Theirs, whatsApp.Theirs = "rcs:+14155550123", "whatsapp:+14155550123"
	if sms.Thread() != rcs.Thread() {
		t.Error("SMS and RCS of one customer are two threads")
	}
	if sms.Thread() == whatsApp.Thread() {
		t.Error("SMS and WhatsApp of one customer are one thread")
	}
	want := store.Identity{Account: "shop", Family: channel.WhatsApp, Value: "+14155550123"}
	if got := store.IdentityOf("shop", "whatsapp:+14155550123"); got != want {
		t.Errorf("IdentityOf is %+v, want %+v", got, want)
	}
	if store.IdentityOf("shop", "+14155550123") == store.IdentityOf("other", "+14155550123") {
		t.Error("two accounts share an identity")
	}
}
