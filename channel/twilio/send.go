package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/internal/gsm7"
)

// Send hands a message over to Twilio with one request, and with the id of the
// message in the URL of its status callback. Errors are [*channel.SendError].
//
// A template goes by its content SID (HX and 32 hexadecimal digits), with the
// variables by their numbers or names; text and media are not sent beside it.
// ValidFor is rounded up to whole seconds, and at most ten hours count.
//
// What Twilio would refuse or damage is [channel.Rejected] without a request:
// a text that is too long, too many attachments, or on WhatsApp a text beside
// an attachment that is no image, which Twilio would drop silently.
func (c *Channel) Send(ctx context.Context, m channel.Outbound) (channel.Receipt, error) {
	if err := check(m); err != nil {
		return channel.Receipt{}, err
	}
	if err := ctx.Err(); err != nil {
		return channel.Receipt{}, &channel.SendError{Outcome: channel.NotSent, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	params, err := c.createParams(m)
	if err != nil {
		return channel.Receipt{}, err
	}
	x := &exchange{c: c, ctx: ctx}
	created, err := x.service().CreateMessage(params)
	if err != nil {
		return channel.Receipt{}, x.sendError(err)
	}
	return receipt(m, created)
}

// check refuses what Twilio would refuse or damage. The codes are those with
// which it would.
func check(m channel.Outbound) error {
	whatsApp := m.To.Family() == channel.WhatsApp
	mediaLimit := maxMedia
	if whatsApp {
		mediaLimit = maxWhatsAppMedia
	}
	switch {
	case m.From == "":
		return rejected(21603, meaningOf(21603).reason)
	case m.To == "":
		return rejected(21211, meaningOf(21211).reason)
	case m.Template != nil:
		if !isSID(m.Template.ID, "HX") {
			return rejected(0, "the template's id is none of Twilio's content SIDs, which are HX and 32 hexadecimal digits")
		}
		return nil
	case m.Text == "" && len(m.Media) == 0:
		return rejected(0, "the message is empty")
	case !utf8.ValidString(m.Text):
		return rejected(0, "the text is not valid UTF-8")
	case utf8.RuneCountInString(m.Text) > maxBodyRunes:
		return rejected(21617, meaningOf(21617).reason)
	case len(m.Media) > mediaLimit:
		return rejected(21623, meaningOf(21623).reason)
	}
	for _, media := range m.Media {
		if u, err := url.Parse(media.URL); err != nil || !isHTTP(u) {
			return rejected(21620, meaningOf(21620).reason)
		}
		if whatsApp && m.Text != "" && dropsText(media.ContentType) {
			return rejected(0, "WhatsApp would drop the text beside an attachment that is no image; send it as a message of its own")
		}
	}
	return nil
}

// rejected is the error of a message that is not even tried.
func rejected(code int, reason string) *channel.SendError {
	e := &channel.SendError{Outcome: channel.Rejected, Reason: reason}
	if code != 0 {
		e.Code = strconv.Itoa(code)
	}
	return e
}

// createParams translates a message. Whatever it takes from it is copied when
// the request is encoded.
func (c *Channel) createParams(m channel.Outbound) (*api.CreateMessageParams, error) {
	p := &api.CreateMessageParams{}
	p.SetPathAccountSid(c.accountSID)
	p.SetFrom(string(m.From))
	p.SetTo(string(m.To))
	p.SetStatusCallback(c.callback(m.ID))
	if c.messagingService != "" {
		p.SetMessagingServiceSid(c.messagingService)
	}
	if m.ValidFor > 0 {
		validity := min(m.ValidFor, maxValidity)
		p.SetValidityPeriod(int((validity + time.Second - 1) / time.Second))
	}
	if m.Template != nil {
		p.SetContentSid(m.Template.ID)
		if len(m.Template.Variables) > 0 {
			variables, err := json.Marshal(m.Template.Variables)
			if err != nil { // a map of strings always has a JSON form
				return nil, &channel.SendError{Outcome: channel.Rejected, Reason: "the template's variables can't be encoded"}
			}
			p.SetContentVariables(string(variables))
		}
		return p, nil
	}
	if m.Text != "" {
		p.SetBody(m.Text)
	}
	if len(m.Media) > 0 {
		urls := make([]string, len(m.Media))
		for i, media := range m.Media {
			urls[i] = media.URL
		}
		p.SetMediaUrl(urls)
	}
	return p, nil
}

// callback returns the URL to which Twilio reports on a message.
func (c *Channel) callback(messageID string) string {
	u := *c.statusURL
	if messageID != "" {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += messageIDParameter + "=" + url.QueryEscape(messageID)
	}
	return u.String()
}

// receipt reads the answer to a request that succeeded. Twilio may say at once
// that the message will not arrive.
func receipt(m channel.Outbound, created *api.ApiV2010Message) (channel.Receipt, error) {
	id := text(created.Sid)
	if id == "" {
		return channel.Receipt{}, &channel.SendError{Outcome: channel.Uncertain, Reason: "Twilio's answer names no message"}
	}
	state := stateOf(text(created.Status))
	if state == channel.DeliveryFailed || state == channel.DeliveryCanceled {
		e := &channel.SendError{Outcome: channel.Rejected, Reason: "Twilio took the message and gave it up at once"}
		if code := created.ErrorCode; code != nil && *code != 0 {
			known := meaningOf(*code)
			e.Code, e.Reason, e.Consent = strconv.Itoa(*code), known.reason, known.consent
		}
		return channel.Receipt{}, e
	}
	return channel.Receipt{ProviderID: id, State: state, Segments: segments(m, created)}, nil
}

// segments counts an SMS itself, since Twilio does so only once it has chosen
// a sender; of other messages it returns what Twilio says.
func segments(m channel.Outbound, created *api.ApiV2010Message) int {
	if m.Template == nil && len(m.Media) == 0 && m.To.Medium() == "" {
		return gsm7.Measure(m.Text).Segments
	}
	n, err := strconv.Atoi(text(created.NumSegments))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// text returns an optional string of the API.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sendError says what a failed request means for the message: by Twilio's
// code, and where that says nothing by the HTTP status. A refusal that allows
// to try again is believed of a server only if it did not break: from status
// 500 on nobody knows what happened before.
func (x *exchange) sendError(cause error) *channel.SendError {
	switch {
	case x.status == 0 && x.neverWritten():
		return &channel.SendError{Outcome: channel.NotSent, Reason: "Twilio can't be reached", Err: x.err}
	case x.status == 0:
		return &channel.SendError{Outcome: channel.Uncertain, Reason: "Twilio did not answer", Err: x.err}
	case x.status < 400:
		return &channel.SendError{Outcome: channel.Uncertain, Reason: "Twilio's answer (HTTP " + strconv.Itoa(x.status) + ") can't be read", Err: x.err}
	}
	e := &channel.SendError{Reason: "Twilio answered HTTP " + strconv.Itoa(x.status), Err: x.err}
	wait, known := time.Duration(0), false
	var refused *client.TwilioRestError
	if errors.As(cause, &refused) && refused.Code != 0 {
		e.Code = strconv.Itoa(refused.Code)
		var m meaning
		if m, known = meanings[refused.Code]; known {
			e.Outcome, e.Reason, e.Consent, wait = m.outcome, m.reason, m.consent, m.retryAfter
		}
		if e.Outcome == channel.NotSent && x.status >= 500 && refused.Code != tooManyRequests {
			e.Outcome = channel.Uncertain
		}
	}
	if !known {
		e.Outcome = outcomeOf(x.status)
	}
	if e.Outcome == channel.NotSent {
		e.RetryAfter = max(wait, x.retryAfter())
	}
	return e
}

// tooManyRequests is the one code of which Twilio promises that the request
// was never processed.
const tooManyRequests = 20429

// outcomeOf says what an HTTP status alone means for a message.
func outcomeOf(status int) channel.Outcome {
	switch status {
	case 401, 407, 429: // our credentials, a proxy's, too many requests
		return channel.NotSent
	case 408: // whose time ran out is not said
		return channel.Uncertain
	}
	if status >= 500 {
		return channel.Uncertain
	}
	return channel.Rejected
}

// dropsText reports whether WhatsApp shows an attachment of a type without the
// text beside it. Of an unknown type nothing can be told.
func dropsText(contentType string) bool {
	return contentType != "" && !isImage(contentType)
}
