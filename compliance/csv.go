package compliance

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/channel"
)

// longestRecord bounds a record of a file of statements, in bytes. Whoever forgets
// to close a quote loses no more than the line that it is on.
const longestRecord = 128 << 10

// statementColumn is a column of a file of statements.
type statementColumn struct {
	name     string
	field    string // of a Statement
	required bool
	parse    func(s *Statement, cell string) (problem string)
}

var statementColumns = []statementColumn{
	{"address", "Address", true, func(s *Statement, cell string) string {
		if strings.TrimSpace(cell) == "" {
			return ""
		}
		a, err := channel.ParseAddress(cell)
		if err != nil {
			return "is no address: " + strings.TrimPrefix(err.Error(), "channel: ") + "; write it like +14155550100 or whatsapp:+14155550100"
		}
		s.Address = a
		return ""
	}},
	{"kind", "Kind", true, func(s *Statement, cell string) string {
		switch cell {
		case OptOut.String():
			s.Kind = OptOut
		case OptIn.String():
			s.Kind = OptIn
		case Voided.String():
			s.Kind = Voided
		default:
			return "is not known; it must be opt_out, opt_in or voided"
		}
		return ""
	}},
	{"occurred_at", "OccurredAt", true, func(s *Statement, cell string) string { return parseMoment(&s.OccurredAt, cell) }},
	{"via", "Via", true, func(s *Statement, cell string) string { s.Via = Via(cell); return "" }},
	{"text", "Text", false, func(s *Statement, cell string) string { s.Text = cell; return "" }},
	{"evidence", "Evidence", false, func(s *Statement, cell string) string { s.Evidence = cell; return "" }},
	{"reason", "Reason", false, func(s *Statement, cell string) string { s.Reason = cell; return "" }},
	{"purpose", "Purpose", false, func(s *Statement, cell string) string { s.Purpose = Purpose(cell); return "" }},
	{"programme", "Programme", false, func(s *Statement, cell string) string { s.Programme = cell; return "" }},
	{"strength", "Strength", false, func(s *Statement, cell string) string { s.Strength = Strength(cell); return "" }},
	{"until", "Until", false, func(s *Statement, cell string) string { return parseMoment(&s.Until, cell) }},
}

// parseMoment reads a cell that has a moment, or nothing.
func parseMoment(to *time.Time, cell string) (problem string) {
	if cell == "" {
		return ""
	}
	at, err := time.Parse(time.RFC3339, cell)
	if err != nil {
		return "is no moment of RFC 3339; write it like 2026-11-23T14:05:00Z or 2026-11-23T14:05:00-05:00"
	}
	*to = at
	return ""
}

// StatementReader reads statements from CSV as RFC 4180 has it, in UTF-8 with a
// byte order mark or without, one after the other: a file may be larger than
// memory.
//
//	address,kind,occurred_at,via,text,evidence,reason
//	+14155550123,opt_out,2026-11-23T14:05:00Z,voice,"Please stop, will you?",call 4711,
//	whatsapp:+14155550124,opt_in,2026-11-20T09:00:00+01:00,web_form,Yes to offers,form 12 row 3,
//	+14155550125,opt_out,2025-01-31T00:00:00Z,system,,the list of our former provider,
//
// The first line names the columns, which may be in any order. They are the fields
// of [Statement]; all from text on may be left out if no line has any:
//
//	address      in the form of E.164, like +14155550123; for other media like whatsapp:+14155550123
//	kind         opt_out, opt_in, or voided for a number that is not the contact's any more
//	occurred_at  a moment of RFC 3339 with its time zone, like 2026-11-23T14:05:00Z
//	via          voice, email, web_form, paper, in_person, message or system
//	text         what the contact said, word for word; may be empty for system alone
//	evidence     where the proof is; may be empty for opt-outs that are not of system
//	reason       why it is recorded; may be empty
//	purpose      marketing if it is about what sells alone; empty for everything
//	programme    what the contact named, like newsletter; empty for all programmes
//	strength     express or express_written for a consent to marketing; else empty
//	until        a moment at which an opt-in ends by itself, or empty
//
// Lines end with CRLF or LF; those without any text in them are skipped. A
// StatementReader is used by one goroutine.
type StatementReader struct {
	from    *bufio.Reader
	err     error // that from has ended with
	columns []int // for each cell the index of its column
	line    int64 // on which the last record began
	next    int64 // on which the next one begins
}

// LineError says what is wrong with a line of a file of statements, and the cure.
// The lines after it can be read all the same.
type LineError struct {
	Line     int64     // on which the record begins; the header is on line 1
	Problems []Problem // by column
}

func (e *LineError) Error() string {
	all := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = p.String()
	}
	return fmt.Sprintf("compliance: line %d: %s", e.Line, strings.Join(all, "; "))
}

// NewStatementReader returns a reader of what comes from r. It reads the line that
// names the columns; its error says what is wrong with that, or is r's.
func NewStatementReader(r io.Reader) (*StatementReader, error) {
	s := &StatementReader{from: bufio.NewReaderSize(r, longestRecord), next: 1}
	begin, err := s.from.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")):
		_, _ = s.from.Discard(3) // it was peeked
	case bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
		return nil, errors.New("compliance: the file is UTF-16; save it as CSV in UTF-8")
	}
	names, problem, err := s.record()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("compliance: the file is empty; its first line must name the columns: " + statementHeader())
	case err != nil:
		return nil, err
	case problem != "":
		return nil, fmt.Errorf("compliance: line 1, which must name the columns, %s", problem)
	}
	return s, s.header(names)
}

func statementHeader() string {
	names := make([]string, len(statementColumns))
	for i, c := range statementColumns {
		names[i] = c.name
	}
	return strings.Join(names, ",")
}

// header reads the names of the columns.
func (r *StatementReader) header(names []string) error {
	var errs []error
	for _, name := range names {
		i := slices.IndexFunc(statementColumns, func(c statementColumn) bool { return c.name == name })
		switch {
		case i < 0 && len(names) == 1 && strings.ContainsAny(name, ";\t"):
			return errors.New("compliance: the cells are not separated by commas; save the file as CSV with commas")
		case i < 0:
			errs = append(errs, fmt.Errorf("compliance: the column %q is not known; the columns are %s", shortened(name), statementHeader()))
		case slices.Contains(r.columns, i):
			errs = append(errs, fmt.Errorf("compliance: the column %s is there twice", name))
		}
		r.columns = append(r.columns, i)
	}
	for i, c := range statementColumns {
		if c.required && !slices.Contains(r.columns, i) {
			errs = append(errs, fmt.Errorf("compliance: the column %s is missing; the first line must name the columns: %s", c.name, statementHeader()))
		}
	}
	return errors.Join(errs...)
}

func shortened(name string) string {
	if runes := []rune(name); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return name
}

// Line returns on which line the statement began that was read last, or would
// have begun.
func (r *StatementReader) Line() int64 { return r.line }

// Read returns the next statement, checked as one that is made at a moment. The
// error is a [*LineError] if it is no good: the next Read goes on behind it. It is
// io.EOF at the end, and otherwise that of the reader.
func (r *StatementReader) Read(at time.Time) (Statement, error) {
	for {
		cells, problem, err := r.record()
		switch {
		case err != nil:
			return Statement{}, err
		case problem != "":
			return Statement{}, r.bad(Problem{"the line", problem})
		case !slices.ContainsFunc(cells, func(c string) bool { return c != "" }):
			continue
		case len(cells) != len(r.columns):
			return Statement{}, r.bad(Problem{"the line", fmt.Sprintf("has %d cells, and the first line names %d columns; put cells that have commas in them in quotes", len(cells), len(r.columns))})
		}
		return r.statement(cells, at)
	}
}

func (r *StatementReader) bad(problems ...Problem) error {
	return &LineError{Line: r.line, Problems: problems}
}

// statement makes a statement of its cells.
func (r *StatementReader) statement(cells []string, at time.Time) (Statement, error) {
	var s Statement
	var problems []Problem
	unread := make(map[string]bool)
	for i, cell := range cells {
		c := &statementColumns[r.columns[i]]
		problem := ""
		if !utf8.ValidString(cell) {
			problem = "is not valid UTF-8; save the file as CSV in UTF-8"
		} else {
			problem = c.parse(&s, cell)
		}
		if problem != "" {
			problems = append(problems, Problem{c.name, problem})
			unread[c.field] = true
		}
	}
	for _, p := range s.Problems(at) {
		if unread[p.Field] {
			continue
		}
		i := slices.IndexFunc(statementColumns, func(c statementColumn) bool { return c.field == p.Field })
		problems = append(problems, Problem{statementColumns[i].name, p.Reason})
	}
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(columnOf(a), columnOf(b)) })
		return Statement{}, r.bad(problems...)
	}
	return s, nil
}

// columnOf returns the place of a problem's column in the list of columns.
func columnOf(p Problem) int {
	return slices.IndexFunc(statementColumns, func(c statementColumn) bool { return c.name == p.Field })
}

// record returns the cells of the next record, or what is wrong with it. Behind
// one that is wrong it goes on with the next line: a quote that nobody closes
// takes none but its own.
func (r *StatementReader) record() (cells []string, problem string, err error) {
	r.line = r.next
	for want := 1; ; {
		if r.err == nil {
			_, r.err = r.from.Peek(want)
		}
		data, _ := r.from.Peek(r.from.Buffered())
		if len(data) == 0 {
			return nil, "", r.err
		}
		cells, n, problem := parseRecord(data, errors.Is(r.err, io.EOF))
		if n == 0 && problem == "" { // it goes on
			switch {
			case len(data) >= longestRecord:
				problem = fmt.Sprintf("has more than %d kB, or a quote that is not closed; write quotes within quoted text twice", longestRecord>>10)
			case r.err != nil:
				return nil, "", r.err
			default:
				want = min(2*len(data), longestRecord)
				continue
			}
		}
		if problem != "" {
			return nil, problem, r.skipLine(data)
		}
		r.next += int64(bytes.Count(data[:n], []byte{'\n'}))
		_, _ = r.from.Discard(n) // it was peeked
		return cells, "", nil
	}
}

// skipLine skips the rest of a line of which the data is the beginning.
func (r *StatementReader) skipLine(data []byte) error {
	r.next++
	for {
		i := bytes.IndexByte(data, '\n')
		if i >= 0 {
			_, _ = r.from.Discard(i + 1) // it was peeked
			return nil
		}
		_, _ = r.from.Discard(len(data))
		if r.err == nil {
			_, r.err = r.from.Peek(1)
		}
		if data, _ = r.from.Peek(r.from.Buffered()); len(data) == 0 {
			return nil // the next record tells why
		}
	}
}

// parseRecord reads a record from the beginning of data, of which n bytes are its
// own. If n is 0 and there is no problem, it goes on behind the data, which is not
// the end of the file.
func parseRecord(data []byte, end bool) (cells []string, n int, problem string) {
	for {
		cell, length, problem := parseCell(data[n:], end)
		if problem != "" || length < 0 {
			return nil, 0, problem
		}
		cells = append(cells, cell)
		n += length
		rest := data[n:]
		switch {
		case len(rest) == 0 && end:
			return cells, n, ""
		case len(rest) == 0, len(rest) == 1 && rest[0] == '\r' && !end:
			return nil, 0, ""
		case rest[0] == ',':
			n++
		case rest[0] == '\n':
			return cells, n + 1, ""
		case rest[0] == '\r' && len(rest) > 1 && rest[1] == '\n':
			return cells, n + 2, ""
		case rest[0] == '\r' && len(rest) == 1:
			return cells, n + 1, ""
		default:
			return nil, 0, "has text behind a closing quote; write quotes within quoted text twice"
		}
	}
}

// parseCell reads a cell and returns how many bytes it has, or -1 if it may go on
// behind the data.
func parseCell(data []byte, end bool) (cell string, n int, problem string) {
	if len(data) > 0 && data[0] == '"' {
		return parseQuoted(data, end)
	}
	n = bytes.IndexAny(data, "\",\n")
	switch {
	case n < 0 && !end:
		return "", -1, ""
	case n < 0:
		n = len(data)
	case data[n] == '"':
		return "", 0, "has a quote within a cell that is not in quotes; put the cell in quotes, and write each quote in it twice"
	}
	if n > 0 && data[n-1] == '\r' && (n == len(data) || data[n] == '\n') {
		n-- // of the end of the line
	}
	return string(data[:n]), n, ""
}

// parseQuoted reads a cell that is in quotes.
func parseQuoted(data []byte, end bool) (cell string, n int, problem string) {
	for n = 1; ; {
		i := bytes.IndexByte(data[n:], '"')
		switch {
		case i < 0 && end:
			return "", 0, "has a quote that is not closed; write quotes within quoted text twice"
		case i < 0, n+i+1 == len(data) && !end:
			return "", -1, ""
		}
		if n += i + 1; n == len(data) || data[n] != '"' {
			return strings.ReplaceAll(string(data[1:n-1]), `""`, `"`), n, ""
		}
		n++
	}
}
