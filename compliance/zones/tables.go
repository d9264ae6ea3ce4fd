package zones

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // for machines that have no time zones

	"github.com/teaminbox/teaminbox/compliance"
)

// parseTables reads the places and the ranges of numbers.
func parseTables(places, numbers string) (*table, error) {
	t := &table{zones: map[string][]*time.Location{}, ranges: map[string]*numberRange{}}
	clocks := clocks{}
	err := eachRow(places, 2, func(cells []string) error {
		zones, err := clocks.load(cells[1])
		if err == nil && t.zones[cells[0]] != nil {
			err = fmt.Errorf("%s is there twice", cells[0])
		}
		t.zones[cells[0]] = zones
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("zones: places: %w", err)
	}
	if err := eachRow(numbers, 3, func(cells []string) error { return t.addRange(clocks, cells[0], cells[1], cells[2]) }); err != nil {
		return nil, fmt.Errorf("zones: numbers: %w", err)
	}
	return t, nil
}

// addRange adds a row of the table of numbers: a prefix like "+1 303" is in the zones
// of a place, or in all of them if none is named.
func (t *table) addRange(clocks clocks, prefix, code, names string) error {
	country, rest, _ := strings.Cut(strings.TrimPrefix(prefix, "+"), " ")
	zones := t.zones[code]
	if zones == nil {
		return fmt.Errorf("%s is in %s, which has no row among the places", prefix, code)
	}
	if names != "" {
		var err error
		if zones, err = clocks.load(names); err != nil {
			return err
		}
	}
	r := t.ranges[country+rest]
	if r == nil {
		r = &numberRange{evidence: evidenceOf(country, rest)}
		t.ranges[country+rest] = r
		t.deepest = max(t.deepest, len(country+rest))
	}
	for _, zone := range zones {
		p := compliance.Place{Code: code, Zone: zone}
		if slices.Contains(r.places, p) {
			return fmt.Errorf("%s is twice in %s", prefix, code)
		}
		r.places = append(r.places, p)
	}
	return nil
}

// eachRow calls a function with the cells of each row of a table: lines that begin
// with # come first, then the names of the columns.
func eachRow(text string, columns int, row func(cells []string) error) error {
	named := false
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != columns {
			return fmt.Errorf("line %d has %d cells, want %d", i+1, len(cells), columns)
		}
		if !named {
			named = true
			continue
		}
		if err := row(cells); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return nil
}
