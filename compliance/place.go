package compliance

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// Place is where the owner of an address may be.
type Place struct {
	Code string         // ISO 3166-1 or 3166-2, like "US" or "US-CO"
	Zone *time.Location // what the clocks show there
}

// Locator says where the owner of an address may be. Package compliance/zones has
// one for telephone numbers.
//
// Its methods are called where those of [OptOutPolicy] are, so they must be pure
// and safe for use from many goroutines.
type Locator interface {
	// Locate tells it by the address alone. It returns every place that is
	// plausible, a country with several zones once with each, and says what told
	// it, like "area code 303". It returns none if it can't tell.
	Locate(a channel.Address) (places []Place, evidence string)

	// Zones returns the clocks of a place of which only the code is known, or none
	// if it does not know the place.
	Zones(code string) []*time.Location
}
