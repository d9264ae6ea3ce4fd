package compliance

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// whereabouts returns where the recipient of a message may be, and who says so:
// the contact's own clock, then what is stated of their place, then what their
// number tells. The law counts of all places that go with it.
func (p *Standard) whereabouts(m *Outgoing) (places []Place, evidence string) {
	var byNumber []Place
	if p.Places != nil {
		byNumber, evidence = p.Places.Locate(m.To)
		if slices.ContainsFunc(byNumber, func(p Place) bool { return p.Zone == nil }) {
			byNumber = nil // a Locator that breaks its promise knows nothing
		}
	}
	region := strings.ToUpper(strings.TrimSpace(m.Region))
	if !isRegion(region) {
		region = "" // like "USA"; the number may tell more
	}
	if slices.Contains(territories, region) {
		region = "US-" + region
	}
	if region != "" {
		var zones []*time.Location
		if p.Places != nil {
			zones = slices.DeleteFunc(slices.Clone(p.Places.Zones(region)), func(z *time.Location) bool { return z == nil })
		}
		places = within(region, byNumber, zones)
		switch {
		case len(places) > 0 && m.Zone == nil:
			return places, "the contact's region, " + evidence
		case len(places) == 0 && len(zones) == 0 && m.Zone != nil:
			// The Locator doesn't know the region: the law of the number's place counts
			// as well. Without a clock, nobody knows where the contact is.
			places = append(slices.Clone(byNumber), Place{region, m.Zone})
		case len(places) == 0:
			for _, zone := range zones {
				places = append(places, Place{region, zone})
			}
		}
		byNumber, evidence = places, "the contact's region"
	}
	if m.Zone == nil {
		return byNumber, evidence
	}
	return withClock(m.Zone, region, byNumber), "the contact's time zone"
}

// isRegion reports whether a code has the form of ISO 3166-1 or 3166-2, like DE or
// US-NY.
func isRegion(code string) bool {
	country, part, parts := strings.Cut(code, "-")
	letters := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
	}
	alnum := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	}
	return len(country) == 2 && letters(country) && (!parts || len(part) >= 1 && len(part) <= 3 && alnum(part))
}

// territories have codes of their own in ISO 3166-1, and the law of the United
// States.
var territories = []string{"AS", "GU", "MP", "PR", "VI"}

// within returns those places that lie in a region, which may be a country or a
// part of one that has zones, as far as they are known. A number of all a country
// may be of any part.
func within(region string, places []Place, zones []*time.Location) []Place {
	country, _, part := strings.Cut(region, "-")
	var all []Place
	for _, p := range places {
		switch {
		case p.Code == region, !part && strings.HasPrefix(p.Code, region+"-"):
			all = append(all, p)
		case part && p.Code == country && (len(zones) == 0 || has(zones, p.Zone)):
			all = append(all, Place{region, p.Zone})
		}
	}
	return all
}

func has(zones []*time.Location, zone *time.Location) bool {
	return slices.ContainsFunc(zones, func(z *time.Location) bool { return z.String() == zone.String() })
}

// withClock returns the places with the clock that is known to be the contact's.
func withClock(zone *time.Location, region string, places []Place) []Place {
	if len(places) == 0 && region != "" {
		return []Place{{region, zone}}
	}
	var all []Place
	for _, p := range places {
		if p.Zone = zone; len(all) == 0 || all[len(all)-1].Code != p.Code {
			all = append(all, p)
		}
	}
	return all
}

// local says what the recipient's clocks show, and how that is known.
func (g *gate) local() string {
	if len(g.places) == 0 {
		return ""
	}
	first, last := g.places[0], g.places[0]
	for _, p := range g.places[1:] {
		if offset(p, g.at) < offset(first, g.at) {
			first = p
		}
		if offset(p, g.at) > offset(last, g.at) {
			last = p
		}
	}
	text := clock(first, g.at)
	if offset(first, g.at) != offset(last, g.at) {
		text += " to " + clock(last, g.at)
	}
	return text + ", by " + g.evidence
}

func offset(p Place, at time.Time) int {
	_, seconds := at.In(p.Zone).Zone()
	return seconds
}

func clock(p Place, at time.Time) string {
	return fmt.Sprintf("%s in %s (%s)", at.In(p.Zone).Format("Mon 15:04"), p.Zone, p.Code)
}
