package channeltest

import (
	"errors"
	"fmt"
)

func nameCases() []testCase {
	return []testCase{{
		name: "Name/Constant",
		rule: "Name is constant: it is stored with every message, and a host that renames a channel has made another one.",
		run:  nameConstant,
	}}
}

func nameConstant(e *env) error {
	name := e.Channel.Name()
	if name == "" {
		return errors.New("Name returned nothing")
	}
	same := func(got, when string) error {
		if got != name {
			return fmt.Errorf("Name returned %q, and %q %s", name, got, when)
		}
		return nil
	}
	if err := same(e.Channel.Name(), "the second time"); err != nil {
		return err
	}
	if _, err := e.accept(e.outbound("channeltest-1")); err != nil {
		return err
	}
	if err := same(e.Channel.Name(), "after a send"); err != nil {
		return err
	}
	restarted, err := e.again()
	if err != nil {
		return err
	}
	return same(restarted.Channel.Name(), "from a second channel that was made alike")
}
