package postgres

import (
	"cmp"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// guard is the right to read and write what has a key, until the end of the
// transaction. It is an advisory lock of Postgres, so it costs no writing, and
// can be had for what does not exist.
//
// An Update takes the guard of every key that it reads, and those of all keys of
// what it writes. Whatever it has read stays true until it commits, so that
// Updates behave as if they ran one after the other, while those that have no
// key in common do run at once.
//
// Nobody waits for a guard while holding another that is later in the order, so
// there are no deadlocks: the first guards of an Update are waited for, in
// order; of those that it finds it needs later it takes what is free, and
// begins again with all of them if one is not.
type guard struct {
	key    int64
	shared bool // others may have it, shared, too
}

// guards are those of one schema of a database. Other users of advisory locks
// in the database have other keys, but for an accident in 2⁶⁴.
type guards struct{ salt uint64 }

// newGuards makes the guards of a schema.
func newGuards(schema string) guards {
	g := guards{salt: 14695981039346656037}
	g.salt = uint64(g.of("teaminbox", schema).key)
	return g
}

// of returns the guard of a key of several parts (FNV-1a, 64 bits).
func (g guards) of(parts ...string) guard {
	const prime = 1099511628211
	h := g.salt
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * prime
		}
		h = (h ^ 0xff) * prime // between parts
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	return guard{key: int64(h)}
}

// number returns the guard of a key that is a number.
func (g guards) number(kind string, id int64) guard {
	k := g.of(kind)
	k.key ^= id
	return k
}

// directory is that of all that administrators manage.
func (g guards) directory(shared bool) guard {
	k := g.of("directory")
	k.shared = shared
	return k
}

// lists is that of an account's lists, of what is found by its words, and of what
// has been read. Whoever changes what is listed, found or read has it shared.
func (g guards) lists(account store.AccountID, shared bool) guard {
	k := g.of("lists", string(account))
	k.shared = shared
	return k
}

// person is that of an identity: of who has it, of their threads, and of
// their consent.
func (g guards) person(account string, family channel.Family, identity string) guard {
	return g.of("person", account, string(family), identity)
}

func (g guards) contact(id store.ContactID) guard { return g.number("contact", int64(id)) }

// conversation is that of a conversation, its messages' places and its tasks.
func (g guards) conversation(id store.ConversationID) guard {
	return g.number("conversation", int64(id))
}

func (g guards) lease(id store.ConversationID) guard { return g.number("lease", int64(id)) }
func (g guards) message(id store.MessageID) guard    { return g.number("message", int64(id)) }
func (g guards) stray(id store.StrayID) guard        { return g.number("stray", int64(id)) }

func (g guards) provider(ref store.ProviderRef) guard {
	return g.of("provider", ref.Channel, ref.ProviderID)
}

func (g guards) request(account store.AccountID, key string) guard {
	return g.of("request", string(account), key)
}

func (g guards) watermark(id store.WatermarkID) guard { return g.of("watermark", string(id)) }

// events is that of an account's events. It is taken last, and waited for.
func (g guards) events(account store.AccountID) guard { return g.of("events", string(account)) }

// guardSet is a set of guards.
type guardSet map[int64]bool // by key: whether shared

// add adds a guard and reports whether it, or as good a one, was not there.
func (s guardSet) add(g guard) bool {
	shared, there := s[g.key]
	if there && (!shared || g.shared) {
		return false
	}
	s[g.key] = g.shared
	return true
}

// sorted returns the guards in the order in which they are waited for.
func (s guardSet) sorted() []guard {
	all := make([]guard, 0, len(s))
	for key, shared := range s {
		all = append(all, guard{key, shared})
	}
	slices.SortFunc(all, func(a, b guard) int { return cmp.Compare(a.key, b.key) })
	return all
}

// keysOf returns guards as parameters of a statement.
func keysOf(gs []guard) (keys []int64, shared []bool) {
	keys, shared = make([]int64, len(gs)), make([]bool, len(gs))
	for i, g := range gs {
		keys[i], shared[i] = g.key, g.shared
	}
	return keys, shared
}

// The statements that take guards. Arrays are unnested in their order. probeGuards
// answers with those that it could not take.
const (
	waitForGuards = `
		SELECT CASE WHEN k.shared THEN pg_advisory_xact_lock_shared(k.key) ELSE pg_advisory_xact_lock(k.key) END
		FROM unnest($1::bigint[], $2::boolean[]) AS k(key, shared)`
	tryGuards = `
		SELECT @must('guard', bool_and(CASE WHEN k.shared THEN pg_try_advisory_xact_lock_shared(k.key) ELSE pg_try_advisory_xact_lock(k.key) END))
		FROM unnest($1::bigint[], $2::boolean[]) AS k(key, shared)`
	probeGuards = `
		SELECT k.key FROM unnest($1::bigint[], $2::boolean[]) AS k(key, shared)
		WHERE NOT CASE WHEN k.shared THEN pg_try_advisory_xact_lock_shared(k.key) ELSE pg_try_advisory_xact_lock(k.key) END`
)
