package zones

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/compliance"
)

// parts are the parts of the countries that the table has all of, by ISO 3166-2.
var parts = map[string][]string{
	"US": strings.Fields("AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY"),
	"CA": strings.Fields("AB BC MB NB NL NS NT NU ON PE QC SK YT"),
	"AU": strings.Fields("ACT NSW NT QLD SA TAS VIC WA"),
	"BR": strings.Fields("AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO"),
}

// territories have a code as a country and as a part of one.
var territories = map[string]string{
	"US-AS": "AS", "US-GU": "GU", "US-MP": "MP", "US-PR": "PR", "US-UM": "UM", "US-VI": "VI",
	"FR-971": "GP", "FR-972": "MQ", "FR-973": "GF", "FR-974": "RE", "FR-976": "YT", "FR-BL": "BL", "FR-MF": "MF", "FR-PM": "PM",
	"FI-01": "AX", "NO-21": "SJ", "SH-HL": "SH", "SH-AC": "SH", "SH-TA": "SH",
}

func TestCodes(t *testing.T) {
	var got, want []string
	countries := 0
	for code := range numbers().zones {
		switch country, _, part := strings.Cut(code, "-"); {
		case !part && regexp.MustCompile(`^[A-Z]{2}$`).MatchString(code):
			countries++
		case numbers().zones[country] == nil:
			t.Errorf("%s is in no country", code)
		default:
			got = append(got, code)
		}
	}
	for country, names := range parts {
		for _, name := range names {
			want = append(want, country+"-"+name)
		}
	}
	for code, country := range territories {
		want = append(want, code)
		if !slices.Equal(numbers().zones[code], numbers().zones[country]) {
			t.Errorf("%s and %s are the same, and have other zones", code, country)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the parts of countries (-want +got):\n%s", diff)
	}
	if countries != 249-2+1 { // ISO 3166-1, without BV and HM, and with XK
		t.Errorf("%d countries", countries)
	}
}

// A country has the clocks of its parts, and no others.
func TestClocksOfParts(t *testing.T) {
	for country, names := range parts {
		ofParts := map[string]bool{}
		for _, name := range names {
			for _, zone := range numbers().zones[country+"-"+name] {
				ofParts[clockText(zone)] = true
			}
		}
		whole := map[string]bool{}
		for _, zone := range numbers().zones[country] {
			whole[clockText(zone)] = true
		}
		if len(whole) != len(numbers().zones[country]) {
			t.Errorf("%s: two zones show the same", country)
		}
		if diff := cmp.Diff(whole, ofParts); diff != "" {
			t.Errorf("%s (-country +parts):\n%s", country, diff)
		}
	}
}

// Every range of numbers is in one country, in places with distinct clocks, and every
// place that has a law of its own in the table of jurisdictions has a range.
func TestRanges(t *testing.T) {
	reached := map[string]bool{}
	for digits, r := range numbers().ranges {
		if len(r.places) == 0 || r.evidence == "" {
			t.Errorf("+%s is in no place", digits)
		}
		seen := map[string]bool{}
		for _, p := range r.places {
			key := p.Code + clockText(p.Zone)
			if seen[key] {
				t.Errorf("+%s: %s has the same clock twice", digits, p.Code)
			}
			seen[key] = true
			country, _, _ := strings.Cut(p.Code, "-")
			reached[p.Code], reached[country] = true, true
			if !slices.ContainsFunc(numbers().zones[p.Code], func(z *time.Location) bool { return clockText(z) == clockText(p.Zone) }) {
				t.Errorf("+%s is in %s, where no clock shows %s", digits, p.Code, p.Zone)
			}
		}
	}
	for _, country := range []string{"US", "CA", "BR"} {
		for _, name := range parts[country] {
			if !reached[country+"-"+name] {
				t.Errorf("no number is in %s-%s", country, name)
			}
		}
	}
	for _, j := range compliance.StandardJurisdictions().All() {
		if strings.HasPrefix(j.Code, "*") || j.Code == "EU" {
			continue
		}
		if !reached[j.Code] || numbers().zones[j.Code] == nil {
			t.Errorf("%s has a law, and no number or no zones", j.Code)
		}
	}
}

// Within a state the area codes have all of its clocks together.
func TestAreaCodesHaveTheClocksOfTheirState(t *testing.T) {
	clocks := map[string]map[string]bool{}
	for _, r := range numbers().ranges {
		for _, p := range r.places {
			if clocks[p.Code] == nil {
				clocks[p.Code] = map[string]bool{}
			}
			clocks[p.Code][clockText(p.Zone)] = true
		}
	}
	for code, got := range clocks {
		if want := len(numbers().zones[code]); len(got) != want {
			t.Errorf("%s has %d clocks, and its numbers %d", code, want, len(got))
		}
	}
}

// clockText is what a clock shows over the years.
func clockText(zone *time.Location) string {
	var b strings.Builder
	for _, c := range changesOf(zone) {
		b.WriteString(time.Unix(c.from, 0).UTC().Format(time.RFC3339) + " " + (time.Duration(c.offset) * time.Second).String() + " ")
	}
	return b.String()
}

func TestChanges(t *testing.T) {
	for name, want := range map[string]int{
		"America/Phoenix":  1,
		"America/New_York": 1 + 2*15, // twice a year
		"Europe/London":    1 + 2*15,
		"Australia/Sydney": 1 + 2*15,
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		all := changesOf(zone)
		if len(all) != want {
			t.Errorf("%s: %d changes, want %d", name, len(all), want)
		}
		for _, c := range all {
			if _, offset := time.Unix(c.from, 0).In(zone).Zone(); offset != c.offset {
				t.Errorf("%s at %d: %d, want %d", name, c.from, c.offset, offset)
			}
		}
	}
}

func TestTablesThatAreNoGood(t *testing.T) {
	const head, numbersHead = "# about\ncode\tzones\n", "prefix\tcode\tzones\n"
	for want, tt := range map[string]struct{ places, numbers string }{
		"places: line 3 has 1 cells, want 2":                             {head + "DE\n", numbersHead},
		"places: line 3: unknown time zone Europe/Atlantis":              {head + "DE\tEurope/Atlantis\n", numbersHead},
		"places: line 3: there are no zones":                             {head + "DE\t\n", numbersHead},
		"places: line 4: DE is there twice":                              {head + "DE\tEurope/Berlin\nDE\tEurope/Berlin\n", numbersHead},
		"numbers: line 2 has 2 cells, want 3":                            {head, numbersHead + "+49\tDE\n"},
		"numbers: line 2: +49 is in DE, which has no row among the plac": {head, numbersHead + "+49\tDE\t\n"},
		"numbers: line 2: unknown time zone Mars":                        {head + "DE\tEurope/Berlin\n", numbersHead + "+49\tDE\tMars\n"},
		"numbers: line 3: +49 is twice in DE":                            {head + "DE\tEurope/Berlin\n", numbersHead + "+49\tDE\t\n+49\tDE\t\n"},
	} {
		if _, err := parseTables(tt.places, tt.numbers); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}

// What the first call costs.
func BenchmarkTables(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseTables(placesTSV, numbersTSV); err != nil {
			b.Fatal(err)
		}
	}
}
