package respondertest

import (
	"context"
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/responder"
)

// A responder that waits for its context, and one that varies and says so,
// are not broken.
func TestWhatMayDiffer(t *testing.T) {
	t.Run("stuck", func(t *testing.T) {
		Run(t, Harness{New: says(silent), Stuck: func(testing.TB) responder.Responder {
			return responder.ResponderFunc(func(ctx context.Context, _ responder.Turn) (responder.Reply, error) {
				<-ctx.Done()
				return responder.Reply{}, ctx.Err()
			})
		}})
	})
	t.Run("varies", func(t *testing.T) { Run(t, Harness{New: newCounting, Varies: true}) })
	t.Run("own turns", func(t *testing.T) {
		Run(t, Harness{New: says(silent), Turns: []responder.Turn{Turn("And on Sundays?")}})
	})
}

func TestTurnsShareNothing(t *testing.T) {
	a, b := Turn("one"), Turn("two", func(t *responder.Turn) { t.First = false })
	a.Contact.Attributes["plan"] = "silver"
	a.Inbox.Endpoints[0].Channel = "changed"
	if b.Contact.Attributes["plan"] != "gold" || b.Inbox.Endpoints[0].Channel != "sms" {
		t.Errorf("a change of one turn shows in another: %+v", b)
	}
	if b.First || b.Message.Text != "two" {
		t.Errorf("Turn returned First %v, Text %q", b.First, b.Message.Text)
	}
}

func TestHarnessWithoutResponder(t *testing.T) {
	for _, h := range []Harness{{}, {New: func(testing.TB) responder.Responder { return nil }}} {
		if err := tryCase(t, "Respond/Answers", h); err == nil || !strings.Contains(err.Error(), "harness: New") {
			t.Errorf("got the error %v, want one about Harness.New", err)
		}
	}
}
