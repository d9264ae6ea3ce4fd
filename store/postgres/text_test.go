package postgres

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Grüße", "a\x00b", "\xff\xfe", escape, escape + "00", "x" + escape, "\U0010FFFE", "\xf4\x8f\xbf"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kept := pack(s)
		if !utf8.ValidString(kept) || strings.IndexByte(kept, 0) >= 0 {
			t.Errorf("%q is kept as %q, which Postgres refuses", s, kept)
		}
		if got := unpack(kept); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
		unpack(s) // whatever is there, it is no panic
	})
}

func FuzzStructure(f *testing.F) {
	f.Add("a\x00b", "v")
	f.Add("\xff", "\uFFFD")
	f.Add("gob:", "\\u0000")
	f.Fuzz(func(t *testing.T, k, v string) {
		in := map[string]string{k: v}
		kept, err := packJSON(in)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(kept, `\u0000`) && !strings.Contains(kept, `\\u0000`) || !utf8.ValidString(kept) {
			t.Errorf("kept as %q, which Postgres refuses", kept)
		}
		var out map[string]string
		if err := unpackJSON([]byte(kept), &out); err != nil || len(out) != 1 || out[k] != v {
			t.Errorf("%q came back as %q, %v", in, out, err)
		}
	})
}
