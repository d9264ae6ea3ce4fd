package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance/evidence"
	"github.com/teaminbox/teaminbox/inbox"
)

// evidenceConfig is what "helpdesk evidence" was started with.
type evidenceConfig struct {
	db, of  string
	account inbox.AccountID
	json    bool
	secrets [][]byte
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
	c := evidenceConfig{account: inbox.DefaultAccount}
	flags := newFlags("helpdesk evidence", evidenceUsage, usage)
	flags.StringVar(&c.db, "db", "", "SQLite `file` or postgres:// URL of the helpdesk")
	flags.StringVar(&c.of, "of", "", "`address` of the customer, like +14155550123 or whatsapp:+14155550123")
	flags.BoolVar(&c.json, "json", false, "write JSON instead of a page")
	flags.StringVar((*string)(&c.account), "account", string(c.account), "the `id` of the account")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	bad.noArguments(flags)
	if c.db == "" {
		bad.add("-db is missing; name the SQLite file or the postgres:// URL of the helpdesk")
	} else if !isPostgres(c.db) {
		// It would be made, and have nothing to tell.
		if _, err := os.Stat(c.db); errors.Is(err, fs.ErrNotExist) {
			bad.add("-db: there is no file %s", c.db)
		}
	}
	if _, err := channel.ParseAddress(c.of); err != nil {
		bad.add("-of: %w; give the customer's address, like +14155550123", err)
	}
	var err error
	if c.secrets, err = readSecrets(getenv); err != nil {
		bad = append(bad, err)
	}
	return c, bad.err()
}

// writeEvidence writes what is known about a customer.
func writeEvidence(ctx context.Context, cfg evidenceConfig, log *slog.Logger, out io.Writer) (err error) {
	s, err := openStore(ctx, cfg.db, log)
	if err != nil {
		return err
	}
	//nolint:contextcheck // it is closed after ctx has ended
	defer func() { err = errors.Join(err, s.Close()) }()
	// It only reads, and sends nothing.
	silent := channel.Func("none", func(context.Context, channel.Outbound) (channel.Receipt, error) {
		return channel.Receipt{}, errors.ErrUnsupported
	})
	in, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{silent}, PseudonymSecrets: cfg.secrets, Logger: log})
	if err != nil {
		return err
	}
	e, err := in.Admin(cfg.account).Evidence(ctx, channel.Address(cfg.of))
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
}
