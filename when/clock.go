package when

import (
	"fmt"
	"strings"
	"time"
)

// Between is the condition that the clock of the inbox is in a time of day, like
// Between("09:00", "17:30"): from the first minute on, and not at the last. If the
// first is later, it goes over midnight. "24:00" is the end of a day. It panics at
// what is no time of day.
func Between(from, until string) Condition {
	b, err := parseBetween(from, until)
	if err != nil {
		panic("when: " + err.Error())
	}
	return condition{"it is between " + from + " and " + until, b.holds}
}

// minutes is a time of day, from one minute of it to before another.
type minutes struct{ from, until int }

func parseBetween(from, until string) (minutes, error) {
	var m minutes
	var err error
	if m.from, err = parseMinute(from); err != nil {
		return m, err
	}
	if m.until, err = parseMinute(until); err != nil {
		return m, err
	}
	if m.from == m.until {
		return m, fmt.Errorf("from %s until %s is no time at all; give different ones", from, until)
	}
	return m, nil
}

func (m minutes) holds(f *Facts) bool {
	t := f.Local()
	now := t.Hour()*60 + t.Minute()
	if m.from < m.until {
		return m.from <= now && now < m.until
	}
	return m.from <= now || now < m.until
}

func parseMinute(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day; write one like 09:00", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// On is the condition that it is one of these days by the clock of the inbox.
func On(days ...time.Weekday) Condition {
	var set weekdays
	names := make([]string, len(days))
	for i, d := range days {
		set |= 1 << d
		names[i] = d.String()
	}
	return condition{"it is " + strings.Join(names, ", "), set.holds}
}

// weekdays are some of them, a bit for each.
type weekdays uint8

func (w weekdays) holds(f *Facts) bool { return w&(1<<f.Local().Weekday()) != 0 }

// parseDays reads days like Mon, and ranges like Mon-Fri or Sat-Mon.
func parseDays(texts ...string) (weekdays, error) {
	var set weekdays
	for _, text := range texts {
		first, last, isRange := strings.Cut(text, "-")
		from, err := parseDay(first)
		if err != nil {
			return 0, err
		}
		until := from
		if isRange {
			if until, err = parseDay(last); err != nil {
				return 0, err
			}
		}
		for d := from; ; d = (d + 1) % 7 {
			set |= 1 << d
			if d == until {
				break
			}
		}
	}
	return set, nil
}

func parseDay(text string) (time.Weekday, error) {
	for d := range time.Saturday + 1 {
		if strings.EqualFold(text, d.String()[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is no day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun, or a range like Mon-Fri", text)
}
