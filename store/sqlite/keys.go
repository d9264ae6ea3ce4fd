package sqlite

import (
	"fmt"
	"strings"
)

// chunks are the numbers of keys that one statement can take. A list of keys
// is filled up to the next of them, so that few statements have to be
// prepared.
var chunks = [...]int{1, 8, 64}

// keyed is a query by integer keys, one text for each chunk.
type keyed [len(chunks)]string

// newKeyed makes a query out of a format whose %s takes the list of keys.
func newKeyed(format string) keyed {
	var q keyed
	for i, n := range chunks {
		q[i] = fmt.Sprintf(format, "("+strings.Repeat("?, ", n-1)+"?)")
	}
	return q
}

// next returns the text for the first keys of a list, the arguments, and the
// keys that are left.
func (q *keyed) next(keys []int64, before []any) (string, []any, []int64) {
	i := 0
	for i < len(chunks)-1 && chunks[i] < len(keys) {
		i++
	}
	n := min(chunks[i], len(keys))
	args := make([]any, 0, len(before)+chunks[i])
	args = append(args, before...)
	for _, k := range keys[:n] {
		args = append(args, k)
	}
	for range chunks[i] - n { // a key that is there twice is found once
		args = append(args, keys[n-1])
	}
	return q[i], args, keys[n:]
}

// byKeys reads records by integer keys and returns them in the order of the
// keys; those of one key in the order of the query. Arguments that the query
// has before the keys are given first.
func byKeys[K ~int64, T any](t *tx, q *keyed, scan func(row, *T) error, keyOf func(*T) K, keys []K, before ...any) ([]T, error) {
	if err := t.ready(); err != nil || len(keys) == 0 {
		return nil, err
	}
	if len(keys) == 1 {
		text, args, _ := q.next([]int64{int64(keys[0])}, before)
		return all(t, scan, text, args...)
	}
	byKey := make(map[K][]T, len(keys))
	left := make([]int64, 0, len(keys))
	for _, k := range keys {
		if _, twice := byKey[k]; !twice {
			byKey[k] = nil
			left = append(left, int64(k))
		}
	}
	n := 0
	for len(left) > 0 {
		var text string
		var args []any
		text, args, left = q.next(left, before)
		some, err := all(t, scan, text, args...)
		if err != nil {
			return nil, err
		}
		for i := range some {
			k := keyOf(&some[i])
			byKey[k] = append(byKey[k], some[i])
			n++
		}
	}
	found := make([]T, 0, n)
	for _, k := range keys {
		found = append(found, byKey[k]...)
	}
	return found, nil
}
