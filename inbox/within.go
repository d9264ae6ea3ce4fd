package inbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/store"
)

// Tx is the inbox in a transaction of the host's: what is changed through it is
// there when the host commits, together with the host's own rows, and otherwise
// never was. See [Inbox.Within].
//
// A call that fails leaves nothing behind, and the transaction can go on.
type Tx struct{ in *Inbox }

// Within returns the inbox as it is in a transaction of the host's, which is
// what store/postgres and store/sqlite make a Store of:
//
//	reply, err := in.Within(db.Within(tx)).Agent(account, "alice").Reply(ctx, conversation, draft)
//
// With any other Store each call is a transaction of its own, as it is on the
// Inbox.
//
// Replies are sent, routers asked and events shown when the host has committed,
// by whichever engine on the same Store is in [Inbox.Run]; nobody has to be
// told. A message that Within has queued passes the gate again before it is
// sent, like any other.
//
// A Tx is used by one goroutine at a time, and until the transaction ends.
func (in *Inbox) Within(s store.Store) *Tx {
	joined := &Inbox{parts: in.parts, store: s, directory: directoryCache{off: true}, commits: joiner{s, in.parts}}
	joined.feeds.init(in.now, in.cfg.PollInterval, joined.readPages)
	joined.work.init(0, in.now) // there is no room: turns are for those who see the commit
	return &Tx{in: joined}
}

// Agent returns the handle of a user of an account. Its Events wait for nothing
// that others do.
func (x *Tx) Agent(account store.AccountID, user store.UserID) *Agent {
	return x.in.Agent(account, user)
}

// Admin returns the handle by which an account is managed.
func (x *Tx) Admin(account store.AccountID) *Admin { return x.in.Admin(account) }

// Receive takes in a message, as [Inbox.Receive] does: a host that takes it out
// of a table of its own does both, or neither.
func (x *Tx) Receive(ctx context.Context, channelName string, m channel.Inbound) (Acceptance, error) {
	return x.in.Receive(ctx, channelName, m)
}

// Status takes in a provider's report on an outbound message, as
// [Inbox.Status] does.
func (x *Tx) Status(ctx context.Context, channelName string, u channel.StatusUpdate) error {
	return x.in.Status(ctx, channelName, u)
}

// Consent takes in what a provider reports about a customer's consent, as
// [Inbox.Consent] does.
func (x *Tx) Consent(ctx context.Context, channelName string, u channel.ConsentUpdate) error {
	return x.in.Consent(ctx, channelName, u)
}

// joiner makes changes in a transaction that the host commits. It can't batch:
// others' changes are not the host's.
type joiner struct {
	store store.Store
	parts
}

func (j joiner) do(ctx context.Context, _ bool, apply func(*tx) error, expects ...expectation) error {
	var moves []moved
	for try := 1; ; try++ {
		err := j.store.Update(ctx, func(s store.Tx) error {
			t := newTx(s, j.now(), j.cfg.PseudonymSecrets)
			if err := prefetch(t, []*change{{expects: expects}}); err != nil {
				return err
			}
			err := protect(func() error { return apply(t) })
			moves = t.moves
			return err
		})
		switch {
		case err == nil:
			j.telemetry.moved(ctx, moves)
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("inbox: %w", errors.Join(ctx.Err(), err))
		case try == commitTries || !retryable(err):
			return err
		}
	}
}

func (joiner) length() int { return 0 }
