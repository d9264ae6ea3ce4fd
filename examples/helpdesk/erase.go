package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
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
	commandConfig

	of            string
	actor, reason string
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
	var c eraseConfig
	flags := newFlags("helpdesk erase", eraseUsage, usage)
	c.dbFlag(flags)
	c.accountFlag(flags)
	flags.StringVar(&c.of, "of", "", "`address` of the customer, like +14155550123 or whatsapp:+14155550123")
	flags.StringVar(&c.actor, "as", "operator", "the `user` who erases, for the ledger")
	flags.StringVar(&c.reason, "reason", "", "why, for the ledger, which keeps it for ever: without a name or an address")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	bad.noArguments(flags)
	c.check(&bad, getenv)
	c.needsSecrets(&bad, getenv)
	if _, err := channel.ParseAddress(c.of); err != nil {
		bad.add("-of: %w; give the customer's address, like +14155550123", err)
	}
	if strings.TrimSpace(c.reason) == "" {
		bad.add("-reason is missing; say why, without a name or an address")
	}
	return c, bad.err()
}

// erase erases what is known about a customer, and tells what it was.
func erase(ctx context.Context, cfg eraseConfig, open opener, log *slog.Logger, out io.Writer) error {
	return cfg.administer(ctx, open, log, func(admin *inbox.Admin, db closableStore) error {
		report, err := admin.EraseContact(ctx, inbox.Erasure{Address: channel.Address(cfg.of), Actor: inbox.UserID(cfg.actor), Reason: cfg.reason})
		fmt.Fprintf(out, "Erased %d addresses, %d conversations, %d messages and notes, %d strays; %d messages were not sent\n",
			report.Addresses, report.Conversations, report.Messages, report.Strays, report.Canceled)
		if err != nil {
			return fmt.Errorf("helpdesk: erasing: %w", err)
		}
		return purge(ctx, db)
	})
}
