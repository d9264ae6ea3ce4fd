//go:build !linux

package pgtest

// memory returns "": only Linux has a directory, always in the same place,
// whose files are in memory.
func memory() string { return "" }
