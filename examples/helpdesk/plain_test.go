package main

import "testing"

// plainOnly skips what is no matter of races, and takes long, in a short run
// with the race detector.
func plainOnly(t *testing.T) {
	t.Helper()
	if underRace && testing.Short() {
		t.Skip("takes long and is no matter of races; runs without -race, or without -short")
	}
}
