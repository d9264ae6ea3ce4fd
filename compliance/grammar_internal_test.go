package compliance

import (
	"strings"
	"testing"
)

// FuzzGrammar parses arbitrary statements and reads a text with what they say:
// nothing panics, and what is found lies within the text.
func FuzzGrammar(f *testing.F) {
	for _, text := range []string{"class stop stop quit\nout {stop} ~2 (it|that thing) [now] $", "pass ^ not stop , please", "noise a_b\ncommon the a", "out (", "out [a|b", "hold stem* x", "# nothing", "out {a} b"} {
		f.Add(text, "please stop that thing now, not stop")
	}
	f.Fuzz(func(t *testing.T, statements, text string) {
		if len(statements) > 500 || len(text) > 500 {
			return
		}
		var p phrases
		p.begin()
		if err := newGrammar("en", &p).read(statements); err != nil {
			if !strings.Contains(err.Error(), "line ") {
				t.Errorf("the error %q does not say in which line", err)
			}
			return
		}
		p.finish()
		s := new(sheet)
		for range 2 {
			s.readMessage(text, "", false)
			p.run(s)
			s.mark(&p)
			for _, x := range s.runner.found {
				if x.start < 0 || x.start >= x.end || int(x.end) > len(s.words) {
					t.Fatalf("a phrase of %q is at %d to %d of %d words", statements, x.start, x.end, len(s.words))
				}
			}
		}
		for i := range s.runner.slots {
			for r, at := range s.runner.slots[i].at {
				if at.state != 0 {
					t.Fatalf("rule %d of %q is left in the state %b", r, statements, at.state)
				}
			}
		}
	})
}

// What a process pays before it reads its first message.
func BenchmarkStandardTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newChart()
		if _, err := NewTable(TableConfig{}); err != nil {
			b.Fatal(err)
		}
	}
}
