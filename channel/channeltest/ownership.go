package channeltest

import (
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/teaminbox/teaminbox/channel"
)

func sendOutboundUnchanged(e *env) error {
	check := func(b Behaviour, make func() channel.Outbound) error {
		m, want := make(), make()
		if _, err := e.send(b, m); err != nil && !isSkip(err) {
			return err
		}
		if diff := cmp.Diff(want, m); diff != "" {
			return fmt.Errorf("Send changed the Outbound (-before +after):\n%s", diff)
		}
		return nil
	}
	for b := range behaviours {
		fresh, err := e.again()
		if err != nil {
			return err
		}
		e = fresh
		err = check(b, func() channel.Outbound {
			m := e.outbound("channeltest-1")
			if e.Media.URL != "" {
				m.Media = []channel.Media{e.Media, e.Media}
			}
			return m
		})
		if err == nil && e.Template != nil && b == Accept {
			err = check(b, func() channel.Outbound { return e.templated("channeltest-2") })
		}
		if err != nil {
			return fmt.Errorf("when the provider does %v: %w", b, err)
		}
	}
	return nil
}

// sendKeepsNothing changes an Outbound after it was sent, and sends it again
// changed: the first request stays what it was, and the second is what is sent.
func sendKeepsNothing(e *env) error {
	if e.Media.URL == "" && e.Template == nil {
		return skipf("the harness has neither Media nor Template")
	}
	if e.Media.URL != "" {
		other := e.Media
		other.URL += "?other"
		m := e.outbound("channeltest-1")
		m.Media = []channel.Media{e.Media}
		check := func(got Request) error { return sameMedia(got.Media, []channel.Media{e.Media}) }
		checkOther := func(got Request) error { return sameMedia(got.Media, []channel.Media{other}) }
		if err := e.sendChanged(&m, func() { m.Media[0] = other }, check, checkOther); err != nil {
			return fmt.Errorf("when the Outbound's Media change after Send: %w", err)
		}
	}
	if e.Template != nil {
		m := e.templated("channeltest-3")
		other := e.templated("channeltest-4").Template
		for name := range other.Variables {
			other.Variables[name] += " changed"
		}
		check := func(got Request) error { return sameTemplate(got.Template, e.Template) }
		checkOther := func(got Request) error { return sameTemplate(got.Template, other) }
		change := func() {
			for name, value := range other.Variables {
				m.Template.Variables[name] = value
			}
		}
		if err := e.sendChanged(&m, change, check, checkOther); err != nil {
			return fmt.Errorf("when the Outbound's Template changes after Send: %w", err)
		}
	}
	return nil
}

// sendChanged sends m, changes it and sends it again, and then checks both
// requests.
func (e *env) sendChanged(m *channel.Outbound, change func(), first, second func(Request) error) error {
	if _, err := e.accept(*m); err != nil {
		return err
	}
	change()
	m.ID += "-changed"
	if _, err := e.accept(*m); err != nil {
		return err
	}
	all := e.Requests()
	if err := first(all[len(all)-2]); err != nil {
		return fmt.Errorf("the first message: %w", err)
	}
	if err := second(all[len(all)-1]); err != nil {
		return fmt.Errorf("the changed message: %w", err)
	}
	return nil
}
