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
		g, err := parseGrammar("en", statements)
		if err != nil {
			if !strings.Contains(err.Error(), "line ") {
				t.Errorf("the error %q does not say in which line", err)
			}
			return
		}
		var p phrases
		p.path("") // a tree without words has a root
		for i := range g.phrases {
			p.add(&g.phrases[i], "")
		}
		for _, w := range g.noise {
			p.noise("en", w)
		}
		for _, w := range g.common {
			p.common("en", w)
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
