//go:build unix

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// A file system that refuses to write the log makes the outcome of the commit
// unknown, and once it takes data again the Store goes on. The limit on the
// size of files that stands for it is a process's, hence another process.
func TestLogCanNotBeWritten(t *testing.T) {
	if os.Getenv(childEnv) == "limited" {
		if code := childLimited(os.Getenv("SQLITE_TEST_PATH")); code != 0 {
			t.Fail()
		}
		return
	}
	cmd := child(t, "limited", "-test.run=^TestLogCanNotBeWritten$")
	cmd.Env = append(cmd.Env, "SQLITE_TEST_PATH="+newPath(t))
	if out, err := cmd.Output(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func childLimited(path string) int {
	// The system's way of saying so is a signal; ignored, it is an error.
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	s, err := Open(ctx, path, Config{})
	if err != nil {
		return childFailed(err)
	}
	var last int64
	write := func(n int) error {
		var seq int64
		err := s.Update(ctx, func(tx store.Tx) (err error) {
			seq, err = appendMessages(tx, n)
			return err
		})
		if err == nil {
			last = seq
		}
		return err
	}
	if err := write(10); err != nil {
		return childFailed(err)
	}
	log, err := os.Stat(path + "-wal")
	if err != nil {
		return childFailed(err)
	}
	var unlimited syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &unlimited); err != nil {
		return childFailed(err)
	}
	for range 3 {
		limit := unlimited
		limit.Cur = uint64(log.Size()) + 100_000
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return childFailed(err)
		}
		var failed error
		for range 1000 {
			if failed = write(50); failed != nil {
				break
			}
		}
		before := last
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &unlimited); err != nil {
			return childFailed(err)
		}
		if !errors.Is(failed, store.ErrUnknown) {
			return childFailed(fmt.Errorf("the commit failed, but not with ErrUnknown: %w", failed))
		}
		if err := write(1); err != nil {
			return childFailed(fmt.Errorf("once the log can be written again: %w", err))
		}
		// In this process it did not happen.
		if last != before+1 {
			return childFailed(fmt.Errorf("the message after %d is %d", before, last))
		}
	}
	if err := s.Close(); err != nil {
		return childFailed(err)
	}
	return 0
}
