package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tasks returns the processes of the system as proc(5) has them. Those that
// have ended are not among them.
func tasks() ([]task, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var all []task
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended since
		}
		var t task
		if _, err := fmt.Sscan(string(stat), &t.pid); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		// The name stands in parentheses, and may have some of its own.
		var state string
		fields := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
		if _, err := fmt.Sscan(fields, &state, &t.parent); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if state == "Z" || state == "X" {
			continue
		}
		t.stopped = state == "T" || state == "t"
		all = append(all, t)
	}
	return all, nil
}
