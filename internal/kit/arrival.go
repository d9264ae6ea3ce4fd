package kit

import (
	"fmt"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

var noon = time.Date(2026, time.March, 4, 15, 0, 0, 0, time.UTC)

// Noon returns the moment of the kits: a Wednesday, 10:00 in New York and
// 15:00 in London, far from anybody's quiet hours there.
func Noon() time.Time { return noon }

// Arrival is a customer's message that has just come in, with the records
// around it as the engine has them at that moment.
type Arrival struct {
	Inbox        store.Inbox
	Conversation store.Conversation
	Contact      store.Contact
	Message      store.Message
	First        bool
	Reopened     bool
	Candidates   []store.User
	Now          time.Time
}

// Arrive returns the first message of the nth customer, n from 0 to 99. Every
// customer writes to an inbox of their own, behind which stands a team of
// their own with the licensed members alice, bob and carol.
func Arrive(n int, text string) Arrival {
	ours := channel.Address("+14155550100")
	theirs := channel.Address(fmt.Sprintf("+141555501%02d", n))
	id := int64(1000 * (n + 1))
	team := store.TeamID(fmt.Sprintf("support-%d", n))
	box := store.Inbox{
		Account: store.DefaultAccount, ID: store.InboxID(fmt.Sprintf("inbox-%d", n)), Name: fmt.Sprintf("Shop %d", n),
		Endpoints: []store.Endpoint{{Channel: "sms", Address: ours}}, Team: team, Version: 1,
		Settings: store.Settings{FirstReply: fmt.Sprintf("Thanks for writing to shop %d.", n), Language: "en", TimeZone: "America/New_York"},
	}
	contact := store.Contact{
		ID: store.ContactID(id + 1), Account: store.DefaultAccount, Name: "Dave", Addresses: []channel.Address{theirs},
		Language: "en", TimeZone: "America/Los_Angeles", Region: "US", Attributes: map[string]string{"plan": "gold"},
		CreatedAt: noon, Version: 1,
	}
	conv := store.Conversation{
		ID: store.ConversationID(id + 2), Account: store.DefaultAccount, Inbox: box.ID, Contact: contact.ID,
		Channel: "sms", Ours: ours, Theirs: theirs, Status: store.Open, LastSeq: 1, InboundCount: 1,
		LastAt: noon, LastInbound: noon, WaitingSince: noon, Preview: text, CreatedAt: noon, Version: 1,
	}
	message := store.Message{
		ID: store.MessageID(id + 3), Account: store.DefaultAccount, Conversation: conv.ID, Seq: 1,
		Direction: store.Inbound, Author: store.Author{Kind: store.ByCustomer}, Text: text,
		Channel: "sms", ProviderID: fmt.Sprintf("kit-%d", n), From: theirs, To: ours,
		InboundCount: 1, Opened: true, Kind: compliance.None, CreatedAt: noon, Version: 1,
	}
	a := Arrival{
		Inbox: box, Conversation: conv, Contact: contact, Message: message, First: true, Reopened: true, Now: noon,
	}
	for _, name := range []struct{ id, name string }{{"alice", "Alice"}, {"bob", "Bob"}, {"carol", "Carol"}} {
		a.Candidates = append(a.Candidates, store.User{
			Account: store.DefaultAccount, ID: store.UserID(name.id), Name: name.name, Licensed: true,
			Languages: []string{"en"}, Version: 1,
		})
	}
	return a
}

// Later makes it a message in a conversation that goes on: two people take
// part, and it comes with an attachment and a quotation.
func (a Arrival) Later() Arrival {
	a.First, a.Reopened = false, false
	a.Conversation.LastSeq, a.Conversation.InboundCount = 7, 4
	a.Conversation.Users = []store.UserID{"alice", "carol"}
	a.Conversation.Teams = []store.TeamID{a.Inbox.Team}
	a.Message.Seq, a.Message.InboundCount, a.Message.Opened = 7, 4, false
	a.Message.Extras = &store.Extras{
		Media:    []channel.Media{{URL: "https://example.com/photo", ContentType: "image/jpeg", Name: "photo.jpg"}},
		ReplyTo:  &channel.ReplyTo{ProviderID: "kit-quoted", Sender: a.Conversation.Ours},
		Problems: []string{"one attachment could not be read"},
		Raw:      map[string]string{"NumMedia": "1"},
	}
	return a
}

// Bare leaves only what every message has: no text, no people, no profile.
func (a Arrival) Bare() Arrival {
	a.Message.Text, a.Conversation.Preview = "", ""
	a.Candidates = nil
	a.Contact.Name, a.Contact.Language, a.Contact.TimeZone, a.Contact.Region, a.Contact.Attributes = "", "", "", "", nil
	a.Inbox.Settings = store.Settings{}
	return a
}

// Texts are messages of which at least one is hostile to most code that takes
// texts apart.
func Texts() []string {
	return []string{
		"Is my table ready?",
		"",
		" \n\t ",
		"\x00",
		"\ufffd\ufeff\u200b\u202e",
		"👩‍👩‍👧‍👦🏳️‍🌈",
		"İstanbul'da ı ŉ ß ﷺ",
		"a" + strings.Repeat("\u0301", 2000),
		strings.Repeat("(", 4000),
		strings.Repeat("STOP ", 4000),
		strings.Repeat("\u00a0🛑\ufe0f", 4000),
		"{{.Contact.Attributes}} %s %d %!v ${x} $1 \\1",
	}
}
