package inboxtest

import (
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// Phone is a customer's telephone.
type Phone struct {
	h      *Harness
	phone  *simulated.Phone
	number channel.Address // whom it writes to
}

// Phone returns the phone with an address, like "+14155550123" or
// "whatsapp:+14155550123". It writes to [SupportNumber] or [SupportWhatsApp],
// unless [Phone.To] says otherwise.
func (h *Harness) Phone(a channel.Address) *Phone {
	h.t.Helper()
	address := h.address(a)
	number := SupportNumber
	if address.Family() == channel.WhatsApp {
		number = SupportWhatsApp
	}
	return &Phone{h: h, phone: h.Carrier.Phone(address), number: number}
}

// Address returns the phone's address.
func (p *Phone) Address() channel.Address { return p.phone.Address() }

// To returns the same phone, writing to another number.
func (p *Phone) To(number channel.Address) *Phone {
	other := *p
	other.number = number
	return &other
}

// Send writes a text and returns when the engine has done everything that
// follows from it.
func (p *Phone) Send(text string) {
	p.h.t.Helper()
	p.SendMessage(channel.Inbound{Text: text})
}

// SendMessage is [Phone.Send] for a message with more than a text. From, To
// and ProviderID are filled in; a To that is set is kept. A millisecond goes
// by first, since no two messages of a person are written at one moment.
func (p *Phone) SendMessage(m channel.Inbound) {
	p.h.t.Helper()
	if m.To == "" {
		m.To = p.number
	}
	p.h.clock.set(p.h.Now().Add(time.Millisecond))
	if _, err := p.phone.SendMessage(m); err != nil {
		p.h.t.Fatalf("inboxtest: %v", err)
	}
	p.h.Settle()
}

// Read opens everything that the phone has received, as its owner would.
func (p *Phone) Read() {
	p.h.t.Helper()
	p.phone.Read()
	p.h.Settle()
}

// Messages returns what the phone has sent and received, in order.
func (p *Phone) Messages() []simulated.Message {
	p.h.t.Helper()
	p.h.Settle()
	return p.phone.Messages()
}

// Conversation returns the id of the conversation with the phone's owner in
// the inbox that the phone writes to, or ends the test if there is none.
func (p *Phone) Conversation() inbox.ConversationID {
	p.h.t.Helper()
	var found []store.Conversation
	err := p.h.Store.View(p.h.t.Context(), func(tx store.Tx) error {
		boxes, err := tx.InboxesAt(store.Endpoint{Channel: carrierName, Address: p.number})
		if err != nil || len(boxes) == 0 {
			return err
		}
		found, err = tx.ConversationsIn(store.Thread{
			Account: boxes[0].Account, Inbox: boxes[0].ID, Family: p.Address().Family(), Identity: p.Address().Identity(),
		})
		return err
	})
	switch {
	case err != nil:
		p.h.t.Fatalf("inboxtest: %v", err)
	case len(found) == 0:
		p.h.t.Fatalf("inboxtest: %s has no conversation with %s; let the phone send something first", p.number, p.Address())
	}
	return found[0].ID
}
