package compliance

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"time"
)

// Digest is a SHA-256. As a text it is 64 hexadecimal digits, or "" for none.
type Digest [sha256.Size]byte

// String returns the digest as a text.
func (d Digest) String() string {
	if d == (Digest{}) {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// MarshalText is String.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (d *Digest) UnmarshalText(text []byte) error {
	*d = Digest{}
	if len(text) == 0 {
		return nil
	}
	if n, err := hex.Decode(make([]byte, len(text)), text); err != nil || n != len(d) {
		return fmt.Errorf("compliance: %q is no digest: give %d hexadecimal digits", text, 2*len(d))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// Link ties an entry to the one before it about the same [Key]. Whoever changes,
// adds or takes away an entry afterwards breaks the chain, see [Verify].
//
// What is personal is in the chain only as a commitment: the digest of a salt and
// of the data. So hashes hold without it, and once data and salt are gone, what is
// left gives nothing away, as nobody can try out numbers without the salt. An entry
// without its data is one that was changed, unless a later one of the same chain, of
// the kind [Erased], says that it was erased: when, by whom and why. See [Erase].
type Link struct {
	Seq      int64  `json:"seq"`      // 1, 2, 3 … among the entries of a key
	Previous Digest `json:"previous"` // the Hash of the entry before; for the first see Chain
	Salt     string `json:"salt"`     // random, of 128 bits or more
	Personal Digest `json:"personal"` // commits to the identity, the text, the disclosure, the evidence, the reason and the request
	Hash     Digest `json:"hash"`     // of everything else, Previous and Personal included
}

// Chain returns an entry with its link. It takes all entries of its key so far,
// in any order, and a salt: a random text that nobody can guess, of 128 bits or
// more, new for each entry. Times count in microseconds.
//
// Entries that are older than chains have no links. The first link then commits
// to all of them.
func Chain(before []Entry, e Entry, salt string) Entry {
	linked, older := split(before)
	e.Link = Link{Seq: 1, Salt: salt}
	if n := len(linked); n > 0 {
		e.Link.Seq, e.Link.Previous = linked[n-1].Link.Seq+1, linked[n-1].Link.Hash
	} else {
		e.Link.Previous = root(older, &e)
	}
	e.Link.Personal = e.personal()
	e.Link.Hash = e.hash(older)
	return e
}

// Head is the last entry of a chain. Somebody who has kept one can tell whether
// entries were taken away from the end of the chain since.
type Head struct {
	Key  Key    `json:"key"`
	Seq  int64  `json:"seq"`
	Hash Digest `json:"hash"`
}

// HeadOf returns the head of the chain of one key's entries, in any order. It is
// the zero Head if there are none with links.
func HeadOf(entries []Entry) Head {
	linked, _ := split(entries)
	if len(linked) == 0 {
		return Head{}
	}
	last := linked[len(linked)-1]
	return Head{Key: last.Key, Seq: last.Link.Seq, Hash: last.Link.Hash}
}

// ChainError says what is wrong with a chain.
type ChainError struct {
	Key    Key
	Entry  EntryID // 0 if an entry is missing
	Seq    int64   // its place
	Reason string
}

func (e *ChainError) Error() string {
	if e.Entry == 0 {
		return fmt.Sprintf("compliance: the ledger's entry %d about %s (%s) of account %q %s", e.Seq, e.Key.Identity, e.Key.Family, e.Key.Account, e.Reason)
	}
	return fmt.Sprintf("compliance: ledger entry %d, which is entry %d about %s (%s) of account %q, %s",
		e.Entry, e.Seq, e.Key.Identity, e.Key.Family, e.Key.Account, e.Reason)
}

// Verify checks the chains of entries, which may be about several keys and in any
// order, but must be all of each key. It returns a [*ChainError] for the first
// entry that was changed, added or taken away since it was linked, and for entries
// without a link to which none commits: nobody can say whether they were changed.
// That entries were taken from the end of a chain, or all of it, shows only beside
// a [Head] that was kept somewhere else: give all that are known. One that was kept
// before somebody was erased is to be given with their [Pseudonym] for its Key.
//
// Entries before one of the kind [Erased] must have nothing personal left. Whoever
// takes it out of others leaves that entry, with the moment and a name.
//
// Whoever can write to the database can also make a new chain from a forged
// beginning, so heads should be kept where they can't write. An entry that they
// add to the end of a chain as [Chain] would shows by nothing.
func Verify(entries []Entry, kept ...Head) error {
	byKey := make(map[Key][]Entry)
	var keys []Key
	for _, e := range entries {
		if byKey[e.Key] == nil {
			keys = append(keys, e.Key)
		}
		byKey[e.Key] = append(byKey[e.Key], e)
	}
	for _, key := range keys {
		if err := verifyChain(byKey[key]); err != nil {
			return err
		}
	}
	for _, h := range kept {
		if err := h.verify(byKey[h.Key]); err != nil {
			return err
		}
	}
	return nil
}

// verifyChain checks the entries of one key.
func verifyChain(entries []Entry) error {
	linked, older := split(entries)
	if len(linked) == 0 {
		return &ChainError{Key: older[0].Key, Entry: older[0].ID, Reason: "has no link, and no later one commits to it"}
	}
	erasure := int64(0) // the place of the last one
	for _, e := range linked {
		if e.Kind == Erased {
			erasure = e.Link.Seq
		}
	}
	for _, e := range older {
		if erasure > 0 && !e.erased() {
			return &ChainError{Key: e.Key, Entry: e.ID, Reason: notErased}
		}
	}
	for i, e := range linked {
		want, previous := int64(1), root(older, &e)
		gone := e.Link.Seq < erasure && e.Kind != Erased
		if i > 0 {
			want, previous = linked[i-1].Link.Seq+1, linked[i-1].Link.Hash
		}
		bad := func(reason string) error {
			return &ChainError{Key: e.Key, Entry: e.ID, Seq: e.Link.Seq, Reason: reason}
		}
		switch {
		case e.Link.Seq > want:
			return &ChainError{Key: e.Key, Seq: want, Reason: "is missing"}
		case e.Link.Seq < want:
			return bad("has the place of another")
		case gone && !e.erased():
			return bad(notErased)
		case !gone && e.Link.Personal != e.personal():
			return bad("was changed: it commits to another identity, text or evidence")
		case e.Link.Hash != e.hash(older):
			return bad("was changed: its hash is that of something else")
		case i == 0 && gone && len(older) > 0:
			// What it commits to is erased. What is left of them the erasure commits to.
		case e.Link.Previous != previous && i == 0:
			return bad("does not follow from the entries that are older than chains: one of them was changed, added or taken away")
		case e.Link.Previous != previous:
			return bad("does not follow from the one before it")
		}
	}
	return nil
}

const notErased = "was changed: it has something that an erasure after it took away"

// verify reports whether a chain still has a head that was kept.
func (h Head) verify(entries []Entry) error {
	if h.Seq == 0 {
		return nil
	}
	for _, e := range entries {
		if e.Link.Seq == h.Seq {
			if e.Link.Hash == h.Hash {
				return nil
			}
			return &ChainError{Key: h.Key, Entry: e.ID, Seq: h.Seq, Reason: "is not the one that was there when the head was kept"}
		}
	}
	return &ChainError{Key: h.Key, Seq: h.Seq, Reason: "is missing, which was there when the head was kept"}
}

// InOrder returns one key's entries in the order in which they were recorded.
func InOrder(entries []Entry) []Entry {
	linked, older := split(entries)
	return append(older, linked...)
}

// split returns the entries with links, and those that are older than chains, in
// the order in which they were recorded.
func split(entries []Entry) (linked, older []Entry) {
	for _, e := range entries {
		if e.Link.Seq > 0 {
			linked = append(linked, e)
		} else {
			older = append(older, e)
		}
	}
	slices.SortFunc(linked, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Link.Seq, b.Link.Seq), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(older, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	return linked, older
}

// root is what the first link of a chain follows from. An erasure follows from what
// is left of older entries, to which its hash commits.
func root(older []Entry, first *Entry) Digest {
	if len(older) == 0 || first.Kind == Erased {
		return Digest{}
	}
	d := newDigester("teaminbox consent, older than chains, 1")
	d.text(first.Link.Salt)
	for _, e := range older {
		d.entry(&e)
		d.personal(&e)
	}
	return d.sum()
}

func (e *Entry) personal() Digest {
	d := newDigester("teaminbox consent, personal, 1")
	d.text(e.Link.Salt)
	d.personal(e)
	return d.sum()
}

// hash takes the entries of the chain that are older than links, since an erasure
// commits to what is left of them.
func (e *Entry) hash(older []Entry) Digest {
	d := newDigester("teaminbox consent, 1")
	d.number(e.Link.Seq)
	d.bytes(e.Link.Previous[:])
	d.entry(e)
	d.bytes(e.Link.Personal[:])
	if e.Kind == Erased {
		for i := range older {
			d.entry(&older[i])
		}
	}
	return d.sum()
}

// digester hashes values so that no two lists of values are the same bytes: each
// has its length before it.
type digester struct{ hash.Hash }

func newDigester(what string) digester {
	d := digester{sha256.New()}
	d.text(what)
	return d
}

func (d digester) bytes(b []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(b)))
	_, _ = d.Write(length[:]) // a hash's Write returns no error
	_, _ = d.Write(b)
}

func (d digester) text(s string) { d.bytes([]byte(s)) }

func (d digester) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	d.bytes(b[:])
}

// moment hashes a time in microseconds, or that there is none.
func (d digester) moment(t time.Time) {
	if t.IsZero() {
		d.bytes(nil)
		return
	}
	d.number(t.UnixMicro())
}

// entry hashes what is not personal.
func (d digester) entry(e *Entry) {
	d.number(int64(e.ID))
	d.text(e.Key.Account)
	d.text(string(e.Key.Family))
	d.number(int64(e.Kind))
	d.text(string(e.Source))
	d.moment(e.OccurredAt)
	d.moment(e.RecordedAt)
	d.moment(e.SentAt)
	d.text(e.Rule)
	d.text(e.Channel)
	d.text(e.Message)
	d.text(e.Actor)
	if e.Via != "" { // entries without are the same bytes as before there was one
		d.text("via")
		d.text(string(e.Via))
	}
	if e.Reach != (Reach{}) || e.Strength != "" {
		d.text("reach")
		d.text(string(e.Purpose))
		d.text(e.Programme)
		d.text(string(e.Strength))
	}
	if !e.Until.IsZero() { // entries without it have the hash that they always had
		d.text("until")
		d.moment(e.Until)
	}
}

// personal hashes what is.
func (d digester) personal(e *Entry) {
	d.text(e.Key.Identity)
	d.text(e.Text)
	if e.Evidence != "" || e.Reason != "" || e.Request != "" {
		d.text("evidence")
		d.text(e.Evidence)
		d.text(e.Reason)
		d.text(e.Request)
	}
	if e.Disclosure != "" {
		d.text("disclosure")
		d.text(e.Disclosure)
	}
}

func (d digester) sum() Digest { return Digest(d.Sum(nil)) }
