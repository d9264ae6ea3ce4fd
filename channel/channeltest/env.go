package channeltest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// env is what a case works with: an instance with its defaults filled in.
type env struct {
	Instance
	t        testing.TB
	h        Harness
	patience time.Duration
}

const defaultPatience = 10 * time.Second

func newEnv(t testing.TB, h Harness) (*env, error) {
	if h.New == nil {
		return nil, errors.New("harness: New is nil")
	}
	e := &env{Instance: h.New(t), t: t, h: h, patience: h.Patience}
	if e.patience <= 0 {
		e.patience = defaultPatience
	}
	switch {
	case e.Channel == nil:
		return nil, errors.New("harness: Instance.Channel is nil")
	case e.From == "" || e.To == "":
		return nil, errors.New("harness: Instance.From or Instance.To is empty")
	case e.Requests == nil:
		return nil, errors.New("harness: Instance.Requests is nil")
	}
	if e.Behave == nil {
		e.Behave = func(b Behaviour) bool { return b == Accept }
	}
	if e.Customer == nil {
		ours, to := e.From, e.To
		e.Customer = func(n int) channel.Address { return customer(ours, to, n) }
	}
	if e.ProviderID == nil {
		e.ProviderID = func(n int) string { return fmt.Sprintf("channeltest-%d", n) }
	}
	if e.Now == nil {
		e.Now = time.Now //nolint:forbidigo // what a provider has that is not told otherwise
	}
	return e, nil
}

// again returns an env with a fresh channel and provider.
func (e *env) again() (*env, error) { return newEnv(e.t, e.h) }

// customer replaces the last two characters of a customer's address, so that
// the nth is neither this customer's nor ours.
func customer(ours, to channel.Address, n int) channel.Address {
	stem := to[:max(len(to)-2, 0)]
	for suffix := 0; ; suffix++ {
		a := channel.Address(fmt.Sprintf("%s%02d", stem, suffix))
		if a == ours || a == to {
			continue
		}
		if n == 0 {
			return a
		}
		n--
	}
}

// body is a text that appears nowhere by accident.
const body = "Tuesday at noon suits zebra-8841"

func (e *env) outbound(id string) channel.Outbound {
	return channel.Outbound{ID: id, From: e.From, To: e.To, Text: body}
}

// attempt is what one call of Send returned.
type attempt struct {
	receipt channel.Receipt
	err     error
}

// send sends through a provider that behaves as given. If the provider hangs,
// the context is ended once the provider has seen the request. The error is a
// skip if the harness can't show the behaviour.
func (e *env) send(b Behaviour, m channel.Outbound) (attempt, error) {
	if !e.Behave(b) {
		return attempt{}, skipf("the harness can't show the behaviour %v", b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := len(e.Requests())
	result := make(chan attempt, 1)
	go func() {
		receipt, err := e.Channel.Send(ctx, m)
		result <- attempt{receipt, err}
	}()
	if b == Hang {
		seen := e.await(func() bool { return len(e.Requests()) > before || len(result) > 0 })
		if !seen {
			return attempt{}, fmt.Errorf("the provider saw no request within %v", e.patience)
		}
		cancel()
	}
	limit := time.NewTimer(e.patience)
	defer limit.Stop()
	select {
	case a := <-result:
		return a, nil
	case <-limit.C:
	}
	if b == Hang {
		return attempt{}, fmt.Errorf("Send did not return within %v of the end of its context", e.patience)
	}
	return attempt{}, fmt.Errorf("Send did not return within %v (%v)", e.patience, b)
}

// accept sends through a provider that accepts.
func (e *env) accept(m channel.Outbound) (channel.Receipt, error) {
	a, err := e.send(Accept, m)
	switch {
	case err != nil:
		return channel.Receipt{}, err
	case a.err != nil:
		return channel.Receipt{}, fmt.Errorf("Send failed although the provider accepted the message: %w", a.err)
	}
	return a.receipt, nil
}

// onlyRequest returns the one request that the provider must have seen.
func (e *env) onlyRequest() (Request, error) {
	all := e.Requests()
	if len(all) != 1 {
		return Request{}, fmt.Errorf("the provider saw %d requests for one call of Send", len(all))
	}
	return all[0], nil
}

// eachBehaviour sends one message in every way that the provider can show,
// through a fresh channel each time.
func (e *env) eachBehaviour(check func(e *env, b Behaviour, m channel.Outbound, a attempt) error) error {
	for b := range behaviours {
		e, err := e.again()
		if err != nil {
			return err
		}
		m := e.outbound("channeltest-1")
		a, err := e.send(b, m)
		if isSkip(err) {
			continue
		}
		if err == nil {
			err = check(e, b, m, a)
		}
		if err != nil {
			return fmt.Errorf("when the provider does %v: %w", b, err)
		}
	}
	return nil
}

// await looks again and again until cond holds or patience ends, and reports
// whether cond held.
func (e *env) await(cond func() bool) bool {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	limit := time.NewTimer(e.patience)
	defer limit.Stop()
	for {
		if cond() {
			return true
		}
		select {
		case <-ticker.C:
		case <-limit.C:
			return cond()
		}
	}
}
