package sqlite

// counters are the numbers of the Store. A transaction reads them when it
// first needs one, and writes them back at its end.
type counters struct {
	loaded, changed bool

	lastID           int64
	lastCursor       int64
	directoryVersion int64
}

func (t *tx) loadCounters() error {
	if t.counters.loaded {
		return t.ready()
	}
	err := t.each(func(r row) (bool, error) {
		t.counters.loaded = true
		return false, r.Scan(&t.counters.lastID, &t.counters.lastCursor, &t.counters.directoryVersion)
	}, `SELECT last_id, last_cursor, directory_version FROM counters`)
	return err
}

// count changes the counters.
func (t *tx) count(change func(c *counters)) error {
	if err := t.writable(); err != nil {
		return err
	}
	if err := t.loadCounters(); err != nil {
		return err
	}
	change(&t.counters)
	t.counters.changed = true
	return nil
}

func (t *tx) storeCounters() error {
	if !t.counters.changed {
		return nil
	}
	_, err := t.exec(`UPDATE counters SET last_id = ?, last_cursor = ?, directory_version = ?`,
		t.counters.lastID, t.counters.lastCursor, t.counters.directoryVersion)
	return err
}

// NewID returns the next number of the file. As Updates run one after the
// other, in whatever process, numbers grow with them.
func (t *tx) NewID() (int64, error) {
	err := t.count(func(c *counters) { c.lastID++ })
	return t.counters.lastID, err
}

// DirectoryVersion returns how often the Directory has been written.
func (t *tx) DirectoryVersion() (int64, error) {
	err := t.loadCounters()
	return t.counters.directoryVersion, err
}
