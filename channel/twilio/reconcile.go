package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/teaminbox/teaminbox/channel"
)

const (
	// slack is by how much Twilio's clock and ours may differ.
	slack = 5 * time.Minute
	// rounding is what a time in whole seconds may have lost, and a little.
	rounding = 2 * time.Second
	// grace is how long after the end of a request Twilio may have made the
	// message of it.
	grace = 15 * time.Second
)

// trialPrefix is what Twilio puts before the texts of accounts on trial.
const trialPrefix = "Sent from your Twilio trial account - "

var (
	errTooEarly  = errors.New("twilio: the message is not listed yet, but it may be later")
	errAmbiguous = errors.New("twilio: there are messages of which it can't be told whether one is this")
	errNoTime    = errors.New("twilio: without the time of the attempt it can't be told which message is this")
	errClocks    = errors.New("twilio: Twilio's clock and the host's differ too much to tell which message is this")
)

// Reconcile looks for a message among those to the same customer. Twilio's list
// does not hold our ids, so it goes by both addresses, the text, the number of
// attachments and the time.
//
// It says yes to the one message that fits and was made while the attempt ran,
// and no if nothing that fits was made in the five minutes around it, and these
// have passed by Twilio's clock. Everything in between is an error: several
// that fit, one that fits but for the time, or one whose text can't be
// compared, because it came from a template or went through a messaging
// service, which may rewrite characters.
//
// It does not say no when the two clocks differ by more than five minutes, since
// then nothing can be told from times.
//
// A message of the same text that was sent at nearly the same moment by
// another path can be mistaken for this one; its ProviderID is then one that
// the host knows already.
func (c *Channel) Reconcile(ctx context.Context, m channel.Outbound, attempted time.Time) (channel.Receipt, bool, error) {
	if attempted.IsZero() {
		return channel.Receipt{}, false, errNoTime
	}
	s := search{
		message: m,
		rewrite: c.messagingService != "",
		from:    attempted.Add(-rounding),
		until:   attempted.Add(c.timeout + grace),
	}
	x, err := c.list(ctx, url.Values{"To": {string(m.To)}, "From": {string(m.From)}}, s.see)
	switch {
	case err != nil:
		return channel.Receipt{}, false, err
	case len(s.found) == 1 && !s.doubt:
		found := s.found[0]
		return channel.Receipt{ProviderID: text(found.Sid), State: stateOf(text(found.Status)), Segments: segments(m, &found)}, true, nil
	case len(s.found) > 0 || s.doubt:
		return channel.Receipt{}, false, errAmbiguous
	}
	now, ok := x.now()
	if !ok {
		return channel.Receipt{}, false, fmt.Errorf("%w: Twilio's answer has no date", errTooEarly)
	}
	if ours := c.now(); now.Before(ours.Add(-slack)) || now.After(ours.Add(slack)) {
		return channel.Receipt{}, false, errClocks
	}
	if now.Before(s.until.Add(slack)) {
		return channel.Receipt{}, false, errTooEarly
	}
	return channel.Receipt{}, false, nil
}

// search sorts the messages of a list.
type search struct {
	message     channel.Outbound
	rewrite     bool      // texts may differ from what was sent
	from, until time.Time // while the attempt ran

	known map[string]bool
	found []api.ApiV2010Message // fit in every way
	doubt bool                  // something fits in some way
}

// see is called for one message after the other, newest first.
func (s *search) see(m api.ApiV2010Message) (bool, error) {
	id := text(m.Sid)
	if text(m.Direction) == "inbound" || id == "" || s.known[id] {
		return true, nil
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[id] = true
	made, ok := moment(m.DateCreated)
	switch {
	case ok && made.Before(s.from.Add(-slack)):
		// Lists are in the order of another time, which may differ a little.
		return !made.Before(s.from.Add(-2 * slack)), nil
	case ok && made.After(s.until.Add(slack)), !sameAddress(m.To, s.message.To), !sameAddress(m.From, s.message.From):
		return true, nil
	}
	switch same, comparable := s.compare(m); {
	case !comparable:
		s.doubt = true
	case same && ok && !made.Before(s.from) && !made.After(s.until):
		s.found = append(s.found, m)
	case same:
		s.doubt = true
	}
	return true, nil
}

func sameAddress(listed *string, want channel.Address) bool {
	a, err := channel.ParseAddress(text(listed))
	return err == nil && a == want
}

// compare reports whether a message says the same, and whether that can be
// told.
func (s *search) compare(m api.ApiV2010Message) (same, comparable bool) {
	if s.message.Template != nil {
		return false, false
	}
	if n, err := strconv.Atoi(text(m.NumMedia)); err == nil && n != len(s.message.Media) {
		return false, true
	}
	if strings.TrimPrefix(text(m.Body), trialPrefix) == s.message.Text {
		return true, true
	}
	return false, !s.rewrite
}
