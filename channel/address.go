package channel

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is one end of a message in its canonical text form.
//
//	+14155550123            a telephone number (SMS, MMS)
//	12345                   a short code
//	ACME                    an alphanumeric sender
//	whatsapp:+14155550123   a WhatsApp number
//	whatsapp:US.1234567     a WhatsApp business-scoped user id
//	rcs:acme_agent          an RCS agent
//
// The part before the colon names the medium; without one the address belongs
// to the telephone network. Addresses are compared with ==, so make them with
// [ParseAddress] when they come from outside. An Address masks itself in logs
// (see [Address.LogValue]); use string(a) where the whole is needed.
type Address string

// Family groups the media that share one thread and one consent: a person who
// stops SMS has stopped MMS and RCS too, but not WhatsApp.
type Family string

// The families that the library knows. A channel for another medium uses the
// medium's own name.
const (
	Telephony Family = "telephony" // SMS, MMS and RCS
	WhatsApp  Family = "whatsapp"
)

// maxAddress bounds an address in bytes. The longest known are WhatsApp user
// ids and RCS agents, well under it.
const maxAddress = 256

// ParseAddress reads an address as a provider or a person writes it: outer
// white space and invisible characters are dropped, the medium is lower-cased
// (tel, sms and mms are the telephone network, which has none), and
// punctuation that people put into telephone numbers ("+1 (415) 555-0123") is
// removed. It does not ask for E.164, since senders may be short codes, names
// or user ids.
//
// The error says what is wrong with the text but does not repeat it, so that
// it may be logged.
func ParseAddress(s string) (Address, error) {
	switch {
	case len(s) > maxAddress:
		return "", fmt.Errorf("channel: address has %d bytes, at most %d are allowed", len(s), maxAddress)
	case !utf8.ValidString(s):
		return "", fmt.Errorf("channel: address is not valid UTF-8")
	}
	if s = strings.TrimSpace(strings.Map(visible, s)); s == "" {
		return "", fmt.Errorf("channel: address is empty")
	}
	medium, value, found := strings.Cut(s, ":")
	if !found {
		medium, value = "", s
	}
	if found && !validMedium(medium) {
		return "", fmt.Errorf("channel: the part of an address before the colon must be letters and digits, like whatsapp")
	}
	value = strings.TrimSpace(value)
	if strings.HasPrefix(value, "+") {
		digits, err := telephoneDigits(value[1:])
		if err != nil {
			return "", err
		}
		value = "+" + digits
	}
	if value == "" {
		return "", fmt.Errorf("channel: address has nothing after the colon")
	}
	if strings.IndexFunc(value, unicode.IsControl) >= 0 {
		return "", fmt.Errorf("channel: address has a control character")
	}
	switch medium = strings.ToLower(medium); medium {
	case "":
		return Address(value), nil
	case "tel", "sms", "mms":
		if strings.Contains(value, ":") {
			return "", fmt.Errorf("channel: the part of a telephone address behind %s: has a colon", medium)
		}
		return Address(value), nil
	}
	return Address(medium + ":" + value), nil
}

// visible drops what can't be seen and comes along when text is copied: zero
// width characters and direction marks.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

func validMedium(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// telephoneDigits drops the punctuation of a written telephone number.
func telephoneDigits(s string) (string, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune(" -.()\u00a0", r):
		default:
			return "", fmt.Errorf("channel: telephone number has a character that is neither a digit nor punctuation")
		}
	}
	if b.Len() == 0 || b.Len() > 15 {
		return "", fmt.Errorf("channel: telephone number has %d digits, E.164 allows 1 to 15", b.Len())
	}
	return b.String(), nil
}

// Medium returns the part before the colon in lower case, or "" for the
// telephone network.
func (a Address) Medium() string {
	medium, _, found := strings.Cut(string(a), ":")
	if !found {
		return ""
	}
	return medium
}

// Family returns the family of the address's medium.
func (a Address) Family() Family {
	switch m := a.Medium(); m {
	case "", "rcs":
		return Telephony
	default:
		return Family(m)
	}
}

// Identity returns the address without its medium: the key of threads and
// consent together with [Address.Family]. The SMS and the RCS address of one
// telephone number have the same identity.
func (a Address) Identity() string {
	_, value, found := strings.Cut(string(a), ":")
	if !found {
		return string(a)
	}
	return value
}

// Masked returns the address with its middle replaced, for logs and error
// texts: "+1•••0123", "whatsapp:+1•••0123". Values too short to keep their
// secret are masked whole.
func (a Address) Masked() string {
	value := []rune(a.Identity())
	masked := "•••"
	if n := len(value); n >= 10 {
		masked = string(value[:2]) + "•••" + string(value[n-4:])
	}
	if m := a.Medium(); m != "" {
		return m + ":" + masked
	}
	return masked
}

// LogValue masks the address in structured logs.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.Masked()) }

var _ slog.LogValuer = Address("")
