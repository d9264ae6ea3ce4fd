package compliance

import (
	"fmt"
	"strings"
	"time"
)

// tsv is a table of text: a first line "# version …", a line of column names,
// and one row on each line, with tabs between the cells.
type tsv struct {
	version string
	rows    []tsvRow
}

type tsvRow struct {
	line  int
	cells map[string]string
}

// parseTSV reads a table that has exactly these columns, in any order.
func parseTSV(text string, columns ...string) (tsv, error) {
	var t tsv
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	version, ok := strings.CutPrefix(lines[0], "# version ")
	if _, err := time.Parse(time.DateOnly, version); !ok || err != nil {
		return t, fmt.Errorf("the first line is %q; it must be \"# version\" and a date like 2026-11-23", lines[0])
	}
	t.version = version
	if len(lines) < 2 {
		return t, fmt.Errorf("there are no columns")
	}
	names := strings.Split(lines[1], "\t")
	have := map[string]bool{}
	for _, n := range names {
		have[n] = true
	}
	for _, c := range columns {
		if !have[c] {
			return t, fmt.Errorf("there is no column %q", c)
		}
	}
	if len(names) != len(columns) {
		return t, fmt.Errorf("there are %d columns, want %d: %s", len(names), len(columns), strings.Join(columns, ", "))
	}
	for n, line := range lines[2:] {
		cells := strings.Split(line, "\t")
		if len(cells) != len(names) {
			return t, fmt.Errorf("line %d has %d cells, want %d", n+3, len(cells), len(names))
		}
		row := tsvRow{line: n + 3, cells: make(map[string]string, len(names))}
		for i, c := range cells {
			row.cells[names[i]] = strings.TrimSpace(c)
		}
		t.rows = append(t.rows, row)
	}
	return t, nil
}

// date reads a cell with a day, or nothing.
func (r tsvRow) date(column string) (time.Time, error) {
	if r.cells[column] == "" {
		return time.Time{}, nil
	}
	d, err := time.Parse(time.DateOnly, r.cells[column])
	if err != nil {
		return d, fmt.Errorf("%s is %q; it must be a date like 2026-11-23, or nothing", column, r.cells[column])
	}
	return d, nil
}

// dates is when a row holds: from the beginning of a day to that of another,
// both UTC. Zero is without bound.
type dates struct{ from, until time.Time }

func (r tsvRow) dates() (d dates, err error) {
	if d.from, err = r.date("from"); err != nil {
		return d, err
	}
	if d.until, err = r.date("until"); err != nil {
		return d, err
	}
	if !d.until.IsZero() && !d.from.Before(d.until) {
		return d, fmt.Errorf("it holds from %s until %s, which is never", r.cells["from"], r.cells["until"])
	}
	return d, nil
}

// hold reports whether a row holds at a moment. At the zero moment do rows
// that have no end.
func (d dates) hold(at time.Time) bool {
	if at.IsZero() {
		return d.until.IsZero()
	}
	return !at.Before(d.from) && (d.until.IsZero() || at.Before(d.until))
}

// overlap reports whether there is a moment at which both hold.
func (d dates) overlap(e dates) bool {
	return (d.until.IsZero() || e.from.Before(d.until)) && (e.until.IsZero() || d.from.Before(e.until))
}
