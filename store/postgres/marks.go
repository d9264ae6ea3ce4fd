package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

// marks are those that a transaction has read or is to write.
type marks struct {
	known   map[store.MarkRef]*store.ReadMark // nil: there is none
	pending map[store.MarkRef]store.ReadMark
}

// ReadMarks returns a user's marks in conversations.
func (t *tx) ReadMarks(account store.AccountID, user store.UserID, cs ...store.ConversationID) ([]store.ReadMark, error) {
	if err := t.ready(); err != nil || len(cs) == 0 {
		return nil, err
	}
	refs := mapped(cs, func(id store.ConversationID) store.MarkRef {
		return store.MarkRef{Account: account, User: user, Conversation: id}
	})
	if err := t.fetch(t.fetchMarks(refs)); err != nil {
		return nil, err
	}
	var found []store.ReadMark
	for _, ref := range refs {
		if m := t.marks.known[ref]; m != nil {
			found = append(found, *m)
		}
	}
	return found, nil
}

func (t *tx) fetchMarks(refs []store.MarkRef) *fetch {
	k := &t.marks
	if k.known == nil {
		k.known = make(map[store.MarkRef]*store.ReadMark)
	}
	unknown := missing(k.known, refs)
	if len(unknown) == 0 {
		return nil
	}
	f := &fetch{guards: mapped(unknown, t.forMark)}
	f.statement = statement{
		text: `
			SELECT k.n, m.seq, m.inbound_count
			FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS k(account, username, conversation, n)
			JOIN @read_marks m ON m.account = k.account AND m.username = k.username AND m.conversation = k.conversation`,
		args: append(texts2(unknown, func(r store.MarkRef) (string, string) { return string(r.Account), string(r.User) }),
			mapped(unknown, func(r store.MarkRef) int64 { return int64(r.Conversation) })),
		read: func(rows pgx.Rows) error {
			var n int64
			var m store.ReadMark
			if err := rows.Scan(&n, &m.Seq, &m.InboundCount); err != nil {
				return err
			}
			ref := unknown[n-1]
			m.User, m.Conversation = ref.User, ref.Conversation
			k.known[ref] = &m
			return nil
		},
	}
	f.after = func() {
		for _, ref := range unknown {
			if _, ok := k.known[ref]; !ok {
				k.known[ref] = nil
			}
		}
	}
	return f
}

func (t *tx) forMark(r store.MarkRef) guard {
	g := t.s.guards.of("mark", string(r.Account), string(r.User))
	g.key ^= int64(r.Conversation)
	return g
}

// PutReadMarks sets marks.
func (t *tx) PutReadMarks(account store.AccountID, ms ...store.ReadMark) error {
	if err := t.writable(); err != nil {
		return err
	}
	k := &t.marks
	if k.known == nil {
		k.known = make(map[store.MarkRef]*store.ReadMark)
	}
	if k.pending == nil {
		k.pending = make(map[store.MarkRef]store.ReadMark)
	}
	for _, m := range ms {
		ref := store.MarkRef{Account: account, User: m.User, Conversation: m.Conversation}
		t.need(t.forMark(ref), t.s.guards.lists(account, true))
		k.known[ref] = &m
		k.pending[ref] = m
	}
	return nil
}

// flush returns the statements that set marks.
func (k *marks) flush() []statement {
	if len(k.pending) == 0 {
		return nil
	}
	var accounts, users []string
	var conversations, seqs, counts []int64
	for ref, m := range k.pending {
		accounts, users = append(accounts, pack(string(ref.Account))), append(users, pack(string(ref.User)))
		conversations, seqs, counts = append(conversations, int64(ref.Conversation)), append(seqs, m.Seq), append(counts, m.InboundCount)
	}
	k.pending = nil
	return []statement{{text: `
		INSERT INTO @read_marks (account, username, conversation, seq, inbound_count)
		SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
		ON CONFLICT (account, username, conversation) DO UPDATE SET seq = excluded.seq, inbound_count = excluded.inbound_count`,
		args: []any{accounts, users, conversations, seqs, counts}}}
}
