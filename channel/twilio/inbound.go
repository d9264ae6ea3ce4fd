package twilio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// inbound builds a message from parameters. What it takes is removed from
// them, so that what is left is what has no field.
type inbound struct {
	channel.Inbound
	params map[string]string
}

// parseInbound reads a message whose account and id are known to be right. The
// parameters are its own from then on.
//
// Twilio names further parameters that always come. Since the signature joins
// the parameters without delimiters, one that is missing may have been hidden
// in the value of its neighbour, so that a message without it is refused.
func (c *Channel) parseInbound(p map[string]string) (channel.Delivery, error) {
	for _, name := range []string{"From", "To", "Body", "NumMedia"} {
		if _, found := p[name]; !found {
			return channel.Delivery{}, malformed("a message has no " + name)
		}
	}
	m := &inbound{params: p}
	var err error
	if m.From, err = channel.ParseAddress(m.take("From")); err != nil {
		return channel.Delivery{}, malformed("From is no address")
	}
	if m.To, err = channel.ParseAddress(m.take("To")); err != nil {
		return channel.Delivery{}, malformed("To is no address")
	}
	m.ProviderID = m.take("MessageSid")
	m.Text = m.take("Body")
	m.takeMedia()
	m.takeLocation()
	m.takeButton()
	m.takeReply()
	m.takeReferral()
	m.takeProfile()
	m.takeRegion()
	m.takeKeyword(c)
	m.takeNoise()
	if len(m.params) > 0 {
		m.Raw = m.params
	}
	return channel.Delivery{Inbound: []channel.Inbound{m.Inbound}}, nil
}

func (m *inbound) take(name string) string {
	value := m.params[name]
	delete(m.params, name)
	return value
}

// problem notes that a parameter could not be understood. It stays in Raw.
func (m *inbound) problem(format string, args ...any) {
	m.Problems = append(m.Problems, fmt.Sprintf(format, args...))
}

// takeMedia reads MediaUrl0, MediaContentType0 and so on. It goes by the
// parameters that are there: NumMedia is only compared.
func (m *inbound) takeMedia() {
	const prefix = "MediaUrl"
	var indices []int
	for name := range m.params {
		digits, found := strings.CutPrefix(name, prefix)
		if !found {
			continue
		}
		if i, err := strconv.Atoi(digits); err == nil && i >= 0 && strconv.Itoa(i) == digits {
			indices = append(indices, i)
		}
	}
	slices.Sort(indices)
	for _, i := range indices {
		n := strconv.Itoa(i)
		if m.params[prefix+n] == "" {
			m.problem("attachment %d has no address", i+1)
			continue
		}
		m.Media = append(m.Media, channel.Media{URL: m.take(prefix + n), ContentType: m.take("MediaContentType" + n)})
	}
	n, err := strconv.Atoi(m.params["NumMedia"])
	switch {
	case err != nil || n < 0:
		m.problem("Twilio gave no number of attachments")
	case n != len(m.Media):
		m.problem("Twilio announced %d attachments and named %d", n, len(m.Media))
	default:
		m.take("NumMedia")
	}
}

func (m *inbound) takeLocation() {
	latitude, hasLatitude := m.params["Latitude"]
	longitude, hasLongitude := m.params["Longitude"]
	if !hasLatitude && !hasLongitude || latitude == "" && longitude == "" {
		return
	}
	lat, latOK := degrees(latitude, 90)
	long, longOK := degrees(longitude, 180)
	if !latOK || !longOK {
		m.problem("the shared place has no valid coordinates")
		return
	}
	m.take("Latitude")
	m.take("Longitude")
	m.Location = &channel.Location{Latitude: lat, Longitude: long, Label: m.take("Label"), Address: m.take("Address")}
}

// degrees reads an angle between -limit and limit. NaN is none.
func degrees(s string, limit float64) (float64, bool) {
	d, err := strconv.ParseFloat(s, 64)
	return d, err == nil && -limit <= d && d <= limit
}

func (m *inbound) takeButton() {
	for _, names := range [][2]string{{"ButtonText", "ButtonPayload"}, {"ListTitle", "ListId"}} {
		if m.Button == nil && (m.params[names[0]] != "" || m.params[names[1]] != "") {
			m.Button = &channel.Button{Text: m.take(names[0]), Payload: m.take(names[1])}
		}
	}
}

func (m *inbound) takeReply() {
	if m.params["OriginalRepliedMessageSid"] == "" {
		return
	}
	m.ReplyTo = &channel.ReplyTo{ProviderID: m.take("OriginalRepliedMessageSid")}
	const sender = "OriginalRepliedMessageSender"
	if m.params[sender] == "" {
		return
	}
	address, err := channel.ParseAddress(m.params[sender])
	if err != nil {
		m.problem("the sender of the quoted message is no address")
		return
	}
	m.take(sender)
	m.ReplyTo.Sender = address
}

func (m *inbound) takeReferral() {
	names := []string{"Headline", "Body", "SourceType", "SourceId", "SourceUrl", "CtwaClid"}
	if !slices.ContainsFunc(names, func(name string) bool { return m.params["Referral"+name] != "" }) {
		return
	}
	m.Referral = &channel.Referral{
		Headline:   m.take("ReferralHeadline"),
		Body:       m.take("ReferralBody"),
		SourceType: m.take("ReferralSourceType"),
		SourceID:   m.take("ReferralSourceId"),
		SourceURL:  m.take("ReferralSourceUrl"),
		ClickID:    m.take("ReferralCtwaClid"),
	}
}

func (m *inbound) takeProfile() {
	m.ProfileName = m.take("ProfileName")
	if id := m.params["ExternalUserId"]; id != "" {
		address, err := channel.ParseAddress(id)
		switch {
		case err != nil:
			m.problem("the customer's user id could not be read")
		case address == m.From:
			m.take("ExternalUserId")
		default:
			m.take("ExternalUserId")
			m.UserID = address.Identity()
		}
	}
	switch m.params["Forwarded"] {
	case "true":
		m.Forwarded = true
		m.take("Forwarded")
	case "false", "":
		m.take("Forwarded")
	default:
		m.problem("it is unclear whether the message was forwarded")
	}
}

// takeRegion reads the country that Twilio believes the customer's number to
// be of. It says nothing of WhatsApp's user ids.
func (m *inbound) takeRegion() {
	region := m.params["FromCountry"]
	if len(region) != 2 || region[0] < 'A' || region[0] > 'Z' || region[1] < 'A' || region[1] > 'Z' {
		return
	}
	m.Region = m.take("FromCountry")
}

// takeKeyword reads what Advanced Opt-Out says, or knows what the default
// handling does without saying.
func (m *inbound) takeKeyword(c *Channel) {
	switch m.params["OptOutType"] {
	case "":
		m.Keyword, m.ProviderReplied = c.inferKeyword(m.To, m.Text)
		return
	case "STOP":
		m.Keyword = channel.KeywordStop
	case "START":
		m.Keyword = channel.KeywordStart
	case "HELP":
		m.Keyword = channel.KeywordHelp
	default:
		m.problem("Twilio handled the message as a keyword of a kind that is not known here")
	}
	m.ProviderReplied = true
	if m.Keyword != channel.NoKeyword {
		m.take("OptOutType")
	}
}

// takeNoise drops what says nothing new: the account, which was checked, and
// the old names of the message's id.
func (m *inbound) takeNoise() {
	m.take("AccountSid")
	for _, twin := range []string{"SmsSid", "SmsMessageSid"} {
		if m.params[twin] == m.ProviderID {
			m.take(twin)
		}
	}
}
