package channel

import "time"

// Inbound is one message from a customer, as the provider delivered it.
//
// ProviderID, From and To are always there. Text is what the customer wrote,
// untouched but for bytes that are not UTF-8, which become U+FFFD.
type Inbound struct {
	ProviderID string  // the provider's id of the message, unique within the channel
	From       Address // the customer
	To         Address // our number
	Text       string

	Media    []Media
	Location *Location // a place that the customer shared
	Button   *Button   // the button or list row that the customer chose
	ReplyTo  *ReplyTo  // the message that this one quotes
	Referral *Referral // the advertisement that started the conversation

	ProfileName string // the name that the customer gave to the medium
	UserID      string // the medium's own id of the customer, where it is not the address
	Forwarded   bool

	// Region is the ISO 3166-1 code of the country that the provider believes
	// the customer's number to be of, or "".
	Region string

	// Keyword is what the provider made of the message when it handles
	// opt-outs itself.
	Keyword Keyword

	// ProviderReplied says that the provider has answered this message
	// itself, so that an answer of ours would be the second.
	ProviderReplied bool

	// SentAt is when the provider received the message, or zero if it does
	// not say. Messages are shown in the order of their arrival; SentAt counts
	// for the order of an opt-in that comes late, and for the window in which
	// a late message may be answered freely.
	SentAt time.Time

	// Late says that the message was fetched by a backfill.
	Late bool

	// Problems says in plain words which parts of the message could not be
	// understood. The message is kept and shown with them.
	Problems []string

	// Raw holds the provider's parameters that have no field here, by their
	// own names, so that nothing that came in is lost.
	Raw map[string]string
}

// Keyword is a provider's own verdict on a message.
type Keyword string

// The verdicts of providers that handle opt-outs.
const (
	NoKeyword    Keyword = ""
	KeywordStop  Keyword = "stop"
	KeywordStart Keyword = "start"
	KeywordHelp  Keyword = "help"
)

// Media is one attachment. Inbound, URL is where the provider keeps it, which
// mostly needs credentials (see [MediaFetcher]); outbound, it is where the
// provider fetches it, which needs none.
type Media struct {
	URL         string `json:"url"`
	ContentType string `json:"content_type,omitempty"` // as declared, like image/jpeg
	Name        string `json:"name,omitempty"`         // a file name, where known
}

// Location is a place on earth in degrees (WGS 84).
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Label     string  `json:"label,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// Button is a choice that the customer made.
type Button struct {
	Text    string `json:"text"`
	Payload string `json:"payload,omitempty"`
}

// ReplyTo names the message that an inbound message quotes.
type ReplyTo struct {
	ProviderID string  `json:"provider_id"`
	Sender     Address `json:"sender,omitempty"`
}

// Referral describes the advertisement from which a customer came.
type Referral struct {
	Headline   string `json:"headline,omitempty"`
	Body       string `json:"body,omitempty"`
	SourceType string `json:"source_type,omitempty"`
	SourceID   string `json:"source_id,omitempty"`
	SourceURL  string `json:"source_url,omitempty"`
	ClickID    string `json:"click_id,omitempty"`
}

// Delivery is what one webhook request brought.
type Delivery struct {
	Inbound []Inbound
	Status  []StatusUpdate
	Consent []ConsentUpdate
}
