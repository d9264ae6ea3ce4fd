package compliance

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// QuietHours are the times of a week at which nothing that sells may be sent,
// by the recipient's clock. The zero value is never.
type QuietHours struct {
	days [8][]span // from Sunday to Saturday, and a public holiday
	text string
}

// span is a part of a day, in minutes from its beginning; to is excluded.
type span struct{ from, to int }

const (
	holiday  = 7
	wholeDay = 24 * 60
)

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat", "hol"}

// ParseQuietHours reads quiet hours in the form of the table, such as
//
//	mon-fri 20:00-08:00; sat 13:00-09:00; sun all; hol all
//
// A span that ends before it begins is quiet on that day until its end and
// from its beginning. daily is all seven days, but for those that have hours of
// their own. A holiday for which nothing is said is a day like any other.
func ParseQuietHours(text string) (QuietHours, error) {
	q := QuietHours{text: text}
	if text == "" {
		return q, nil
	}
	var own [8]bool
	for _, part := range strings.Split(text, ";") {
		days, hours, found := strings.Cut(strings.TrimSpace(part), " ")
		if !found {
			return QuietHours{}, fmt.Errorf("quiet hours %q: %q needs days and hours, like daily 21:00-08:00", text, part)
		}
		on, err := parseDays(days)
		if err != nil {
			return QuietHours{}, fmt.Errorf("quiet hours %q: %w", text, err)
		}
		spans, err := parseSpans(hours)
		if err != nil {
			return QuietHours{}, fmt.Errorf("quiet hours %q: %w", text, err)
		}
		for _, d := range on {
			switch {
			case own[d] && days != "daily":
				return QuietHours{}, fmt.Errorf("quiet hours %q: %s is there twice", text, dayNames[d])
			case !own[d]:
				q.days[d], own[d] = spans, days != "daily"
			}
		}
	}
	return q, nil
}

// parseDays reads daily, sun, mon-fri or sat,sun.
func parseDays(text string) (days []int, err error) {
	if text == "daily" {
		return []int{0, 1, 2, 3, 4, 5, 6}, nil
	}
	for _, part := range strings.Split(text, ",") {
		first, last, found := strings.Cut(part, "-")
		if !found {
			last = first
		}
		from, to := slices.Index(dayNames, first), slices.Index(dayNames, last)
		if from < 0 || to < from {
			return nil, fmt.Errorf("%q are no days; they are daily, sun to sat, or hol", part)
		}
		for d := from; d <= to; d++ {
			days = append(days, d)
		}
	}
	return days, nil
}

// parseSpans reads all, or 21:00-08:00 and more with commas between.
func parseSpans(text string) (spans []span, err error) {
	if text == "all" {
		return []span{{0, wholeDay}}, nil
	}
	for _, part := range strings.Split(text, ",") {
		first, last, _ := strings.Cut(part, "-")
		from, err := parseMinute(first)
		if err != nil {
			return nil, err
		}
		to, err := parseMinute(last)
		switch {
		case err != nil:
			return nil, err
		case from == to:
			return nil, fmt.Errorf("%q is no time at all; a whole day is all", part)
		case from < to:
			spans = append(spans, span{from, to})
		default:
			spans = append(spans, span{0, to}, span{from, wholeDay})
		}
	}
	return spans, nil
}

func parseMinute(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of day; write it like 21:00", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// At reports whether it is quiet at a moment, whose location must be the
// recipient's. Whether the day is a public holiday is for the caller to know.
func (q QuietHours) At(local time.Time, isHoliday bool) bool {
	return q.quiet(local.Weekday(), isHoliday, local.Hour()*60+local.Minute())
}

func (q QuietHours) quiet(day time.Weekday, isHoliday bool, minute int) bool {
	spans := q.days[day]
	if isHoliday && q.days[holiday] != nil {
		spans = q.days[holiday]
	}
	return slices.ContainsFunc(spans, func(s span) bool { return s.from <= minute && minute < s.to })
}

// covers reports whether it is quiet whenever it is in other quiet hours.
func (q QuietHours) covers(other QuietHours) bool {
	for day := time.Sunday; day <= time.Saturday; day++ {
		for _, isHoliday := range []bool{false, true} {
			for minute := range wholeDay {
				if other.quiet(day, isHoliday, minute) && !q.quiet(day, isHoliday, minute) {
					return false
				}
			}
		}
	}
	return true
}

// IsZero reports whether there are no quiet hours.
func (q QuietHours) IsZero() bool { return q.text == "" }

// String returns the quiet hours in the form of the table.
func (q QuietHours) String() string { return q.text }
