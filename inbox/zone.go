package inbox

import (
	"sync"
	"time"
)

// zoneCache keeps time zones, which the time package reads from a file each time.
// There are some hundreds of them; names that are none are not kept.
type zoneCache struct{ known sync.Map }

// of returns a time zone by its name, or nil if there is none of that name.
func (z *zoneCache) of(name string) *time.Location {
	if name == "" {
		return nil
	}
	if zone, ok := z.known.Load(name); ok {
		return zone.(*time.Location) //nolint:forcetypeassert // nothing else is stored
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil
	}
	z.known.Store(name, zone)
	return zone
}
