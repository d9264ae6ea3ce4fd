package twilio

import (
	"context"
	"errors"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/teaminbox/teaminbox/channel"
)

// pageSize is how many messages are asked for at a time, the most that Twilio
// gives.
const pageSize = 1000

// list goes through the account's messages, newest first, page by page. A
// message that appears meanwhile moves others to the next page, so one may come
// twice. It ends when see returns false or an error. It returns the exchange of
// the last page.
//
// twilio-go's own lists are not used: they change the caller's parameters,
// read everything or leave a goroutine behind, and know no context.
func (c *Channel) list(ctx context.Context, filter url.Values, see func(api.ApiV2010Message) (bool, error)) (*exchange, error) {
	filter.Set("PageSize", strconv.Itoa(pageSize))
	query := filter.Encode()
	for {
		page, x, err := c.page(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, m := range page.Messages {
			if more, err := see(m); err != nil || !more {
				return x, err
			}
		}
		next := text(page.NextPageUri)
		if next == "" {
			return x, nil
		}
		_, after, _ := strings.Cut(next, "?")
		if after == "" || after == query {
			return nil, errors.New("twilio: listing messages: Twilio's next page is the same again")
		}
		query = after
	}
}

// page asks for one page of messages.
func (c *Channel) page(ctx context.Context, query string) (*api.ListMessageResponse, *exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := &exchange{c: c, ctx: ctx, query: query}
	params := (&api.ListMessageParams{}).SetPathAccountSid(c.accountSID)
	page, err := x.service().PageMessage(params, "", "")
	if err != nil {
		return nil, nil, x.failure("listing messages", err)
	}
	return page, x, nil
}

// media asks for the attachments of a message. gone says that Twilio no longer
// has them.
func (c *Channel) media(ctx context.Context, messageSID string) (all []channel.Media, gone bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := &exchange{c: c, ctx: ctx}
	params := (&api.ListMediaParams{}).SetPathAccountSid(c.accountSID)
	list, err := x.service().PageMedia(messageSID, params, "", "")
	if x.status == 404 {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, x.failure("listing attachments", err)
	}
	for _, m := range list.MediaList {
		u := *c.apiURL
		u.Path = strings.TrimSuffix(u.Path, "/") + "/2010-04-01/Accounts/" + c.accountSID + "/Messages/" + messageSID + "/Media/" + text(m.Sid)
		all = append(all, channel.Media{URL: u.String(), ContentType: text(m.ContentType)})
	}
	return all, false, nil
}

// moment reads a time of the API (RFC 2822, in whole seconds).
func moment(s *string) (time.Time, bool) {
	t, err := mail.ParseDate(text(s))
	return t.UTC(), err == nil
}
