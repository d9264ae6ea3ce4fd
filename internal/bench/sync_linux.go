package main

import (
	"os"
	"syscall"
)

// syncData has what was written reach the disk, as databases do.
func syncData(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
