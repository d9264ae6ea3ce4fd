package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// A process is killed while it writes, at a different point each time. Every
// transaction that it has acknowledged is there, whole, and the file is sound.
func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	path := newPath(t)
	random := rand.New(rand.NewPCG(1, 2))
	var acknowledged int64
	for round := range 20 {
		cmd := child(t, "writer", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		// Where within a transaction the signal arrives is chance; after how
		// many is not.
		for range 1 + random.IntN(100) {
			if !lines.Scan() {
				t.Fatalf("the writer ended by itself: %v", cmd.Wait())
			}
			acknowledged = number(t, lines.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it had printed by then
			acknowledged = number(t, lines.Text())
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
			t.Fatalf("the writer was not killed: %v", err)
		}
		checkCommitted(t, path, acknowledged)
		t.Logf("round %d: %d messages acknowledged", round, acknowledged)
	}
}

func number(t *testing.T, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkCommitted opens a file and looks whether the messages up to the
// acknowledged one are there, each with its event, and only whole transactions
// of three.
func checkCommitted(t *testing.T, path string, acknowledged int64) {
	t.Helper()
	s := openAt(t, path, Config{})
	view(t, s, func(tx store.Tx) error {
		newest, err := store.One(tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1}))
		if err != nil {
			return err
		}
		if newest.Seq < acknowledged || newest.Seq%3 != 0 {
			return fmt.Errorf("the last message is %d; up to %d were acknowledged, three a transaction", newest.Seq, acknowledged)
		}
		messages, err := tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: int(newest.Seq) + 1})
		if err != nil {
			return err
		}
		events, err := tx.Events(store.EventQuery{Account: "default", Conversation: 1, Limit: int(newest.Seq) + 1})
		if err != nil {
			return err
		}
		if len(messages) != int(newest.Seq) || len(events) != len(messages) {
			return fmt.Errorf("there are %d messages and %d events, want %d", len(messages), len(events), newest.Seq)
		}
		return nil
	})
	checkIntegrity(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkIntegrity lets SQLite look through the whole file.
func checkIntegrity(t *testing.T, s *Store) {
	t.Helper()
	c, err := s.writer.acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.release(c, true)
	if found, err := one[string](context.Background(), c, `PRAGMA integrity_check`); err != nil || found != "ok" {
		t.Fatalf("integrity_check: %s, %v", found, err)
	}
}
