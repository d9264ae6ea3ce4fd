package compliance

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// MinKeepYears is for how many years what proves a consent is kept at least,
// wherever the contact is: for so long a sender can be sued for a message under the
// Telephone Consumer Protection Act, which has no term of its own. Source: 28 U.S.C.
// 1658(a), four years after the cause of action accrues.
const MinKeepYears = 4

// RecordKeeper is an [OptOutPolicy] that knows for how long proof of consent has to
// be kept. Of one that is none, MinKeepYears holds.
type RecordKeeper interface {
	OptOutPolicy

	// KeepYears returns for how many years after the last that was written to an
	// address the ledger about it has to be kept. region is where the contact is,
	// of ISO 3166-1 or 3166-2, or "". It must be pure, and is called from many
	// goroutines.
	KeepYears(a channel.Address, region string, at time.Time) int
}

var _ RecordKeeper = Standard{}

// KeepYears returns the longest KeepYears of the rows of Jurisdictions that hold
// where the owner of the address may be, or MinKeepYears if that is more. Of those
// of whom nobody knows where they are it is the longest of the table.
func (p Standard) KeepYears(a channel.Address, region string, at time.Time) int {
	table := p.Jurisdictions
	if table == nil {
		table = StandardJurisdictions()
	}
	years := MinKeepYears
	places, _ := p.whereabouts(&Outgoing{To: a, Region: region})
	if len(places) == 0 && region != "" {
		places = []Place{{Code: region}} // whose clocks nobody knows, but whose law
	}
	if len(places) == 0 {
		for _, j := range table.rows {
			if j.dates().hold(at) {
				years = max(years, j.KeepYears)
			}
		}
	}
	for _, place := range places {
		for _, scope := range []Scope{ScopeAll, ScopeMarketing, ScopeConfirmation} {
			if j, ok := table.For(place.Code, scope, at); ok {
				years = max(years, j.KeepYears)
			}
		}
	}
	return years
}
