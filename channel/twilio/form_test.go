package twilio

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestParseForm(t *testing.T) {
	for text, want := range map[string]form{
		"":                    {},
		"&&":                  {},
		"a=1&b=2&a=3":         {"a": {"1", "3"}, "b": {"2"}},
		"a":                   {"a": {""}},
		"=1":                  {"": {"1"}},
		"a=b=c":               {"a": {"b=c"}},
		"a=1;b=2":             {"a": {"1;b=2"}},
		"a+b=c+d":             {"a b": {"c d"}},
		"a=%2B%2b%26%3D%00":   {"a": {"++&=\x00"}},
		"a=%zz%4&b=%&c=%e9%E": {"a": {"%zz%4"}, "b": {"%"}, "c": {"\xe9%E"}},
		"A=1&a=2":             {"A": {"1"}, "a": {"2"}},
	} {
		if got := parseForm(text); !reflect.DeepEqual(got, want) {
			t.Errorf("parseForm(%q) = %q, want %q", text, got, want)
		}
	}
}

// More parameters than there is room for at once are parameters like the others,
// and a second value of one is not its neighbour's.
func TestParseFormOfMany(t *testing.T) {
	want := form{}
	var pairs []string
	for round := range 2 {
		for n := range 3*usualParameters + 1 {
			name, value := fmt.Sprintf("n%d", n), fmt.Sprintf("%d.%d", round, n)
			want[name] = append(want[name], value)
			pairs = append(pairs, name+"="+value)
		}
	}
	if got := parseForm(strings.Join(pairs, "&")); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestSignedText(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"b=2&a=1":             "a1b2",
		"b=2&B=1":             "B1b2",
		"a=2&a=1&a=2":         "a1a2",
		"aa=1&a=2&a.=3":       "a2a.3aa1",
		"Body=x+y&AccountSid": "AccountSidBodyx y",
	} {
		if got := parseForm(text).signedText(); got != want {
			t.Errorf("%q is signed as %q, want %q", text, got, want)
		}
	}
}

func TestSingle(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"a=1&a=1":         {"a": "1"},
		"a=1&A=2":         {"a": "1", "A": "2"},
		"a=1&a=2":         nil,
		"a=1&a=1&a=2":     nil,
		"%ff=%fe":         {"\ufffd": "\ufffd"},
		"%ff=1&%fe=1":     {"\ufffd": "1"},
		"%ff=1&%fe=2":     nil,
		"a=%e4%b8%96&b=%": {"a": "世", "b": "%"},
	} {
		got, ok := parseForm(text).single()
		if ok != (want != nil) || !reflect.DeepEqual(got, want) {
			t.Errorf("%q becomes %q, %v; want %q", text, got, ok, want)
		}
	}
}

// FuzzParseForm compares with the standard library wherever that takes a form
// at all.
func FuzzParseForm(f *testing.F) {
	for _, text := range []string{"", "a=1&b=2", "a=%2B+b", "%", "a;b", "=&=&", "\xff=%ff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := parseForm(text)
		want, err := url.ParseQuery(text)
		if err == nil && !reflect.DeepEqual(map[string][]string(got), map[string][]string(want)) {
			t.Errorf("parseForm(%q) = %q, the standard library reads %q", text, got, want)
		}
	})
}
