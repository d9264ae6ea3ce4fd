package postgres

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// Whoever reads something for a user asks for the version of the Directory first,
// and then goes on with what they know by that version. It hardly ever changes.
// So a View that begins with that question is told the version that the Store saw
// last, without a round trip, and whether it still is the version is asked
// together with what is read next, or at the end. If it is not, nothing of what
// was read is handed out, and the function runs again.

// errOutdated means that the function of a View was told a version of the
// Directory that is none any more.
var errOutdated = fmt.Errorf("%w: the Directory has changed since the Store looked last", errRetry)

// seenVersion is the version of the Directory that a Store saw last, if any.
type seenVersion struct{ last atomic.Pointer[int64] }

// presume takes the version that was seen last for that of a View that has read
// nothing yet.
func (t *tx) presume() {
	d := &t.directory
	if !t.readOnly || t.hosts || t.begun || d.versionKnown || t.again.exact {
		return
	}
	if last := t.s.seen.last.Load(); last != nil {
		d.version, d.versionKnown, d.presumed = *last, true, true
	}
}

// sawVersion notes the version that the transaction has read, if it is one that
// was committed.
func (t *tx) sawVersion() {
	if t.readOnly && !t.hosts {
		version := t.directory.version
		t.s.seen.last.Store(&version)
	}
}

// verification asks whether the presumed version is that of the snapshot.
func (t *tx) verification() statement {
	d := &t.directory
	return statement{text: directoryVersion, read: func(rows pgx.Rows) error {
		told := d.version
		if err := rows.Scan(&d.version); err != nil {
			return err
		}
		d.presumed = false
		if d.version != told {
			t.again.exact = true
			t.sawVersion()
			return errOutdated
		}
		return nil
	}}
}

// verified returns what the function of a View has returned, unless it may have
// done so because of a version that is none any more.
func (t *tx) verified(err error) error {
	switch {
	case errors.Is(t.failed, errOutdated):
		return t.failed // whatever the function made of it
	case !t.directory.presumed || t.failed != nil:
		return err
	}
	if failed := t.ask(t.ctx, nil); failed != nil {
		return errors.Join(failed, err)
	}
	return err
}
