package responder_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/responder"
	"github.com/teaminbox/teaminbox/responder/respondertest"
)

func TestReferencesConform(t *testing.T) {
	for name, r := range map[string]responder.Responder{"FirstMessage": responder.FirstMessage(), "Silence": responder.Silence()} {
		t.Run(name, func(t *testing.T) {
			respondertest.Run(t, respondertest.Harness{New: func(testing.TB) responder.Responder { return r }})
		})
	}
}

func TestFirstMessage(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*responder.Turn)
		want   responder.Reply
	}{
		{"first", func(t *responder.Turn) {}, responder.Reply{Text: "Thanks for writing to shop 0."}},
		{"later", func(t *responder.Turn) { t.First = false }, responder.Reply{}},
		{"reopened", func(t *responder.Turn) { t.First, t.Reopened = false, true }, responder.Reply{}},
		{"no text", func(t *responder.Turn) { t.Inbox.Settings.FirstReply = "" }, responder.Reply{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := responder.FirstMessage().Respond(t.Context(), respondertest.Turn("Hello", c.change))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("FirstMessage replied (-want +got):\n%s", diff)
			}
			if got.IsZero() != (c.want.Text == "") {
				t.Errorf("IsZero of %+v is %v", got, got.IsZero())
			}
		})
	}
}

func TestSilence(t *testing.T) {
	got, err := responder.Silence().Respond(t.Context(), respondertest.Turn("Hello"))
	if err != nil || !got.IsZero() {
		t.Errorf("Silence replied %+v, %v", got, err)
	}
}

func TestReplyIsZero(t *testing.T) {
	for _, c := range []struct {
		reply responder.Reply
		want  bool
	}{
		{responder.Reply{}, true},
		{responder.Reply{Purpose: compliance.Marketing}, true}, // nothing to say, for whatever purpose
		{responder.Reply{Media: []channel.Media{}}, true},
		{responder.Reply{Text: "Hello"}, false},
		{responder.Reply{Media: []channel.Media{{URL: "https://example.com/menu.pdf"}}}, false},
		{responder.Reply{Template: &channel.Template{ID: "welcome"}}, false},
	} {
		if got := c.reply.IsZero(); got != c.want {
			t.Errorf("IsZero of %+v is %v, want %v", c.reply, got, c.want)
		}
	}
}

func TestResponderFunc(t *testing.T) {
	type key struct{}
	failure := errors.New("no")
	want := respondertest.Turn("Hello")
	r := responder.ResponderFunc(func(ctx context.Context, got responder.Turn) (responder.Reply, error) {
		if ctx.Value(key{}) != "passed on" {
			t.Error("ResponderFunc does not pass its context on")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ResponderFunc passed on another turn (-want +got):\n%s", diff)
		}
		return responder.Reply{Text: "fine"}, failure
	})
	reply, err := r.Respond(context.WithValue(t.Context(), key{}, "passed on"), want)
	if reply.Text != "fine" || !errors.Is(err, failure) {
		t.Errorf("ResponderFunc returned %+v and %v", reply, err)
	}
}
