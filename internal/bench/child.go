package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// childArgument makes the program a worker of another.
const childArgument = "child"

// job is what a child has to do. Each child is a process of its own, as the
// processes of a host are.
type job struct {
	Role          string // "engine", "running", "resting" or "bare"
	Store, URL    string
	Process       int
	Clients       int
	Writers       int // of "bare", if there is more than one
	Conversations int
	Length        time.Duration

	Serve    bool   // takes no messages in by itself, but serves webhooks
	Provider string // where the REST API of its provider is
	Profile  string // the file for a profile of its CPU time, or ""
}

// outcome is what a child has done.
type outcome struct {
	Messages int64           // in Length
	Times    []time.Duration // of each
	CPU      time.Duration   // that a metered worker took meanwhile
}

// worker takes messages in, for many callers at once, until it is closed.
type worker interface {
	receive(ctx context.Context, n int64, from int) error
	close() error
}

// metered is a worker that works in another process, and knows how much CPU
// time that has taken so far.
type metered interface {
	usage() (time.Duration, error)
}

// runChild does one job: it says when it is ready, begins when it is told, and
// says what came of it.
func runChild(ctx context.Context, in io.Reader, out io.Writer) error {
	var j job
	lines := json.NewDecoder(in)
	if err := lines.Decode(&j); err != nil {
		return err
	}
	if j.Serve {
		return serve(ctx, j, lines, json.NewEncoder(out))
	}
	if j.Role == "resting" {
		return rest(ctx, j, json.NewEncoder(out))
	}
	w, err := newWorker(ctx, j)
	if err != nil {
		return err
	}
	answers := json.NewEncoder(out)
	if err := answers.Encode("ready"); err != nil {
		return err
	}
	var begin string
	if err := lines.Decode(&begin); err != nil {
		return err
	}
	o, err := hammer(ctx, j, w)
	return errors.Join(err, w.close(), answers.Encode(o))
}

func newWorker(ctx context.Context, j job) (worker, error) {
	switch j.Role {
	case "engine", "running":
		return newEngine(ctx, j)
	case "bare":
		return newBare(ctx, j)
	}
	return nil, fmt.Errorf("there is no role %q", j.Role)
}

// warmUp is the longest that it goes on before anything counts.
const warmUp = time.Second

// hammer lets the clients send message after message. Those count that are
// acknowledged in the time that counts.
func hammer(ctx context.Context, j job, w worker) (outcome, error) {
	var o outcome
	var mu sync.Mutex
	var failed error
	var clients sync.WaitGroup
	var next atomic.Int64
	begin := time.Now().Add(min(warmUp, j.Length))
	end := begin.Add(j.Length)
	for client := range j.Clients {
		clients.Go(func() {
			var count int64
			var times []time.Duration
			for k := 0; ctx.Err() == nil; k++ {
				sent := time.Now()
				if sent.After(end) {
					break
				}
				from := int(scatter(j.Process<<40+client<<20+k) % uint64(j.Conversations))
				if err := w.receive(ctx, next.Add(1), from); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
				if now := time.Now(); now.After(begin) && now.Before(end) {
					count++
					times = append(times, now.Sub(sent))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			o.Messages += count
			o.Times = append(o.Times, times...)
		})
	}
	if m, ok := w.(metered); ok {
		clients.Go(func() {
			cpu, err := between(ctx, m, begin, end)
			mu.Lock()
			defer mu.Unlock()
			o.CPU, failed = cpu, errors.Join(failed, err)
		})
	}
	clients.Wait()
	return o, failed
}

// between returns how much CPU time a worker takes between two moments.
func between(ctx context.Context, m metered, begin, end time.Time) (time.Duration, error) {
	var at [2]time.Duration
	for i, moment := range []time.Time{begin, end} {
		select {
		case <-time.After(time.Until(moment)):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		var err error
		if at[i], err = m.usage(); err != nil {
			return 0, err
		}
	}
	return at[1] - at[0], nil
}

// children runs one job in a number of processes, all at once.
func children(ctx context.Context, n int, j job) (outcome, error) {
	program, err := os.Executable()
	if err != nil {
		return outcome{}, err
	}
	all := make([]*child, 0, n)
	defer func() {
		for _, c := range all {
			_ = c.end() // those that are over have been asked already
		}
	}()
	for i := range n {
		j.Process = i
		c, err := startChild(ctx, program, j)
		if err != nil {
			return outcome{}, err
		}
		all = append(all, c)
	}
	for _, c := range all { // they have connected
		var ready string
		if err := c.answers.Decode(&ready); err != nil {
			return outcome{}, fmt.Errorf("a child did not become ready: %w", err)
		}
	}
	for _, c := range all {
		if err := c.orders.Encode("begin"); err != nil {
			return outcome{}, err
		}
	}
	var sum outcome
	for _, c := range all {
		var o outcome
		if err := c.answers.Decode(&o); err != nil {
			return outcome{}, fmt.Errorf("a child gave no answer: %w", err)
		}
		sum.Messages += o.Messages
		sum.Times = append(sum.Times, o.Times...)
	}
	for _, c := range all {
		if err := c.end(); err != nil {
			return outcome{}, fmt.Errorf("a child failed: %w", err)
		}
	}
	return sum, nil
}

// child is a process of ours.
type child struct {
	cmd     *exec.Cmd
	orders  *json.Encoder
	answers *json.Decoder
	input   io.Closer
	over    bool
}

func startChild(ctx context.Context, program string, j job) (*child, error) {
	cmd := exec.CommandContext(ctx, program, childArgument)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, orders: json.NewEncoder(in), answers: json.NewDecoder(bufio.NewReader(out)), input: in}
	return c, c.orders.Encode(j)
}

// end lets a child end, which it does when nobody has orders for it.
func (c *child) end() error {
	if c.over {
		return nil
	}
	c.over = true
	_ = c.input.Close() // it may have ended already
	return c.cmd.Wait()
}
