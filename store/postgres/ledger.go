package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

// ledger is what a transaction has read or is to write of the ledger.
type ledger struct {
	of      map[compliance.Key][]compliance.Entry
	pending []compliance.Entry
	erased  []erasure
}

// erasure says whose entries become a pseudonym's.
type erasure struct{ key, pseudonym compliance.Key }

const consentColumns = `id, account, family, identity, kind, source, occurred_at, recorded_at, text, rule, channel, message, actor, sent_at, seq, previous, salt, personal, hash,
	via, evidence, reason, request, held_until, purpose, programme, strength, disclosure`

var consentFields = []column[compliance.Entry]{
	numberColumn("id", func(e *compliance.Entry) int64 { return int64(e.ID) }),
	textColumn("account", func(e *compliance.Entry) string { return e.Key.Account }),
	textColumn("family", func(e *compliance.Entry) string { return string(e.Key.Family) }),
	textColumn("identity", func(e *compliance.Entry) string { return e.Key.Identity }),
	numberColumn("kind", func(e *compliance.Entry) int64 { return int64(e.Kind) }),
	textColumn("source", func(e *compliance.Entry) string { return string(e.Source) }),
	timeColumn("occurred_at", func(e *compliance.Entry) time.Time { return e.OccurredAt }),
	timeColumn("recorded_at", func(e *compliance.Entry) time.Time { return e.RecordedAt }),
	textColumn("text", func(e *compliance.Entry) string { return e.Text }),
	textColumn("rule", func(e *compliance.Entry) string { return e.Rule }),
	textColumn("channel", func(e *compliance.Entry) string { return e.Channel }),
	textColumn("message", func(e *compliance.Entry) string { return e.Message }),
	textColumn("actor", func(e *compliance.Entry) string { return e.Actor }),
	timeColumn("sent_at", func(e *compliance.Entry) time.Time { return e.SentAt }),
	numberColumn("seq", func(e *compliance.Entry) int64 { return e.Link.Seq }),
	textColumn("previous", func(e *compliance.Entry) string { return e.Link.Previous.String() }),
	textColumn("salt", func(e *compliance.Entry) string { return e.Link.Salt }),
	textColumn("personal", func(e *compliance.Entry) string { return e.Link.Personal.String() }),
	textColumn("hash", func(e *compliance.Entry) string { return e.Link.Hash.String() }),
	textColumn("via", func(e *compliance.Entry) string { return string(e.Via) }),
	textColumn("evidence", func(e *compliance.Entry) string { return e.Evidence }),
	textColumn("reason", func(e *compliance.Entry) string { return e.Reason }),
	textColumn("request", func(e *compliance.Entry) string { return e.Request }),
	timeColumn("held_until", func(e *compliance.Entry) time.Time { return e.Until }),
	textColumn("purpose", func(e *compliance.Entry) string { return string(e.Purpose) }),
	textColumn("programme", func(e *compliance.Entry) string { return e.Programme }),
	textColumn("strength", func(e *compliance.Entry) string { return string(e.Strength) }),
	textColumn("disclosure", func(e *compliance.Entry) string { return e.Disclosure }),
}

func scanEntry(r scanner, e *compliance.Entry) error {
	var previous, personal, hash string
	err := r.Scan((*int64)(&e.ID), &e.Key.Account, (*string)(&e.Key.Family), &e.Key.Identity, &e.Kind, (*string)(&e.Source),
		moment{&e.OccurredAt}, moment{&e.RecordedAt}, &e.Text, &e.Rule, &e.Channel, &e.Message, &e.Actor, moment{&e.SentAt},
		&e.Link.Seq, &previous, &e.Link.Salt, &personal, &hash, (*string)(&e.Via), &e.Evidence, &e.Reason, &e.Request, moment{&e.Until},
		(*string)(&e.Purpose), &e.Programme, (*string)(&e.Strength), &e.Disclosure)
	if err == nil {
		err = errors.Join(e.Link.Previous.UnmarshalText([]byte(previous)), e.Link.Personal.UnmarshalText([]byte(personal)), e.Link.Hash.UnmarshalText([]byte(hash)))
	}
	unpackAll(&e.Key.Account, (*string)(&e.Key.Family), &e.Key.Identity, (*string)(&e.Source), &e.Text, &e.Rule, &e.Channel, &e.Message, &e.Actor, &e.Link.Salt,
		(*string)(&e.Via), &e.Evidence, &e.Reason, &e.Request, (*string)(&e.Purpose), &e.Programme, (*string)(&e.Strength), &e.Disclosure)
	return err
}

// ConsentEntries returns all entries of keys.
func (t *tx) ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error) {
	if err := t.ready(); err != nil || len(keys) == 0 {
		return nil, err
	}
	if err := t.fetch(t.fetchConsent(keys)); err != nil {
		return nil, err
	}
	var found []compliance.Entry
	for _, k := range keys {
		found = append(found, t.consent.of[k]...)
	}
	return found, nil
}

func (t *tx) forKey(k compliance.Key) guard {
	return t.s.guards.person(k.Account, k.Family, k.Identity)
}

func (t *tx) fetchConsent(keys []compliance.Key) *fetch {
	unknown := missing(t.consent.of, keys)
	if len(unknown) == 0 {
		return nil
	}
	found := make(map[compliance.Key][]compliance.Entry, len(unknown))
	f := &fetch{guards: mapped(unknown, t.forKey)}
	f.statement = statement{
		text: `
			SELECT c.id, c.account, c.family, c.identity, c.kind, c.source, c.occurred_at, c.recorded_at, c.text, c.rule, c.channel, c.message, c.actor, c.sent_at,
				c.seq, c.previous, c.salt, c.personal, c.hash, c.via, c.evidence, c.reason, c.request, c.held_until, c.purpose, c.programme, c.strength, c.disclosure
			FROM unnest($1::text[], $2::text[], $3::text[]) AS k(account, family, identity)
			JOIN @consent c ON c.account = k.account AND c.family = k.family AND c.identity = k.identity`,
		args: texts3(unknown, func(k compliance.Key) (string, string, string) { return k.Account, string(k.Family), k.Identity }),
		read: func(rows pgx.Rows) error {
			var e compliance.Entry
			err := scanEntry(rows, &e)
			found[e.Key] = append(found[e.Key], e)
			return err
		},
	}
	f.after = func() {
		for _, k := range unknown {
			for _, e := range t.consent.pending {
				if e.Key == k {
					found[k] = append(found[k], e)
				}
			}
			t.consent.set(k, found[k])
		}
	}
	return f
}

func (l *ledger) set(k compliance.Key, entries []compliance.Entry) {
	slices.SortFunc(entries, func(a, b compliance.Entry) int { return cmp.Compare(a.ID, b.ID) })
	if l.of == nil {
		l.of = make(map[compliance.Key][]compliance.Entry)
	}
	l.of[k] = entries
}

// AppendConsent adds entries.
func (t *tx) AppendConsent(es ...compliance.Entry) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, e := range es {
		e = record.CopyEntry(e)
		t.need(t.forKey(e.Key))
		t.consent.pending = append(t.consent.pending, e)
		if known, ok := t.consent.of[e.Key]; ok {
			t.consent.set(e.Key, append(slices.Clone(known), e))
		}
	}
	return nil
}

// EraseConsent gives entries to a pseudonym, without what is personal.
func (t *tx) EraseConsent(key, pseudonym compliance.Key) error {
	if err := t.writable(); err != nil {
		return err
	}
	had, err := t.ConsentEntries(key)
	if err != nil || len(had) == 0 {
		return err
	}
	has, err := t.ConsentEntries(pseudonym)
	if err != nil {
		return err
	}
	for _, e := range had {
		if e.Link.Seq > 0 && slices.ContainsFunc(has, func(other compliance.Entry) bool { return other.Link.Seq == e.Link.Seq }) {
			return t.fail(fmt.Errorf("postgres: %w: the pseudonym has an entry with the place %d of ledger entry %d", store.ErrDuplicate, e.Link.Seq, e.ID))
		}
		has = append(has, compliance.Erase(e, pseudonym))
	}
	t.need(t.forKey(key), t.forKey(pseudonym))
	for i, e := range t.consent.pending {
		if e.Key == key {
			t.consent.pending[i] = compliance.Erase(e, pseudonym)
		}
	}
	t.consent.erased = append(t.consent.erased, erasure{key, pseudonym})
	t.consent.set(key, nil)
	t.consent.set(pseudonym, has)
	return nil
}

// flush returns the statements that erase and add entries, in this order: what is
// added after its key was erased stays as it is.
func (l *ledger) flush() ([]statement, error) {
	var all []statement
	for _, e := range l.erased {
		all = append(all, statement{text: `
			UPDATE @consent SET account = $1, family = $2, identity = $3, text = '', disclosure = '', evidence = '', reason = '', request = '', salt = ''
			WHERE account = $4 AND family = $5 AND identity = $6`, args: []any{
			pack(e.pseudonym.Account), pack(string(e.pseudonym.Family)), pack(e.pseudonym.Identity),
			pack(e.key.Account), pack(string(e.key.Family)), pack(e.key.Identity),
		}})
	}
	l.erased = nil
	if len(l.pending) == 0 {
		return all, nil
	}
	args, err := params(consentFields, pointers(l.pending))
	l.pending = nil
	return append(all, statement{text: `INSERT INTO @consent (` + consentColumns + `) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
		$7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[],
		$15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[],
		$20::text[], $21::text[], $22::text[], $23::text[], $24::timestamptz[],
		$25::text[], $26::text[], $27::text[], $28::text[])`, args: args}), err
}
