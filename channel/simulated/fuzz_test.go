package simulated

import (
	"strings"
	"testing"
)

// FuzzRender fills in templates. A value is put in as it is, whatever it looks
// like; what has no value, and what is no placeholder, stays as it was.
func FuzzRender(f *testing.F) {
	f.Add("Hello {{1}}, your {{ order_id }} is here", "1", "Dave")
	f.Add("{{1}}{{1}}", "1", "{{1}}")
	f.Add("{{{1}}} {{}} {{ }} {{1", "1", "$1 ${1} \\1 %s")
	f.Add("{{ё}}\xff{{\n1\t}}", "1", "\x00")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		if got := render(text, nil); got != text {
			t.Errorf("render(%q) without values is %q", text, got)
		}
		if got := render(text, map[string]string{name: "{{" + name + "}}"}); name == strings.TrimSpace(name) && strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(text), "") {
			t.Errorf("render(%q) with its own placeholder for %q is %q", text, name, got)
		}
		got := render(text, map[string]string{name: value})
		if isWord(name) {
			if want := plain(text, name, value); got != want {
				t.Errorf("render(%q) with %q for %q is %q, want %q", text, value, name, got, want)
			}
		} else if got != text {
			t.Errorf("render(%q) with a value for %q, which is no name, is %q", text, name, got)
		}
	})
}

func isWord(name string) bool {
	return name != "" && strings.Trim(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// plain is render by hand: it goes from one pair of braces to the next.
func plain(text, name, value string) string {
	var b strings.Builder
	for {
		start := strings.Index(text, "{{")
		if start < 0 {
			return b.String() + text
		}
		inner, rest, found := strings.Cut(text[start+2:], "}}")
		word := strings.Trim(inner, " \t\n\f\r")
		if !found || !isWord(word) {
			// Not a placeholder here; the next brace may begin one.
			b.WriteString(text[:start+1])
			text = text[start+1:]
			continue
		}
		b.WriteString(text[:start])
		if word == name {
			b.WriteString(value)
		} else {
			b.WriteString("{{" + inner + "}}")
		}
		text = rest
	}
}
