package zones_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/zones"
)

// located writes places as "US-CO America/Denver", with commas between.
func located(places []compliance.Place) string {
	all := make([]string, len(places))
	for i, p := range places {
		all[i] = p.Code + " " + p.Zone.String()
	}
	return strings.Join(all, ", ")
}

func TestLocate(t *testing.T) {
	for _, tt := range []struct {
		address         channel.Address
		places, telling string
	}{
		// One state, one clock.
		{"+13035550123", "US-CO America/Denver", "area code 303"},
		{"whatsapp:+13035550123", "US-CO America/Denver", "area code 303"},
		{"rcs:+13035550123", "US-CO America/Denver", "area code 303"},
		{"+16025550123", "US-AZ America/Phoenix", "area code 602"},
		{"+18085550123", "US-HI Pacific/Honolulu", "area code 808"},
		{"+14165550123", "CA-ON America/Toronto", "area code 416"},
		{"+16895550123", "US-FL America/New_York", "area code 689"},

		// Area codes that two clocks share.
		{"+12085550123", "US-ID America/Boise, US-ID America/Los_Angeles", "area code 208"},
		{"+12195550123", "US-IN America/Indiana/Indianapolis, US-IN America/Chicago", "area code 219"},
		{"+12705550123", "US-KY America/New_York, US-KY America/Chicago", "area code 270"},
		{"+13085550123", "US-NE America/Chicago, US-NE America/Denver", "area code 308"},
		{"+14235550123", "US-TN America/Chicago, US-TN America/New_York", "area code 423"},
		{"+15415550123", "US-OR America/Los_Angeles, US-OR America/Boise", "area code 541"},
		{"+16055550123", "US-SD America/Chicago, US-SD America/Denver", "area code 605"},
		{"+17015550123", "US-ND America/Chicago, US-ND America/Denver", "area code 701"},
		{"+18505550123", "US-FL America/New_York, US-FL America/Chicago", "area code 850"},
		{"+19065550123", "US-MI America/Detroit, US-MI America/Menominee", "area code 906"},
		{"+19075550123", "US-AK America/Anchorage, US-AK America/Adak", "area code 907"},
		{"+19155550123", "US-TX America/Chicago, US-TX America/Denver", "area code 915"},
		{"+19285550123", "US-AZ America/Phoenix, US-AZ America/Denver", "area code 928"},
		{"+18075550123", "CA-ON America/Toronto, CA-ON America/Atikokan, CA-ON America/Winnipeg", "area code 807"},

		// Area codes that two provinces share.
		{"+17825550123", "CA-NS America/Halifax, CA-PE America/Halifax", "area code 782"},
		{"+18675550123", "CA-NT America/Edmonton, CA-NU America/Iqaluit, CA-NU America/Atikokan, CA-NU America/Rankin_Inlet, " +
			"CA-NU America/Cambridge_Bay, CA-YT America/Whitehorse", "area code 867"},

		// Countries and territories of the country code 1.
		{"+18765550123", "JM America/Jamaica", "area code 876"},
		{"+17875550123", "US-PR America/Puerto_Rico", "area code 787"},
		{"+16715550123", "US-GU Pacific/Guam", "area code 671"},

		// Other countries. The numbers are those that regulators keep for fiction.
		{"+447700900123", "GB Europe/London", "country code 44"},
		{"+447781234567", "GG Europe/Guernsey", "country code 44, then 7781"},
		{"+493023125123", "DE Europe/Berlin", "country code 49"},
		{"+33639980123", "FR Europe/Paris", "country code 33"},
		{"+262639012345", "FR-976 Indian/Mayotte", "country code 262, then 63"},
		{"+262692123456", "FR-974 Indian/Reunion", "country code 262, then 69"},
		{"+262912345678", "FR-974 Indian/Reunion, FR-976 Indian/Mayotte", "country code 262"},
		{"+590690001234", "FR-971 America/Guadeloupe, FR-BL America/St_Barthelemy, FR-MF America/Marigot", "country code 590"},
		{"+34612345678", "ES Europe/Madrid, ES Atlantic/Canary", "country code 34"},
		{"+351912345678", "PT Europe/Lisbon, PT Atlantic/Azores", "country code 351"},
		{"+77010001234", "KZ Asia/Almaty", "country code 7, then 7"},
		{"+5511961234567", "BR-SP America/Sao_Paulo", "country code 55, then 11"},
		{"+5581961234567", "BR-PE America/Recife, BR-PE America/Noronha", "country code 55, then 81"},
		{"+6281234567890", "ID Asia/Jakarta, ID Asia/Makassar, ID Asia/Jayapura", "country code 62"},
		{"+525512345678", "MX America/Mexico_City, MX America/Cancun, MX America/Matamoros, MX America/Ciudad_Juarez, MX America/Mazatlan, MX America/Tijuana", "country code 52"},
		{"+61491570156", "AU Australia/Sydney, AU Australia/Brisbane, AU Australia/Adelaide, AU Australia/Darwin, AU Australia/Perth, " +
			"AU Australia/Eucla, AU Australia/Lord_Howe", "country code 61"},
		{"+79001234567", "RU Europe/Moscow, RU Europe/Kaliningrad, RU Europe/Astrakhan, RU Asia/Yekaterinburg, RU Asia/Omsk, RU Asia/Novosibirsk, " +
			"RU Asia/Irkutsk, RU Asia/Chita, RU Asia/Vladivostok, RU Asia/Magadan, RU Asia/Kamchatka", "country code 7"},
	} {
		places, telling := zones.Numbers().Locate(tt.address)
		if diff := cmp.Diff(tt.places, located(places)); diff != "" || telling != tt.telling {
			t.Errorf("%s, by %q (-want +got):\n%s", tt.address, telling, diff)
		}
	}
}

// What is of no place may be in all of both countries, whether it is toll-free, of
// another service, or not known.
func TestLocateWithoutAnArea(t *testing.T) {
	n := zones.Numbers()
	var everywhere []compliance.Place
	for _, code := range []string{"US", "CA"} {
		for _, zone := range n.Zones(code) {
			everywhere = append(everywhere, compliance.Place{Code: code, Zone: zone})
		}
	}
	for _, a := range []channel.Address{"+18005550123", "+18885550123", "+15005550123", "+19005550123", "+17105550123", "+19995550123"} {
		places, telling := n.Locate(a)
		if diff := cmp.Diff(located(everywhere), located(places)); diff != "" || telling != "country code 1" {
			t.Errorf("%s, by %q (-want +got):\n%s", a, telling, diff)
		}
	}
	if places, _ := n.Locate("+16005550123"); len(places) != len(n.Zones("CA")) || places[0].Code != "CA" {
		t.Errorf("600 is in %s, want Canada", located(places))
	}
}

func TestLocateWhatIsNoNumber(t *testing.T) {
	for _, a := range []channel.Address{
		"", "+", ":", "whatsapp:", "whatsapp:+", "12345", "13035550123", "ACME", "whatsapp:US.1234567", "rcs:acme_agent", "whatsapp:13035550123",
		"+1303555012", "+130355501234", "+10035550123", "+11035550123", "+1303555012x", "+1 303 555 0123", "+４９1512345678", "+130355\x00501",
		"+44", "+447700", "+4477009001234567", "+999123456789", "+210123456789",
		"+80012345678", "+870123456789", "+882123456789", "+883123456789", "+979123456789",
	} {
		if places, telling := zones.Numbers().Locate(a); len(places) > 0 || telling != "" {
			t.Errorf("%q is in %s, by %q", a, located(places), telling)
		}
	}
}

func TestZones(t *testing.T) {
	for code, want := range map[string]string{
		"US":     "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage America/Adak Pacific/Honolulu",
		"US-CO":  "America/Denver",
		"US-FL":  "America/New_York America/Chicago",
		"US-IN":  "America/Indiana/Indianapolis America/Chicago",
		"US-PR":  "America/Puerto_Rico",
		"PR":     "America/Puerto_Rico",
		"DE":     "Europe/Berlin",
		"DE-BY":  "Europe/Berlin", // the table has no parts of Germany
		"US-ZZ":  "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage America/Adak Pacific/Honolulu",
		"AU-SA":  "Australia/Adelaide",
		"AU-WA":  "Australia/Perth Australia/Eucla",
		"BR-AC":  "America/Rio_Branco",
		"FR-974": "Indian/Reunion",
		"RE":     "Indian/Reunion",
		"XK":     "Europe/Belgrade",
		"":       "", "-": "", "ZZ": "", "ZZ-CO": "", "EU": "", "us-co": "", "CO-": "America/Bogota",
	} {
		var got []string
		for _, zone := range zones.Numbers().Zones(code) {
			got = append(got, zone.String())
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("the zones of %s (-want +got):\n%s", code, diff)
		}
	}
}

// What a caller does with an answer is not in the next one.
func TestAnswersAreTheCallers(t *testing.T) {
	n := zones.Numbers()
	places, _ := n.Locate("+18505550123")
	places[0] = compliance.Place{Code: "XX", Zone: time.UTC}
	n.Zones("US-FL")[0] = time.UTC
	if again, _ := n.Locate("+18505550123"); again[0].Code != "US-FL" || again[0].Zone != n.Zones("US-FL")[0] || again[0].Zone == time.UTC {
		t.Errorf("850 is in %s, want what it was before", located(again))
	}
}

func TestManyAskAtOnce(t *testing.T) {
	want, _ := zones.Numbers().Locate("+18005550123")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				got, _ := zones.Numbers().Locate("+18005550123")
				if located(got) != located(want) || len(zones.Numbers().Zones("CA-BC")) == 0 {
					t.Error("the answer differs from goroutine to goroutine")
				}
				clear(got)
			}
		})
	}
	group.Wait()
}

// An answer is asked for in transactions: it makes one slice.
func TestLocateAllocatesOnce(t *testing.T) {
	n := zones.Numbers()
	for _, a := range []channel.Address{"+13035550123", "whatsapp:+18005550123", "+447700900123"} {
		if got := testing.AllocsPerRun(100, func() { n.Locate(a) }); got > 1 {
			t.Errorf("%s: %v allocations, want 1", a, got)
		}
	}
}

func BenchmarkLocate(b *testing.B) {
	n := zones.Numbers()
	for name, a := range map[string]channel.Address{"area": "+13035550123", "tollfree": "+18005550123", "country": "+447700900123", "userid": "whatsapp:US.1234567"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n.Locate(a)
			}
		})
	}
}
