package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/teaminbox/teaminbox/channel"
)

// Backfill lists what came in since a moment, oldest first: to the configured
// Numbers, or to the whole account. Twilio lists the newest first, so that all
// is read before the first call of yield; only attachments are asked for one
// message at a time. One whose attachments can't be listed is left out, and the
// error returned after the others, so that it is asked for again; when it is an
// hour old it comes without them, and says so in its Problems.
//
// Twilio's list knows less than its webhooks: no profile names, places,
// buttons, quotes and referrals, and no verdict of Advanced Opt-Out. A message
// that seems empty has a note of it in its Problems. Twilio keeps times in
// whole seconds, so some messages from before the moment may come as well.
func (c *Channel) Backfill(ctx context.Context, since time.Time, yield func(channel.Inbound) error) error {
	found, err := c.arrived(ctx, since)
	if err != nil {
		return err
	}
	var missing error
	for _, a := range found {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("twilio: listing messages: %w", err)
		}
		m := a.message
		if a.media > 0 {
			var gone bool
			m.Media, gone, err = c.media(ctx, m.ProviderID)
			switch {
			case err != nil && c.now().Sub(m.SentAt) < patience:
				missing = errors.Join(missing, err)
				continue
			case err != nil:
				m.Problems = append(m.Problems, fmt.Sprintf("the message had %d attachments, which Twilio could not list", a.media))
			case gone || len(m.Media) != a.media:
				m.Problems = append(m.Problems, fmt.Sprintf("the message had %d attachments, Twilio still has %d", a.media, len(m.Media)))
			}
		}
		if err := yield(m); err != nil {
			return err
		}
	}
	return missing
}

// patience is for how long the attachments of a message are asked for again.
const patience = time.Hour

// arrival is a message of the list, with how many attachments it has.
type arrival struct {
	message channel.Inbound
	media   int
}

// arrived returns what came in, oldest first, each once.
func (c *Channel) arrived(ctx context.Context, since time.Time) ([]arrival, error) {
	numbers := c.numbers
	if len(numbers) == 0 {
		numbers = []channel.Address{""}
	}
	var all []arrival
	known := map[string]bool{}
	for _, number := range numbers {
		filter := url.Values{"DateSent>": {since.UTC().Truncate(time.Second).Format(time.RFC3339)}}
		if number != "" {
			filter.Set("To", string(number))
		}
		start := len(all)
		_, err := c.list(ctx, filter, func(m api.ApiV2010Message) (bool, error) {
			a, ok := c.arrivalOf(m)
			if ok && !known[a.message.ProviderID] {
				known[a.message.ProviderID] = true
				all = append(all, a)
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		slices.Reverse(all[start:])
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return a.message.SentAt.Compare(b.message.SentAt) })
	return all, nil
}

// arrivalOf reads a message of the list. Those that are ours, and those that
// can't be stored since they lack an id or address, are left out.
func (c *Channel) arrivalOf(m api.ApiV2010Message) (arrival, bool) {
	if text(m.Direction) != "inbound" || text(m.Sid) == "" {
		return arrival{}, false
	}
	from, fromErr := channel.ParseAddress(text(m.From))
	to, toErr := channel.ParseAddress(text(m.To))
	if fromErr != nil || toErr != nil {
		return arrival{}, false
	}
	in := channel.Inbound{
		ProviderID: text(m.Sid),
		From:       from,
		To:         to,
		Text:       strings.ToValidUTF8(text(m.Body), "\ufffd"),
		Late:       true,
	}
	in.Keyword, in.ProviderReplied = c.inferKeyword(to, in.Text)
	// Created is when it arrived, sent is when the webhook was called.
	if at, ok := moment(m.DateCreated); ok {
		in.SentAt = at
	} else if at, ok := moment(m.DateSent); ok {
		in.SentAt = at
	}
	if service := text(m.MessagingServiceSid); service != "" {
		in.Raw = map[string]string{"MessagingServiceSid": service}
	}
	media, err := strconv.Atoi(text(m.NumMedia))
	switch {
	case err != nil || media < 0:
		media = 0
		in.Problems = append(in.Problems, "Twilio gave no number of attachments")
	case media == 0 && in.Text == "":
		in.Problems = append(in.Problems, "the message was fetched late and seems empty; a shared place, for one, is told only at once")
	}
	return arrival{message: in, media: media}, true
}
