package record

import (
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

// Listing is what places a conversation in the lists of those who take part.
type Listing struct {
	Account store.AccountID
	Place
	ClaimedBy store.UserID
	Names     []string // of the participants, sorted; see UserName and TeamName
}

// Place sorts conversations within a list.
type Place struct {
	Status store.Status
	LastAt int64 // microseconds since 1970
}

// UserName is the name of a user among participants.
func UserName(u store.UserID) string { return "u:" + string(u) }

// TeamName is the name of a team among participants.
func TeamName(t store.TeamID) string { return "t:" + string(t) }

// ListingOf returns how a conversation is listed.
func ListingOf(c store.Conversation) Listing {
	l := Listing{Account: c.Account, Place: Place{c.Status, c.LastAt.UnixMicro()}, ClaimedBy: c.ClaimedBy}
	for _, u := range c.Users {
		l.Names = append(l.Names, UserName(u))
	}
	for _, m := range c.Teams {
		l.Names = append(l.Names, TeamName(m))
	}
	slices.Sort(l.Names)
	l.Names = slices.Compact(l.Names)
	return l
}

// Moves returns which names have to be taken from where a conversation was
// listed, and which have to be put where it is listed.
func Moves(was, is Listing) (gone, come []string) {
	moved := was.Account != is.Account || was.Place != is.Place
	for _, name := range was.Names {
		if moved || !slices.Contains(is.Names, name) {
			gone = append(gone, name)
		}
	}
	for _, name := range is.Names {
		if moved || was.ClaimedBy != is.ClaimedBy || !slices.Contains(was.Names, name) {
			come = append(come, name)
		}
	}
	return gone, come
}
