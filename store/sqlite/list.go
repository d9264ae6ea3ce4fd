package sqlite

import (
	"cmp"
	"math"
	"slices"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// ListConversations merges the lists of the inboxes, the user and the teams,
// each in each status. A list is read from the newest on, only as far as it
// has something that belongs on the page.
//
// If the conversations must be claimed by somebody in particular, the lists
// are those of the claimants, as they are shorter.
func (t *tx) ListConversations(q store.ConversationQuery) ([]store.Conversation, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	if len(q.Inboxes) == 0 && q.User == "" && len(q.Teams) == 0 || q.Limit < 1 {
		return nil, nil
	}
	p := page{limit: q.Limit}
	before := entry{math.MaxInt64, math.MaxInt64}
	if q.Before != (store.Position{}) {
		before = entry{q.Before.LastAt.UnixMicro(), q.Before.ID}
	}
	var err error
	if q.Claimants != nil && !slices.Contains(q.Claimants, "") {
		err = t.listClaimed(q, before, &p)
	} else {
		err = t.listTakingPart(q, before, &p)
	}
	if err != nil {
		return nil, err
	}
	ids := make([]store.ConversationID, len(p.entries))
	for i, e := range p.entries {
		ids[i] = e.id
	}
	return t.Conversations(ids...)
}

// entry is a conversation's place in the order of lists.
type entry struct {
	lastAt int64
	id     store.ConversationID
}

// newer compares entries so that the newest come first.
func newer(a, b entry) int {
	if c := cmp.Compare(b.lastAt, a.lastAt); c != 0 {
		return c
	}
	return cmp.Compare(b.id, a.id)
}

// page gathers the newest entries of several lists.
type page struct {
	limit   int
	entries []entry // sorted, each once
}

// add takes an entry, and reports whether an older one could be taken too.
func (p *page) add(e entry) bool {
	i, found := slices.BinarySearchFunc(p.entries, e, newer)
	if found {
		return true
	}
	if i == p.limit {
		return false
	}
	if len(p.entries) == p.limit {
		p.entries = p.entries[:p.limit-1]
	}
	p.entries = slices.Insert(p.entries, i, e)
	return true
}

// The texts that read one list of inboxes or participants. Both answer with
// the same columns and take the same arguments.
const (
	inboxStatuses = `
		WITH RECURSIVE statuses (status) AS (
			SELECT min(status) FROM conversations WHERE account = ?1 AND inbox = ?2
			UNION ALL
			SELECT (SELECT min(c.status) FROM conversations c WHERE c.account = ?1 AND c.inbox = ?2 AND c.status > s.status) FROM statuses s WHERE s.status IS NOT NULL
		) SELECT status FROM statuses WHERE status IS NOT NULL`
	inboxList = `
		SELECT last_at, id, claimed_by FROM conversations
		WHERE account = ? AND inbox = ? AND status = ? AND (last_at, id) < (?, ?)
		ORDER BY last_at DESC, id DESC`
	participantStatuses = `
		WITH RECURSIVE statuses (status) AS (
			SELECT min(status) FROM participants WHERE account = ?1 AND name = ?2
			UNION ALL
			SELECT (SELECT min(p.status) FROM participants p WHERE p.account = ?1 AND p.name = ?2 AND p.status > s.status) FROM statuses s WHERE s.status IS NOT NULL
		) SELECT status FROM statuses WHERE status IS NOT NULL`
	participantList = `
		SELECT last_at, conversation, claimed_by FROM participants
		WHERE account = ? AND name = ? AND status = ? AND (last_at, conversation) < (?, ?)
		ORDER BY last_at DESC, conversation DESC`
)

func (t *tx) listTakingPart(q store.ConversationQuery, before entry, p *page) error {
	for _, inbox := range q.Inboxes {
		if err := t.listOne(q, before, p, inboxStatuses, inboxList, string(inbox)); err != nil {
			return err
		}
	}
	for _, name := range participants(q.User, q.Teams) {
		if err := t.listOne(q, before, p, participantStatuses, participantList, name); err != nil {
			return err
		}
	}
	return nil
}

// participants returns the names of the lists of a user, if there is one, and
// teams.
func participants(user store.UserID, teams []store.TeamID) []string {
	var names []string
	if user != "" {
		names = append(names, record.UserName(user))
	}
	for _, team := range teams {
		names = append(names, record.TeamName(team))
	}
	return names
}

// listOne reads the lists of one inbox or participant.
func (t *tx) listOne(q store.ConversationQuery, before entry, p *page, statuses, list, name string) error {
	wanted, err := t.statuses(q, statuses, name)
	if err != nil {
		return err
	}
	for _, status := range wanted {
		err := t.each(func(r row) (bool, error) {
			var e entry
			var claimedBy string
			if err := r.Scan(&e.lastAt, (*int64)(&e.id), &claimedBy); err != nil {
				return false, err
			}
			if q.Claimants != nil && !slices.Contains(q.Claimants, store.UserID(claimedBy)) {
				return true, nil
			}
			return p.add(e), nil
		}, list, string(q.Account), name, status, before.lastAt, int64(before.id))
		if err != nil {
			return err
		}
	}
	return nil
}

// statuses returns the statuses that a query asks for: any means those that
// occur.
func (t *tx) statuses(q store.ConversationQuery, text, name string) ([]string, error) {
	if q.Statuses == nil {
		return all(t, func(r row, s *string) error { return r.Scan(s) }, text, string(q.Account), name)
	}
	wanted := make([]string, len(q.Statuses))
	for i, s := range q.Statuses {
		wanted[i] = string(s)
	}
	slices.Sort(wanted)
	return slices.Compact(wanted), nil
}

const (
	claimedStatuses = `
		WITH RECURSIVE statuses (status) AS (
			SELECT min(status) FROM conversations WHERE account = ?1 AND claimed_by = ?2 AND claimed_by <> ''
			UNION ALL
			SELECT (SELECT min(c.status) FROM conversations c WHERE c.account = ?1 AND c.claimed_by = ?2 AND c.claimed_by <> '' AND c.status > s.status) FROM statuses s WHERE s.status IS NOT NULL
		) SELECT status FROM statuses WHERE status IS NOT NULL`
	claimedList = `
		SELECT ` + conversationColumns + ` FROM conversations
		WHERE account = ? AND claimed_by = ? AND claimed_by <> '' AND status = ? AND (last_at, id) < (?, ?)
		ORDER BY last_at DESC, id DESC`
)

func (t *tx) listClaimed(q store.ConversationQuery, before entry, p *page) error {
	for _, claimant := range q.Claimants {
		wanted, err := t.statuses(q, claimedStatuses, string(claimant))
		if err != nil {
			return err
		}
		for _, status := range wanted {
			err := t.each(func(r row) (bool, error) {
				var c store.Conversation
				if err := scanConversation(r, &c); err != nil {
					return false, err
				}
				if !selects(q, c) {
					return true, nil
				}
				return p.add(entry{c.LastAt.UnixMicro(), c.ID}), nil
			}, claimedList, string(q.Account), string(claimant), status, before.lastAt, int64(before.id))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// selects reports whether a conversation is one of the alternatives of a query.
func selects(q store.ConversationQuery, c store.Conversation) bool {
	if slices.Contains(q.Inboxes, c.Inbox) || q.User != "" && slices.Contains(c.Users, q.User) {
		return true
	}
	return slices.ContainsFunc(q.Teams, func(m store.TeamID) bool { return slices.Contains(c.Teams, m) })
}
