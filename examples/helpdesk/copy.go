package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/teaminbox/teaminbox/store"
)

// copyConfig is what "helpdesk copy" was started with.
type copyConfig struct{ from, to string }

const copyUsage = `helpdesk copy carries everything from one database to another: from a SQLite file
to Postgres when the company has outgrown it, or back.

  helpdesk copy -from helpdesk.db -to postgres://helpdesk@db.example.com/helpdesk

Stop every helpdesk that uses either of them first, and start it with -db on the
new one afterwards. The old one is brought up to date if an earlier version has
written it, and stays as it is otherwise; keep it until you are content, but start
nothing on it. The new one must be empty: a file that does not exist,
or a database in which no helpdesk has been. If the copy fails, or is
interrupted, the new one is still empty, and it can be tried again.

Flags:
`

// readCopyConfig reads the flags behind "copy". Its error names every bad one.
func readCopyConfig(args []string, usage io.Writer) (copyConfig, error) {
	var c copyConfig
	flags := newFlags("helpdesk copy", copyUsage, usage)
	flags.StringVar(&c.from, "from", "", "SQLite `file` or postgres:// URL where everything is")
	flags.StringVar(&c.to, "to", "", "SQLite `file` or postgres:// URL where it is to go; leave a password to PGPASSWORD or PGPASSFILE")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	bad.noArguments(flags)
	for _, f := range [][2]string{{"-from", c.from}, {"-to", c.to}} {
		switch name, db := f[0], f[1]; {
		case db == "":
			bad.add("%s is missing; name a SQLite file or a postgres:// URL", name)
		case strings.Contains(db, "://") && !isPostgres(db):
			bad.add("%s has a URL of a kind that is not supported; name a SQLite file or a postgres:// URL", name)
		}
	}
	if c.from != "" && !isPostgres(c.from) {
		// It would be made, and an empty one be copied.
		if _, err := os.Stat(c.from); errors.Is(err, fs.ErrNotExist) {
			bad.add("-from: there is no file %s", c.from)
		}
	}
	if c.from != "" && sameDatabase(c.from, c.to) {
		bad.add("-from and -to are the same")
	}
	return c, bad.err()
}

func sameDatabase(a, b string) bool {
	if isPostgres(a) || isPostgres(b) {
		return a == b
	}
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// opener opens a database by its name.
type opener func(ctx context.Context, name string, log *slog.Logger) (closableStore, error)

// copyAll carries everything from one database to another and tells how far it
// is.
func copyAll(ctx context.Context, cfg copyConfig, open opener, log *slog.Logger, out io.Writer) (err error) {
	from, err := open(ctx, cfg.from, log)
	if err != nil {
		return err
	}
	//nolint:contextcheck // it is closed after ctx has ended
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := open(ctx, cfg.to, log)
	if err != nil {
		return err
	}
	//nolint:contextcheck // it is closed after ctx has ended
	defer func() { err = errors.Join(err, to.Close()) }()

	fmt.Fprintf(out, "Copying from %s to %s\n", withoutPassword(cfg.from), withoutPassword(cfg.to))
	report, err := store.Copy(ctx, to, from, func(p store.Progress) {
		switch {
		case p.Kind == "":
			fmt.Fprintf(out, "  all %d records are there\n", p.Total)
		case p.Verifying:
			fmt.Fprintf(out, "  %s: %d of %d verified\n", p.Kind, p.Done, p.Total)
		default:
			fmt.Fprintf(out, "  %s: %d of %d\n", p.Kind, p.Done, p.Total)
		}
	})
	if err != nil {
		return fmt.Errorf("helpdesk: copying: %w", err)
	}
	fmt.Fprintln(out, "Copied, and read back to compare:")
	for _, k := range report.Kinds {
		fmt.Fprintf(out, "  %10d %-16s checksum %016x\n", k.Records, k.Kind, k.Sum)
	}
	if report.Records() == 0 {
		return fmt.Errorf("helpdesk: there was nothing in %s; is it the right one?", withoutPassword(cfg.from))
	}
	if err := unchanged(ctx, from, report, out); err != nil {
		return fmt.Errorf("helpdesk: %s: %w; stop whatever uses it, remove the copy, and copy again", withoutPassword(cfg.from), err)
	}
	fmt.Fprintln(out, "Start helpdesk with -db on the new one from now on, and nothing on the old one.")
	return nil
}

// unchanged reads the old database once more, and fails if something has been
// written since: somebody had not been stopped, and what was written last is
// missing in the copy.
func unchanged(ctx context.Context, from store.Store, copied store.Report, out io.Writer) error {
	fmt.Fprintln(out, "Looking whether the old one was written to meanwhile")
	now, err := store.Checksum(ctx, from, func(p store.Progress) {
		fmt.Fprintf(out, "  %s: %d of %d read again\n", p.Kind, p.Done, p.Total)
	})
	if err != nil {
		return err
	}
	if !slices.Equal(now.Kinds, copied.Kinds) {
		return errors.New("it was written to during the copy")
	}
	return nil
}

// withoutPassword returns a name without the password that may be in it.
func withoutPassword(name string) string {
	if !isPostgres(name) {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		return "Postgres"
	}
	u.RawQuery = "" // may have one too
	return u.Redacted()
}
