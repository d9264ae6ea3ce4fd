package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

// life is what becomes of a customer's message.
type life struct {
	answered chan time.Time // gets the moment when its answer was handed to the provider
	over     chan error     // gets nil when the host has acknowledged that the answer was delivered
}

// lives are those that have begun, by customer. The answers to one customer come
// in the order of the messages.
type lives struct {
	ctx      context.Context
	callback *poster
	mu       sync.Mutex
	begun    map[string][]*life
}

func newLives(ctx context.Context, connections int) *lives {
	return &lives{ctx: ctx, callback: newPoster(connections), begun: make(map[string][]*life)}
}

// begin has to be called before the message is sent.
func (l *lives) begin(of channel.Address) *life {
	one := &life{make(chan time.Time, 1), make(chan error, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun[string(of)] = append(l.begun[string(of)], one)
	return one
}

// created tells the host that an answer was sent and delivered, as the provider
// does. What nobody waits for is of an earlier run.
func (l *lives) created(c call) {
	l.mu.Lock()
	var one *life
	if waiting := l.begun[c.to]; len(waiting) > 0 {
		one, l.begun[c.to] = waiting[0], waiting[1:]
	}
	l.mu.Unlock()
	if one == nil {
		return
	}
	one.answered <- c.at
	err := l.callback.post(l.ctx, c.callback, statusForm(c.sid, c.to, "sent"))
	if err == nil {
		err = l.callback.post(l.ctx, c.callback, statusForm(c.sid, c.to, "delivered"))
	}
	one.over <- err
}

// living is a worker whose messages are taken in when their whole lives are over.
type living struct {
	*accepting
	lives    *lives
	provider *provider
}

// live starts a service that works, with a provider beside it.
func (b *bench) live(ctx context.Context, name, url string, connections int) (_ *living, err error) {
	l := &living{lives: newLives(ctx, connections)}
	if l.provider, err = startProvider(ctx, l.lives.created); err != nil {
		return nil, err
	}
	s, err := b.start(ctx, name, "engine", url, l.provider.url)
	if err != nil {
		return nil, errors.Join(err, l.provider.close())
	}
	l.accepting = newAccepting(s, connections)
	if err := s.work(); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// begin sends a message to a conversation that nobody has claimed.
func (l *living) begin(ctx context.Context, n int64, from int) (*life, error) {
	one := l.lives.begin(customer(from))
	return one, l.accepting.receive(ctx, n, from)
}

func (l *living) receive(ctx context.Context, n int64, from int) error {
	one, err := l.begin(ctx, n, unclaimed(from))
	if err != nil {
		return err
	}
	_, err = one.end(ctx)
	return err
}

// end returns when a life is over, and when its answer was handed to the
// provider.
func (o *life) end(ctx context.Context) (answered time.Time, err error) {
	lost := time.NewTimer(patience)
	defer lost.Stop()
	select {
	case err := <-o.over:
		if err != nil {
			return time.Time{}, fmt.Errorf("a callback: %w", err)
		}
		return <-o.answered, nil
	case <-lost.C:
		return time.Time{}, fmt.Errorf("a message was not answered within %v", patience)
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

func (l *living) close() error {
	err := l.accepting.close()
	err = errors.Join(err, l.provider.close())
	l.lives.callback.close()
	return err
}
