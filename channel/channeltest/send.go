package channeltest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/teaminbox/teaminbox/channel"
)

func sendCases() []testCase {
	return []testCase{{
		name: "Send/Receipt",
		rule: "A nil error means that the provider has taken the message over. [Receipt: the provider's id, DeliveryAccepted if the provider says no more.]",
		run:  sendReceipt,
	}, {
		name: "Send/Text",
		rule: "Send sends From, To and Text as they are.",
		run:  sendText,
	}, {
		name: "Send/Media",
		rule: "Media: outbound, URL is where the provider fetches it.",
		run:  sendMedia,
	}, {
		name: "Send/Template",
		rule: "Template: the provider's id of it and values by placeholder.",
		run:  sendTemplate,
	}, {
		name: "Send/MessageID",
		rule: "A channel makes [Outbound.ID] come back with every status update, so that an uncertain send can be settled.",
		run:  sendMessageID,
	}, {
		name: "Send/SameTextTwice",
		rule: "Two calls of Send are two messages, whatever they say.",
		run:  sendSameTextTwice,
	}, {
		name: "Send/Concurrent",
		rule: "The engine calls Send from many goroutines at once.",
		run:  sendConcurrent,
	}, {
		name: "Send/NotRetried",
		rule: "Send must not retry: the engine does, and only when the channel says that nothing was sent.",
		run:  sendNotRetried,
	}, {
		name: "Send/OutboundUnchanged",
		rule: "The Outbound belongs to the caller.",
		run:  sendOutboundUnchanged,
	}, {
		name: "Send/KeepsNothing",
		rule: "Send must not keep the Outbound or anything that it points to.",
		run:  sendKeepsNothing,
	}, {
		name: "Send/ContextAlreadyEnded",
		rule: "Send must return soon after the context ends. NotSent: the message certainly was not sent.",
		run:  sendContextAlreadyEnded,
	}}
}

func sendReceipt(e *env) error {
	receipt, err := e.accept(e.outbound("channeltest-1"))
	if err != nil {
		return err
	}
	got, err := e.onlyRequest()
	if err != nil {
		return err
	}
	switch {
	case !got.Taken:
		return errors.New("Send returned no error, but the provider has not taken the message")
	case receipt.ProviderID == "":
		return errors.New("Send returned no error and no ProviderID")
	case receipt.ProviderID != got.ProviderID:
		return fmt.Errorf("the receipt says ProviderID %q, the provider gave the id %q", receipt.ProviderID, got.ProviderID)
	case receipt.State < channel.DeliveryAccepted || receipt.State > channel.DeliveryRead:
		return fmt.Errorf("the receipt's state is %v (%d)", receipt.State, receipt.State)
	case receipt.Segments < 0:
		return fmt.Errorf("the receipt has %d segments", receipt.Segments)
	}
	return nil
}

// texts are bodies that careless encoding damages.
var texts = []string{
	"Your table is ready",
	"100% sure? a=1&b=2+3; #1 \"quoted\" 'single' \\ back/slash <b>&amp;</b>",
	"Grüße — ça va? Привет, мир. 你好 مرحبا",
	"👩‍👩‍👧‍👦 and é (combined), \u200bzero width",
	"two\nlines\tand a tab",
}

func sendText(e *env) error {
	for i, text := range texts {
		m := e.outbound(fmt.Sprintf("channeltest-%d", i))
		m.Text = text
		if _, err := e.accept(m); err != nil {
			return fmt.Errorf("text %q: %w", text, err)
		}
		all := e.Requests()
		if len(all) != i+1 {
			return fmt.Errorf("after %d sends the provider has seen %d requests", i+1, len(all))
		}
		got := all[i]
		if got.Text != text {
			return fmt.Errorf("the provider got the text %q for %q", got.Text, text)
		}
		if got.From != m.From || got.To != m.To {
			return fmt.Errorf("the provider got from %q to %q for a message from %q to %q", got.From, got.To, m.From, m.To)
		}
	}
	return nil
}

func sendMedia(e *env) error {
	if e.Media.URL == "" {
		return skipf("the harness has no Media")
	}
	m := e.outbound("channeltest-1")
	m.Media = []channel.Media{e.Media}
	if _, err := e.accept(m); err != nil {
		return err
	}
	got, err := e.onlyRequest()
	if err != nil {
		return err
	}
	return sameMedia(got.Media, m.Media)
}

func sameMedia(got, want []channel.Media) error {
	urls := func(media []channel.Media) (all []string) {
		for _, m := range media {
			all = append(all, m.URL)
		}
		return all
	}
	if diff := cmp.Diff(urls(want), urls(got)); diff != "" {
		return fmt.Errorf("the provider got other media (-want +got):\n%s", diff)
	}
	return nil
}

// templated returns a message with the harness's template, whose variables
// are a copy.
func (e *env) templated(id string) channel.Outbound {
	m := e.outbound(id)
	m.Text = ""
	t := *e.Template
	t.Variables = maps.Clone(t.Variables)
	m.Template = &t
	return m
}

func sendTemplate(e *env) error {
	if e.Template == nil {
		return skipf("the harness has no Template")
	}
	if _, err := e.accept(e.templated("channeltest-1")); err != nil {
		return err
	}
	got, err := e.onlyRequest()
	if err != nil {
		return err
	}
	return sameTemplate(got.Template, e.Template)
}

func sameTemplate(got, want *channel.Template) error {
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("the provider got another template (-want +got):\n%s", diff)
	}
	return nil
}

func sendMessageID(e *env) error {
	m := e.outbound("9007199254740993") // an id of the engine, above what JavaScript's numbers hold
	if _, err := e.accept(m); err != nil {
		return err
	}
	got, err := e.onlyRequest()
	if err != nil {
		return err
	}
	if got.MessageID != m.ID {
		return fmt.Errorf("the message %q reached the provider with the id %q", m.ID, got.MessageID)
	}
	return nil
}

func sendSameTextTwice(e *env) error {
	first, err := e.accept(e.outbound("channeltest-1"))
	if err != nil {
		return err
	}
	second, err := e.accept(e.outbound("channeltest-2"))
	if err != nil {
		return err
	}
	if n := len(e.Requests()); n != 2 {
		return fmt.Errorf("the provider saw %d requests for two calls of Send", n)
	}
	if first.ProviderID == second.ProviderID {
		return fmt.Errorf("two messages have the ProviderID %q", first.ProviderID)
	}
	return nil
}

func sendConcurrent(e *env) error {
	const n = 48
	type result struct {
		id string
		attempt
	}
	results := make(chan result, n)
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			m := e.outbound(fmt.Sprintf("channeltest-%d", i))
			m.To = e.Customer(i)
			m.Text = fmt.Sprintf("message %d", i)
			start.Wait()
			receipt, err := e.Channel.Send(ctx, m)
			results <- result{m.ID, attempt{receipt, err}}
		})
	}
	start.Done()
	done.Wait()
	close(results)
	receipts := map[string]string{}
	for r := range results {
		if r.err != nil {
			return fmt.Errorf("one of %d concurrent calls of Send failed: %w", n, r.err)
		}
		receipts[r.receipt.ProviderID] = r.id
	}
	if len(receipts) != n {
		return fmt.Errorf("%d concurrent calls of Send returned %d different ProviderIDs", n, len(receipts))
	}
	for _, got := range e.Requests() {
		if !got.Taken {
			return fmt.Errorf("the provider refused message %q although it accepts", got.MessageID)
		}
		want, known := receipts[got.ProviderID]
		if !known || want != got.MessageID {
			return fmt.Errorf("the provider's message %q is our %q, the receipt was given for %q", got.ProviderID, got.MessageID, want)
		}
		delete(receipts, got.ProviderID)
	}
	if len(receipts) > 0 {
		return fmt.Errorf("%d messages have a receipt but never reached the provider", len(receipts))
	}
	return nil
}

func sendNotRetried(e *env) error {
	return e.eachBehaviour(func(e *env, b Behaviour, _ channel.Outbound, _ attempt) error {
		if n := len(e.Requests()); n > 1 {
			return fmt.Errorf("the provider saw %d requests for one call of Send", n)
		}
		return nil
	})
}

func sendContextAlreadyEnded(e *env) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	result := make(chan error, 1)
	go func() {
		_, err := e.Channel.Send(ctx, e.outbound("channeltest-1"))
		result <- err
	}()
	limit := time.NewTimer(e.patience)
	defer limit.Stop()
	select {
	case err := <-result:
		switch {
		case len(e.Requests()) > 0:
			return errors.New("Send made a request although its context had ended before")
		case err == nil:
			return errors.New("Send returned no error although its context had ended before")
		case channel.AsSendError(err).Outcome != channel.NotSent:
			return fmt.Errorf("Send said that the message is %q although its context had ended before and nothing was sent", channel.AsSendError(err).Outcome)
		}
		return nil
	case <-limit.C:
		return fmt.Errorf("Send did not return within %v although its context had ended before", e.patience)
	}
}
