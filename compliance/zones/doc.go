// Package zones tells where the owner of a telephone number may be, for quiet hours
// and the law of a state, which go by where a message is read:
//
//	policy := compliance.Standard{Places: zones.Numbers()}
//
// It goes by how a number begins, with tables that are part of the program: the
// country code; the area code of the United States, Canada, the Caribbean and Brazil,
// which has a state and time zones of its own; and what tells a territory from the
// country whose code it shares. Everywhere else a number has all the zones of its
// country, since a mobile number says no more.
//
// # What a number proves
//
// Little: people move, and take their numbers along. It is evidence of where somebody
// got a number once. What a contact says about their place, or a host knows, comes
// before it: the contact's own time zone, then their region, then the area code, then
// the country. That order is [compliance.Standard]'s; this package is the last two,
// and the zones of a stated region.
//
// Where a number leaves a choice it gives every place there is, so that who sends only
// when it is allowed in all of them is right: area code 850 is Florida by both of its
// clocks, 867 is three territories of Canada. A number of the country code 1 that is of
// no place, such as a toll-free one, or whose area code the tables do not know, may be
// of any place in the United States or in Canada, but is in no state.
//
// # What it does not know
//
// Time zones are official time: the towns in Alabama that keep the time of Georgia by
// habit have Alabama's. Whoever carries a telephone abroad is not where their number is.
// Landlines outside of North America and Brazil have all of their country too, though
// their area codes would tell more; they get no SMS in most countries. Numbers of no
// country, such as those of satellite telephones, have no place, and so have addresses
// that are no numbers, and what can't be a number by its length.
//
// Codes are those of ISO 3166-1, but for the territories that are under the law of
// another country as a part of it, which have that of ISO 3166-2: US-PR and not PR,
// FR-974 and not RE. A table of laws by country finds the right row with that. Islands
// that are far away and keep their country's code, like the Canaries, are just zones of
// their country.
//
// # Cost
//
// The tables are read once, by the first call of [Numbers], together with some hundreds
// of time zones: that takes about five milliseconds, thirty if the machine has to read
// them from its disk. After that an answer takes well under a microsecond and makes one
// slice. There is no cache that grows.
//
// Time zones are the machine's, which have the newest rules if it is kept up to date.
// It may have none, so this package brings those of time/tzdata along, which makes a
// program about 450 kB larger.
package zones
