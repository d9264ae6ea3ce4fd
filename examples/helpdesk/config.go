package main

import (
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// config is what the program was started with.
type config struct {
	addr      string
	db        string
	publicURL string
	leaseTTL  time.Duration
	twilio    twilioConfig
	secrets   [][]byte // of pseudonyms
}

// twilioConfig comes from the environment. It is all empty or complete.
type twilioConfig struct {
	accountSID string
	authTokens []string
	numbers    []channel.Address
	apiURL     string
	rate       float64 // segments a second of each number; 0: by kind of number
}

// enabled reports whether the program talks to Twilio, not to simulated
// phones.
func (t twilioConfig) enabled() bool { return t.accountSID != "" }

// readConfig reads flags and environment. Its error names every bad one.
func readConfig(args []string, getenv func(string) string, usage io.Writer) (config, error) {
	var c config
	flags := newFlags("helpdesk", usageText, usage)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on")
	flags.StringVar(&c.db, "db", "helpdesk.db", "SQLite `file`, made if it does not exist, or the postgres:// URL of a database, which any number of these programs can share; leave its password to PGPASSWORD or PGPASSFILE")
	flags.StringVar(&c.publicURL, "public-url", "", "`URL` under which the provider reaches this program, like https://help.example.com; needed with Twilio")
	flags.DurationVar(&c.leaseTTL, "lease-ttl", 15*time.Second, "for how `long` one of several programs on a database keeps its conversations from the others when it has died, 1s or more")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	var bad wrongs
	bad.noArguments(flags)
	if _, _, err := net.SplitHostPort(c.addr); err != nil {
		bad.add("-addr %q is not host:port, like 127.0.0.1:8080", c.addr)
	}
	switch {
	case c.db == "":
		bad.add("-db is empty; name a SQLite file or a postgres:// URL")
	case strings.Contains(c.db, "://") && !isPostgres(c.db):
		bad.add("-db has a URL of a kind that is not supported; name a SQLite file or a postgres:// URL")
	}
	if c.leaseTTL < time.Second {
		bad.add("-lease-ttl %v is under a second; leases would run out while work goes on", c.leaseTTL)
	}
	if c.publicURL != "" {
		if err := checkURL(c.publicURL); err != nil {
			bad.add("-public-url %w", err)
		}
	}
	var twilioErrs []error
	c.twilio, twilioErrs = readTwilio(getenv)
	bad = append(bad, twilioErrs...)
	if c.twilio.enabled() && c.publicURL == "" {
		bad.add("-public-url is missing; with Twilio it is the URL under which Twilio reaches this program, like https://help.example.com")
	}
	var err error
	if c.secrets, err = readSecrets(getenv); err != nil {
		bad = append(bad, err)
	}
	return c, bad.err()
}

const usageText = `helpdesk is a shared inbox on a web page.

Without configuration it starts a demo with simulated phones. With these in the
environment it is on Twilio:

  TWILIO_ACCOUNT_SID   the account, AC and 32 digits or letters
  TWILIO_AUTH_TOKEN    its auth token; several, separated by commas, while rotating:
                       the first one sends, all of them verify
  TWILIO_NUMBERS       your numbers, separated by commas, like
                       +14155550100,whatsapp:+14155550100; Support and Sales get
                       them in turn
  TWILIO_SEGMENTS_PER_SECOND
                       how fast each number may send, if your campaign or your
                       account allows more than is usual for its kind
  TWILIO_API_URL       another base of the REST API, for tests

HELPDESK_PSEUDONYM_SECRETS finds the opt-outs of customers who were erased when they
write again; "helpdesk erase -help" tells of it.

"helpdesk copy -help" tells how to move everything to another database.

Flags:
`

var accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)

func readTwilio(getenv func(string) string) (twilioConfig, []error) {
	t := twilioConfig{
		accountSID: strings.TrimSpace(getenv("TWILIO_ACCOUNT_SID")),
		authTokens: list(getenv("TWILIO_AUTH_TOKEN")),
		apiURL:     strings.TrimSpace(getenv("TWILIO_API_URL")),
	}
	numbers, rate := list(getenv("TWILIO_NUMBERS")), strings.TrimSpace(getenv("TWILIO_SEGMENTS_PER_SECOND"))
	if t.accountSID == "" && len(t.authTokens) == 0 && len(numbers) == 0 && t.apiURL == "" && rate == "" {
		return t, nil
	}
	var bad wrongs
	switch {
	case t.accountSID == "":
		bad.add("TWILIO_ACCOUNT_SID is missing, though other TWILIO_ variables are set")
	case !accountSID.MatchString(t.accountSID):
		bad.add("TWILIO_ACCOUNT_SID is not AC and 32 hexadecimal digits")
	}
	if len(t.authTokens) == 0 {
		bad.add("TWILIO_AUTH_TOKEN is missing; without it webhooks can't be verified")
	}
	if len(numbers) == 0 {
		bad.add("TWILIO_NUMBERS is missing; name the numbers that customers write to, like +14155550100,whatsapp:+14155550100")
	}
	for i, n := range numbers {
		a, err := channel.ParseAddress(n)
		switch {
		case err != nil:
			bad.add("TWILIO_NUMBERS: number %d: %w", i+1, err)
		case a.Medium() == "" && strings.Trim(string(a), "+0123456789") != "":
			bad.add("TWILIO_NUMBERS: number %d is a name, to which nobody can write", i+1)
		case slices.Contains(t.numbers, a):
			bad.add("TWILIO_NUMBERS: number %d is there twice", i+1)
		default:
			t.numbers = append(t.numbers, a)
		}
	}
	if rate != "" {
		var err error
		if t.rate, err = strconv.ParseFloat(rate, 64); err != nil || !(t.rate > 0 && t.rate <= 10_000) {
			bad.add("TWILIO_SEGMENTS_PER_SECOND is %q and not a number over 0 and up to 10000", rate)
		}
	}
	if t.apiURL != "" {
		if err := checkURL(t.apiURL); err != nil {
			bad.add("TWILIO_API_URL %w", err)
		}
	}
	return t, bad
}

// list splits at commas and leaves out what is empty.
func list(s string) []string {
	var all []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("is not a URL like https://help.example.com")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must not have a query or a fragment")
	}
	return nil
}
