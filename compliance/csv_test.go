package compliance_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

const header = "address,kind,occurred_at,via,text,evidence,reason\n"

// readStatements reads a whole file. Lines that are no good are in words.
func readStatements(from io.Reader) (all []compliance.Statement, bad []string, err error) {
	r, err := compliance.NewStatementReader(from)
	if err != nil {
		return nil, nil, err
	}
	for {
		s, err := r.Read(at)
		var line *compliance.LineError
		switch {
		case errors.Is(err, io.EOF):
			return all, bad, nil
		case errors.As(err, &line):
			bad = append(bad, line.Error())
		case err != nil:
			return all, bad, err
		default:
			all = append(all, s)
		}
	}
}

func TestStatementsAreRead(t *testing.T) {
	out := compliance.Statement{
		Address: "+14155550123", Kind: compliance.OptOut, OccurredAt: at.Add(-time.Hour), Via: compliance.ViaVoice,
		Text: "Stop it, \"now\"!\r\nOr I sue.", Evidence: "call 17", Reason: "angry",
	}
	in := compliance.Statement{
		Address: "whatsapp:+14155550124", Kind: compliance.OptIn, OccurredAt: at.Add(-2 * time.Hour), Via: compliance.ViaWebForm, Text: "Yes", Evidence: "form 3",
	}
	listed := compliance.Statement{Address: "+14155550125", Kind: compliance.OptOut, OccurredAt: at.Add(-3 * time.Hour), Via: compliance.ViaSystem, Evidence: "list"}
	lines := []string{
		"address,kind,occurred_at,via,text,evidence,reason",
		"+1 (415) 555-0123,opt_out," + out.OccurredAt.Format(time.RFC3339) + `,voice,"Stop it, ""now""!` + "\r\n" + `Or I sue.",call 17,angry`,
		`WhatsApp:+14155550124,"opt_in",` + in.OccurredAt.In(time.FixedZone("", -5*3600)).Format(time.RFC3339) + `,web_form,Yes,"form 3",`,
		"",
		",,,,,,",
		"sms:+14155550125,opt_out," + listed.OccurredAt.Format(time.RFC3339) + ",system,,list,",
	}
	for what, file := range map[string]string{
		"LF":                 strings.Join(lines, "\n") + "\n",
		"CRLF":               strings.Join(lines, "\r\n") + "\r\n",
		"no last line break": strings.Join(lines, "\n"),
		"byte order mark":    "\ufeff" + strings.Join(lines, "\r\n"),
		"half a line break":  strings.Join(lines, "\r\n") + "\r",
	} {
		for how, from := range map[string]io.Reader{"at once": strings.NewReader(file), "byte by byte": iotest.OneByteReader(strings.NewReader(file))} {
			got, bad, err := readStatements(from)
			if err != nil || len(bad) > 0 {
				t.Errorf("%s, %s: %v, %q", what, how, err, bad)
			}
			if diff := cmp.Diff([]compliance.Statement{out, in, listed}, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", what, how, diff)
			}
		}
	}
}

func TestColumnsInAnyOrder(t *testing.T) {
	got, bad, err := readStatements(strings.NewReader("via,occurred_at,text,address,kind\nvoice,2026-01-02T03:04:05Z,Stop,+14155550123,opt_out\n"))
	want := []compliance.Statement{{
		Address: "+14155550123", Kind: compliance.OptOut, OccurredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Via: compliance.ViaVoice, Text: "Stop",
	}}
	if diff := cmp.Diff(want, got); diff != "" || len(bad) > 0 || err != nil {
		t.Errorf("%v, %q (-want +got):\n%s", err, bad, diff)
	}
}

// A line that is no good is named, with what is wrong and what to do, and those
// around it are read.
func TestLinesThatAreNoGood(t *testing.T) {
	const good = "+14155550123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,"
	for line, want := range map[string][]string{
		"14155550123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,":      {"address is no E.164 number; write it with +"},
		"+04155550123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,":     {"begins with 0"},
		"+120123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,":          {"it has only 6 digits"},
		"+1415555O123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,":     {"address is no address: telephone number has a character"},
		",opt_out,2026-01-02T03:04:05Z,voice,Stop,,":                 {"address is empty; give the contact's"},
		"+14155550123,STOP,2026-01-02T03:04:05Z,voice,Stop,,":        {"kind is not known; it must be opt_out, opt_in or voided"},
		"+14155550123,opt_out,02/01/2026,voice,Stop,,":               {"occurred_at is no moment of RFC 3339; write it like 2026-"},
		"+14155550123,opt_out,,voice,Stop,,":                         {"occurred_at is missing"},
		"+14155550123,opt_out,1926-01-02T03:04:05Z,voice,Stop,,":     {"occurred_at is before the first text message"},
		"+14155550123,opt_out,2026-12-31T03:04:05Z,voice,Stop,,":     {"occurred_at is in the future"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,phone,Stop,,":     {"via is not known; it must be one of voice, email"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,,Stop,,":          {"via is empty"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,voice, ,,":        {"text is empty; give what the contact said, word for word"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,system,,,":        {"evidence is empty; name the system"},
		"+14155550123,opt_in,2026-01-02T03:04:05Z,web_form,Yes,,":    {"evidence is empty; say where the proof of the opt-in is"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,voice,St\xffop,,": {"text is not valid UTF-8; save the file"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,voice,St\x07op,,": {"text has a control character"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,a,b":  {"has 8 cells, and the first line names 7 columns"},
		"+14155550123":   {"has 1 cells"},
		",none,x,y,,,":   {"address is empty", "kind is not known", "occurred_at is no moment", "via is not known"},
		good + `say "x"`: {"a quote within a cell that is not in quotes"},
		good + `"x" y`:   {"text behind a closing quote"},
		good + `"x`:      {"text behind a closing quote"}, // the next line has quotes
		"+14155550123,opt_out,2026-01-02T03:04:05Z,voice," + strings.Repeat("x", 20_001) + ",,": {"text has 20001 characters; at most 20000 are kept"},
		"+14155550123,opt_out,2026-01-02T03:04:05Z,voice,Stop,," + strings.Repeat("x", 2_001):   {"reason has 2001 characters"},
		good + strings.Repeat("x", 200_000):                                                     {"has more than 128 kB"},
	} {
		got, bad, err := readStatements(strings.NewReader(header + good + "\n" + line + "\n" + `"` + strings.Replace(good, ",", `",`, 1) + "\n" + good))
		if err != nil || len(got) != 3 || len(bad) != 1 {
			t.Errorf("%.80q: %d are good, %q are not, %v", line, len(got), bad, err)
			continue
		}
		for _, want := range append(want, "compliance: line 3: ") {
			if !strings.Contains(bad[0], want) {
				t.Errorf("%.80q: it does not say %q: %s", line, want, bad[0])
			}
		}
		if strings.Contains(bad[0], "0123") {
			t.Errorf("%.80q: it repeats what the line has: %s", line, bad[0])
		}
	}
}

// A quote that nobody closes takes no more than its line, and no memory.
func TestQuotesThatAreNotClosed(t *testing.T) {
	const good = "+14155550123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,\n"
	const lines = 5000
	for what, file := range map[string]string{
		"far from the end": header + good + `"` + strings.Repeat(good, lines),
		"at the end":       header + strings.Repeat(good, lines) + `"` + good,
	} {
		got, bad, err := readStatements(strings.NewReader(file))
		if err != nil || len(bad) != 1 || !strings.Contains(bad[0], "quote that is not closed") {
			t.Errorf("%s: %q, %v", what, bad, err)
		}
		if n := strings.Count(file, "\n") - 2; len(got) != n {
			t.Errorf("%s: %d statements, want %d", what, len(got), n)
		}
	}
}

func TestFilesThatAreNoGood(t *testing.T) {
	for file, want := range map[string]string{
		"":                      "the file is empty; its first line must name the columns: address,kind,",
		"\xff\xfea\x00":         "is UTF-16; save it as CSV in UTF-8",
		"address;kind;via\n":    "not separated by commas",
		"address,kind,via\n":    "the column occurred_at is missing",
		"Address,kind,via\n":    `the column "Address" is not known`,
		"kind,kind\n":           "the column kind is there twice",
		"\"address,kind\n":      "a quote that is not closed",
		"+14155550123,opt_out,": "the column address is missing",
	} {
		if _, _, err := readStatements(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want %q in it", file, err, want)
		}
	}
	// What was read before a reader failed is good; half a line is not.
	broken := errors.New("the disk is gone")
	const good = "+14155550123,opt_out,2026-01-02T03:04:05Z,voice,Stop,,"
	got, bad, err := readStatements(io.MultiReader(strings.NewReader(header+good+"\n"+good), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(got) != 1 || len(bad) != 0 {
		t.Errorf("%d statements, %q, %v; want 1 and the reader's error", len(got), bad, err)
	}
	if _, err := compliance.NewStatementReader(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("the header: %v, want the reader's error", err)
	}
}

func TestLineNumbers(t *testing.T) {
	r, err := compliance.NewStatementReader(strings.NewReader(header + "\n\n+14155550123,opt_out,2026-01-02T03:04:05Z,voice,\"a\nb\",,\n+14155550124,opt_out,2026-01-02T03:04:05Z,voice,c,,\nx\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{4, 6, 7} {
		if _, err := r.Read(at); r.Line() != want {
			t.Errorf("%v is on line %d, want %d", err, r.Line(), want)
		}
	}
}

func TestStatementsOfTheHost(t *testing.T) {
	whole := compliance.Statement{Address: "+14155550123", Kind: compliance.OptOut, OccurredAt: at, Via: compliance.ViaVoice, Text: "Stop"}
	if p := whole.Problems(at); len(p) > 0 {
		t.Errorf("nothing is wrong with it but %v", p)
	}
	for want, spoil := range map[string]func(*compliance.Statement){
		"Address is not as channel.ParseAddress writes it": func(s *compliance.Statement) { s.Address = "+1 415 555 0123" },
		"Kind is help":            func(s *compliance.Statement) { s.Kind = compliance.Help },
		"Text is not valid UTF-8": func(s *compliance.Statement) { s.Text = "\xff" },
	} {
		s := whole
		spoil(&s)
		if p := s.Problems(at); len(p) != 1 || !strings.Contains(p[0].String(), want) {
			t.Errorf("%v, want %q", p, want)
		}
	}
	for a, good := range map[channel.Address]bool{"whatsapp:US.1234567": true, "rcs:+14155550123": true, "rcs:acme": false, "12345": false, "whatsapp:+0": false} {
		s := whole
		s.Address = a
		if p := s.Problems(at); len(p) == 0 != good {
			t.Errorf("%s: %v", a, p)
		}
	}
	for _, v := range []compliance.Via{compliance.ViaVoice, compliance.ViaEmail, compliance.ViaWebForm, compliance.ViaPaper, compliance.ViaInPerson, compliance.ViaMessage, compliance.ViaSystem} {
		s := whole
		s.Via, s.Evidence = v, "list"
		if p := s.Problems(at); len(p) > 0 || v.InWords() == compliance.Via("x").InWords() {
			t.Errorf("%s: %s, %v", v, v.InWords(), p)
		}
	}
}

// FuzzStatementReader reads arbitrary files, and what another CSV writer makes of
// arbitrary cells.
func FuzzStatementReader(f *testing.F) {
	f.Add([]byte(header+"+14155550123,opt_out,2026-01-02T03:04:05Z,voice,\"St\"\"op\r\n\",,\r\n\"x\n"), "Stop, \"please\"\r\n", uint64(1))
	f.Add([]byte("\xef\xbb\xbfaddress,kind,occurred_at,via\n\n,,,\n\""), "\xff", uint64(2))
	f.Fuzz(func(t *testing.T, file []byte, text string, seed uint64) {
		all, bad, err := readStatements(bytes.NewReader(file))
		if err == nil {
			if n := bytes.Count(file, []byte{'\n'}) + 1; len(all)+len(bad) > n {
				t.Errorf("%d statements and %d lines that are no good of %d lines", len(all), len(bad), n)
			}
			for _, s := range all {
				if p := s.Problems(at); len(p) > 0 {
					t.Errorf("%+v was read, and has %v", s, p)
				}
			}
			again, bad2, err := readStatements(iotest.HalfReader(bytes.NewReader(file)))
			if err != nil || !slices.Equal(bad, bad2) || cmp.Diff(all, again) != "" {
				t.Errorf("in pieces it is read in another way: %v, %q, %q", err, bad, bad2)
			}
		}

		// Any column order, line break and amount of quotation.
		random := rand.New(rand.NewPCG(seed, 0))
		columns := strings.Split(strings.TrimSpace(header), ",")
		random.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
		want := compliance.Statement{
			Address: "+14155550123", Kind: compliance.OptOut, OccurredAt: at, Via: compliance.ViaEmail,
			Text: text, Evidence: "mail " + strconv.FormatUint(seed, 10), Reason: text,
		}
		if len(want.Problems(at)) > 0 {
			return
		}
		cells := map[string]string{
			"address": string(want.Address), "kind": want.Kind.String(), "occurred_at": want.OccurredAt.Format(time.RFC3339Nano), "via": string(want.Via),
			"text": want.Text, "evidence": want.Evidence, "reason": want.Reason,
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = cells[c]
		}
		if err := errors.Join(w.WriteAll([][]string{columns, row, row})); err != nil {
			t.Fatal(err)
		}
		got, bad, err := readStatements(&b)
		if diff := cmp.Diff([]compliance.Statement{want, want}, got); diff != "" || err != nil || len(bad) > 0 {
			t.Errorf("%v, %q (-want +got):\n%s", err, bad, diff)
		}
	})
}
