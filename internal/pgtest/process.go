package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"time"

	"github.com/teaminbox/teaminbox/internal/sources"
)

// process is a postmaster with its children. All of them inherit the writing
// end of a pipe, so its reading end tells when the last of them has ended:
// after a postmaster is killed, its children go on for a moment.
type process struct {
	cmd  *exec.Cmd
	pipe *os.File
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	cmd.ExtraFiles = append(cmd.ExtraFiles, w)
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, err
	}
	return &process{cmd, r}, nil
}

// ended waits for the end of all processes, no longer than given, and reports
// whether it came.
func (p *process) ended(within time.Duration) (bool, error) {
	if err := p.pipe.SetReadDeadline(sources.Real().Now().Add(within)); err != nil {
		return false, err
	}
	// Nobody writes: it is the end, or the deadline.
	_, err := p.pipe.Read(make([]byte, 1))
	return !errors.Is(err, os.ErrDeadlineExceeded), nil
}

// wait returns how the postmaster ended. It is for after the end.
func (p *process) wait() error {
	p.pipe.Close()
	return p.cmd.Wait()
}
