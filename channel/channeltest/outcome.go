package channeltest

import (
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
)

func outcomeCases() []testCase {
	const (
		uncertain = "Uncertain: the message may have been sent."
		notSent   = "NotSent: the message certainly was not sent and may be tried again."
		rejected  = "Rejected: the provider will never send this message."
	)
	return []testCase{
		outcome(Reject, channel.Rejected, rejected+" ConsentUnchanged: the provider says nothing about consent.", func(e *channel.SendError) error {
			if e.Consent != channel.ConsentUnchanged {
				return fmt.Errorf("SendError.Consent is %v", e.Consent)
			}
			return nil
		}),
		outcome(RejectOptOut, channel.Rejected, rejected+" ConsentStopped: the customer wants nothing from us any more.", func(e *channel.SendError) error {
			if e.Consent != channel.ConsentStopped {
				return fmt.Errorf("SendError.Consent is %v", e.Consent)
			}
			return nil
		}),
		outcome(RejectMarketing, channel.Rejected, rejected+" MarketingStopped: the customer wants nothing more that sells.", func(e *channel.SendError) error {
			if e.Consent != channel.MarketingStopped {
				return fmt.Errorf("SendError.Consent is %v", e.Consent)
			}
			return nil
		}),
		outcome(TooManyRequests, channel.NotSent, notSent, nil),
		outcome(RetryLater, channel.NotSent, notSent+" RetryAfter: wait at least this long.", func(e *channel.SendError) error {
			if e.RetryAfter < RetryDelay || e.RetryAfter > 2*RetryDelay {
				return fmt.Errorf("SendError.RetryAfter is %v, the provider asked for %v", e.RetryAfter, RetryDelay)
			}
			return nil
		}),
		outcome(ServerError, channel.Uncertain, uncertain, nil),
		outcome(UnreadableSuccess, channel.Uncertain, uncertain, nil),
		outcome(ResetAfterWrite, channel.Uncertain, uncertain, nil),
		outcome(Unreachable, channel.NotSent, notSent, nil),
		outcome(Hang, channel.Uncertain, "Send must return soon after the context ends. "+uncertain, nil),
	}
}

// outcome is the case that Send tells the truth when the provider behaves in
// one way.
func outcome(b Behaviour, want channel.Outcome, rule string, more func(*channel.SendError) error) testCase {
	return testCase{
		name: "Outcome/" + b.String(),
		rule: rule,
		run: func(e *env) error {
			a, err := e.send(b, e.outbound("channeltest-1"))
			if err != nil {
				return err
			}
			taken := false
			for _, r := range e.Requests() {
				taken = taken || r.Taken
			}
			if taken != (want == channel.Uncertain) {
				return fmt.Errorf("harness: Requests says Taken: %v, which is not what a provider does that behaves like %v", taken, b)
			}
			if a.err == nil {
				return errors.New("Send returned no error")
			}
			failure := channel.AsSendError(a.err)
			if failure.Outcome != want {
				return fmt.Errorf("Send says that the message is %q, but it is %q: %w", failure.Outcome, want, a.err)
			}
			if more != nil {
				return more(failure)
			}
			return nil
		},
	}
}
