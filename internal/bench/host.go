package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
)

// webhookPath is where a host serves its provider's webhooks.
const webhookPath = "/webhooks/twilio"

// order is what a host is told to do.
type order struct {
	Do    string
	Count int
}

// host serves webhooks in a process of its own, as a program does that embeds
// the engine.
type host interface {
	http.Handler
	obey(ctx context.Context, o order) error
	close() error
}

func newHost(ctx context.Context, j job, public string) (host, error) {
	switch j.Role {
	case "engine":
		return newEngineHost(ctx, j, public)
	case "bare":
		return newBareHost(ctx, j, public)
	}
	return nil, fmt.Errorf("there is no host with the role %q", j.Role)
}

// serve says where the webhooks are, and serves them until nobody has orders. It
// answers an order, when it was obeyed, with the CPU time that the process has
// taken so far.
func serve(ctx context.Context, j job, orders *json.Decoder, answers *json.Encoder) (err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	public := "http://" + listener.Addr().String() + webhookPath
	h, err := newHost(ctx, j, public)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: patience}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer func() {
		err = errors.Join(err, server.Close(), h.close())
		if failed := <-ended; !errors.Is(failed, http.ErrServerClosed) {
			err = errors.Join(err, failed)
		}
	}()
	endProfile, err := profile(j.Profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endProfile()) }()
	if err := answers.Encode(public); err != nil {
		return err
	}
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := h.obey(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", o.Do, err)
		}
		if err := answers.Encode(cpuTime()); err != nil {
			return err
		}
	}
}

// profile writes into a file what takes CPU time, until the returned function is
// called.
func profile(path string) (end func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error { pprof.StopCPUProfile(); return file.Close() }, nil
}
