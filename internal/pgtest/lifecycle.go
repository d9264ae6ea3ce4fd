package pgtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// patience is how long a server may take to start, recovery after a crash
// included, and to end.
const patience = time.Minute

// glance is how long it takes to see that a server has not ended. A pipe is not
// looked at if its deadline has passed when the looking begins.
const glance = 100 * time.Millisecond

// Start starts the server again, with its data and on its port, and returns
// when it takes connections. It does nothing if the server runs. The error of
// a server that did not start has what the server logged.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		if over, err := s.process.ended(glance); !over {
			return err
		}
		if err := s.buried(); err != nil {
			return err
		}
	}
	logged, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logged.Close()
	cmd := s.programs.command("postgres", s.arguments()...)
	cmd.Dir, cmd.Env = s.dir, s.environment()
	cmd.Stdout, cmd.Stderr = logged, logged
	s.account.use(cmd)
	if s.process, err = startProcess(cmd); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	if err := errors.Join(s.reaper.watch(cmd.Process.Pid), s.awaitReady()); err != nil {
		return errors.Join(err, s.end(syscall.SIGQUIT))
	}
	return nil
}

// Stop ends the server in good order: sessions are cut off, what they have not
// committed is undone, and the rest is written down. It returns when the server
// is gone, and does nothing if there is none. A paused server is resumed first.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(syscall.SIGINT)
}

// Kill ends the server as a crash does: at once, with nothing written down but
// what was committed, so that Start has to recover. (It is what pg_ctl calls an
// immediate stop.) It returns when the server is gone, and does nothing if
// there is none. A paused server is resumed first.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(syscall.SIGQUIT)
}

// Pause stops the server's processes, all of them, where they are (SIGSTOP), as
// a machine does that hangs: connections stay up, new ones are taken by the
// system, and nobody answers, until Resume. It returns when the last process
// stands still. The error is that of a server that does not run.
func (s *Server) Pause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return errors.New("the server to pause does not run")
	}
	s.paused = true
	return s.pause()
}

// Resume lets a paused server go on. It does nothing to any other.
func (s *Server) Resume() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.goOn()
}

func (s *Server) goOn() error {
	if s.process == nil || !s.paused {
		return nil
	}
	s.paused = false
	return s.resume()
}

// arguments are the server's. The first of two settings of a name is the
// weaker one.
func (s *Server) arguments() []string {
	settings := []string{
		"max_connections=200",
		// In the directory, which goes: not in /dev/shm, where it may stay and
		// where containers have next to nothing.
		"dynamic_shared_memory_type=mmap",
		"log_line_prefix=%m [%p] ",
	}
	if s.options.Fast {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	for _, name := range slices.Sorted(maps.Keys(s.options.Settings)) {
		settings = append(settings, name+"="+s.options.Settings[name])
	}
	settings = append(settings,
		"listen_addresses=127.0.0.1",
		"port="+strconv.Itoa(s.port),
		"unix_socket_directories="+s.dir,
		"logging_collector=off",
	)
	args := []string{"-D", s.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// awaitReady waits until the server that was started takes connections. It asks
// over the socket, where no other server can answer.
func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, s.SocketURL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("postgres does not take connections after %v: %w\n%s", patience, err, s.Log())
		}
		over, err := s.process.ended(5 * time.Millisecond)
		if err != nil {
			return err
		}
		if over {
			return errors.Join(fmt.Errorf("postgres did not start:\n%s", s.Log()), s.buried())
		}
	}
}

// end sends the signal and waits until the server has ended.
func (s *Server) end(with syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	if err := s.goOn(); err != nil {
		return err
	}
	if err := s.process.cmd.Process.Signal(with); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	over, err := s.process.ended(patience)
	if err != nil {
		return err
	}
	if !over {
		return fmt.Errorf("postgres has not ended %v after %v:\n%s", patience, with, s.Log())
	}
	return s.buried()
}

// buried forgets the server, which has ended. How it did, a crash included, is
// in its log.
func (s *Server) buried() error {
	err := s.reaper.watch(0)
	var status *exec.ExitError
	if waitErr := s.process.wait(); !errors.As(waitErr, &status) {
		err = errors.Join(err, waitErr)
	}
	s.process, s.paused = nil, false
	return err
}
