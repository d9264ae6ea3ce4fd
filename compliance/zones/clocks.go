package zones

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// clocks are the time zones that have been loaded, by their names.
type clocks map[string]*clock

// clock is a time zone, and what its clocks show over the years.
type clock struct {
	zone    *time.Location
	changes []change
}

// change is a moment, in seconds since 1970, from which a clock is so many seconds
// ahead of UTC.
type change struct {
	from   int64
	offset int
}

// The years over which clocks are compared. Zones that have differed before are one
// zone to whoever sends today, and a rule goes on for longer than these.
var (
	compareFrom  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	compareUntil = time.Date(2041, 1, 1, 0, 0, 0, 0, time.UTC)
)

// load returns the zones of these names, with spaces between, but those out whose
// clocks show the same as an earlier one's: of the 29 of the United States eight are
// left. It is looked up rather than part of the table, since laws that make clocks
// differ come with new time zone data.
func (c clocks) load(names string) ([]*time.Location, error) {
	var distinct []*clock
	for _, name := range strings.Fields(names) {
		next, err := c.of(name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(distinct, func(earlier *clock) bool { return slices.Equal(earlier.changes, next.changes) }) {
			distinct = append(distinct, next)
		}
	}
	if len(distinct) == 0 {
		return nil, fmt.Errorf("there are no zones")
	}
	zones := make([]*time.Location, len(distinct))
	for i, d := range distinct {
		zones[i] = d.zone
	}
	return zones, nil
}

// of returns one zone. Whoever asks for a zone twice gets the same Location.
func (c clocks) of(name string) (*clock, error) {
	if known := c[name]; known != nil {
		return known, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	c[name] = &clock{zone, changesOf(zone)}
	return c[name], nil
}

// changesOf returns what the clocks of a zone show in the years that are compared.
func changesOf(zone *time.Location) []change {
	var all []change
	for at := compareFrom; at.Before(compareUntil); {
		_, offset := at.In(zone).Zone()
		if len(all) == 0 || all[len(all)-1].offset != offset {
			all = append(all, change{at.Unix(), offset})
		}
		_, end := at.In(zone).ZoneBounds()
		if end.IsZero() {
			break
		}
		if !end.After(at) { // the time package has such ends on the last day of a leap year
			end = at.Add(24 * time.Hour)
		}
		at = end
	}
	return all
}
