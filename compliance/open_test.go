package compliance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/teaminbox/teaminbox/compliance"
)

func quietHours(t testing.TB, text string) compliance.QuietHours {
	t.Helper()
	q, err := compliance.ParseQuietHours(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestWhenItIsNotQuiet(t *testing.T) {
	denver, newYork, berlin := zone(t, "America/Denver"), zone(t, "America/New_York"), zone(t, "Europe/Berlin")
	christmas := func(noon time.Time) bool { return noon.Month() == time.December && noon.Day() == 25 }
	for _, c := range []struct {
		hours     string
		from      string
		guard     time.Duration
		zones     []*time.Location
		isHoliday func(time.Time) bool
		want      string // or "" for never
	}{
		{"daily 20:00-09:00", "2026-11-30T12:00:00-07:00", 0, []*time.Location{denver}, nil, "2026-11-30T12:00:00-07:00"},
		{"daily 20:00-09:00", "2026-11-30T20:00:00-07:00", 0, []*time.Location{denver}, nil, "2026-12-01T09:00:00-07:00"},
		{"daily 20:00-09:00", "2026-11-30T19:59:59-07:00", 0, []*time.Location{denver}, nil, "2026-11-30T19:59:59-07:00"},
		{"daily 20:00-09:00", "2026-11-30T19:50:00-07:00", 15 * time.Minute, []*time.Location{denver}, nil, "2026-12-01T09:00:00-07:00"},
		{"daily 20:00-09:00", "2026-12-01T08:59:59.5-07:00", 15 * time.Minute, []*time.Location{denver}, nil, "2026-12-01T09:00:00-07:00"},
		// Which of two zones the recipient is in is not known.
		{"daily 20:00-09:00", "2026-11-30T18:30:00-07:00", 0, []*time.Location{denver, newYork}, nil, "2026-12-01T09:00:00-07:00"},
		{"daily 20:00-09:00", "2026-11-30T17:30:00-07:00", 0, []*time.Location{denver, newYork}, nil, "2026-11-30T17:30:00-07:00"},
		{"daily 09:00-17:00", "2026-11-30T16:30:00-05:00", 0, []*time.Location{newYork, denver}, nil, "2026-11-30T19:00:00-05:00"},
		// Clocks go forward at 02:00 on 8 March and back at 02:00 on 1 November in Denver.
		{"daily 22:00-02:30", "2026-03-07T23:00:00-07:00", 0, []*time.Location{denver}, nil, "2026-03-08T03:00:00-06:00"},
		{"daily 22:00-01:30", "2026-10-31T23:00:00-06:00", 0, []*time.Location{denver}, nil, "2026-11-01T01:30:00-06:00"},
		{"daily 22:00-09:00", "2026-10-31T23:00:00-06:00", 0, []*time.Location{denver}, nil, "2026-11-01T09:00:00-07:00"},
		{"mon-sat 22:00-08:00; sun all", "2026-12-05T22:00:00+01:00", 0, []*time.Location{berlin}, nil, "2026-12-07T08:00:00+01:00"},
		{"daily 20:00-08:00; hol all", "2026-12-24T21:00:00+01:00", 0, []*time.Location{berlin}, christmas, "2026-12-26T08:00:00+01:00"},
		{"", "2026-12-24T21:00:00+01:00", time.Hour, []*time.Location{berlin}, christmas, "2026-12-24T21:00:00+01:00"},
		{"daily all", "2026-12-24T21:00:00+01:00", 0, []*time.Location{berlin}, nil, ""},
		{"daily 20:00-09:00", "2026-11-30T12:00:00-07:00", 0, nil, nil, ""},
	} {
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := quietHours(t, c.hours).Open(from, c.guard, c.isHoliday, c.zones...)
		if ok != (c.want != "") {
			t.Errorf("%s from %s: %v, %t", c.hours, c.from, got, ok)
		} else if want, err := time.Parse(time.RFC3339, c.want); ok && (err != nil || !got.Equal(want)) {
			t.Errorf("%s from %s: %s, want %s (%v)", c.hours, c.from, got.Format(time.RFC3339), c.want, err)
		}
	}
}

// Open agrees with asking of each minute, over the days on which clocks change.
func TestOpenAgreesWithEachMinute(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	zones := []*time.Location{
		zone(t, "America/Denver"), zone(t, "America/Phoenix"), zone(t, "Europe/London"), zone(t, "Asia/Kolkata"), zone(t, "Australia/Lord_Howe"), zone(t, "America/St_Johns"), time.UTC,
	}
	days := []time.Time{
		time.Date(2026, time.March, 7, 0, 0, 0, 0, time.UTC), time.Date(2026, time.March, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, time.April, 4, 0, 0, 0, 0, time.UTC),
		time.Date(2026, time.October, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, time.October, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, time.October, 31, 0, 0, 0, 0, time.UTC),
	}
	isHoliday := func(noon time.Time) bool { return noon.Day() == 4 }
	moved := 0
	for range 400 {
		begin, end := rng.IntN(24*60), rng.IntN(24*60)
		if begin == end {
			continue
		}
		q := quietHours(t, fmt.Sprintf("daily %02d:%02d-%02d:%02d; sun 13:00-10:30; hol 18:00-12:15", begin/60, begin%60, end/60, end%60))
		guard := time.Duration(rng.IntN(3)) * 10 * time.Minute
		in := zones[rng.IntN(len(zones)):]
		in = in[:1+rng.IntN(min(len(in), 2))]
		from := days[rng.IntN(len(days))].Add(time.Duration(rng.IntN(2*24*60*60)) * time.Second)

		quiet := func(at time.Time) bool {
			for _, z := range in {
				for _, later := range []time.Duration{0, guard} {
					local := at.Add(later).In(z)
					if q.At(local, isHoliday(local)) {
						return true
					}
				}
			}
			return false
		}
		want, found := from, !quiet(from)
		for at := from.Truncate(time.Minute); !found && at.Sub(from) < 40*24*time.Hour; at = at.Add(time.Minute) {
			if !at.Before(from) && !quiet(at) {
				want, found = at, true
			}
		}
		got, ok := q.Open(from, guard, isHoliday, in...)
		if ok != found || ok && !got.Equal(want) {
			t.Fatalf("%s from %v with a guard of %v in %v: %v, %t; want %v, %t", q, from, guard, in, got, ok, want, found)
		}
		if !got.Equal(from) {
			moved++
		}
	}
	if moved < 50 {
		t.Errorf("only %d of the moments were quiet", moved)
	}
}
