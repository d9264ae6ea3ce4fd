package sqlite

import (
	"fmt"
	"strings"
)

// versioned holds the statements that write a record with a version. All take
// the table's columns in one order, keys, fixed and others, and at last the
// version that was read.
type versioned struct {
	insert string
	update string // changes nothing if a fixed column changes
	// replace changes the fixed columns too. It is "" if there are none.
	replace string
}

// newVersioned makes the statements for a table. Columns are separated by
// commas. The fixed ones are part of indexes and hardly ever change: SQLite
// rewrites each index of which a column is assigned, even to what it was.
func newVersioned(table, keys, fixed, others string) versioned {
	keyed, fixedOnes, rest := columns(keys), columns(fixed), columns(others)
	every := append(append(append([]string{}, keyed...), fixedOnes...), rest...)
	version := len(every) + 1

	places := make([]string, len(every))
	for i := range every {
		places[i] = fmt.Sprintf("?%d", i+1)
	}
	v := versioned{insert: fmt.Sprintf("INSERT INTO %s (%s, version) VALUES (%s, ?%d + 1)",
		table, strings.Join(every, ", "), strings.Join(places, ", "), version)}

	where := append(equal(keyed, 1), fmt.Sprintf("version = ?%d", version))
	whereFixed := append(where[:len(where):len(where)], equal(fixedOnes, 1+len(keyed))...)
	next := fmt.Sprintf("version = ?%d + 1", version)
	set := append(equal(rest, 1+len(keyed)+len(fixedOnes)), next)
	v.update = fmt.Sprintf("UPDATE %s SET %s WHERE %s", table, strings.Join(set, ", "), strings.Join(whereFixed, " AND "))
	if len(fixedOnes) > 0 {
		set = append(equal(fixedOnes, 1+len(keyed)), set...)
		v.replace = fmt.Sprintf("UPDATE %s SET %s WHERE %s", table, strings.Join(set, ", "), strings.Join(where, " AND "))
	}
	return v
}

func columns(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

// equal sets or compares columns with parameters that are numbered through.
func equal(names []string, first int) []string {
	terms := make([]string, len(names))
	for i, name := range names {
		terms[i] = fmt.Sprintf("%s = ?%d", name, first+i)
	}
	return terms
}
