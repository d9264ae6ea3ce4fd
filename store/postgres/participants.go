package postgres

import (
	"slices"
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// participant is a line in the list of a user or a team.
type participant struct {
	account      store.AccountID
	name         string
	status       store.Status
	lastAt       time.Time
	conversation store.ConversationID
	claimedBy    store.UserID
}

// The first five are the key.
var participantColumns = []column[participant]{
	textColumn("account", func(p *participant) string { return string(p.account) }),
	textColumn("name", func(p *participant) string { return p.name }),
	textColumn("status", func(p *participant) string { return string(p.status) }),
	sortedColumn("last_at", func(p *participant) time.Time { return p.lastAt }),
	numberColumn("conversation", func(p *participant) int64 { return int64(p.conversation) }),
	textColumn("claimed_by", func(p *participant) string { return string(p.claimedBy) }),
}

// listMoves are the lines that conversations leave, take, and go over to. With
// nearly every message a conversation moves up in the lists that it is in, so one
// statement does it.
type listMoves struct{ gone, come, from, to []participant }

// add notes how a conversation is listed from now on. It was nil if it was not.
func (l *listMoves) add(was *store.Conversation, is store.Conversation) {
	line := func(c store.Conversation, name string) participant {
		return participant{c.Account, name, c.Status, c.LastAt, c.ID, c.ClaimedBy}
	}
	if was == nil {
		for _, name := range record.ListingOf(is).Names {
			l.come = append(l.come, line(is, name))
		}
		return
	}
	gone, come := record.Moves(record.ListingOf(*was), record.ListingOf(is))
	for _, name := range gone {
		if slices.Contains(come, name) {
			l.from, l.to = append(l.from, line(*was, name)), append(l.to, line(is, name))
		} else {
			l.gone = append(l.gone, line(*was, name))
		}
	}
	for _, name := range come {
		if !slices.Contains(gone, name) {
			l.come = append(l.come, line(is, name))
		}
	}
}

// statements returns those that change the lists.
func (l *listMoves) statements() ([]statement, error) {
	var all []statement
	for _, write := range []struct {
		text  string
		lines [][]participant
	}{
		{deleteParticipants, [][]participant{l.gone}},
		{moveParticipants, [][]participant{l.from, l.to}},
		{insertParticipants, [][]participant{l.come}},
	} {
		if len(write.lines[0]) == 0 {
			continue
		}
		var args []any
		for _, lines := range write.lines {
			some, err := params(participantColumns, pointers(lines))
			if err != nil {
				return nil, err
			}
			args = append(args, some...)
		}
		all = append(all, statement{text: write.text, args: args})
	}
	return all, nil
}

const (
	deleteParticipants = `
		DELETE FROM @participants p
		USING unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[]) AS k(account, name, status, last_at, conversation, claimed_by)
		WHERE p.account = k.account AND p.name = k.name AND p.status = k.status AND p.last_at = k.last_at AND p.conversation = k.conversation`
	moveParticipants = `
		UPDATE @participants p SET account = k.to_account, status = k.to_status, last_at = k.to_last_at, claimed_by = k.to_claimed_by
		FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::bigint[], $12::text[])
			AS k(account, name, status, last_at, conversation, claimed_by, to_account, to_name, to_status, to_last_at, to_conversation, to_claimed_by)
		WHERE p.account = k.account AND p.name = k.name AND p.status = k.status AND p.last_at = k.last_at AND p.conversation = k.conversation`
	insertParticipants = `
		INSERT INTO @participants (account, name, status, last_at, conversation, claimed_by)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[])
		ON CONFLICT (account, name, status, last_at, conversation) DO UPDATE SET claimed_by = excluded.claimed_by`
)
