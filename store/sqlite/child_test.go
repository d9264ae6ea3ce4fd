package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// children are what the test binary does as another process. They take the
// path of the file and return the exit code.
var children = map[string]func(path string) int{
	"writer": childWriter,
	"opener": childOpener,
	"adder":  childAdder,
	"holder": childHolder,
}

// child returns the command that runs a child on a file. What is not one of
// children is for a test that plays its own.
func child(t testing.TB, name, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, path)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

func childFailed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// childWriter writes messages for ever and prints the last seq of each
// transaction that was acknowledged.
func childWriter(path string) int {
	ctx := context.Background()
	s, err := Open(ctx, path, Config{})
	if err != nil {
		return childFailed(err)
	}
	for {
		var last int64
		err := s.Update(ctx, func(tx store.Tx) error {
			last, err = appendMessages(tx, 3)
			return err
		})
		if err != nil {
			return childFailed(err)
		}
		// Standard output is not buffered: what is printed was acknowledged.
		fmt.Println(last)
	}
}

// appendMessages adds messages to a conversation that has nothing but them,
// each with an event, and returns the seq of the last.
func appendMessages(tx store.Tx, n int) (int64, error) {
	var seq int64
	newest, err := tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1})
	if err != nil {
		return 0, err
	}
	if len(newest) > 0 {
		seq = newest[0].Seq
	}
	for range n {
		seq++
		id, err := tx.NewID()
		if err != nil {
			return 0, err
		}
		m := store.Message{ID: store.MessageID(id), Account: "default", Conversation: 1, Seq: seq, Channel: "sms", ProviderID: "SM" + strconv.FormatInt(seq, 10), Text: "Hello"}
		if err := tx.PutMessages(m); err != nil {
			return 0, err
		}
		if err := tx.AppendEvents(store.Event{Account: "default", Type: store.MessageReceived, Conversation: 1, Message: m.ID}); err != nil {
			return 0, err
		}
	}
	return seq, nil
}

// childOpener waits for a line, opens and closes the file, and prints "ok".
func childOpener(path string) int {
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return childFailed(err)
	}
	s, err := Open(context.Background(), path, Config{})
	if err != nil {
		return childFailed(err)
	}
	if err := s.Close(); err != nil {
		return childFailed(err)
	}
	fmt.Println("ok")
	return 0
}

// additions is how many Updates an adder makes.
const additions = 100

// childAdder adds messages, one by one.
func childAdder(path string) int {
	ctx := context.Background()
	s, err := Open(ctx, path, Config{})
	if err != nil {
		return childFailed(err)
	}
	for range additions {
		if err := s.Update(ctx, func(tx store.Tx) error {
			_, err := appendMessages(tx, 1)
			return err
		}); err != nil {
			return childFailed(err)
		}
	}
	if err := s.Close(); err != nil {
		return childFailed(err)
	}
	return 0
}

// childHolder begins an Update, prints "holding", and ends it when there is a
// line to read.
func childHolder(path string) int {
	ctx := context.Background()
	s, err := Open(ctx, path, Config{})
	if err != nil {
		return childFailed(err)
	}
	if err := s.Update(ctx, func(tx store.Tx) error {
		if _, err := appendMessages(tx, 1); err != nil {
			return err
		}
		fmt.Println("holding")
		_, err := bufio.NewReader(os.Stdin).ReadString('\n')
		return err
	}); err != nil {
		return childFailed(err)
	}
	return 0
}
