package pgtest

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/teaminbox/teaminbox/internal/sources"
)

// initialize makes the directory of data, in the first locale that the machine
// has.
func (s *Server) initialize() error {
	var failures []error
	for _, locale := range []string{"C.UTF-8", "C"} {
		cmd := s.programs.command("initdb", "--pgdata="+s.data(), "--username="+superuser, "--auth=trust",
			"--encoding=UTF8", "--locale="+locale, "--lc-messages=C", "--no-sync", "--no-instructions")
		cmd.Dir, cmd.Env = s.dir, s.environment()
		s.account.use(cmd)
		output, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		failures = append(failures, fmt.Errorf("initdb with locale %s: %w\n%s", locale, err, output))
	}
	return errors.Join(failures...)
}

// startOn starts the server on the first port that is free. Whether one is
// shows when the server takes it, not before.
func (s *Server) startOn(next func() int) error {
	var err error
	for range 20 {
		s.port = next()
		if err = s.Start(); err == nil || !strings.Contains(err.Error(), "could not bind") {
			return err
		}
	}
	return err
}

// somePort returns a port at random from below those that systems give to
// whoever asks for any. So nobody is given it while its user is down.
func somePort() int {
	const first, end = 10000, 32768
	return first + int(sources.Real().Jitter()*(end-first))
}

// environment is what the programs of Postgres get to see: nothing of what is
// set for its clients.
func (s *Server) environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "LC_ALL=C", "TZ=UTC"}
}
