// Helpdesk is a whole host of Team Inbox: a company's shared inbox on a web
// page.
//
// Without configuration it starts on a SQLite file with a demo company and
// simulated phones, so that one can play both sides in a browser:
//
//	go run ./examples/helpdesk
//
// With TWILIO_ACCOUNT_SID and its companions in the environment it is on
// Twilio; -help lists them. The provider's webhooks go to /webhooks/twilio and
// its status callbacks to /webhooks/twilio/status.
//
// "helpdesk copy" moves everything from a SQLite file to Postgres, or back,
// "helpdesk evidence" writes down what is known about a customer's consent,
// "helpdesk import-consent" records opt-outs and opt-ins from a CSV file,
// "helpdesk erase" erases a customer, and "helpdesk retain" what was written longer
// ago than the company keeps it.
//
// Requests act as a demo user by the header "Authorization: Bearer demo-alice"
// or by the page's sign-in: a real host puts its own in the place of auth.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := execute(ctx, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// execute does what the arguments ask for.
func execute(ctx context.Context, args []string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if len(args) > 0 && args[0] == "copy" {
		cfg, err := readCopyConfig(args[1:], os.Stderr)
		if err != nil {
			return err
		}
		return copyAll(ctx, cfg, openStore, log, os.Stdout)
	}
	if len(args) > 0 && args[0] == "evidence" {
		cfg, err := readEvidenceConfig(args[1:], os.Getenv, os.Stderr)
		if err != nil {
			return err
		}
		return writeEvidence(ctx, cfg, openStore, log, os.Stdout)
	}
	if len(args) > 0 && args[0] == "import-consent" {
		cfg, err := readImportConfig(args[1:], os.Getenv, os.Stderr)
		if err != nil {
			return err
		}
		return importConsent(ctx, cfg, openStore, log, os.Stdin, os.Stdout)
	}
	if len(args) > 0 && args[0] == "erase" {
		cfg, err := readEraseConfig(args[1:], os.Getenv, os.Stderr)
		if err != nil {
			return err
		}
		return erase(ctx, cfg, openStore, log, os.Stdout)
	}
	if len(args) > 0 && args[0] == "retain" {
		cfg, err := readRetainConfig(args[1:], os.Getenv, os.Stderr)
		if err != nil {
			return err
		}
		return retain(ctx, cfg, openStore, log, os.Stdout)
	}
	cfg, err := readConfig(args, os.Getenv, os.Stderr)
	if err != nil {
		return err
	}
	return run(ctx, cfg, log, os.Stdout)
}
