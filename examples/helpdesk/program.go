package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/inbox"
)

// shutdownTimeout bounds how long open requests may take when the program
// ends.
const shutdownTimeout = 10 * time.Second

// program is the host: an engine, and what the outside reaches it by.
type program struct {
	engine *inbox.Inbox
	log    *slog.Logger
}

// run starts everything, says where it is, and works until ctx ends. Then it
// takes no more requests, finishes what it has begun, and returns nil.
func run(ctx context.Context, cfg config, log *slog.Logger, out io.Writer) (err error) {
	db, err := openStore(ctx, cfg.db, log)
	if err != nil {
		return err
	}
	//nolint:contextcheck // it is closed after ctx has ended
	defer func() { err = errors.Join(err, db.Close()) }()

	line, err := newLine(cfg)
	if err != nil {
		return err
	}
	engine, err := inbox.New(inbox.Config{
		Store: db, Channels: []channel.Channel{line.channel()}, LeaseTTL: cfg.leaseTTL, PseudonymSecrets: cfg.secrets, Logger: log,
		OptOut: optOut(),
	})
	if err != nil {
		return err
	}
	if err := seed(ctx, engine.Admin(inbox.DefaultAccount), line.channel().Name(), line.addresses()); err != nil {
		return err
	}
	p := &program{engine: engine, log: log}

	closing := make(chan struct{})
	mux, err := p.newMux(closing)
	if err != nil {
		return err
	}
	if err := line.mount(mux, engine, closing); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.addr)
	if err != nil {
		return fmt.Errorf("helpdesk: -addr: %w", err)
	}
	server := newServer(secure(mux))
	server.RegisterOnShutdown(sync.OnceFunc(func() { close(closing) }))
	line.announce(out, "http://"+listener.Addr().String())
	return p.serve(ctx, server, listener)
}

// serve answers requests and runs the engine until ctx ends or one of the two
// fails.
func (p *program) serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	working, rest := context.WithCancel(context.WithoutCancel(ctx))
	defer rest()
	go func() { ran <- p.engine.Run(working) }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener); stop() }()

	<-ctx.Done()
	p.log.Info("ending: no more requests are taken, what was begun is finished")
	// The engine rests after the last request, so that nothing taken in waits
	// for the next start without need.
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(deadline)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	rest()
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return errors.Join(err, <-ran)
}
