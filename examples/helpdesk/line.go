package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/channel/twilio"
	"github.com/teaminbox/teaminbox/inbox"
)

// The paths of Twilio's webhooks.
const (
	webhookPath = "/webhooks/twilio"
	statusPath  = "/webhooks/twilio/status"
)

// line is how customers reach the company.
type line interface {
	// channel returns what the engine sends and receives by.
	channel() channel.Channel
	// addresses returns our own, which Support and Sales get in turn.
	addresses() []channel.Address
	// mount adds what the line needs to the server. closing is closed when
	// the server shuts down.
	mount(mux *http.ServeMux, engine *inbox.Inbox, closing <-chan struct{}) error
	// announce says how to use the line.
	announce(out io.Writer, url string)
}

func newLine(cfg config) (line, error) {
	if cfg.twilio.enabled() {
		return newTwilioLine(cfg)
	}
	return newSimulatedLine()
}

// twilioLine is the line of a company with a Twilio account.
type twilioLine struct {
	twilio    *twilio.Channel
	numbers   []channel.Address
	publicURL string
}

func newTwilioLine(cfg config) (line, error) {
	base := strings.TrimRight(cfg.publicURL, "/")
	var rate func(channel.Address) float64
	if cfg.twilio.rate > 0 {
		rate = func(channel.Address) float64 { return cfg.twilio.rate }
	}
	ch, err := twilio.New(twilio.Config{
		AccountSID: cfg.twilio.accountSID,
		AuthTokens: cfg.twilio.authTokens,
		PublicURL:  base,
		StatusURL:  base + statusPath,
		Numbers:    cfg.twilio.numbers,
		APIURL:     cfg.twilio.apiURL,

		SegmentsPerSecond: rate,
	})
	if err != nil {
		return nil, err
	}
	return &twilioLine{twilio: ch, numbers: cfg.twilio.numbers, publicURL: base}, nil
}

func (l *twilioLine) channel() channel.Channel     { return l.twilio }
func (l *twilioLine) addresses() []channel.Address { return l.numbers }

func (l *twilioLine) mount(mux *http.ServeMux, engine *inbox.Inbox, _ <-chan struct{}) error {
	hook, err := engine.Webhook(l.twilio.Name())
	if err != nil {
		return err
	}
	mux.Handle("POST "+webhookPath, hook)
	mux.Handle("POST "+statusPath, hook)
	return nil
}

// warning is for those who put the demonstration on the internet.
const warning = "Anybody who reaches this program can sign in as one of the demo's users. Put your own sign-in in the place of auth.go before you let others reach it."

func (l *twilioLine) announce(out io.Writer, url string) {
	fmt.Fprintf(out, "Team Inbox is at %s\n", url)
	fmt.Fprintf(out, "Let Twilio's numbers call %s%s when a message comes in.\n", l.publicURL, webhookPath)
	fmt.Fprintln(out, warning)
}

// simulatedLine is the line of the demo: phones in this very process.
type simulatedLine struct {
	carrier *simulated.Carrier
}

// The demo's own numbers and its customers' phones.
var (
	demoNumbers = []channel.Address{"+14155550100", "+14155550101", "whatsapp:+14155550100", "whatsapp:+14155550101"}
	demoPhones  = []channel.Address{"+14155550123", "+14155550124", "+447700900123", "whatsapp:+14155550123", "whatsapp:+14155550125"}
)

func newSimulatedLine() (line, error) {
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		return nil, err
	}
	return &simulatedLine{carrier: carrier}, nil
}

func (l *simulatedLine) channel() channel.Channel     { return l.carrier }
func (l *simulatedLine) addresses() []channel.Address { return demoNumbers }

func (l *simulatedLine) mount(mux *http.ServeMux, engine *inbox.Inbox, closing <-chan struct{}) error {
	(&phones{carrier: l.carrier, engine: engine}).routes(mux, closing)
	return nil
}

func (l *simulatedLine) announce(out io.Writer, url string) {
	fmt.Fprintf(out, "Team Inbox is at %s\n", url)
	fmt.Fprintf(out, "The customers' phones are at %s/phone.html\n", url)
}
