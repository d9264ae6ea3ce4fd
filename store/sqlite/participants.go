package sqlite

import (
	"slices"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// keep remembers a conversation as it is stored.
func (t *tx) keep(c store.Conversation) {
	if t.kept == nil {
		t.kept = make(map[store.ConversationID]store.Conversation)
	}
	t.kept[c.ID] = record.CopyConversation(c)
}

// stored returns how a conversation that is to be written is stored so far.
func (t *tx) stored(c store.Conversation) (store.Conversation, error) {
	if c.Version == 0 || t.restores {
		return store.Conversation{}, nil
	}
	if was, known := t.kept[c.ID]; known && was.Version == c.Version {
		return was, nil
	}
	// Reading keeps it. If there is none, or of another version, the write
	// will fail.
	if _, err := t.Conversations(c.ID); err != nil {
		return store.Conversation{}, err
	}
	return t.kept[c.ID], nil
}

// relist moves a conversation in the lists of those who take part. In nearly all
// of them it only changes its place.
func (t *tx) relist(id store.ConversationID, was, is record.Listing) error {
	gone, come := record.Moves(was, is)
	for _, name := range gone {
		const place = ` WHERE account = ? AND name = ? AND status = ? AND last_at = ? AND conversation = ?`
		var err error
		switch stays := slices.Contains(come, name); {
		case stays && was.Account == is.Account && was.Status == is.Status && was.ClaimedBy == is.ClaimedBy:
			_, err = t.exec(`UPDATE participants SET last_at = ?`+place, is.LastAt, string(was.Account), name, string(was.Status), was.LastAt, int64(id))
		case stays:
			_, err = t.exec(`UPDATE participants SET account = ?, status = ?, last_at = ?, claimed_by = ?`+place,
				string(is.Account), string(is.Status), is.LastAt, string(is.ClaimedBy),
				string(was.Account), name, string(was.Status), was.LastAt, int64(id))
		default:
			_, err = t.exec(`DELETE FROM participants`+place, string(was.Account), name, string(was.Status), was.LastAt, int64(id))
		}
		if err != nil {
			return err
		}
	}
	for _, name := range come {
		if slices.Contains(gone, name) {
			continue
		}
		if _, err := t.exec(`INSERT OR REPLACE INTO participants (account, name, status, last_at, conversation, claimed_by) VALUES (?, ?, ?, ?, ?, ?)`,
			string(is.Account), name, string(is.Status), is.LastAt, int64(id), string(is.ClaimedBy)); err != nil {
			return err
		}
	}
	return nil
}
