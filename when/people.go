package when

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// From is the condition that the customer's number begins with one of the prefixes,
// like +44 or +1212, on whatever medium.
func From(prefixes ...string) Condition {
	return condition{"the number begins with " + list(prefixes), func(f *Facts) bool {
		number := numberOf(f.Message.From)
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(number, p) })
	}}
}

// numberOf is an address without its medium.
func numberOf(a channel.Address) string {
	if _, number, found := strings.Cut(string(a), ":"); found {
		return number
	}
	return string(a)
}

// To is the condition that the customer wrote to one of these addresses of ours.
func To(ours ...channel.Address) Condition {
	return condition{"it was written to " + list(ours), func(f *Facts) bool { return slices.Contains(ours, f.Message.To) }}
}

// Medium is the condition that the message came by one of these media: "whatsapp",
// or "" for text messages.
func Medium(media ...string) Condition {
	return condition{"it came by " + list(media), func(f *Facts) bool { return slices.Contains(media, f.Message.From.Medium()) }}
}

// Channel is the condition that it came on a channel of one of these names.
func Channel(names ...string) Condition {
	return condition{"it came on channel " + list(names), func(f *Facts) bool { return slices.Contains(names, f.Message.Channel) }}
}

// Country is the condition that the contact is in one of the countries, of ISO 3166-1,
// or in one of the parts of them, of ISO 3166-2, like US-NY. What is stated of the
// contact counts, and else what their number tells.
func Country(codes ...string) Condition {
	return condition{"the customer is in " + list(codes), func(f *Facts) bool {
		return slices.ContainsFunc(codes, func(code string) bool {
			return strings.EqualFold(code, f.Country()) || strings.EqualFold(code, f.Region())
		})
	}}
}

// Language is the condition that the contact's language is one of these, as BCP 47
// tags: "pt" is any Portuguese, "pt-BR" that of Brazil alone. A contact of whom no
// language is known has none of them. It panics at a tag that is none.
func Language(tags ...string) Condition {
	wanted := make([]language.Tag, len(tags))
	for i, tag := range tags {
		wanted[i] = language.MustParse(tag)
	}
	return condition{"the language is " + list(tags), func(f *Facts) bool {
		spoken, err := language.Parse(f.Contact.Language)
		if f.Contact.Language == "" || err != nil {
			return false
		}
		for ; spoken != language.Und; spoken = spoken.Parent() {
			if slices.Contains(wanted, spoken) {
				return true
			}
		}
		return false
	}}
}

// FirstMessage is the condition that it is the customer's first message in the inbox.
func FirstMessage() Condition {
	return condition{"it is the customer's first message", func(f *Facts) bool { return f.First }}
}

// Reopened is the condition that the message opened the conversation, for the first
// time or again.
func Reopened() Condition {
	return condition{"it opened the conversation", func(f *Facts) bool { return f.Reopened }}
}

// Attribute is the condition that an attribute of the contact has one of the values.
func Attribute(name string, values ...string) Condition {
	return condition{"the customer's " + name + " is " + list(values), func(f *Facts) bool {
		value, ok := f.Contact.Attributes[name]
		return ok && slices.Contains(values, value)
	}}
}

// Inbox is the condition that it came into one of these inboxes.
func Inbox(ids ...store.InboxID) Condition {
	return condition{"it came into inbox " + list(ids), func(f *Facts) bool { return slices.Contains(ids, f.Inbox.ID) }}
}
