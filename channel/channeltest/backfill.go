package channeltest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func backfillCases() []testCase {
	return []testCase{{
		name: "Backfill/Order",
		rule: "Backfill calls yield in the order of arrival. Messages that webhooks delivered as well carry the same provider id.",
		run:  backfillOrder,
	}, {
		name: "Backfill/Late",
		rule: "Late says that the message was fetched by a backfill.",
		run:  backfillLate,
	}, {
		name: "Backfill/Since",
		rule: "A Backfiller can list what came in since a moment.",
		run:  backfillSince,
	}, {
		name: "Backfill/StopsAtError",
		rule: "Backfill stops at yield's first error, which it returns.",
		run:  backfillStopsAtError,
	}, {
		name: "Backfill/ContextEnded",
		rule: "[What can't be listed is an error, so that the engine asks again.]",
		run:  backfillContextEnded,
	}}
}

// arrived delivers n messages and returns the Backfiller and their ids.
func (e *env) arrived(n int) (channel.Backfiller, []string, error) {
	b, ok := e.Channel.(channel.Backfiller)
	if !ok {
		return nil, nil, skipf("the channel is no channel.Backfiller")
	}
	if e.Deliver == nil {
		return nil, nil, errors.New("harness: the channel is a channel.Backfiller, but Instance.Deliver is nil")
	}
	var ids []string
	for i := range n {
		id, err := e.deliver(e.Customer(i%3), fmt.Sprintf("message %d", i))
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, id)
	}
	return b, ids, nil
}

// collect lists what came in since a moment.
func (e *env) collect(b channel.Backfiller, since time.Time) ([]channel.Inbound, error) {
	var all []channel.Inbound
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	err := b.Backfill(ctx, since, func(m channel.Inbound) error {
		all = append(all, m)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("Backfill failed: %w", err)
	}
	return all, nil
}

// longAgo is well before anything that a case delivers, yet not so far that a
// provider would refuse it.
func (e *env) longAgo() time.Time { return e.Now().Add(-48 * time.Hour) }

func backfillOrder(e *env) error {
	const n = 7
	b, want, err := e.arrived(n)
	if err != nil {
		return err
	}
	all, err := e.collect(b, e.longAgo())
	if err != nil {
		return err
	}
	var got []string
	for i, m := range all {
		got = append(got, m.ProviderID)
		if i < n && (m.From != e.Customer(i%3) || m.To != e.From || m.Text != fmt.Sprintf("message %d", i)) {
			return fmt.Errorf("message %d came as %q from %s to %s", i, m.Text, m.From.Masked(), m.To.Masked())
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("Backfill listed %q, what came in was %q", got, want)
	}
	return nil
}

func backfillLate(e *env) error {
	b, _, err := e.arrived(1)
	if err != nil {
		return err
	}
	all, err := e.collect(b, e.longAgo())
	if err != nil {
		return err
	}
	if len(all) != 1 || !all[0].Late {
		return fmt.Errorf("Backfill listed one message as %+v", all)
	}
	return nil
}

func backfillSince(e *env) error {
	b, want, err := e.arrived(3)
	if err != nil {
		return err
	}
	all, err := e.collect(b, e.longAgo())
	if err != nil {
		return err
	}
	for i, m := range all {
		if m.SentAt.IsZero() {
			continue
		}
		rest, err := e.collect(b, m.SentAt)
		if err != nil {
			return err
		}
		// Older messages may come as well: they are known by their ids.
		listed := map[string]bool{}
		for _, r := range rest {
			listed[r.ProviderID] = true
		}
		for _, id := range want[i:] {
			if !listed[id] {
				return fmt.Errorf("since the moment of message %d Backfill misses the message %q, which came no earlier", i, id)
			}
		}
	}
	future, err := e.collect(b, e.Now().Add(48*time.Hour))
	if err != nil {
		return err
	}
	if len(future) > 0 {
		return fmt.Errorf("Backfill listed %d messages for a moment two days ahead", len(future))
	}
	return nil
}

func backfillStopsAtError(e *env) error {
	b, _, err := e.arrived(4)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	calls := 0
	err = b.Backfill(ctx, e.longAgo(), func(channel.Inbound) error {
		if calls++; calls >= 2 {
			return errSink
		}
		return nil
	})
	if calls != 2 {
		return fmt.Errorf("yield failed at its second call and was called %d times", calls)
	}
	if !errors.Is(err, errSink) {
		return fmt.Errorf("Backfill returned %w instead of yield's error", err)
	}
	return nil
}

func backfillContextEnded(e *env) error {
	b, _, err := e.arrived(1)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = b.Backfill(ctx, e.longAgo(), func(channel.Inbound) error { return nil })
	if err == nil {
		return errors.New("Backfill returned no error although its context had ended before")
	}
	return leakOfError(err, e.private(e.outbound("")))
}
