package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/teaminbox/teaminbox/inbox"
)

// importConfig is what "helpdesk import-consent" was started with.
type importConfig struct {
	commandConfig

	file          string
	actor, reason string
}

const importUsage = `helpdesk import-consent records opt-outs and opt-ins from a CSV file: the suppression
list of a former provider, the opt-ins of a shop.

  helpdesk import-consent -db helpdesk.db -as carol list.csv

The first line names the columns:

  address,kind,occurred_at,via,text,evidence,reason
  +14155550123,opt_out,2026-11-23T14:05:00Z,voice,"Stop, please",call 4711,
  whatsapp:+14155550124,opt_in,2026-11-20T09:00:00+01:00,web_form,Yes to offers,form 12 row 3,
  +14155550125,opt_out,2025-01-31T00:00:00Z,system,,list of our former provider,

kind is opt_out, opt_in, or voided for a number that is somebody else's by now; via is
voice, email, web_form, paper, in_person, message or system. More columns may follow:
strength (express or express_written for a consent to marketing), purpose (marketing if
it is about that alone), programme, until. text is what the contact said, word for word; only system needs none. evidence
says where the proof is; opt-ins and system need it. Lines that are no good are named
and left out, the others are taken. A file may be imported again, which adds nothing;
an opt-in never ends an opt-out. The file - is the standard input. A helpdesk that
runs on the database meanwhile goes on.

Flags:
`

// readImportConfig reads the flags behind "import-consent". Its error names every
// bad one.
func readImportConfig(args []string, getenv func(string) string, usage io.Writer) (importConfig, error) {
	var c importConfig
	flags := newFlags("helpdesk import-consent", importUsage, usage)
	c.dbFlag(flags)
	flags.StringVar(&c.actor, "as", "operator", "the `user` who imports it, for the ledger")
	flags.StringVar(&c.reason, "reason", "", "why, for lines that don't say it themselves")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	if flags.NArg() != 1 {
		bad.add("%d files are named; name one behind the flags, or - for the standard input", flags.NArg())
	}
	c.file = flags.Arg(0)
	c.check(&bad, getenv)
	return c, bad.err()
}

// progressLines is after how many lines it is told how far an import is.
const progressLines = 25_000

// importConsent imports a file and tells what has become of its lines. Its error
// says so if some were refused.
func importConsent(ctx context.Context, cfg importConfig, open opener, log *slog.Logger, stdin io.Reader, out io.Writer) error {
	file := stdin
	if cfg.file != "-" {
		f, err := os.Open(cfg.file)
		if err != nil {
			return fmt.Errorf("helpdesk: %w", err)
		}
		defer f.Close()
		file = f
	}
	return cfg.administer(ctx, open, log, func(admin *inbox.Admin, _ closableStore) error {
		told := int64(0)
		report, err := admin.ImportConsent(ctx, file, inbox.ImportConfig{
			Actor: inbox.UserID(cfg.actor), Reason: cfg.reason,
			Progress: func(r inbox.ImportReport) {
				if r.Line/progressLines > told {
					told = r.Line / progressLines
					fmt.Fprintf(out, "  line %d: %d added, %d known, %d refused\n", r.Line, r.Added, r.Known, r.Refused)
				}
			},
		})
		for _, r := range report.Refusals {
			fmt.Fprintln(out, strings.TrimPrefix(r.Error(), "compliance: "))
		}
		fmt.Fprintf(out, "Up to line %d: %d added, %d known already, %d refused\n", report.Line, report.Added, report.Known, report.Refused)
		switch {
		case err != nil:
			return fmt.Errorf("helpdesk: importing %s: %w; what was added is kept, and the same file can be imported again", cfg.file, err)
		case report.Refused > 0:
			return fmt.Errorf("helpdesk: refused lines of %s: %d; correct those, and import the same file again", cfg.file, report.Refused)
		}
		return nil
	})
}
