package zones

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// The tables are compared with libphonenumber, which knows which numbers there are,
// of which country, and in North America of which town. It is no part of the program:
// it adds 7 MB to it and 6 ms to its start, its zones of mobile numbers outside of North
// America are those of the capital, and some others are wrong, as is told here.

func parsed(t *testing.T, number string) *phonenumbers.PhoneNumber {
	t.Helper()
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		t.Fatalf("%s: %v", number, err)
	}
	return n
}

// codesOf returns the codes of the places of a number, as codes of countries.
func codesOf(number string) (codes []string) {
	places, _ := numbers().Locate(channel.Address(number))
	for _, p := range places {
		country, _, _ := strings.Cut(p.Code, "-")
		if c := territories[p.Code]; c != "" {
			country = c
		}
		codes = append(codes, country)
	}
	return codes
}

// of reports whether a number is of one of these types.
func of(n *phonenumbers.PhoneNumber, types ...phonenumbers.PhoneNumberType) bool {
	return slices.Contains(types, phonenumbers.GetNumberType(n))
}

// witnessed is the region that libphonenumber has a number in, by ISO 3166-1.
func witnessed(n *phonenumbers.PhoneNumber) string {
	switch r := phonenumbers.GetRegionCodeForNumber(n); r {
	case "AC", "TA":
		return "SH"
	default:
		return r
	}
}

// area is an area code that is in service in North America, and a number there.
type area struct{ code, number, region string }

var areas = sync.OnceValue(func() (all []area) {
	for code := 200; code <= 999; code++ {
		for exchange := 200; exchange <= 999; exchange += 3 { // few are in use everywhere
			n := &phonenumbers.PhoneNumber{
				CountryCode:    new(int32(1)),
				NationalNumber: new(uint64(code*10_000_000 + exchange*10_000 + 123)),
			}
			if of(n, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.MOBILE, phonenumbers.FIXED_LINE) {
				all = append(all, area{strconv.Itoa(code), phonenumbers.Format(n, phonenumbers.E164), witnessed(n)})
				break
			}
		}
	}
	return all
})

// states are the names that libphonenumber gives parts of countries.
var states = map[string]string{
	"Alabama": "US-AL", "Alaska": "US-AK", "Arizona": "US-AZ", "Arkansas": "US-AR", "California": "US-CA", "Colorado": "US-CO", "Connecticut": "US-CT",
	"Delaware": "US-DE", "Florida": "US-FL", "Georgia": "US-GA", "Hawaii": "US-HI", "Idaho": "US-ID", "Illinois": "US-IL", "Indiana": "US-IN", "Iowa": "US-IA",
	"Kansas": "US-KS", "Kentucky": "US-KY", "Louisiana": "US-LA", "Maine": "US-ME", "Maryland": "US-MD", "Massachusetts": "US-MA", "Michigan": "US-MI",
	"Minnesota": "US-MN", "Mississippi": "US-MS", "Missouri": "US-MO", "Montana": "US-MT", "Nebraska": "US-NE", "Nevada": "US-NV", "New Hampshire": "US-NH",
	"New Jersey": "US-NJ", "New Mexico": "US-NM", "New York": "US-NY", "North Carolina": "US-NC", "North Dakota": "US-ND", "Ohio": "US-OH", "Oklahoma": "US-OK",
	"Oregon": "US-OR", "Pennsylvania": "US-PA", "Rhode Island": "US-RI", "South Carolina": "US-SC", "South Dakota": "US-SD", "Tennessee": "US-TN", "Texas": "US-TX",
	"Utah": "US-UT", "Vermont": "US-VT", "Virginia": "US-VA", "Washington D.C.": "US-DC", "Washington State": "US-WA", "West Virginia": "US-WV",
	"Wisconsin": "US-WI", "Wyoming": "US-WY",
	"Alberta": "CA-AB", "British Columbia": "CA-BC", "British Colombia": "CA-BC", "Manitoba": "CA-MB", "New Brunswick": "CA-NB",
	"Newfoundland and Labrador": "CA-NL", "Nova Scotia": "CA-NS", "Prince Edward Island": "CA-PE", "Northwest Territories": "CA-NT", "Nunavut": "CA-NU", "Yukon": "CA-YT",
	"Ontario": "CA-ON", "Quebec": "CA-QC", "Saskatchewan": "CA-SK",
}

var town = regexp.MustCompile(`, ([A-Z]{2})$`)

// statesOf reads the name of a place, like Colorado, Denver, CO, or several with
// slashes between.
func statesOf(region, name string) (codes []string) {
	if m := town.FindStringSubmatch(name); m != nil {
		return []string{region + "-" + m[1]}
	}
	for part := range strings.SplitSeq(name, "/") {
		codes = append(codes, states[part])
	}
	return codes
}

func TestAreaCodesAreOfTheirState(t *testing.T) {
	served := map[string]bool{}
	for _, a := range areas() {
		served[a.code] = true
	}
	for digits := range numbers().ranges {
		// Three serve Canada, but no place there.
		if code, ok := strings.CutPrefix(digits, "1"); ok && code != "" && !served[code] && !slices.Contains([]string{"600", "622", "633"}, code) {
			t.Errorf("%s has a range, and is not in service", code)
		}
	}
	for _, a := range areas() {
		places, evidence := numbers().Locate(channel.Address(a.number))
		if evidence != "area code "+a.code {
			t.Errorf("%s is known by %q only", a.code, evidence)
			continue
		}
		var got []string
		for _, p := range places {
			got = append(got, p.Code)
		}
		got = slices.Compact(got)
		want := []string{a.region}
		switch {
		case slices.Contains([]string{"AS", "GU", "MP", "PR", "VI"}, a.region):
			want = []string{"US-" + a.region}
		case a.region == "US" || a.region == "CA":
			name, err := phonenumbers.GetGeocodingForNumber(parsed(t, a.number), "en")
			if err != nil {
				t.Fatal(err)
			}
			want = statesOf(a.region, name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s is in %s, want %s", a.code, got, want)
		}
	}
}

// What the library says of the zones of an area code, and is not so.
var notSo = map[string]string{
	"474": "America/Winnipeg",    // is Saskatchewan, like 306, where clocks are not changed
	"689": "America/Chicago",     // is Orlando, like 407
	"709": "America/Puerto_Rico", // a coast of Quebec, not Newfoundland, keeps that time
	"879": "America/Puerto_Rico", // as 709
	"867": "America/Vancouver",   // Yukon has not had the time of Vancouver since 2020
	"907": "Pacific/Honolulu",    // for Adak, but it changes its clocks
}

// An area code has all the clocks that the library knows of any exchange there.
func TestAreaCodesHaveTheirClocks(t *testing.T) {
	for _, a := range areas() {
		places, _ := numbers().Locate(channel.Address(a.number))
		known := map[string]bool{}
		for exchange := 200; exchange <= 999; exchange++ {
			names, err := phonenumbers.GetTimezonesForPrefix(fmt.Sprintf("1%s%d0123", a.code, exchange))
			if err != nil {
				t.Fatal(err)
			}
			if len(names) > 20 {
				continue // what it says of any number of the country code 1
			}
			for _, name := range names {
				known[name] = true
			}
		}
		if len(known) == 0 {
			t.Errorf("the library knows no zone of %s", a.code)
		}
		for name := range known {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			has := slices.ContainsFunc(places, func(p compliance.Place) bool { return clockText(p.Zone) == clockText(zone) })
			if except := notSo[a.code] == name; has == except {
				t.Errorf("%s has the clock of %s: %t, and it is an exception: %t", a.code, name, has, except)
			}
		}
	}
}

// Numbers that libphonenumber gives as examples are where it says.
func TestExamplesAreOfTheirCountry(t *testing.T) {
	n := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for ty := phonenumbers.FIXED_LINE; ty < phonenumbers.UNKNOWN; ty++ {
			example := phonenumbers.GetExampleNumberForType(region, ty)
			if example == nil || ty == phonenumbers.UAN { // which are short codes, with a + or not
				continue
			}
			number := phonenumbers.Format(example, phonenumbers.E164)
			if want := witnessed(example); !slices.Contains(codesOf(number), want) {
				t.Errorf("%s is in %v, want %s", number, codesOf(number), want)
			}
			n++
		}
	}
	if n < 1000 {
		t.Errorf("%d examples, which is too few", n)
	}
}

// Numbers that several countries share a country code for are told apart wherever
// they can be.
func TestSharedCountryCodes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for country := 2; country < 1000; country++ {
		regions := phonenumbers.GetRegionCodesForCountryCode(country)
		if len(regions) < 2 {
			continue
		}
		var examples []string
		for _, region := range regions {
			for ty := phonenumbers.FIXED_LINE; ty < phonenumbers.UNKNOWN; ty++ {
				if e := phonenumbers.GetExampleNumberForType(region, ty); e != nil {
					examples = append(examples, phonenumbers.Format(e, phonenumbers.E164))
				}
			}
		}
		wrong, known := map[string]int{}, 0
		for range 1000 {
			digits := []byte(examples[random.IntN(len(examples))])
			for i := len(strconv.Itoa(country)) + 1 + random.IntN(8); i < len(digits); i++ {
				digits[i] = byte('0' + random.IntN(10))
			}
			number := string(digits)
			n, err := phonenumbers.Parse(number, "")
			if err != nil || !phonenumbers.IsValidNumber(n) || phonenumbers.Format(n, phonenumbers.E164) != number {
				continue
			}
			if !of(n, phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE) && (country == 61 || !of(n, phonenumbers.FIXED_LINE)) {
				continue // the lines of Australia's islands are strewn among those of Perth
			}
			known++
			if want := witnessed(n); !slices.Contains(codesOf(number), want) {
				wrong[want+" "+number[:min(len(number), 8)]]++
			}
		}
		if known < 100 {
			t.Errorf("country code %d: %d numbers that are valid, which is too few", country, known)
		}
		if len(wrong) > 0 {
			t.Errorf("country code %d: elsewhere, by beginnings: %v", country, wrong)
		}
	}
}

// A country code that is in service has a range, and no other has.
func TestCountryCodes(t *testing.T) {
	for country := 1; country < 1000; country++ {
		region := phonenumbers.GetRegionCodeForCountryCode(country)
		want := region != "ZZ" && region != "001" // not in service, and of no country
		if got := numbers().ranges[strconv.Itoa(country)] != nil; got != want && !inOther(country) {
			t.Errorf("country code %d of %s has a range: %t", country, region, got)
		}
	}
}

// inOther reports whether digits that may be a country code are in fact one and an
// area code.
func inOther(country int) bool {
	digits := strconv.Itoa(country)
	for n := 1; n < len(digits); n++ {
		if c, _ := strconv.Atoi(digits[:n]); phonenumbers.GetRegionCodeForCountryCode(c) != "ZZ" {
			return true
		}
	}
	return false
}
