package zones_test

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/zones"
)

func Example() {
	places, evidence := zones.Numbers().Locate("+18505550123")
	for _, p := range places {
		fmt.Println(p.Code, p.Zone, "by", evidence)
	}
	// Output:
	// US-FL America/New_York by area code 850
	// US-FL America/Chicago by area code 850
}

// A number may be in several zones. Who sends when it is quiet in none of them is
// right wherever its owner is.
func Example_quietHours() {
	hours, err := compliance.ParseQuietHours("daily 20:00-08:00")
	if err != nil {
		panic(err)
	}
	monday := time.Date(2026, 11, 30, 13, 30, 0, 0, time.UTC) // 8:30 in New York
	for _, a := range []channel.Address{"+12125550123", "+18505550123", "+18005550123"} {
		places, evidence := zones.Numbers().Locate(a)
		var clocks []*time.Location
		for _, p := range places {
			clocks = append(clocks, p.Zone)
		}
		if open, ok := hours.Open(monday, 5*time.Minute, nil, clocks...); ok {
			fmt.Println(evidence, "from", open.Format("15:04 MST"))
		}
	}
	// Output:
	// area code 212 from 13:30 UTC
	// area code 850 from 14:00 UTC
	// country code 1 from 18:00 UTC
}
