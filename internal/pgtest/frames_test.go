package pgtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func message(kind byte, body string) []byte {
	m := []byte{kind}
	m = binary.BigEndian.AppendUint32(m, uint32(4+len(body)))
	return append(m, body...)
}

// TestRelay sends the same messages in chunks of different sizes.
func TestRelay(t *testing.T) {
	t.Parallel()
	stream := slices.Concat(
		message('D', ""), message('C', "INSERT 0 1\x00"), message('D', strings.Repeat("x", 100_000)),
		message('C', "COMMIT\x00"), message('D', "C\x00\x00\x00\x0bCOMMIT\x00"), message('Z', "I"),
	)
	for name, chunks := range map[string]func(io.Reader) io.Reader{
		"all at once": func(r io.Reader) io.Reader { return r },
		"bytes":       iotest.OneByteReader,
		"halves":      iotest.HalfReader,
		"end with it": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen []string
			var out bytes.Buffer
			err := relay(&out, chunks(bytes.NewReader(stream)), fromServer, func(kind byte, body []byte) error {
				seen = append(seen, string(kind)+string(body))
				return nil
			})
			if err != nil || !bytes.Equal(out.Bytes(), stream) {
				t.Errorf("%d of %d bytes came through: %v", out.Len(), len(stream), err)
			}
			if want := []string{"CINSERT 0 1\x00", "CCOMMIT\x00"}; !slices.Equal(seen, want) {
				t.Errorf("shown %q, want %q", seen, want)
			}

			out.Reset()
			stop := errors.New("stop")
			err = relay(&out, chunks(bytes.NewReader(stream)), fromServer, func(_ byte, body []byte) error {
				if answered(body) {
					return stop
				}
				return nil
			})
			until := stream[:bytes.Index(stream, message('C', "COMMIT\x00"))]
			if !errors.Is(err, stop) || !bytes.Equal(out.Bytes(), until) {
				t.Errorf("%d bytes came through, want the %d before the message: %v", out.Len(), len(until), err)
			}
		})
	}
}

// TestRelayHoldsNothingBack sees a message come out before the next goes in.
func TestRelayHoldsNothingBack(t *testing.T) {
	t.Parallel()
	in, src := io.Pipe()
	out, dst := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- relay(dst, in, fromServer, func(byte, []byte) error { return nil })
		dst.Close()
	}()
	for _, m := range [][]byte{message('Z', "I"), message('C', "COMMIT\x00"), message('D', strings.Repeat("x", 10_000))} {
		// With what the next message begins with, which stays behind.
		go func() { _, _ = src.Write(append(m, 'D', 0)) }()
		got := make([]byte, len(m))
		if _, err := io.ReadFull(out, got); err != nil || !bytes.Equal(got, m) {
			t.Fatalf("got %q: %v", got, err)
		}
		go func() { _, _ = src.Write([]byte{0, 0, 4}) }()
		rest := make([]byte, header)
		if _, err := io.ReadFull(out, rest); err != nil || !bytes.Equal(rest, message('D', "")) {
			t.Fatalf("got %q: %v", rest, err)
		}
	}
	src.Close()
	must(t, <-done)
}

func TestRelayOfWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stream, through string
		fails           bool
	}{
		"nothing":          {"", "", false},
		"half a header":    {"D\x00\x00", "D\x00\x00", false},
		"half a message":   {"D\x00\x00\x00\x08ab", "D\x00\x00\x00\x08ab", true},
		"a length below 4": {"D\x00\x00\x00\x03ab", "", true},
	} {
		var out bytes.Buffer
		err := relay(&out, strings.NewReader(c.stream), fromServer, nil)
		if (err != nil) != c.fails || out.String() != c.through {
			t.Errorf("%s: %q came through: %v", name, out.String(), err)
		}
	}
}

func TestHasCommit(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"commit":                                 true,
		" \n-- it is done; commit\nCOMMIT ;":     true,
		"/* a /* b */ c */ Commit and chain":     true,
		"insert into t values ('it''s'); commit": true,
		"begin; select 1; commit; begin":         true,
		"select $1;commit work":                  true,
		"select $1$1;commit":                     true,
		`select E'\'; ';commit`:                  true,
		`select E'a''\'; ';commit`:               true,
		`select 'back\';commit`:                  true,
		"":                                       false,
		";;":                                     false,
		"-- commit":                              false,
		"/* commit":                              false,
		"rollback":                               false,
		"end":                                    false,
		"commit prepared 'x'":                    false,
		"committed":                              false,
		"select 'x; commit'":                     false,
		"select E'\\'; commit'":                  false,
		`select ";commit"`:                       false,
		"do $$ begin; commit; end $$":            false,
		"do $a$ $$; commit; $a$":                 false,
		"create function commit() returns void as $": false,
		"select 1 as commit":                         false,
		"insert into commit values (1)":              false,
	} {
		if got := hasCommit(sql); got != want {
			t.Errorf("hasCommit(%q) = %v", sql, got)
		}
	}
}

// TestCommits follows statements by their names.
func TestCommits(t *testing.T) {
	t.Parallel()
	c := newCommits()
	for i, m := range []struct {
		kind byte
		body string
		want bool
	}{
		{'Q', "commit\x00", true},
		{'Q', "select 1\x00", false},
		{'P', "s1\x00commit\x00\x00\x00", false},
		{'P', "\x00select 1\x00\x00\x00", false},
		{'B', "\x00\x00\x00\x00\x00\x00\x00\x00", false},
		{'E', "\x00\x00\x00\x00\x00", false},
		{'B', "\x00s1\x00\x00\x00\x00\x00\x00\x00", false},
		{'E', "\x00\x00\x00\x00\x00", true},
		{'B', "p1\x00s1\x00\x00\x00\x00\x00\x00\x00", false},
		{'B', "\x00\x00\x00\x00\x00\x00\x00\x00", false},
		{'E', "\x00\x00\x00\x00\x00", false},
		{'E', "p1\x00\x00\x00\x00\x00", true},
		{'C', "Pp1\x00", false},
		{'E', "p1\x00\x00\x00\x00\x00", false},
		{'C', "Ss1\x00", false},
		{'B', "\x00s1\x00\x00\x00\x00\x00\x00\x00", false},
		{'E', "\x00\x00\x00\x00\x00", false},
	} {
		if got := c.asked(m.kind, []byte(m.body)); got != m.want {
			t.Errorf("message %d, %c %q: %v, want %v", i, m.kind, m.body, got, m.want)
		}
	}
}
