package inbox_test

import (
	"strings"
	"testing"

	"github.com/teaminbox/teaminbox/inbox"
)

// consentDefects are what the model has found that is not mended. Where one of them
// may have had a hand in something, the model is lenient; unless it is strict, as in
// the test of this list. Whoever mends one takes out its row and its leniency.
var consentDefects = []struct {
	name string
	seed uint64
	says string
}{
	{"a START that came late counts from when it came in, and undoes what was said on the telephone, reported by the provider, or found out about the number, since it was written", 1664, "goes out though it forbidden: they have stopped it"},
	{"a YES after a template answers the question before it", 78, "is read as opt_in, want one of [none]"},
	{"a YES to a question that waited for the morning is none, if something was written that was sent before it", 2260, "is read as none, want one of [opt_in]"},
	{"what a contact wrote since they opted out may not be answered once an older message of theirs comes late", 1458, "is refused that may go"},
	{"to who has opted out of everything, and in to a programme until a time that has passed, what says that it is conversational goes after three months of silence", 1796098612808689633, "they have not agreed to what sells"},
	{"a YES about a programme, which is no consent to what sells, is not confirmed where an older opt-in to it stands", 576, "is owed a word of kind opt_in"},
}

// TestConsentDefects shows that each of them is there.
func TestConsentDefects(t *testing.T) {
	for _, d := range consentDefects {
		found := runSteps(t, d.seed, drawSteps(d.seed), worldConfig{strict: true}, make(map[string]int))
		if !strings.Contains(strings.Join(found, "\n"), d.says) {
			t.Errorf("seed %d does not show any more that %s: take it from the list, with its leniency", d.seed, d.name)
		}
	}
}

// sureIf is yes if something holds, and else it is not known.
func sureIf(b bool) tri { return max(perhaps, isSo(b)) }

// countsAsLast reports whether the engine may take a message for the last that was
// sent: what was sent after it was queued before it, or is a template.
func (k *worldTalk) countsAsLast(id inbox.MessageID) bool {
	after := false
	for _, o := range k.sent {
		if after && o.id > id && !o.template {
			return false
		}
		after = after || o.id == id
	}
	return after
}

// outOfOrder reports whether something was sent in another order than it was queued in,
// or is a template, so that the engine may not see what was last.
func (k *worldTalk) outOfOrder(id inbox.MessageID) bool {
	before := true
	for _, o := range k.sent {
		if before && o.id > id || !before && o.id != id {
			return true
		}
		before = before && o.id != id
	}
	return false
}
