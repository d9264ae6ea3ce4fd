package sqlite

import (
	"slices"

	"github.com/teaminbox/teaminbox/store"
)

// listing is what places a conversation in the lists of those who take part.
type listing struct {
	version int64 // of the conversation
	account store.AccountID
	place
	claimedBy store.UserID
	names     []string // of the participants, sorted
}

// place sorts conversations within a list.
type place struct {
	status store.Status
	lastAt int64
}

// The prefixes of participants' names, see the table.
const (
	userPrefix = "u:"
	teamPrefix = "t:"
)

func listingOf(c store.Conversation) listing {
	l := listing{account: c.Account, place: place{c.Status, c.LastAt.UnixMicro()}, claimedBy: c.ClaimedBy}
	for _, u := range c.Users {
		l.names = append(l.names, userPrefix+string(u))
	}
	for _, m := range c.Teams {
		l.names = append(l.names, teamPrefix+string(m))
	}
	slices.Sort(l.names)
	l.names = slices.Compact(l.names)
	return l
}

// note remembers how a conversation is listed at a version.
func (t *tx) note(c store.Conversation, version int64) listing {
	l := listingOf(c)
	l.version = version
	if t.listed == nil {
		t.listed = make(map[store.ConversationID]listing)
	}
	t.listed[c.ID] = l
	return l
}

// listing returns how a conversation that is to be written is listed so far.
func (t *tx) listing(c store.Conversation) (listing, error) {
	if c.Version == 0 {
		return listing{}, nil
	}
	if l, known := t.listed[c.ID]; known && l.version == c.Version {
		return l, nil
	}
	// Reading notes it. If there is none, or of another version, the write
	// will fail.
	if _, err := t.Conversations(c.ID); err != nil {
		return listing{}, err
	}
	return t.listed[c.ID], nil
}

// relist moves a conversation in the lists of those who take part.
func (t *tx) relist(id store.ConversationID, was, is listing) error {
	moved := was.account != is.account || was.place != is.place
	for _, name := range was.names {
		if !moved && slices.Contains(is.names, name) {
			continue
		}
		if _, err := t.exec(`DELETE FROM participants WHERE account = ? AND name = ? AND status = ? AND last_at = ? AND conversation = ?`,
			string(was.account), name, string(was.status), was.lastAt, int64(id)); err != nil {
			return err
		}
	}
	for _, name := range is.names {
		if !moved && was.claimedBy == is.claimedBy && slices.Contains(was.names, name) {
			continue
		}
		if _, err := t.exec(`INSERT OR REPLACE INTO participants (account, name, status, last_at, conversation, claimed_by) VALUES (?, ?, ?, ?, ?, ?)`,
			string(is.account), name, string(is.status), is.lastAt, int64(id), string(is.claimedBy)); err != nil {
			return err
		}
	}
	return nil
}
