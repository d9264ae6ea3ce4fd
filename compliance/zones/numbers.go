package zones

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// Numbers returns a Locator for telephone numbers, in whatever medium. Its tables are
// the same for all, and read by the first call, so a host that makes its policy at the
// start has no message wait for it. It is safe for use from many goroutines.
func Numbers() compliance.Locator { return numbers() }

// The lengths of a number with its country code. Sources: ITU-T E.164 for the
// longest; the shortest in use are those of small islands, like +290 23456.
const (
	shortest      = 7
	longest       = 15
	northAmerican = 11 // country code 1 has one length
)

//go:embed tables/places.tsv
var placesTSV string

//go:embed tables/numbers.tsv
var numbersTSV string

// table is the tables, read. It never changes.
type table struct {
	zones   map[string][]*time.Location // of a code
	ranges  map[string]*numberRange     // by the digits they begin with
	deepest int                         // the most digits of a range
}

// numberRange is the numbers that begin in one way.
type numberRange struct {
	places   []compliance.Place
	evidence string
}

var numbers = sync.OnceValue(func() *table {
	t, err := parseTables(placesTSV, numbersTSV)
	if err != nil {
		panic(err) // the tables are part of the program, and a test has read them
	}
	return t
})

// Locate goes by the longest range that a number is in.
func (t *table) Locate(a channel.Address) (places []compliance.Place, evidence string) {
	digits, ok := strings.CutPrefix(a.Identity(), "+")
	if !ok || !canBeNumber(digits) {
		return nil, ""
	}
	for n := min(t.deepest, len(digits)); n > 0; n-- {
		if r := t.ranges[digits[:n]]; r != nil {
			return slices.Clone(r.places), r.evidence
		}
	}
	return nil, ""
}

// canBeNumber reports whether there may be a number of these digits. An area code of
// the country code 1 begins with 2 to 9.
func canBeNumber(digits string) bool {
	if len(digits) < shortest || len(digits) > longest || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	return digits[0] != '1' || len(digits) == northAmerican && digits[1] >= '2'
}

// Zones returns those of a country, or of a part of one. A part that the table does
// not have may be anywhere in its country.
func (t *table) Zones(code string) []*time.Location {
	zones := t.zones[code]
	if country, _, part := strings.Cut(code, "-"); zones == nil && part {
		zones = t.zones[country]
	}
	return slices.Clone(zones)
}

// evidenceOf says what a range goes by: its country code, and what follows there.
func evidenceOf(country, rest string) string {
	switch {
	case rest == "":
		return "country code " + country
	case country == "1":
		return "area code " + rest
	}
	return fmt.Sprintf("country code %s, then %s", country, rest)
}
