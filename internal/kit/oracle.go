package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Oracle is an implementation that is asked questions Q and gives answers A:
// a router or a responder. Its methods are the rules that hold for both.
type Oracle[Q, A any] struct {
	Method   string // the name of what is called, for what is wrong
	Ask      func(ctx context.Context, q Q) (A, error)
	Patience time.Duration
	Varies   bool // the same question may have different answers

	// Questions makes what is asked, anew each time.
	Questions func() []Q
	// About makes the first message of the nth customer, n from 0 to 99.
	About func(n int, text string) Q
}

// ask asks for as long as patience allows.
func (o Oracle[Q, A]) ask(ctx context.Context, q Q) (A, error) {
	return Call(o.Patience, func() (A, error) { return o.Ask(ctx, q) })
}

// answer asks a question that must have an answer.
func (o Oracle[Q, A]) answer(q Q, when string) (A, error) {
	a, err := o.ask(context.Background(), q)
	if err != nil {
		return a, fmt.Errorf("%s failed%s: %w", o.Method, when, err)
	}
	return a, nil
}

// conduct asks a question that may have an error for an answer.
func (o Oracle[Q, A]) conduct(ctx context.Context, q Q, when string) error {
	_, err := o.ask(ctx, q)
	var m *Misconduct
	if errors.As(err, &m) {
		return fmt.Errorf("%s%s %w", o.Method, when, m)
	}
	return nil
}

func different[A any](a, b A) string { return cmp.Diff(a, b, cmpopts.EquateEmpty()) }

// Each calls check with the answer to each question.
func (o Oracle[Q, A]) Each(check func(q Q, a A) error) error {
	for i, q := range o.Questions() {
		a, err := o.answer(q, "")
		if err == nil {
			err = check(q, a)
		}
		if err != nil {
			return fmt.Errorf("question %d: %w", i, err)
		}
	}
	return nil
}

// Answers wants an answer to every question.
func (o Oracle[Q, A]) Answers() error { return o.Each(func(Q, A) error { return nil }) }

// Hostile wants no panic about hostile texts.
func (o Oracle[Q, A]) Hostile() error {
	for _, text := range Texts() {
		if err := o.conduct(context.Background(), o.About(0, text), fmt.Sprintf(" about a text of %d bytes", len(text))); err != nil {
			return err
		}
	}
	return nil
}

// ContextEnded wants a return though the context has ended before.
func (o Oracle[Q, A]) ContextEnded() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, q := range o.Questions() {
		if err := o.conduct(ctx, q, ", with a context that had ended before,"); err != nil {
			return err
		}
	}
	return nil
}

// Stuck wants a return when the context ends, of an oracle one of whose
// sources never answers.
func (o Oracle[Q, A]) Stuck() error {
	for _, q := range o.Questions() {
		// The kit can't see when the oracle waits for its source; the context
		// ends soon, before or after that.
		ctx, cancel := context.WithTimeout(context.Background(), o.Patience/100)
		err := o.conduct(ctx, q, ", when its context ends while a source does not answer,")
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// Concurrent wants the same answers whether one customer is asked about or
// many at once.
func (o Oracle[Q, A]) Concurrent() error {
	const customers, rounds = 16, 8
	alone := make([]A, customers)
	for i := range alone {
		a, err := o.answer(o.About(i, "Is my table ready?"), "")
		if err != nil {
			return err
		}
		alone[i] = Fresh(a)
	}
	return Together(customers, func(i int) error {
		for range rounds {
			together, err := o.answer(o.About(i, "Is my table ready?"), " while others were asked about")
			if err != nil {
				return err
			}
			if diff := different(alone[i], together); !o.Varies && diff != "" {
				return fmt.Errorf("%s answered otherwise while others were asked about (-alone +together):\n%s", o.Method, diff)
			}
		}
		return nil
	})
}

// Unchanged wants questions to stay what they are.
func (o Oracle[Q, A]) Unchanged() error {
	for _, q := range o.Questions() {
		changed := Watch(q)
		if err := o.conduct(context.Background(), q, ""); err != nil {
			return err
		}
		if err := changed(); err != nil {
			return fmt.Errorf("%s %w", o.Method, err)
		}
	}
	return nil
}

// KeepsNothing spoils questions after they have been answered, and wants
// nothing of it in later answers.
func (o Oracle[Q, A]) KeepsNothing() error {
	const spoilt = "spoilt-after-the-answer"
	for _, q := range o.Questions() {
		behind := q
		if _, err := o.answer(q, ""); err != nil {
			return err
		}
		Poison(&behind, spoilt)
		for _, next := range o.Questions() {
			a, err := o.answer(next, " after an earlier question was changed")
			if err != nil {
				return err
			}
			text, err := json.Marshal(a)
			if err != nil {
				return fmt.Errorf("reading an answer: %w", err)
			}
			if strings.Contains(string(text), spoilt) {
				return fmt.Errorf("an answer of %s holds what an earlier question was changed to", o.Method)
			}
		}
	}
	return nil
}

// SameAgain wants the same answer to the same question.
func (o Oracle[Q, A]) SameAgain() error {
	for _, q := range o.Questions() {
		first, err := o.answer(Fresh(q), "")
		if err != nil {
			return err
		}
		first = Fresh(first)
		again, err := o.answer(Fresh(q), " the second time")
		if err != nil {
			return err
		}
		if diff := different(first, again); diff != "" {
			return fmt.Errorf("%s answered the same otherwise (-first +second):\n%s", o.Method, diff)
		}
	}
	return nil
}
