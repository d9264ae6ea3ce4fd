package sqlite

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// Structures come back as they were, and are kept as text where JSON can hold
// them.
func TestStructures(t *testing.T) {
	for name, c := range map[string]struct {
		in   store.Extras
		text bool
	}{
		"nothing":        {store.Extras{}, true},
		"plain":          {store.Extras{Media: []channel.Media{{URL: "https://example.com/a", Name: "ä"}}, Raw: map[string]string{"k": "v"}}, true},
		"NUL and quotes": {store.Extras{Problems: []string{"a\x00b", `"\`, "<&>\u2028"}}, true},
		"time":           {store.Extras{SentAt: time.Date(2026, 5, 4, 9, 30, 0, 123456000, time.UTC)}, true},
		"not UTF-8":      {store.Extras{Problems: []string{"a\xffb", "\xf0\x28"}}, false},
		"key not UTF-8":  {store.Extras{Raw: map[string]string{"\xff": "v"}}, false},
		"replacement":    {store.Extras{Problems: []string{"\uFFFD"}}, false},
		"not a number":   {store.Extras{Location: &channel.Location{Latitude: math.Inf(1), Longitude: math.Inf(-1)}}, false},
		"distant future": {store.Extras{SentAt: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			column, err := record.Encode(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if _, text := column.(string); text != c.text {
				t.Errorf("kept as %T", column)
			}
			var out store.Extras
			if err := (jsonColumn{&out}).Scan(column); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.in, out); diff != "" {
				t.Errorf("in, out: %s", diff)
			}
		})
	}
}

func TestColumnsRefuseWhatIsNotTheirs(t *testing.T) {
	var at time.Time
	if err := (timeColumn{&at}).Scan("yesterday"); err == nil {
		t.Error("a text was taken for a time")
	}
	var list []string
	for _, value := range []any{int64(1), "no JSON", []byte("no gob")} {
		if err := (jsonColumn{&list}).Scan(value); err == nil {
			t.Errorf("%v was taken for a list", value)
		}
	}
}

func TestTimesComeBack(t *testing.T) {
	for _, at := range []time.Time{
		{},
		time.Unix(0, 0).UTC(),
		time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC),
		time.Date(2026, 5, 4, 9, 30, 0, 123456000, time.UTC),
	} {
		for _, column := range []any{stamp(at), at.UnixMicro()} {
			out := time.Unix(1, 1)
			if err := (timeColumn{&out}).Scan(column); err != nil || out != at {
				t.Errorf("%v came back as %v, %v", at, out, err)
			}
		}
	}
}
