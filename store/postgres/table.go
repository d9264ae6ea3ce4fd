package postgres

import (
	"fmt"
	"strings"
)

// table is how records with a version are written: any number of them with one
// statement.
type table[T any] struct {
	columns []column[T]
	insert  string
	update  string
}

// newTable makes the statements for a table. The first of the columns are its
// key. In errors a record is what.
func newTable[T any](what, name string, keys int, columns ...column[T]) table[T] {
	var names, arrays, selected, sets, wheres []string
	for i, c := range columns {
		names = append(names, c.name)
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, c.typ))
		selected = append(selected, "v."+c.name+c.cast)
		if i < keys {
			wheres = append(wheres, fmt.Sprintf("t.%s = v.%s", c.name, c.name))
		} else {
			sets = append(sets, fmt.Sprintf("%s = v.%s%s", c.name, c.name, c.cast))
		}
	}
	n := len(columns)
	list := strings.Join(names, ", ")
	source := fmt.Sprintf("unnest(%s, $%d::bigint[], $%d::bigint[]) AS v(%s, base, next)", strings.Join(arrays, ", "), n+1, n+2, list)
	return table[T]{
		columns: columns,
		insert: fmt.Sprintf("INSERT INTO @%s (%s, version) SELECT %s, v.next FROM %s WHERE v.base = 0",
			name, list, strings.Join(selected, ", "), source),
		update: fmt.Sprintf(`WITH written AS (UPDATE @%s AS t SET %s, version = v.next FROM %s WHERE %s AND t.version = v.base RETURNING 1)
			SELECT @must('%s', count(*) = cardinality($%d::bigint[])) FROM written`,
			name, strings.Join(sets, ", "), source, strings.Join(wheres, " AND "), what, n+1),
	}
}

// params returns the columns of records as parameters.
func params[T any](columns []column[T], records []*T) ([]any, error) {
	args := make([]any, len(columns), len(columns)+2)
	for i, c := range columns {
		var err error
		if args[i], err = c.of(records); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// write returns the statements that write records. Those that are replaced
// come first, as they may give up what others take.
func (t *table[T]) write(slots []*slot[T]) ([]statement, error) {
	var statements []statement
	for _, made := range []bool{false, true} {
		var records []*T
		var base, next []int64
		for _, s := range slots {
			if made == (s.base == 0) {
				records = append(records, &s.value)
				base, next = append(base, s.base), append(next, s.version)
			}
		}
		if len(records) == 0 {
			continue
		}
		args, err := params(t.columns, records)
		if err != nil {
			return nil, err
		}
		text := t.update
		if made {
			text = t.insert
		}
		statements = append(statements, statement{text: text, args: append(args, base, next)})
	}
	return statements, nil
}
