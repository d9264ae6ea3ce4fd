package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance/evidence"
	"github.com/teaminbox/teaminbox/inbox"
)

// evidenceConfig is what "helpdesk evidence" was started with.
type evidenceConfig struct {
	commandConfig

	of   string
	json bool
}

const evidenceUsage = `helpdesk evidence writes down all that is known about a customer's consent: what
they agreed to and revoked, when and in which words, what was sent to them, and
why. The page is for people, the JSON for programs and for keeping.

  helpdesk evidence -db helpdesk.db -of +14155550123 > consent.html
  helpdesk evidence -db helpdesk.db -of whatsapp:+14155550123 -json > consent.json

The helpdesk may go on meanwhile.

Flags:
`

// readEvidenceConfig reads the flags behind "evidence". Its error names every bad
// one.
func readEvidenceConfig(args []string, getenv func(string) string, usage io.Writer) (evidenceConfig, error) {
	var c evidenceConfig
	flags := newFlags("helpdesk evidence", evidenceUsage, usage)
	c.dbFlag(flags)
	c.accountFlag(flags)
	flags.StringVar(&c.of, "of", "", "`address` of the customer, like +14155550123 or whatsapp:+14155550123")
	flags.BoolVar(&c.json, "json", false, "write JSON instead of a page")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	bad.noArguments(flags)
	c.check(&bad, getenv)
	if _, err := channel.ParseAddress(c.of); err != nil {
		bad.add("-of: %w; give the customer's address, like +14155550123", err)
	}
	return c, bad.err()
}

// writeEvidence writes what is known about a customer.
func writeEvidence(ctx context.Context, cfg evidenceConfig, open opener, log *slog.Logger, out io.Writer) error {
	return cfg.administer(ctx, open, log, func(admin *inbox.Admin, _ closableStore) error {
		e, err := admin.Evidence(ctx, channel.Address(cfg.of))
		if err != nil {
			return err
		}
		// Shown all the same: somebody has to find out what happened.
		if broken := e.Verify(); broken != nil {
			log.Error("the ledger does not hold together", "err", broken)
		}
		if cfg.json {
			return e.WriteJSON(out)
		}
		return evidence.WritePage(out, e)
	})
}
