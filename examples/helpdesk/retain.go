package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// retainConfig is what "helpdesk retain" was started with.
type retainConfig struct {
	commandConfig

	days, years      int
	keep             []channel.Address
	contacts, dryRun bool
	actor, reason    string
}

const retainUsage = `helpdesk retain erases what was written longer ago than the company keeps it: the
words of closed conversations in which there was nothing for so many days. That
something was written, and when, is kept, and so is all that is known of consents.
What is open, what waits to be sent or for somebody's decision, and the conversations
with the customers of -keep stay as they are.

  helpdesk retain -db helpdesk.db -days 730 -as carol -dry-run
  helpdesk retain -db helpdesk.db -days 730 -as carol -keep +14155550123,+14155550124

With -contacts it erases customers, too, of whom nothing but such conversations is left,
once the law does not want the proof of their consent any more: at least four years after
the last that happened with them, five in Germany, or -evidence-years if that is more.
That needs HELPDESK_PSEUDONYM_SECRETS, see helpdesk erase -help; opt-outs stay.

-dry-run says what would be erased, and changes nothing. The command may be repeated,
once a day, say, and is to be if it was cut off. The helpdesk may go on meanwhile.
Backups, logs, and what the provider has are not erased.

Flags:
`

// readRetainConfig reads the flags behind "retain". Its error names every bad one.
func readRetainConfig(args []string, getenv func(string) string, usage io.Writer) (retainConfig, error) {
	var c retainConfig
	var keep string
	flags := newFlags("helpdesk retain", retainUsage, usage)
	c.dbFlag(flags)
	c.accountFlag(flags)
	flags.IntVar(&c.days, "days", 0, "for how many `days` after their last message the words of closed conversations are kept")
	flags.StringVar(&keep, "keep", "", "`addresses` of customers whose words and data are kept, as under a legal hold, separated by commas")
	flags.BoolVar(&c.contacts, "contacts", false, "erase customers of whom nothing but old conversations is left")
	flags.IntVar(&c.years, "evidence-years", 0, "for how many `years` such customers are kept, if that is more than the law asks")
	flags.BoolVar(&c.dryRun, "dry-run", false, "change nothing, and say what would be erased")
	flags.StringVar(&c.actor, "as", "operator", "the `user` who answers for it")
	flags.StringVar(&c.reason, "reason", "", "why customers are erased, for the ledger, which keeps it for ever: without a name or an address")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	bad.noArguments(flags)
	c.check(&bad, getenv)
	if c.days < 1 {
		bad.add("-days is missing; say for how many days words are kept, like 730")
	}
	for _, text := range list(keep) {
		a, err := channel.ParseAddress(text)
		if err != nil {
			bad.add("-keep: %w; give addresses like +14155550123", err)
		}
		c.keep = append(c.keep, a)
	}
	if c.contacts {
		c.needsSecrets(&bad, getenv)
	}
	return c, bad.err()
}

// kept returns what tells whether a conversation is with somebody of -keep, by
// whatever they are known. It fails if somebody is not known at all.
func (c *retainConfig) kept(ctx context.Context, admin *inbox.Admin) (func(inbox.Conversation) bool, error) {
	held := make(map[string]bool)
	for _, a := range c.keep {
		known := false
		for _, medium := range []string{"", "whatsapp:"} {
			e, err := admin.Evidence(ctx, channel.Address(medium+a.Identity()))
			if errors.Is(err, inbox.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			known = true
			for _, a := range e.Addresses {
				held[a.Identity()] = true
			}
		}
		if !known {
			return nil, fmt.Errorf("helpdesk: -keep: nobody with the address %s is known", a)
		}
	}
	return func(conv inbox.Conversation) bool { return held[conv.Theirs.Identity()] }, nil
}

// retain erases what is old, and tells what it was.
func retain(ctx context.Context, cfg retainConfig, open opener, log *slog.Logger, out io.Writer) error {
	return cfg.administer(ctx, open, log, func(admin *inbox.Admin, db closableStore) error {
		kept, err := cfg.kept(ctx, admin)
		if err != nil {
			return err
		}
		report, err := admin.Retain(ctx, inbox.Retention{
			Days: cfg.days, Keep: kept, Contacts: cfg.contacts, EvidenceYears: cfg.years, DryRun: cfg.dryRun,
			Actor: inbox.UserID(cfg.actor), Reason: cfg.reason,
		})
		verb := "Erased"
		if cfg.dryRun {
			verb = "Would erase"
		}
		fmt.Fprintf(out, "%s the words of %d conversations, %d messages and notes, %d strays, and %d customers; %d are kept, %d wait for something\n",
			verb, report.Conversations, report.Messages, report.Strays, report.Contacts, report.Kept, report.Waiting)
		if err != nil {
			return fmt.Errorf("helpdesk: retaining: %w", err)
		}
		if cfg.dryRun {
			return nil
		}
		return purge(ctx, db)
	})
}

// purge rids a file of what SQLite leaves of what was erased.
func purge(ctx context.Context, db closableStore) error {
	file, ok := db.(*sqlite.Store)
	if !ok {
		return nil
	}
	if err := file.Purge(ctx); err != nil {
		return fmt.Errorf("helpdesk: it is erased, but the file still has what SQLite leaves of it; repeat the command: %w", err)
	}
	return nil
}
