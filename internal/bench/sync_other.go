//go:build !linux

package main

import "os"

// syncData has what was written reach the disk.
func syncData(f *os.File) error { return f.Sync() }
