package inbox

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/routing"
	"github.com/teaminbox/teaminbox/store"
)

// The bounds of input.
const (
	longestText = 20_000 // code points; a channel's own limit is mostly lower
	longestKey  = 128    // bytes
	longestName = 128    // bytes of an id, code points of a name
)

// checkText checks what people read: nothing in it may play with the screen.
func checkText(field, text string) error {
	if !utf8.ValidString(text) {
		return invalid(field, "is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > longestText {
		return invalid(field, "has %d characters; at most %d are allowed", n, longestText)
	}
	if strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }) >= 0 {
		return invalid(field, "has a control character")
	}
	return nil
}

// checkLine is checkText for what stands on one line.
func checkLine(field, text string) error {
	if err := checkText(field, text); err != nil {
		return err
	}
	switch {
	case strings.IndexFunc(text, unicode.IsControl) >= 0, strings.IndexFunc(text, turnsText) >= 0:
		return invalid(field, "has a control character")
	case strings.TrimSpace(text) != text:
		return invalid(field, "begins or ends with white space")
	}
	return nil
}

// turnsText reports whether a character changes the direction of what follows,
// so that a name could pass for another.
func turnsText(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

func checkKey(field, key string) error {
	if len(key) > longestKey {
		return invalid(field, "has %d bytes; at most %d are allowed", len(key), longestKey)
	}
	return checkLine(field, key)
}

func checkMedia(field string, m channel.Media) error {
	u, err := url.Parse(m.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return invalid(field+".URL", "is no http or https URL; the provider fetches it from there")
	}
	return nil
}

func checkID(field, id string) error {
	if id == "" {
		return invalid(field, "is empty")
	}
	if len(id) > longestName {
		return invalid(field, "has %d bytes; at most %d are allowed", len(id), longestName)
	}
	return checkLine(field, id)
}

func checkName(field, name string) error {
	if name == "" {
		return invalid(field, "is empty; people see it")
	}
	if len([]rune(name)) > longestName {
		return invalid(field, "has more than %d characters", longestName)
	}
	return checkLine(field, name)
}

func checkAvailability(a store.Availability) error {
	switch a {
	case store.Available, store.Away, store.Offline:
		return nil
	}
	return invalid("User.Availability", "is %q; it must be empty, away or offline", string(a))
}

func checkLanguage(field, tag string) error {
	if _, err := language.Parse(tag); err != nil {
		return invalid(field, "is %q, which is no BCP 47 language tag", tag)
	}
	return nil
}

// checkReplies says before anybody waits for it that a channel can't carry an
// inbox's automatic answers.
func (in *Inbox) checkReplies(field string, e store.Endpoint, s store.Settings) error {
	limiter, ok := in.channels[e.Channel].(channel.Limiter)
	if !ok {
		return nil
	}
	limit := limiter.Limits(e.Address, e.Address).BodyRunes
	var errs []error
	for _, reply := range []struct{ name, text string }{
		{"FirstReply", s.FirstReply}, {"OptOutReply", s.OptOutReply}, {"OptInReply", s.OptInReply}, {"HelpReply", s.HelpReply},
	} {
		if n := utf8.RuneCountInString(reply.text); limit > 0 && n > limit {
			errs = append(errs, invalid("Inbox.Settings."+reply.name, "has %d characters; channel %s, of %s, carries at most %d", n, e.Channel, field, limit))
		}
	}
	return errors.Join(errs...)
}

func checkSettings(s store.Settings) error {
	errs := []error{
		checkText("Inbox.Settings.FirstReply", s.FirstReply),
		checkText("Inbox.Settings.OptOutReply", s.OptOutReply),
		checkText("Inbox.Settings.OptInReply", s.OptInReply),
		checkText("Inbox.Settings.HelpReply", s.HelpReply),
	}
	for _, err := range ruleErrors(routing.CheckRules(s.Rules)) {
		errs = append(errs, invalid("Inbox.Settings."+err.Of(), "%s", err.Message))
	}
	switch s.Claim {
	case "", store.ClaimExclusive, store.ClaimVisible:
	default:
		errs = append(errs, invalid("Inbox.Settings.Claim", "is %q; it must be empty, exclusive or visible", string(s.Claim)))
	}
	if s.Language != "" {
		errs = append(errs, checkLanguage("Inbox.Settings.Language", s.Language))
	}
	if s.TimeZone != "" {
		if _, err := time.LoadLocation(s.TimeZone); err != nil {
			errs = append(errs, invalid("Inbox.Settings.TimeZone", "is %q, which is no IANA time zone", s.TimeZone))
		}
	}
	return errors.Join(errs...)
}

// ruleErrors are what is wrong with rules, one by one.
func ruleErrors(err error) []*routing.RuleError {
	var all []*routing.RuleError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			var wrong *routing.RuleError
			if errors.As(e, &wrong) {
				all = append(all, wrong)
			}
		}
	}
	return all
}

// checkNamed checks that those whom rules name are there.
func checkNamed(c *company, rules []store.Rule) error {
	var errs []error
	for i, r := range rules {
		for n, u := range r.Users {
			if _, ok := c.users[u]; !ok {
				errs = append(errs, invalid(fmt.Sprintf("Inbox.Settings.Rules[%d].Users[%d]", i, n), "is %q, which is no user of the account; save the user first", u))
			}
		}
		for n, team := range r.Teams {
			if _, ok := c.teams[team]; !ok {
				errs = append(errs, invalid(fmt.Sprintf("Inbox.Settings.Rules[%d].Teams[%d]", i, n), "is %q, which is no team of the account; save the team first", team))
			}
		}
	}
	return errors.Join(errs...)
}
