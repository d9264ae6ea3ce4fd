package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
)

// barePostgres takes messages through one transaction of two round trips, with
// statements of many rows.
type barePostgres struct{ conn *pgx.Conn }

func openBarePostgres(ctx context.Context, url string) (committer, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	// The triggers note words to search, of which it knows nothing.
	for _, text := range []string{`SET search_path = teaminbox`, `ALTER TABLE messages DISABLE TRIGGER USER`} {
		if _, err := conn.Exec(ctx, text); err != nil {
			return nil, errors.Join(err, conn.Close(ctx))
		}
	}
	return &barePostgres{conn}, nil
}

func (b *barePostgres) close() error { return b.conn.Close(context.Background()) }

// thread is a conversation as a transaction knows it.
type thread struct {
	id, seq, inbound int64
	open             bool
	preview          string
}

func (b *barePostgres) commit(ctx context.Context, batch []arrival) error {
	known, threads, ids, err := b.look(ctx, batch)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	var messages, conversations, seqs, inbound, tasks []int64
	var providers, texts, froms []string
	var extras []*string
	var told, tellsOf []int64
	var types []string
	changed := make(map[int64]*thread)
	for _, a := range batch {
		t := threads[a.address]
		if known[a.provider] || t == nil {
			continue
		}
		t.seq, t.inbound, t.preview = t.seq+1, t.inbound+1, a.text
		changed[t.id] = t
		tell := func(what store.EventType) {
			told, tellsOf, types = append(told, t.id), append(tellsOf, ids[0]), append(types, string(what))
		}
		if !t.open {
			t.open = true
			tell(store.ConversationReopened)
		}
		tell(store.MessageReceived)
		messages, tasks, ids = append(messages, ids[0]), append(tasks, ids[1]), ids[2:]
		conversations, seqs, inbound = append(conversations, t.id), append(seqs, t.seq), append(inbound, t.inbound)
		providers, texts, froms = append(providers, a.provider), append(texts, a.text), append(froms, a.address)
		extras = append(extras, a.extras)
	}
	var ofThreads, threadSeqs, threadInbound []int64
	var previews []string
	for _, t := range changed {
		ofThreads, threadSeqs, threadInbound, previews = append(ofThreads, t.id), append(threadSeqs, t.seq), append(threadInbound, t.inbound), append(previews, t.preview)
	}
	var work pgx.Batch
	work.Queue(`
		INSERT INTO messages (id, account, conversation, seq, channel, provider_id, request_key, direction, author_kind, author_user, text, extras, from_address, to_address,
			inbound_count, opened, kind, rule, purpose, confirms, state, attempts, code, reason, segments, created_at, version)
		SELECT m.id, $8, m.conversation, m.seq, $9, m.provider_id, '', 'in', 'customer', '', m.text, m.extras, m.from_address, $10,
			m.inbound_count, false, 0, '', '', 0, '', 0, '', '', 0, $11, 1
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $12::jsonb[])
			AS m(id, conversation, seq, provider_id, text, from_address, inbound_count, extras)`,
		messages, conversations, seqs, providers, texts, froms, inbound, string(account), channelName, string(ours), now, extras)
	work.Queue(`
		UPDATE conversations c SET status = 'open', last_seq = n.seq, inbound_count = n.inbound, preview = n.preview, last_at = $5, last_inbound = $5,
			waiting_since = coalesce(c.waiting_since, $5), version = c.version + 1
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS n(id, seq, inbound, preview) WHERE c.id = n.id`,
		ofThreads, threadSeqs, threadInbound, previews, now)
	work.Queue(`
		INSERT INTO tasks (id, account, conversation, kind, message, due_at, attempts, error, set_aside)
		SELECT k.id, $4, k.conversation, 'route', k.message, $5, 0, '', false FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k(id, conversation, message)`,
		tasks, conversations, messages, string(account), now)
	work.Queue(`
		INSERT INTO events (cursor, account, type, at, inbox, conversation, message, actor_kind, actor_user, detail)
		SELECT nextval('cursors'), $4, e.type, $5, $6, e.conversation, e.message, 'customer', '', '{}'
		FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS e(conversation, message, type)`,
		told, tellsOf, types, string(account), now, string(inboxID))
	work.Queue(`COMMIT`)
	return b.conn.SendBatch(ctx, &work).Close()
}

// look begins the transaction and reads what it is about.
func (b *barePostgres) look(ctx context.Context, batch []arrival) (known map[string]bool, threads map[string]*thread, ids []int64, err error) {
	const block = 16 // as many numbers are drawn at once
	known, threads = make(map[string]bool), make(map[string]*thread)
	providers, addresses := make([]string, len(batch)), make([]string, len(batch))
	for i, a := range batch {
		providers[i], addresses[i] = a.provider, a.address
	}
	var look pgx.Batch
	look.Queue(`BEGIN`)
	look.Queue(`SELECT m.provider_id FROM unnest($1::text[]) AS k(id) JOIN messages m ON m.channel = $2 AND m.provider_id = k.id AND m.provider_id <> ''`, providers, channelName).
		Query(func(rows pgx.Rows) error {
			var id string
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error { known[id] = true; return nil })
			return err
		})
	look.Queue(`
		SELECT c.identity, c.id, c.last_seq, c.inbound_count, c.status = 'open' FROM conversations c
		WHERE c.account = $2 AND c.inbox = $3 AND c.family = 'telephony' AND c.identity = ANY($1::text[])
		ORDER BY c.id FOR UPDATE`, addresses, string(account), string(inboxID)).
		Query(func(rows pgx.Rows) error {
			var identity string
			var t thread
			_, err := pgx.ForEachRow(rows, []any{&identity, &t.id, &t.seq, &t.inbound, &t.open}, func() error { found := t; threads[identity] = &found; return nil })
			return err
		})
	look.Queue(`SELECT nextval('ids') FROM generate_series(1, $1::int)`, (2*len(batch)+block-1)/block).
		Query(func(rows pgx.Rows) error {
			var first int64
			_, err := pgx.ForEachRow(rows, []any{&first}, func() error {
				for n := range int64(block) {
					ids = append(ids, first+n)
				}
				return nil
			})
			return err
		})
	err = b.conn.SendBatch(ctx, &look).Close()
	return known, threads, ids, err
}
