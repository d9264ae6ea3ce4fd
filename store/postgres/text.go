package postgres

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// escape begins an escaped byte in a text. It is the last code point of
// Unicode, which stands for nothing.
const escape = "\U0010FFFF"

// pack returns a text as it is kept. Postgres has no texts with NUL or with
// bytes that are not UTF-8: those become the escape and two hexadecimal digits,
// and so do the bytes of the escape itself.
func pack(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 && !strings.Contains(s, escape) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 || r == 0 || s[:n] == escape {
			for i := range n {
				b.WriteString(escape)
				b.WriteString(hex.EncodeToString([]byte(s[i : i+1])))
			}
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// unpack returns what pack was given.
func unpack(s string) string {
	if !strings.Contains(s, escape) {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, escape)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		s = after
		if len(s) < 2 {
			return b.String() + escape + s // not of pack's making
		}
		if decoded, err := hex.DecodeString(s[:2]); err == nil {
			b.Write(decoded)
			s = s[2:]
		} else {
			b.WriteString(escape)
		}
	}
}

// unpackAll unpacks texts in place.
func unpackAll(texts ...*string) {
	for _, s := range texts {
		*s = unpack(*s)
	}
}
