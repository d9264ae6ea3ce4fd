//go:build unix && !linux

package pgtest

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// tasks returns the processes of the system as ps(1) has them. Those that have
// ended are not among them.
func tasks() ([]task, error) {
	list, err := exec.CommandContext(context.Background(), "ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "state=").Output()
	if err != nil {
		return nil, fmt.Errorf("ps: %w", err)
	}
	var all []task
	for line := range strings.Lines(string(list)) {
		var t task
		var state string
		if _, err := fmt.Sscan(line, &t.pid, &t.parent, &state); err != nil {
			return nil, fmt.Errorf("ps: %q: %w", line, err)
		}
		if state[0] == 'Z' {
			continue
		}
		t.stopped = state[0] == 'T'
		all = append(all, t)
	}
	return all, nil
}
