package channeltest

import (
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func limiterCases() []testCase {
	return []testCase{{
		name: "Limiter/Sane",
		rule: "A zero field is no limit. [None is negative, and the answer is the same until something changes.]",
		run:  limiterSane,
	}, {
		name: "Limiter/DoesNotBlock",
		rule: "Limits is called often and must not block.",
		run:  limiterDoesNotBlock,
	}}
}

func (e *env) limiter() (channel.Limiter, error) {
	l, ok := e.Channel.(channel.Limiter)
	if !ok {
		return nil, skipf("the channel is no channel.Limiter")
	}
	return l, nil
}

func limiterSane(e *env) error {
	l, err := e.limiter()
	if err != nil {
		return err
	}
	for _, to := range []channel.Address{e.To, e.Customer(1), "+14155550199", "whatsapp:+14155550199", "12345", "ACME", "whatsapp:US.1234567"} {
		got := l.Limits(e.From, to)
		if got.BodyRunes < 0 || got.MediaCount < 0 || got.Window < 0 {
			return fmt.Errorf("the limits of a message to %s are %+v", to.Masked(), got)
		}
		if second := l.Limits(e.From, to); second != got {
			return fmt.Errorf("the limits of a message to %s are %+v and then %+v", to.Masked(), got, second)
		}
	}
	return nil
}

func limiterDoesNotBlock(e *env) error {
	l, err := e.limiter()
	if err != nil {
		return err
	}
	if !e.Behave(Hang) {
		e.Behave(Unreachable)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			l.Limits(e.From, e.To)
		}
	}()
	limit := time.NewTimer(e.patience)
	defer limit.Stop()
	select {
	case <-done:
		return nil
	case <-limit.C:
		return fmt.Errorf("1,000 calls of Limits did not return within %v while the provider was down", e.patience)
	}
}
