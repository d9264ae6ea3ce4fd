package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// ImportConfig says how a file of consent is imported.
type ImportConfig struct {
	// Actor is the host's id of the person who imports it. It must be set.
	Actor store.UserID

	// Reason is that of lines that have none of their own. Defaults to "".
	Reason string

	// MaxRefusals is how many of the refused lines the report names; the others
	// it counts. Defaults to 1000.
	MaxRefusals int

	// Progress is told after each batch how far the import is, unless it is nil.
	// The import waits for it. Defaults to nil.
	Progress func(ImportReport)
}

// ImportReport says what an import has done.
type ImportReport struct {
	Line     int64                  // the last line of the file that was taken, or refused
	Added    int64                  // lines that are in the ledger by this import
	Known    int64                  // lines that were in the ledger before
	Refused  int64                  // lines that are not in the ledger
	Refusals []compliance.LineError // the first of those, by line
}

// An import goes in batches, each a change among those that wait at the same time.
const (
	importBatch    = 256 // lines
	importRefusals = 1000
)

// ImportConsent records what a file states of contacts' consent: the suppression
// list of a former provider, the opt-ins of a shop. The file is CSV, as
// [compliance.StatementReader] has it. The contacts need not be known: what is
// recorded holds when they appear.
//
// A line that is no good, or that may not be recorded, is refused, and the others
// are taken. An opt-in of a contact that has opted out is refused always: no list
// turns an opt-out into consent, whatever its date and whatever the order of the
// lines. If that rests on an act of the contact's, see [Admin.RecordConsent].
//
// Lines are taken in their order, and each once: a file that was imported before
// adds nothing, and one that was cut off, or whose import has failed, can be
// imported again. A line is known by its address, kind, moment, way and text.
//
// It takes about ten thousand lines a second, in batches that other changes go
// between, and no more memory for millions. Those of a batch are durable when
// Progress has them. When the context ends or the store or the reader fails, it
// returns what it has done together with the error; a file whose first line is no
// good is ErrInvalid.
func (a *Admin) ImportConsent(ctx context.Context, file io.Reader, cfg ImportConfig) (ImportReport, error) {
	err := errors.Join(checkID("account", string(a.account)), checkID("ImportConfig.Actor", string(cfg.Actor)), checkText("ImportConfig.Reason", cfg.Reason))
	if cfg.MaxRefusals < 0 {
		err = errors.Join(err, invalid("ImportConfig.MaxRefusals", "is negative; leave it 0 for the default"))
	}
	if err != nil {
		return ImportReport{}, err
	}
	setDefault(&cfg.MaxRefusals, importRefusals)
	lines, err := compliance.NewStatementReader(readerUntil{ctx, file})
	switch {
	case ctx.Err() != nil:
		return ImportReport{}, fmt.Errorf("inbox: %w", ctx.Err())
	case err != nil:
		return ImportReport{}, invalid("the file", "can't be imported: %v", err)
	}
	i := importing{in: a.in, account: a.account, cfg: cfg}
	for end := false; !end; {
		var batch []stated
		var refused []compliance.LineError
		for len(batch)+len(refused) < importBatch && !end {
			s, err := lines.Read(a.in.now())
			var bad *compliance.LineError
			switch {
			case err == nil:
				batch = append(batch, stated{s, lines.Line()})
			case errors.As(err, &bad):
				refused = append(refused, *bad)
			case errors.Is(err, io.EOF):
				end = true
			default:
				// What came before is taken, unless the context has ended.
				err = errors.Join(fmt.Errorf("inbox: reading the file: %w", err), i.take(ctx, batch, refused))
				return i.report, err
			}
		}
		begun := a.in.now()
		if err := i.take(ctx, batch, refused); err != nil {
			return i.report, err
		}
		if !end && !a.in.rest(ctx, begun) {
			return i.report, fmt.Errorf("inbox: %w", ctx.Err())
		}
	}
	return i.report, nil
}

// readerUntil fails when the context ends.
type readerUntil struct {
	ctx  context.Context
	from io.Reader
}

func (r readerUntil) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}

// stated is a line of a file.
type stated struct {
	compliance.Statement
	line int64
}

// importing is an import under way.
type importing struct {
	in      *Inbox
	account store.AccountID
	cfg     ImportConfig
	report  ImportReport
}

// take records the good lines of a batch, and reports on all.
func (i *importing) take(ctx context.Context, batch []stated, refused []compliance.LineError) error {
	if len(batch)+len(refused) == 0 {
		return nil
	}
	var o outcome
	if len(batch) > 0 {
		var err error
		if o, err = i.record(ctx, batch); err != nil {
			return err
		}
		i.report.Line = batch[len(batch)-1].line
	}
	refused = append(refused, o.refused...)
	slices.SortFunc(refused, func(a, b compliance.LineError) int { return int(a.Line - b.Line) })
	if n := len(refused); n > 0 {
		i.report.Line = max(i.report.Line, refused[n-1].Line)
	}
	i.report.Added += o.added
	i.report.Known += o.known
	i.report.Refused += int64(len(refused))
	room := i.cfg.MaxRefusals - len(i.report.Refusals)
	i.report.Refusals = append(i.report.Refusals, refused[:min(room, len(refused))]...)
	if i.cfg.Progress != nil {
		i.cfg.Progress(i.report)
	}
	return nil
}

// outcome is what became of the lines of a batch.
type outcome struct {
	added, known int64
	refused      []compliance.LineError
}

// record makes a batch durable. While too much is going on it waits: an import can.
func (i *importing) record(ctx context.Context, batch []stated) (outcome, error) {
	var o outcome
	tried := make(map[compliance.Digest]bool)
	addresses := make([]channel.Address, len(batch))
	for n, line := range batch {
		addresses[n] = line.Address
	}
	err := i.in.insist(ctx, func(t *tx) (err error) {
		o, err = i.apply(t, batch, tried)
		return err
	}, expectStatements(i.in, i.account, addresses...))
	return o, err
}
