package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// secretsVariable is where the secrets of pseudonyms come from: not from the
// database, and not from an argument that every user of the machine can read.
const secretsVariable = "HELPDESK_PSEUDONYM_SECRETS"

// readSecrets reads the secrets of pseudonyms, of which there may be none.
func readSecrets(getenv func(string) string) ([][]byte, error) {
	var bad wrongs
	var secrets [][]byte
	for i, text := range list(getenv(secretsVariable)) {
		secret, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			bad.add("%s: secret %d is not base64; make one with: openssl rand -base64 32", secretsVariable, i+1)
		}
		secrets = append(secrets, secret)
	}
	return secrets, bad.err()
}

// eraseConfig is what "helpdesk erase" was started with.
type eraseConfig struct {
	db, of  string
	actor   string
	reason  string
	account inbox.AccountID
	secrets [][]byte
}

const eraseUsage = `helpdesk erase erases what is known about a customer: their name and addresses, what
was written, notes about them. That something was written, and when, is kept, and so
is an opt-out.

  HELPDESK_PSEUDONYM_SECRETS=… helpdesk erase -db helpdesk.db -of +14155550123 \
    -as carol -reason "their request of March 3, ticket 4711"

HELPDESK_PSEUDONYM_SECRETS is 32 random bytes or more in base64, as of openssl rand
-base64 32, and the same for every helpdesk on the database: by it the opt-out is found
when the customer writes again. Several are separated by commas; the first makes
pseudonyms, all are known. Whoever loses it loses the opt-outs of those who were erased.

A customer is erased under all addresses that are known to be theirs. It may be
repeated, and is to be if it was cut off. The helpdesk may go on meanwhile. Backups,
logs, and what the provider has are not erased.

Flags:
`

// readEraseConfig reads the flags behind "erase". Its error names every bad one.
func readEraseConfig(args []string, getenv func(string) string, usage io.Writer) (eraseConfig, error) {
	c := eraseConfig{account: inbox.DefaultAccount}
	flags := newFlags("helpdesk erase", eraseUsage, usage)
	flags.StringVar(&c.db, "db", "", "SQLite `file` or postgres:// URL of the helpdesk; leave a password to PGPASSWORD or PGPASSFILE")
	flags.StringVar(&c.of, "of", "", "`address` of the customer, like +14155550123 or whatsapp:+14155550123")
	flags.StringVar(&c.actor, "as", "operator", "the `user` who erases, for the ledger")
	flags.StringVar(&c.reason, "reason", "", "why, for the ledger, which keeps it for ever: without a name or an address")
	flags.StringVar((*string)(&c.account), "account", string(c.account), "the `id` of the account")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	bad.noArguments(flags)
	if c.db == "" {
		bad.add("-db is missing; name the SQLite file or the postgres:// URL of the helpdesk")
	} else if !isPostgres(c.db) {
		if _, err := os.Stat(c.db); errors.Is(err, fs.ErrNotExist) {
			bad.add("-db: there is no file %s", c.db)
		}
	}
	if _, err := channel.ParseAddress(c.of); err != nil {
		bad.add("-of: %w; give the customer's address, like +14155550123", err)
	}
	if strings.TrimSpace(c.reason) == "" {
		bad.add("-reason is missing; say why, without a name or an address")
	}
	var err error
	if c.secrets, err = readSecrets(getenv); err != nil {
		bad = append(bad, err)
	} else if len(c.secrets) == 0 {
		bad.add("%s is not set; give the helpdesk's, or make one with: openssl rand -base64 32", secretsVariable)
	}
	return c, bad.err()
}

// erase erases what is known about a customer, and tells what it was.
func erase(ctx context.Context, cfg eraseConfig, open opener, log *slog.Logger, out io.Writer) (err error) {
	db, err := open(ctx, cfg.db, log)
	if err != nil {
		return err
	}
	//nolint:contextcheck // it is closed after ctx has ended
	defer func() { err = errors.Join(err, db.Close()) }()
	phones, err := newSimulatedLine() // an engine has a channel; nothing is sent here
	if err != nil {
		return err
	}
	engine, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{phones.channel()}, PseudonymSecrets: cfg.secrets, Logger: log})
	if err != nil {
		return err
	}
	report, err := engine.Admin(cfg.account).EraseContact(ctx, inbox.Erasure{
		Address: channel.Address(cfg.of), Actor: inbox.UserID(cfg.actor), Reason: cfg.reason,
	})
	fmt.Fprintf(out, "Erased %d addresses, %d conversations, %d messages and notes, %d strays; %d messages were not sent\n",
		report.Addresses, report.Conversations, report.Messages, report.Strays, report.Canceled)
	if err != nil {
		return fmt.Errorf("helpdesk: erasing: %w", err)
	}
	if file, ok := db.(*sqlite.Store); ok {
		if err := file.Purge(ctx); err != nil {
			return fmt.Errorf("helpdesk: it is erased, but the file still has what SQLite leaves of it; repeat the command: %w", err)
		}
	}
	return nil
}
