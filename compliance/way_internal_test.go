package compliance

import (
	"strings"
	"testing"
)

func TestWaysAreChecked(t *testing.T) {
	const head = "# version 2026-12-01\nlanguage\treply\tbetween\tclear\n"
	for text, want := range map[string]string{
		waysTSV: "",
		head + "en\treply text\twith the\tunsub*": "",
		head + "en\tReply\twith\tunsub*":          `line 3, reply: the word "Reply" must be written "reply"`,
		head + "fr\trepond*\tavec\tdésabonn*":     `line 3, clear: the word "désabonn" must be written "desabonn"`,
		head + "en\treply\twith":                  "cells",
		"language\treply\tbetween\tclear\n":       "# version",
	} {
		_, err := parseWays(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}
