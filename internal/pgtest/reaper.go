package pgtest

import (
	"context"
	"fmt"
	"io"
	"os/exec"
)

// A reaper is a process that outlives the tests by a moment. It reads which
// process to end, a line for each change, and when its input ends, as it does
// however the tests end, it ends that process and removes the directory.
//
// A signal at the parent's death (PR_SET_PDEATHSIG) would not do: only Linux
// has it, it comes when the thread that started the server ends, and it
// removes no file.
type reaper struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

// On SIGQUIT a postmaster takes its children along and its shared memory
// down, and then removes postmaster.pid. It leaves children that are stopped
// to SIGKILL after five seconds.
const reaperScript = `
trap '' HUP INT TERM
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ] && kill -s QUIT "$pid"; then
	kill -s CONT "$pid"
	tries=0
	while [ -e "$1/data/postmaster.pid" ] && [ "$tries" -lt 150 ] && kill -s 0 "$pid"; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -s KILL "$pid"
fi
exec rm -rf "$1"
`

// startReaper starts the reaper of a directory.
func startReaper(dir string) (*reaper, error) {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", reaperScript, "pgtest-reaper", dir)
	cmd.Dir = "/"
	account{}.use(cmd)
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &reaper{cmd, input}, nil
}

// watch names the process to end, 0 for none.
func (r *reaper) watch(pid int) error {
	line := fmt.Sprintln(pid)
	if pid == 0 {
		line = "\n"
	}
	_, err := io.WriteString(r.input, line)
	return err
}

// close ends the process that is watched, removes the directory, and returns
// when that is done.
func (r *reaper) close() error {
	if err := r.input.Close(); err != nil {
		return err
	}
	return r.cmd.Wait()
}
