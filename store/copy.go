package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// ErrNotEmpty means that something is in a Store into which another was to be
// copied.
var ErrNotEmpty = errors.New("store: the target of the copy is not empty")

// Progress says how far a copy is.
type Progress struct {
	Verifying bool  // everything is there, and is read back
	Kind      Kind  // what is being carried, or "" at the end
	Done      int64 // records of the kind, or of all kinds at the end
	Total     int64
}

// progressInterval is the shortest time between two reports of progress.
const progressInterval = 250 * time.Millisecond

// Copy carries everything from one Store to another: from SQLite to Postgres
// when a company outgrows a file, or back. Both must be a [Porter].
//
//	report, err := store.Copy(ctx, to, from, nil)
//
// All records come over as they are, with their ids, versions and cursors, and
// the numbers that the target gives go on above those that the source gave.
// Leases alone stay behind: they are about who is working, and during a copy
// nobody is. Stop every engine on either Store first. Copy reads one consistent
// snapshot of the source, and what an engine adds to it meanwhile would be
// missing in the target; an engine that went on with the source afterwards would
// answer customers whom the one on the target answers too. A transaction of the
// host's that has not committed is missing as well; and the host's own tables are
// the host's to copy.
//
// The target must be empty, or Copy fails with [ErrNotEmpty]. It is filled in one
// transaction, so that after an error or a crash it is as empty as before and
// Copy can be called again. Before it commits, Copy reads everything back and
// compares the number and the checksum of each kind of records with what it
// took from the source.
//
// Records are carried in batches of [BatchSize], so memory is bounded whatever
// the Stores hold; store/memory, of course, keeps them all.
//
// While it works, Copy calls progress, unless that is nil, at most four times a
// second, and once at the end of a copy that has succeeded.
func Copy(ctx context.Context, to, from Store, progress func(Progress)) (Report, error) {
	target, ok := to.(Porter)
	if !ok {
		return Report{}, fmt.Errorf("store: a %T can't be copied into; it is no store.Porter", to)
	}
	source, ok := from.(Porter)
	if !ok {
		return Report{}, fmt.Errorf("store: a %T can't be copied; it is no store.Porter", from)
	}
	c := copier{progress: progress, ticker: time.NewTicker(progressInterval)}
	defer c.ticker.Stop()
	var report Report
	err := source.Export(ctx, func(s Source) error {
		return target.Import(ctx, func(t Target) (err error) {
			report, err = c.carry(t, s)
			return err
		})
	})
	if err != nil {
		return Report{}, err
	}
	if progress != nil {
		n := report.Records()
		progress(Progress{Verifying: true, Done: n, Total: n})
	}
	return report, nil
}

// Checksum reads everything in a Store, which must be a [Porter], in one snapshot,
// and returns what a Copy of it would report. Two Stores with the same Kinds hold
// the same; the Numbers of one that was copied may be higher. The progress is
// that of reading, as in Copy.
func Checksum(ctx context.Context, s Store, progress func(Progress)) (Report, error) {
	source, ok := s.(Porter)
	if !ok {
		return Report{}, fmt.Errorf("store: a %T can't be read as a whole; it is no store.Porter", s)
	}
	c := copier{progress: progress, ticker: time.NewTicker(progressInterval)}
	defer c.ticker.Stop()
	var report Report
	err := source.Export(ctx, func(s Source) error {
		counts, err := s.Counts()
		if err != nil {
			return err
		}
		if report.Numbers, err = s.Numbers(); err != nil {
			return err
		}
		report.Kinds, err = c.tally(s.Batches(), Progress{Verifying: true}, counts, func(Batch) error { return nil })
		return err
	})
	if err != nil {
		return Report{}, err
	}
	return report, nil
}

// copier carries records and says how far it is.
type copier struct {
	progress func(Progress)
	ticker   *time.Ticker
}

// carry fills a target.
func (c *copier) carry(to Target, from Source) (Report, error) {
	there, err := to.Counts()
	if err != nil {
		return Report{}, err
	}
	if found := there.String(); found != "" {
		return Report{}, fmt.Errorf("%w: it has %s; copy into a Store that nothing has been written to: a file that does not exist, or a schema of its own", ErrNotEmpty, found)
	}
	counts, err := from.Counts()
	if err != nil {
		return Report{}, err
	}
	numbers, err := from.Numbers()
	if err != nil {
		return Report{}, err
	}
	carried, err := c.tally(from.Batches(), Progress{}, counts, to.Put)
	if err != nil {
		return Report{}, err
	}
	if err := to.SetNumbers(numbers); err != nil {
		return Report{}, err
	}
	arrived, err := c.tally(to.Batches(), Progress{Verifying: true}, counts, func(Batch) error { return nil })
	if err != nil {
		return Report{}, err
	}
	report := Report{Kinds: carried, Numbers: numbers}
	return report, errors.Join(complete(carried, counts), identical(carried, arrived), c.above(to, numbers))
}

// tally hands batches to take, and counts and sums up what is in them.
func (c *copier) tally(batches iter.Seq2[Batch, error], p Progress, counts Counts, take func(Batch) error) ([]Carried, error) {
	t := newTally()
	for b, err := range batches {
		if err != nil {
			return nil, err
		}
		if p.Kind, p.Done, err = t.add(b); err != nil {
			return nil, err
		}
		if err := take(b); err != nil {
			return nil, err
		}
		if c.progress == nil {
			continue
		}
		select {
		case <-c.ticker.C:
			p.Total = counts.of(p.Kind)
			c.progress(p)
		default:
		}
	}
	return t.kinds, nil
}

// complete checks that as many records were carried as the source has said.
func complete(carried []Carried, counts Counts) error {
	var errs []error
	for _, k := range carried {
		if n := counts.of(k.Kind); n != k.Records {
			errs = append(errs, fmt.Errorf("store: the source says that it has %d %s and gave %d; nothing was copied", n, k.Kind, k.Records))
		}
	}
	return errors.Join(errs...)
}

// identical checks that what is in the target is what was carried there.
func identical(carried, arrived []Carried) error {
	var errs []error
	for i, k := range carried {
		if a := arrived[i]; a != k {
			errs = append(errs, fmt.Errorf("store: %d %s with the checksum %016x were carried and %d with %016x have arrived; nothing was copied", k.Records, k.Kind, k.Sum, a.Records, a.Sum))
		}
	}
	return errors.Join(errs...)
}

// above checks that the target goes on where the source has stopped.
func (c *copier) above(to Target, want Numbers) error {
	got, err := to.Numbers()
	if err != nil {
		return err
	}
	if got.LastID < want.LastID || got.LastCursor < want.LastCursor || got.DirectoryVersion != want.DirectoryVersion {
		return fmt.Errorf("store: the target has the numbers %+v and must go on from %+v; nothing was copied", got, want)
	}
	return nil
}
