package storetest

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

func timeCases() []testCase {
	const utc = "Times are kept in UTC with microseconds. The zero time stays the zero time."
	return []testCase{
		{"times/come back in UTC", utc, timesUTC},
		{"times/zero in a time zone", utc, timesZero},
		{"times/finer than a microsecond", utc, timesFine},
		{"times/far away", utc, timesFar},
	}
}

var kolkata = time.FixedZone("UTC+05:30", 5*3600+1800)

func timesUTC(e *env) error {
	return each(e, kinds(), func(k kind, a, _ any) error {
		local := withTimes(a, func(t time.Time) time.Time { return t.In(kolkata) })
		return e.keeps(k, local)
	})
}

func timesZero(e *env) error {
	return each(e, kinds(), func(k kind, a, _ any) error {
		if err := e.putOne(k, withTimes(a, func(time.Time) time.Time { return time.Time{}.In(kolkata) })); err != nil {
			return err
		}
		return e.expectKind(k, withVersion(withTimes(a, func(time.Time) time.Time { return time.Time{} }), 1))
	})
}

func timesFine(e *env) error {
	return each(e, kinds(), func(k kind, a, _ any) error {
		fine := withTimes(a, func(t time.Time) time.Time { return t.Add(789 * time.Nanosecond) })
		if err := e.putOne(k, fine); err != nil {
			return err
		}
		return e.view(func(tx store.Tx) error {
			got, err := k.get(tx, a)
			if err != nil {
				return err
			}
			if len(got) != 1 {
				return fmt.Errorf("got %d records, put one", len(got))
			}
			want, have := timesOf(fine), timesOf(got[0])
			if len(want) != len(have) {
				return fmt.Errorf("got %d times, put %d", len(have), len(want))
			}
			for i := range want {
				if d := have[i].Sub(want[i]).Abs(); d >= time.Microsecond || have[i].Nanosecond()%1000 != 0 {
					return fmt.Errorf("put %v, got %v, must be the microsecond before or after", want[i], have[i])
				}
			}
			return nil
		})
	})
}

func timesFar(e *env) error {
	for _, far := range []time.Time{
		time.Date(1899, time.December, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2300, time.January, 1, 0, 0, 0, 1000, time.UTC), // past what nanoseconds since 1970 hold
		time.Date(9999, time.December, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		err := each(e, kinds(), func(k kind, a, _ any) error {
			return e.keeps(k, withTimes(a, func(time.Time) time.Time { return far }))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
