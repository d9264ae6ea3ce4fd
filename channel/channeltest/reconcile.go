package channeltest

import (
	"context"
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
)

func reconcileCases() []testCase {
	return []testCase{{
		name: "Reconcile/Taken",
		rule: "Reconcile returns the receipt and true if the provider has the message.",
		run:  reconcileTaken,
	}, {
		name: "Reconcile/NotTaken",
		rule: "Reconcile returns false if the provider certainly has not the message, and an error if that can't be told yet.",
		run:  reconcileNotTaken,
	}, {
		name: "Reconcile/ContextEnded",
		rule: "Reconcile returns an error if it can't be told whether the provider has the message.",
		run:  reconcileContextEnded,
	}}
}

func (e *env) reconciler() (channel.Reconciler, error) {
	r, ok := e.Channel.(channel.Reconciler)
	if !ok {
		return nil, skipf("the channel is no channel.Reconciler")
	}
	return r, nil
}

// lost are the behaviours after which the provider has a message and the
// channel does not know it.
var lost = []Behaviour{ServerError, UnreadableSuccess, ResetAfterWrite, Hang}

func reconcileTaken(e *env) error {
	if _, err := e.reconciler(); err != nil {
		return err
	}
	shown := 0
	for _, b := range lost {
		e, err := e.again()
		if err != nil {
			return err
		}
		r, err := e.reconciler()
		if err != nil {
			return err
		}
		m, attempted := e.outbound("710001"), e.Now()
		_, err = e.send(b, m)
		if isSkip(err) {
			continue
		}
		if err != nil {
			return err
		}
		shown++
		e.Behave(Accept)
		seen, err := e.onlyRequest()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), e.patience)
		receipt, found, err := r.Reconcile(ctx, m, attempted)
		cancel()
		switch {
		case err != nil:
			return fmt.Errorf("after %v Reconcile failed: %w", b, err)
		case !found:
			return fmt.Errorf("after %v Reconcile says that the provider has not the message, but it has", b)
		case receipt.ProviderID != seen.ProviderID:
			return fmt.Errorf("after %v Reconcile returned the ProviderID %q instead of %q", b, receipt.ProviderID, seen.ProviderID)
		case receipt.State == channel.DeliveryUnknown:
			return fmt.Errorf("after %v Reconcile returned a receipt without a state", b)
		}
	}
	if shown == 0 {
		return skipf("the harness can show none of the behaviours %v", lost)
	}
	return nil
}

func reconcileNotTaken(e *env) error {
	r, err := e.reconciler()
	if err != nil {
		return err
	}
	// Neighbours that must not be taken for it: another customer's message,
	// and another message to the same customer.
	other := e.outbound("710001")
	other.To = e.Customer(1)
	if _, err := e.accept(other); err != nil {
		return err
	}
	other = e.outbound("710002")
	other.Text = "another text"
	if _, err := e.accept(other); err != nil {
		return err
	}
	m := e.outbound("710003")
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	receipt, found, err := r.Reconcile(ctx, m, e.Now())
	if found {
		return fmt.Errorf("Reconcile found a message that was never sent, with the ProviderID %q", receipt.ProviderID)
	}
	return leakOfError(err, e.private(m))
}

func reconcileContextEnded(e *env) error {
	r, err := e.reconciler()
	if err != nil {
		return err
	}
	m := e.outbound("710001")
	attempted := e.Now()
	if _, err := e.accept(m); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, found, err := r.Reconcile(ctx, m, attempted)
	if !found && err == nil {
		return errors.New("Reconcile says that the provider has not the message, but it has: its context had ended before it could ask")
	}
	return leakOfError(err, e.private(m))
}
