package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/zones"
	"github.com/teaminbox/teaminbox/inbox"
)

// optOut is the policy: what sells goes by day, where the customer is.
func optOut() compliance.OptOutPolicy { return compliance.Standard{Places: zones.Numbers()} }

// commandConfig is what the commands that work on a helpdesk's database were all
// started with.
type commandConfig struct {
	db      string
	account inbox.AccountID
	secrets [][]byte
}

// dbFlag adds the flag that all have.
func (c *commandConfig) dbFlag(flags *flag.FlagSet) {
	c.account = inbox.DefaultAccount
	flags.StringVar(&c.db, "db", "", "SQLite `file` or postgres:// URL of the helpdesk; leave a password to PGPASSWORD or PGPASSFILE")
}

// accountFlag adds that of those that find out whether there is such an account.
func (c *commandConfig) accountFlag(flags *flag.FlagSet) {
	flags.StringVar((*string)(&c.account), "account", string(c.account), "the `id` of the account")
}

// check reads the secrets, and adds what is wrong.
func (c *commandConfig) check(bad *wrongs, getenv func(string) string) {
	switch {
	case c.db == "":
		bad.add("-db is missing; name the SQLite file or the postgres:// URL of the helpdesk")
	case strings.Contains(c.db, "://") && !isPostgres(c.db):
		bad.add("-db has a URL of a kind that is not supported; name a SQLite file or a postgres:// URL")
	case !isPostgres(c.db):
		// It would be made, and have nothing in it.
		if _, err := os.Stat(c.db); errors.Is(err, fs.ErrNotExist) {
			bad.add("-db: there is no file %s; start helpdesk on it once", c.db)
		}
	}
	var err error
	if c.secrets, err = readSecrets(getenv); err != nil {
		*bad = append(*bad, err)
	}
}

// needsSecrets adds that there are none.
func (c *commandConfig) needsSecrets(bad *wrongs, getenv func(string) string) {
	if getenv(secretsVariable) == "" {
		bad.add("%s is not set; give the helpdesk's, or make one with: openssl rand -base64 32", secretsVariable)
	}
}

// administer opens the database, lets do something with the account, and closes it
// again.
func (c *commandConfig) administer(ctx context.Context, open opener, log *slog.Logger, do func(*inbox.Admin, closableStore) error) (err error) {
	db, err := open(ctx, c.db, log)
	if err != nil {
		return err
	}
	//nolint:contextcheck // it is closed after ctx has ended
	defer func() { err = errors.Join(err, db.Close()) }()
	// An engine has a channel, and nothing is sent here.
	silent := channel.Func("none", func(context.Context, channel.Outbound) (channel.Receipt, error) {
		return channel.Receipt{}, errors.ErrUnsupported
	})
	engine, err := inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{silent}, OptOut: optOut(), PseudonymSecrets: c.secrets, Logger: log})
	if err != nil {
		return err
	}
	return do(engine.Admin(c.account), db)
}
