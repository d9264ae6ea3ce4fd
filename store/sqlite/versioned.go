package sqlite

import (
	"fmt"
	"slices"
	"strings"
)

// versioned holds the statements that write a record with a version.
type versioned struct {
	insert string // takes the table's columns in their order, and the version that was read
	// update takes the other columns, the keys, the fixed ones, and that version. It changes
	// nothing if a fixed column changes.
	update string
	// replace changes the fixed columns too. It takes what insert takes, and is ""
	// if there are none.
	replace string
	others  int // where the other columns begin
}

// newVersioned makes the statements for a table. Columns are separated by
// commas. The fixed ones are part of indexes and hardly ever change: SQLite
// rewrites each index of which a column is assigned, even to what it was.
//
// The driver asks for the name of each parameter, so those of what is run often
// have none.
func newVersioned(table, keys, fixed, others string) versioned {
	keyed, fixedOnes, rest := columns(keys), columns(fixed), columns(others)
	every := slices.Concat(keyed, fixedOnes, rest)
	v := versioned{others: len(keyed) + len(fixedOnes)}
	v.insert = fmt.Sprintf("INSERT INTO %s (%s, version) VALUES (%s? + 1)",
		table, strings.Join(every, ", "), strings.Repeat("?, ", len(every)))

	const next = "version = version + 1"
	where := slices.Concat(keyed, fixedOnes, []string{"version"})
	v.update = fmt.Sprintf("UPDATE %s SET %s, %s WHERE %s", table, strings.Join(equal(rest), ", "), next, strings.Join(equal(where), " AND "))
	if len(fixedOnes) > 0 {
		numbered := make([]string, len(every))
		for i, name := range every {
			numbered[i] = fmt.Sprintf("%s = ?%d", name, i+1)
		}
		v.replace = fmt.Sprintf("UPDATE %s SET %s, %s WHERE %s AND version = ?%d", table,
			strings.Join(numbered[len(keyed):], ", "), next, strings.Join(numbered[:len(keyed)], " AND "), len(every)+1)
	}
	return v
}

func columns(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

// equal sets or compares columns with parameters.
func equal(names []string) []string {
	terms := make([]string, len(names))
	for i, name := range names {
		terms[i] = name + " = ?"
	}
	return terms
}
