package twilio

import (
	"slices"
	"strings"
)

// form holds parameters by name. Twilio's are told apart by case.
type form map[string][]string

// usualParameters are as many as a message of Twilio's has, and some. There is
// room for so many at once, and no more for whoever claims to bring more.
const usualParameters = 32

// parseForm decodes application/x-www-form-urlencoded text the way in which
// Twilio's own libraries do: a semicolon is an ordinary character, and an
// escape that is none stands for itself. Whether the text was meant so is for
// the signature to say.
func parseForm(text string) form {
	f := make(form, min(strings.Count(text, "&")+1, usualParameters))
	var block []string // of values, one for each name
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if values, found := f[name]; found {
			f[name] = append(values, value)
			continue
		}
		if len(block) == cap(block) {
			block = make([]string, 0, usualParameters)
		}
		block = append(block, value)
		f[name] = slices.Clip(block[len(block)-1:])
	}
	return f
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(hexValue(s[i+1])<<4 | hexValue(s[i+2]))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func hexValue(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// signedText returns the parameters as Twilio signs them: sorted by name, name
// and value one after the other, equal values of one name once, different ones
// sorted.
func (f form) signedText() string {
	names := make([]string, 0, len(f))
	size := 0
	for name, values := range f {
		names = append(names, name)
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.Grow(size)
	for _, name := range names {
		values := f[name]
		if len(values) > 1 {
			values = slices.Sorted(slices.Values(values))
		}
		for _, value := range slices.Compact(values) {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	return b.String()
}

// single returns the parameters with one value each, in valid UTF-8, and
// whether no name has two different ones: of those nobody could say which
// counts.
func (f form) single() (map[string]string, bool) {
	one := make(map[string]string, len(f))
	for name, values := range f {
		for _, value := range values[1:] {
			if value != values[0] {
				return nil, false
			}
		}
		name, value := strings.ToValidUTF8(name, "\ufffd"), strings.ToValidUTF8(values[0], "\ufffd")
		if other, found := one[name]; found && other != value {
			return nil, false
		}
		one[name] = value
	}
	return one, true
}
