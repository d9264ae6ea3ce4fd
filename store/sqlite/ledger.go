package sqlite

import (
	"fmt"

	"github.com/teaminbox/teaminbox/compliance"
)

const consentColumns = `id, account, family, identity, kind, source, occurred_at, recorded_at, text, rule, channel, message, actor, sent_at, seq, previous, salt, personal, hash, via, evidence, reason, request, held_until, purpose, programme, strength, disclosure`

func scanEntry(r row, e *compliance.Entry) error {
	return r.Scan((*int64)(&e.ID), &e.Key.Account, (*string)(&e.Key.Family), &e.Key.Identity, (*uint8)(&e.Kind), (*string)(&e.Source),
		timeColumn{&e.OccurredAt}, timeColumn{&e.RecordedAt}, &e.Text, &e.Rule, &e.Channel, &e.Message, &e.Actor, timeColumn{&e.SentAt},
		&e.Link.Seq, textColumn{&e.Link.Previous}, &e.Link.Salt, textColumn{&e.Link.Personal}, textColumn{&e.Link.Hash},
		(*string)(&e.Via), &e.Evidence, &e.Reason, &e.Request, timeColumn{&e.Until},
		(*string)(&e.Purpose), &e.Programme, (*string)(&e.Strength), &e.Disclosure)
}

var consentByID = newKeyed(`SELECT ` + consentColumns + ` FROM consent WHERE id IN %s`)

// ConsentEntries returns all entries of keys.
func (t *tx) ConsentEntries(keys ...compliance.Key) ([]compliance.Entry, error) {
	return rarely(t, t.consentEntries, `SELECT id FROM consent WHERE account = ? AND family = ? AND identity = ? ORDER BY id`,
		func(k compliance.Key) []any { return []any{k.Account, string(k.Family), k.Identity} }, keys)
}

func (t *tx) consentEntries(ids ...int64) ([]compliance.Entry, error) {
	return byKeys(t, &consentByID, scanEntry, func(e *compliance.Entry) int64 { return int64(e.ID) }, ids)
}

// EraseConsent gives entries to a pseudonym, without what is personal.
func (t *tx) EraseConsent(key, pseudonym compliance.Key) error {
	if err := t.writable(); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE consent SET account = ?, family = ?, identity = ?, text = '', disclosure = '', evidence = '', reason = '', request = '', salt = ''
		WHERE account = ? AND family = ? AND identity = ?`,
		pseudonym.Account, string(pseudonym.Family), pseudonym.Identity, key.Account, string(key.Family), key.Identity)
	return err
}

// AppendConsent adds entries.
func (t *tx) AppendConsent(es ...compliance.Entry) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, e := range es {
		if _, err := t.exec(`INSERT INTO consent (`+consentColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			int64(e.ID), e.Key.Account, string(e.Key.Family), e.Key.Identity, int64(e.Kind), string(e.Source),
			stamp(e.OccurredAt), stamp(e.RecordedAt), e.Text, e.Rule, e.Channel, e.Message, e.Actor, stamp(e.SentAt),
			e.Link.Seq, e.Link.Previous.String(), e.Link.Salt, e.Link.Personal.String(), e.Link.Hash.String(),
			string(e.Via), e.Evidence, e.Reason, e.Request, stamp(e.Until),
			string(e.Purpose), e.Programme, string(e.Strength), e.Disclosure); err != nil {
			return fmt.Errorf("%w (ledger entry %d)", err, e.ID)
		}
	}
	return nil
}
