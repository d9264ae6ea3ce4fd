package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/sources"
	"github.com/teaminbox/teaminbox/store"
)

// engine takes messages in as a host does, and works on them if it is to run.
type engine struct {
	in     *inbox.Inbox
	store  opened
	prefix string
	stop   context.CancelFunc
	run    sync.WaitGroup
	err    error // of Run
}

// silent is a channel that sends nothing.
func silent() channel.Channel {
	return channel.Func(channelName, func(context.Context, channel.Outbound) (channel.Receipt, error) {
		return channel.Receipt{State: channel.DeliverySent}, nil
	})
}

func newInbox(db store.Store) (*inbox.Inbox, error) {
	return inbox.New(inbox.Config{Store: db, Channels: []channel.Channel{silent()}, Logger: slog.New(slog.DiscardHandler)})
}

func newEngine(ctx context.Context, j job) (*engine, error) {
	db, err := openStore(ctx, j.Store, j.URL)
	if err != nil {
		return nil, err
	}
	in, err := newInbox(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	e := &engine{in: in, store: db, prefix: sources.Real().Name()}
	ctx, e.stop = context.WithCancel(ctx)
	if j.Role == "running" {
		e.run.Go(func() { e.err = in.Run(ctx) })
	}
	return e, nil
}

func (e *engine) receive(ctx context.Context, n int64, from int) error {
	_, err := e.in.Receive(ctx, channelName, channel.Inbound{ProviderID: fmt.Sprintf("SM%s%d", e.prefix, n), From: customer(from), To: ours, Text: text(int(n))})
	return err
}

func (e *engine) close() error {
	e.stop()
	e.run.Wait()
	return errors.Join(e.err, e.store.Close())
}
