package sqlite

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Processes that open a file at the same moment, while there is none, all get
// the whole schema.
func TestProcessesOpenAtOnce(t *testing.T) {
	path := newPath(t)
	type opener struct {
		cmd *exec.Cmd
		in  io.WriteCloser
		out *bufio.Scanner
	}
	var openers []opener
	for range 4 {
		cmd := child(t, "opener", path)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		o := opener{cmd, in, bufio.NewScanner(out)}
		if !o.out.Scan() || o.out.Text() != "ready" {
			t.Fatal("an opener did not get ready")
		}
		openers = append(openers, o)
	}
	for _, o := range openers {
		if _, err := io.WriteString(o.in, "go\n"); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range openers {
		if !o.out.Scan() || o.out.Text() != "ok" {
			t.Error("an opener failed")
		}
		if err := o.cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	s := openAt(t, path, Config{})
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
	checkIntegrity(t, s)
}

// Stores that open a file at the same moment in one process do as well.
func TestStoresOpenAtOnce(t *testing.T) {
	path := newPath(t)
	stores := make([]*Store, 8)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			s, err := Open(context.Background(), path, Config{})
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	for _, s := range stores {
		if s == nil {
			continue
		}
		update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Processes that write at the same time lose none of each other's writes.
func TestProcessesWriteAtOnce(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	const processes = 3
	var cmds []*exec.Cmd
	for range processes {
		cmd := child(t, "adder", path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds = append(cmds, cmd)
	}
	for range additions {
		update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 1); return err })
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	const want = (processes + 1) * additions
	view(t, s, func(tx store.Tx) error {
		newest, err := store.One(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1}))
		if newest.Seq != want {
			t.Errorf("the last message is %d, want %d", newest.Seq, want)
		}
		return err
	})
}

// holdLock begins an Update in another Store on a file, and ends it when the
// returned function is called.
func holdLock(t *testing.T, path string) (release func()) {
	t.Helper()
	other := openAt(t, path, Config{})
	holding, end, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- other.Update(context.Background(), func(store.Tx) error {
			close(holding)
			<-end
			return nil
		})
	}()
	<-holding
	return func() {
		close(end)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// A context ends the wait for another process, and the Store goes on after it.
func TestContextEndsTheWaitForAnotherProcess(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	release := holdLock(t, path)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, func(store.Tx) error { t.Error("ran beside another process's Update"); return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	release()
	update(t, s, func(tx store.Tx) error { _, err := tx.NewID(); return err })
}

// Without a context that ends, BusyTimeout does.
func TestBusyTimeoutEndsTheWaitForAnotherProcess(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{BusyTimeout: 20 * time.Millisecond})
	release := holdLock(t, path)
	defer release()
	err := s.Update(context.Background(), func(store.Tx) error { return nil })
	if !errors.Is(err, ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
}

// A View neither waits for another process's Update nor sees any of it.
func TestViewDoesNotWaitForAnotherProcess(t *testing.T) {
	path := newPath(t)
	s := openAt(t, path, Config{})
	release := holdLock(t, path)
	defer release()
	view(t, s, func(tx store.Tx) error { _, err := tx.Accounts(); return err })
}

// A process that holds the lock, whatever it does, makes others wait no longer
// than they want to. Once it is gone, killed even, they go on, and nothing of
// what it had not committed is there.
func TestProcessThatHoldsTheLockIsOutlived(t *testing.T) {
	path := newPath(t)
	const patience = 100 * time.Millisecond
	s := openAt(t, path, Config{BusyTimeout: patience})
	update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 3); return err })
	holder := child(t, "holder", path)
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line := bufio.NewScanner(out); !line.Scan() || line.Text() != "holding" {
		t.Fatal("the holder does not hold the lock")
	}
	const waiting = 4
	var wg sync.WaitGroup
	began := time.Now()
	for range waiting {
		wg.Go(func() {
			err := s.Update(context.Background(), func(store.Tx) error { t.Error("ran beside another process's Update"); return nil })
			if !errors.Is(err, ErrBusy) {
				t.Errorf("got %v, want ErrBusy", err)
			}
		})
	}
	wg.Wait()
	// They take turns. The rest is for a machine that has much to do.
	if took := time.Since(began); took > 10*waiting*patience {
		t.Errorf("%d Updates waited for %v, want about %v each", waiting, took, patience)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // killed
	var last int64
	update(t, s, func(tx store.Tx) (err error) { last, err = appendMessages(tx, 3); return err })
	if last != 6 {
		t.Errorf("the last message is %d, want 6: what the holder had not committed is there", last)
	}
	checkIntegrity(t, s)
}
