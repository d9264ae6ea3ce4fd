package store_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/store"
)

// FuzzIDs reads arbitrary texts as ids and cursors. Each has one spelling: what
// is read prints as what it was read from, and what is refused changes nothing
// and is not repeated.
func FuzzIDs(f *testing.F) {
	for _, text := range []string{"0", "7", "9223372036854775807", "9223372036854775808", "-1", "+1", "01", "", " 1", "1_0", "\xff", "٣", "1e3"} {
		f.Add(text, int64(len(text)))
	}
	f.Fuzz(func(t *testing.T, text string, n int64) {
		checkID[store.ContactID](t, text, n)
		checkID[store.ConversationID](t, text, n)
		checkID[store.MessageID](t, text, n)
		checkID[store.TaskID](t, text, n)
		checkID[store.StrayID](t, text, n)
		checkID[store.Cursor](t, text, n)
	})
}

func checkID[T interface {
	~int64
	id
}, P interface {
	*T
	encoding.TextUnmarshaler
}](t *testing.T, text string, n int64) {
	t.Helper()
	before := T(42)
	v := before
	err := P(&v).UnmarshalText([]byte(text))
	switch {
	case err == nil && (v.String() != text || v < 0):
		t.Errorf("%q is read as %d, which prints as %q", text, v, v.String())
	case err != nil && (v != before || len(text) > 2 && strings.Contains(err.Error(), strconv.Quote(text))):
		t.Errorf("%q leaves %d with %v", text, v, err)
	}
	js, err := json.Marshal(map[T]T{T(n): T(n)})
	if err != nil {
		t.Fatal(err)
	}
	var back map[T]T
	if err := json.Unmarshal(js, &back); (err == nil) != (n >= 0) || n >= 0 && back[T(n)] != T(n) {
		t.Errorf("%d goes through JSON as %s and comes back as %v, %v", n, js, back, err)
	}
}

// FuzzRecords reads arbitrary JSON as the structures that stores keep. What can
// be read at all is written and read again without a change.
func FuzzRecords(f *testing.F) {
	for _, js := range []string{
		`{"media":[{"url":"https://example.com/a"}],"location":{"latitude":-33.5,"longitude":1e-9},"sent_at":"2026-03-04T15:00:00Z","raw":{"":"\u0000"}}`,
		`{"users":["alice"],"removed":[],"until":"0001-01-01T00:00:00Z","seq":9007199254740993}`,
		`{"first_reply":"Hi","claim":"visible","language":"\ud800"}`,
		`{"media":null,"template":{"id":"","variables":{}},"button":{},"problems":[""]}`, `{"sent_at":"12026-01-01T00:00:00Z"}`, `[]`, `{"Media":[{}]}`,
		`{"sent_at":"2026-03-04T15:00:00.123456789+23:59"}`, `null`, `{"location":{"latitude":-0}}`,
	} {
		f.Add([]byte(js))
	}
	f.Fuzz(func(t *testing.T, js []byte) {
		checkRecord[store.Extras](t, js)
		checkRecord[store.Detail](t, js)
		checkRecord[store.Settings](t, js)
		checkRecord[store.Endpoint](t, js)
	})
}

func checkRecord[T any](t *testing.T, js []byte) {
	t.Helper()
	var first, second T
	if json.Unmarshal(js, &first) != nil {
		return
	}
	written, err := json.Marshal(first)
	if err != nil {
		t.Errorf("%s is read as %+v, which can't be written: %v", js, first, err)
		return
	}
	if err := json.Unmarshal(written, &second); err != nil {
		t.Errorf("%s is written as %s, which can't be read: %v", js, written, err)
		return
	}
	if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s comes back from %s (-want +got):\n%s", js, written, diff)
	}
	if reflect.ValueOf(first).IsZero() && !bytes.Contains(written, []byte(`""`)) && string(written) != "{}" {
		t.Errorf("the zero %T is %s", first, written)
	}
}
