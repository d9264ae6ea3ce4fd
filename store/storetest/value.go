package storetest

import (
	"fmt"
	"math"
	"reflect"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

const byteForByte = "Texts are kept byte for byte, NUL included."

func valueCases() []testCase {
	return []testCase{
		{"values/every field", "A Store keeps records: every field comes back as it was put.", valuesKept},
		{"values/every field is replaced", "Putting a version replaces the record, with every field.", valuesReplaced},
		{"values/empty fields", "A Store keeps records: what was empty comes back empty. The zero time stays the zero time.", valuesEmpty},
		{"values/parts of extras alone", "A Store keeps records: a part of Extras that was not there does not appear.", valuesExtras},
		{"values/parts of a stray alone", "A Store keeps records: a part of a stray's message that was not there does not appear.", valuesInbound},
		{"values/every word", "A Store keeps records: each status, direction, state and kind comes back.", valuesWords},
		{"values/large numbers", "Ids may exceed what JavaScript's numbers hold.", valuesLarge},
		{"values/hostile texts", byteForByte, valuesTexts},
		{"values/long texts", byteForByte, valuesLong},
		{"values/ids byte for byte", "Ids that the host chooses are compared byte for byte, at most 128 bytes long.", valuesIDs},
		{"values/keys byte for byte", "Texts are kept byte for byte: keys that merely look alike are different.", valuesKeys},
		{"aliasing/what was put", "What a Store returns shares no memory with what it was given.", aliasingIn},
		{"aliasing/what was read", "What a Store returns shares no memory with what it keeps.", aliasingOut},
	}
}

// keeps puts a record and expects it to come back.
func (e *env) keeps(k kind, r any) error {
	if err := e.putOne(k, r); err != nil {
		return err
	}
	return e.expectKind(k, withVersion(r, 1))
}

func valuesKept(e *env) error {
	return each(e, kinds(), func(k kind, a, _ any) error { return e.keeps(k, a) })
}

func valuesReplaced(e *env) error {
	return each(e, replaceable(), func(k kind, a, b any) error {
		if err := e.putOne(k, a); err != nil {
			return err
		}
		b = withKeysOf(withVersion(a, 1), b)
		if err := e.putOne(k, b); err != nil {
			return err
		}
		if err := e.expectKind(k, withVersion(b, 2)); err != nil {
			return err
		}
		empty := withVersion(withoutDetails(b), 2)
		if err := e.putOne(k, empty); err != nil {
			return err
		}
		return doing("replaced by an empty one", e.expectKind(k, withVersion(empty, 3)))
	})
}

func valuesEmpty(e *env) error {
	return each(e, kinds(), func(k kind, a, _ any) error { return e.keeps(k, withoutDetails(a)) })
}

// partsOf calls check with values in which one field alone is set.
func partsOf[T any](e *env, check func(field string, part T) error) error {
	whole := reflect.ValueOf(filled[T](e))
	for i := range whole.NumField() {
		part := reflect.New(whole.Type()).Elem()
		part.Field(i).Set(whole.Field(i))
		name := whole.Type().Field(i).Name
		if err := check(name, part.Interface().(T)); err != nil {
			return fmt.Errorf("%s alone: %w", name, err)
		}
	}
	return nil
}

func valuesExtras(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	seq := int64(0)
	return partsOf(e, func(_ string, part store.Extras) error {
		seq++
		m, err := e.messageIn(c, seq)
		if err != nil {
			return err
		}
		m.Extras = &part
		if err := e.update(func(tx store.Tx) error { return tx.PutMessages(m) }); err != nil {
			return err
		}
		m.Version = 1
		return e.expect([]store.Message{m}, func(tx store.Tx) (any, error) { return tx.Messages(m.ID) })
	})
}

func valuesInbound(e *env) error {
	return partsOf(e, func(field string, part channel.Inbound) error {
		s, err := e.stray()
		if err != nil {
			return err
		}
		if field != "ProviderID" {
			part.ProviderID = s.Inbound.ProviderID
		}
		s.Inbound = part
		if err := e.update(func(tx store.Tx) error { return tx.PutStrays(s) }); err != nil {
			return err
		}
		s.Version = 1
		return e.expect([]store.Stray{s}, func(tx store.Tx) (any, error) { return tx.Strays(s.ID) })
	})
}

func valuesWords(e *env) error {
	c, err := e.stored()
	if err != nil {
		return err
	}
	directions := []store.Direction{store.Inbound, store.Outbound, store.Note}
	authors := []store.AuthorKind{store.ByCustomer, store.ByUser, store.ByResponder, store.BySystem}
	purposes := []compliance.Purpose{"", compliance.Conversational, compliance.Transactional, compliance.Marketing, compliance.Compliance}
	meanings := []compliance.Kind{compliance.None, compliance.OptOut, compliance.OptIn, compliance.Help, compliance.Ambiguous}
	states := []store.State{
		"", store.StateQueued, store.StateAttempting, store.StateRetrying, store.StateDeferred, store.StateUnconfirmed,
		store.StateAccepted, store.StateSent, store.StateDelivered, store.StateRead, store.StateRejected,
		store.StateFailed, store.StateBlocked, store.StateCanceled,
	}
	messages, err := e.messagesIn(c, len(states))
	if err != nil {
		return err
	}
	for i := range messages {
		m := &messages[i]
		m.Direction, m.Author.Kind = directions[i%len(directions)], authors[i%len(authors)]
		m.Purpose, m.Kind, m.State = purposes[i%len(purposes)], meanings[i%len(meanings)], states[i]
	}
	if err := e.update(func(tx store.Tx) error { return tx.PutMessages(messages...) }); err != nil {
		return err
	}
	for i := range messages {
		messages[i].Version = 1
	}
	if err := e.expect(messages, func(tx store.Tx) (any, error) {
		return tx.Messages(mapped(messages, func(m store.Message) store.MessageID { return m.ID })...)
	}); err != nil {
		return err
	}
	for _, status := range []store.Status{store.Open, store.Snoozed, store.Closed} {
		c.Status = status
		if err := e.update(func(tx store.Tx) error { return tx.PutConversations(c) }); err != nil {
			return err
		}
		c.Version++
		if err := e.expect([]store.Conversation{c}, func(tx store.Tx) (any, error) { return tx.Conversations(c.ID) }); err != nil {
			return err
		}
	}
	return nil
}

func valuesLarge(e *env) error {
	for _, large := range []int64{1<<31 + 7, 1<<53 + 1, math.MaxInt64 - 1} {
		c, err := e.conversation()
		if err != nil {
			return err
		}
		c.ID, c.LastSeq, c.InboundCount = store.ConversationID(large), large, large
		m, err := e.messageIn(c, large)
		if err != nil {
			return err
		}
		m.ID, m.InboundCount, m.Attempts, m.Segments = store.MessageID(large), large, math.MaxInt32, math.MaxInt32
		mark := store.ReadMark{User: bob, Conversation: c.ID, Seq: large, InboundCount: large}
		task := store.Task{ID: store.TaskID(large), Account: acme, Conversation: c.ID, Kind: store.TaskSend, Message: m.ID, DueAt: noon}
		event := store.Event{Account: acme, Type: store.NoteAdded, At: noon, Conversation: c.ID, Message: m.ID, Detail: store.Detail{Seq: large}}
		err = e.update(func(tx store.Tx) error {
			if err := tx.PutConversations(c); err != nil {
				return err
			}
			if err := tx.PutMessages(m); err != nil {
				return err
			}
			if err := tx.PutReadMarks(acme, mark); err != nil {
				return err
			}
			if err := tx.PutTasks(task); err != nil {
				return err
			}
			return tx.AppendEvents(event)
		})
		if err != nil {
			return err
		}
		c.Version, m.Version = 1, 1
		err = e.view(func(tx store.Tx) error {
			if err := expectIn(tx, []store.Conversation{c}, func(tx store.Tx) (any, error) { return tx.Conversations(c.ID) }); err != nil {
				return err
			}
			if err := expectIn(tx, []store.Message{m}, func(tx store.Tx) (any, error) { return tx.Messages(m.ID) }); err != nil {
				return err
			}
			if err := expectIn(tx, []store.ReadMark{mark}, func(tx store.Tx) (any, error) { return tx.ReadMarks(acme, bob, c.ID) }); err != nil {
				return err
			}
			if err := expectIn(tx, []store.Task{task}, func(tx store.Tx) (any, error) { return tx.Tasks(c.ID) }); err != nil {
				return err
			}
			events, err := tx.Events(store.EventQuery{Account: acme, Conversation: c.ID, Limit: 2})
			if err != nil {
				return err
			}
			if len(events) != 1 {
				return fmt.Errorf("conversation %d has %d events, put one", c.ID, len(events))
			}
			events[0].Cursor = 0
			return same(event, events[0])
		})
		if err != nil {
			return fmt.Errorf("around %d: %w", large, err)
		}
	}
	return nil
}

// replaceable returns the kinds whose records can be put again.
func replaceable() []kind {
	var out []kind
	for _, k := range kinds() {
		if k.name != "ledger entry" && k.name != "event" {
			out = append(out, k)
		}
	}
	return out
}
