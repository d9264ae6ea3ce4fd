package compliance

import "time"

// longestQuiet is how far ahead it is looked for a moment that is not quiet.
const longestQuiet = 31 * 24 * time.Hour

// Open returns the first moment, from one on, at which it is quiet in none of the
// zones, and not so a guard later either: what is handed to a provider then may
// reach a telephone a little later. The guard is shorter than any time that is not
// quiet, and than any that is. Which of several zones a recipient is in may
// not be known; whoever sends then is right in all of them. ok is false if there is
// no such moment within a month, as where every day is quiet or there is no zone.
//
// isHoliday says whether a day, of which it gets the noon in the recipient's zone,
// is a public holiday there; nil if none is.
func (q QuietHours) Open(from time.Time, guard time.Duration, isHoliday func(noon time.Time) bool, zones ...*time.Location) (open time.Time, ok bool) {
	if len(zones) == 0 {
		return time.Time{}, false
	}
	all := make([]hours, len(zones))
	for i, zone := range zones {
		all[i] = hours{q, Place{Zone: zone}}
	}
	var holidays func(string, time.Time) bool
	if isHoliday != nil {
		holidays = func(_ string, noon time.Time) bool { return isHoliday(noon) }
	}
	return openAt(from, guard, holidays, all)
}

// openAt is Open for quiet hours that differ from place to place.
func openAt(from time.Time, guard time.Duration, isHoliday func(code string, noon time.Time) bool, all []hours) (open time.Time, ok bool) {
	at := from
	for again := true; again; {
		again = false
		for _, h := range all {
			var holidays func(time.Time) bool
			if isHoliday != nil {
				holidays = func(noon time.Time) bool { return isHoliday(h.Code, noon) }
			}
			for _, later := range []time.Duration{0, guard} {
				for end, quiet := h.ends(at.Add(later).In(h.Zone), holidays); quiet; end, quiet = h.ends(at.Add(later).In(h.Zone), holidays) {
					at, again = end.Add(-later), true
					if at.Sub(from) > longestQuiet {
						return time.Time{}, false
					}
				}
			}
		}
	}
	return at.In(from.Location()), true
}

// ends returns when the quiet span ends that a moment is in, if it is in one. It
// is after that moment. A clock that is set back or forward in between moves what
// the clock shows, so the end may be early, and be quiet again; never late by more
// than the clock was set.
func (q QuietHours) ends(local time.Time, isHoliday func(noon time.Time) bool) (end time.Time, quiet bool) {
	y, m, d := local.Date()
	day := q.days[local.Weekday()]
	if q.days[holiday] != nil && isHoliday != nil && isHoliday(time.Date(y, m, d, 12, 0, 0, 0, local.Location())) {
		day = q.days[holiday]
	}
	minute := local.Hour()*60 + local.Minute()
	for _, s := range day {
		if s.from > minute || minute >= s.to {
			continue
		}
		// By the clock, minute by minute, which is right whatever happens to it.
		end = local.Truncate(time.Minute).Add(time.Minute)
		for range wholeDay * 2 {
			if at := end.Hour()*60 + end.Minute(); end.Day() != d || at < s.from || at >= s.to {
				break
			}
			end = end.Add(time.Minute)
		}
		return end, true
	}
	return time.Time{}, false
}
