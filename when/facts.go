package when

import (
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/compliance/zones"
	"github.com/teaminbox/teaminbox/store"
)

// Facts are what conditions look at: an inbound message and what is known about it.
// They compute what takes work once, and so are for one goroutine; give them on by
// pointer.
type Facts struct {
	Inbox        store.Inbox
	Conversation store.Conversation
	Contact      store.Contact
	Message      store.Message
	First        bool // the customer's first message in this conversation, which goes on for ever
	Reopened     bool // this message opened or reopened the conversation

	// Profile is what the host's CRM says about the contact, or nil.
	Profile map[string]any

	Now time.Time

	folded string
	local  time.Time
	place  *place
	names  map[string]any // what expressions look at
	vm     vm.VM
}

// place is where a contact is.
type place struct{ country, region string }

// Local is the moment by the clock of the inbox: of its Settings.TimeZone, or UTC if
// there is none or it is not known.
func (f *Facts) Local() time.Time {
	if f.local.IsZero() {
		zone, err := time.LoadLocation(f.Inbox.Settings.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		f.local = f.Now.In(zone)
	}
	return f.local
}

// Country is where the contact is, in ISO 3166-1: what is stated of them, else what
// their number tells, else "".
func (f *Facts) Country() string { return f.where().country }

// Region is Country, or a part of it in ISO 3166-2, like US-NY, if that is known.
func (f *Facts) Region() string { return f.where().region }

func (f *Facts) where() *place {
	if f.place != nil {
		return f.place
	}
	stated := strings.ToUpper(f.Contact.Region)
	f.place = &place{country: countryOf(stated), region: stated}
	if stated != "" && stated != f.place.country {
		return f.place
	}
	// A number may tell more, if it does not contradict.
	places, _ := zones.Numbers().Locate(f.Message.From)
	if code := common(places); code != "" && (stated == "" || countryOf(code) == stated) {
		f.place.country, f.place.region = countryOf(code), code
	}
	return f.place
}

// common returns the code that all places share, or their country if it is one, or "".
func common(places []compliance.Place) string {
	var code string
	for i, p := range places {
		switch {
		case i == 0:
			code = p.Code
		case p.Code == code:
		case countryOf(p.Code) == countryOf(code):
			code = countryOf(code)
		default:
			return ""
		}
	}
	return code
}

func countryOf(region string) string {
	country, _, _ := strings.Cut(region, "-")
	return country
}

// text is the message's text as Says reads it.
func (f *Facts) text() string {
	if f.folded == "" {
		f.folded = fold(f.Message.Text)
	}
	return f.folded
}

// files is how many files came with the message.
func (f *Facts) files() int {
	if f.Message.Extras == nil {
		return 0
	}
	return len(f.Message.Extras.Media)
}
