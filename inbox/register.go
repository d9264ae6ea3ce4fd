package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// RegisterChecker asks the registers of those who want no advertising, for messages
// about which the policy has decided compliance.NeedsRegister. It is asked with no
// transaction open, from many goroutines at once, before a message is sent. What it
// says is kept with the message, see compliance.Record.
type RegisterChecker interface {
	// CheckRegister says whether the owner of an address is in the register of a
	// jurisdiction, whose code is one of the policy's table, like "US" or "SG". It
	// may take as long as its context allows. After an error, or an answer that is
	// older than compliance.RegisterTerm, the message waits and it is asked again a
	// minute later; a message for which no answer can be had within a day is not
	// sent.
	CheckRegister(ctx context.Context, code string, a channel.Address) (compliance.Listing, error)
}

const (
	// registerTimeout bounds a call of the checker.
	registerTimeout = 10 * time.Second

	// registerPause is how long after a call that failed it is called again.
	registerPause = time.Minute

	// registerPatience is for how long an answer is waited for.
	registerPatience = 24 * time.Hour
)

// registerJob is a message for which registers have to be asked.
type registerJob struct {
	task    store.Task
	message store.Message
	codes   []string
}

// askRegisters asks them, with no transaction open.
func (in *Inbox) askRegisters(ctx context.Context, lease store.Lease, job *registerJob) ([]compliance.Listing, error) {
	in.work.doing(lease, "register")
	ctx, end := in.telemetry.span(ctx, "register", trace.SpanKindClient, job.message.Conversation, job.message.ID)
	var all []compliance.Listing
	var err error
	for _, code := range job.codes {
		var l compliance.Listing
		l, err = ask(ctx, in, registerTimeout, func(ctx context.Context) (compliance.Listing, error) {
			return in.cfg.Registers.CheckRegister(ctx, code, job.message.To)
		})
		switch {
		case err != nil:
		case l.AsOf.IsZero() || l.AsOf.After(in.now().Add(clockSkew)):
			err = errors.New("inbox: Config.Registers gave an answer whose AsOf is zero or in the future")
		case !l.AsOf.After(in.now().Add(-compliance.RegisterTerm)):
			err = errors.New("inbox: Config.Registers gave an answer that is older than compliance.RegisterTerm")
		}
		if err != nil {
			break
		}
		l.Code = code
		all = append(all, l)
	}
	end(err)
	return all, err
}

// applyRegisters keeps the answers with the message, which is then decided about
// again, or lets it wait for them.
func (in *Inbox) applyRegisters(t *tx, conv store.Conversation, job *registerJob, answers []compliance.Listing, failure error) error {
	m, err := store.One(t.Messages(job.message.ID))
	if err != nil {
		return err
	}
	if !waits(m.State) {
		return nil // a report or a person was faster
	}
	if failure == nil {
		kept := compliance.Record{At: t.now}
		if m.Decision != nil {
			kept = *m.Decision
		}
		kept.Registers = mergeListings(kept.Registers, answers)
		m.Decision = &kept
		decision, err := in.gate(t, conv, &m)
		if err != nil {
			return err
		}
		again := func(code string) bool {
			return slices.ContainsFunc(answers, func(l compliance.Listing) bool { return l.Code == code })
		}
		if decision.Verdict != compliance.NeedsRegister || !slices.ContainsFunc(decision.Registers, again) {
			return t.PutMessages(m)
		}
		failure = errors.New("inbox: the opt-out policy does not take the answer")
	}
	reason := "the register of those who want no advertising could not be asked: it " + failing(failure)
	due := later(m.CreatedAt, planOf(m).NotBefore)
	if t.now.Sub(due) >= registerPatience {
		return in.finish(t, conv, m, job.task, store.StateBlocked, "", reason+", for a day")
	}
	return in.postpone(t, conv, m, job.task, store.StateDeferred, compliance.Decision{Until: t.now.Add(registerPause), Reason: reason})
}

// mergeListings returns the answers of registers, the later ones in the place of
// earlier ones of the same register.
func mergeListings(had, answers []compliance.Listing) []compliance.Listing {
	merged := slices.Clone(answers)
	for _, l := range had {
		if !slices.ContainsFunc(answers, func(a compliance.Listing) bool { return a.Code == l.Code }) {
			merged = append(merged, l)
		}
	}
	return merged
}
