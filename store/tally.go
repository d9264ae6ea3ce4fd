package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Kind is a kind of records, like "messages" or "read marks": a field of [Batch].
type Kind string

// Report says what a copy has carried.
type Report struct {
	Kinds   []Carried // in the order of the fields of Batch
	Numbers Numbers   // the source's
}

// Carried says how much of one kind was carried.
type Carried struct {
	Kind    Kind
	Records int64
	Sum     uint64 // a checksum of all fields of all records, in whatever order
}

// Records returns how many records were carried.
func (r Report) Records() int64 {
	var n int64
	for _, k := range r.Kinds {
		n += k.Records
	}
	return n
}

// batchKinds are the kinds, by the number of their field in a Batch.
var batchKinds = func() []Kind {
	t := reflect.TypeFor[Batch]()
	kinds := make([]Kind, t.NumField())
	for i := range kinds {
		kinds[i] = Kind(t.Field(i).Tag.Get("kind"))
	}
	return kinds
}()

// of returns the number of records of a kind. Counts has the fields of Batch.
func (c Counts) of(k Kind) int64 {
	return reflect.ValueOf(c).Field(slices.Index(batchKinds, k)).Int()
}

// String lists the kinds that there are, like "3 accounts, 1 stray": "" for
// none.
func (c Counts) String() string {
	var parts []string
	for _, k := range batchKinds {
		if n := c.of(k); n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k))
		}
	}
	return strings.Join(parts, ", ")
}

// tally counts records and adds up their checksums, which does not depend on
// their order: not every Store sorts texts the same way.
type tally struct {
	kinds []Carried
	hash  hash.Hash
	buf   []byte
}

func newTally() *tally {
	t := &tally{hash: sha256.New(), kinds: make([]Carried, len(batchKinds))}
	for i, k := range batchKinds {
		t.kinds[i].Kind = k
	}
	return t
}

// add adds a batch. It returns its kind, and how many of it there have been.
func (t *tally) add(b Batch) (kind Kind, done int64, err error) {
	v := reflect.ValueOf(&b).Elem()
	for i := range t.kinds {
		records, k := v.Field(i), &t.kinds[i]
		n := records.Len()
		if n == 0 {
			continue
		}
		if kind != "" || n > BatchSize {
			return "", 0, fmt.Errorf("store: a batch must have records of one kind, and at most %d", BatchSize)
		}
		for j := range n {
			k.Sum += t.sum(records.Index(j))
		}
		k.Records += int64(n)
		kind, done = k.Kind, k.Records
	}
	if kind == "" {
		return "", 0, fmt.Errorf("store: a batch must have records")
	}
	return kind, done, nil
}

// sum returns the checksum of a record.
func (t *tally) sum(record reflect.Value) uint64 {
	t.buf = appendValue(t.buf[:0], record)
	t.hash.Reset()
	t.hash.Write(t.buf)
	t.buf = t.hash.Sum(t.buf[:0])
	return binary.BigEndian.Uint64(t.buf)
}

var timeType = reflect.TypeFor[time.Time]()

// appendValue appends the bytes of a value, such that different values have
// different bytes. An empty list or map is the same as none, as it is for a
// Store. Times are the same if they are the same moment.
func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		return append(b, v.String()...)
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint())
	case reflect.Float32, reflect.Float64:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(v.Float()))
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return appendValue(append(b, 1), v.Elem())
	case reflect.Slice, reflect.Array:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		for i := range v.Len() {
			b = appendValue(b, v.Index(i))
		}
		return b
	case reflect.Map:
		return appendMap(b, v)
	case reflect.Struct:
		if v.Type() == timeType {
			t := v.Interface().(time.Time)
			return binary.AppendVarint(binary.AppendVarint(b, t.Unix()), int64(t.Nanosecond()))
		}
		for i := range v.NumField() {
			b = appendValue(b, v.Field(i))
		}
		return b
	default:
		panic(fmt.Sprintf("store: a record has a field of type %v, of which there is no checksum", v.Type()))
	}
}

// appendMap appends the entries of a map, sorted by their bytes.
func appendMap(b []byte, v reflect.Value) []byte {
	entries := make([]string, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		entries = append(entries, string(appendValue(appendValue(nil, it.Key()), it.Value())))
	}
	slices.Sort(entries)
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = append(b, e...)
	}
	return b
}
