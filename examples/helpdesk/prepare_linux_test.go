package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// What a program gets before it starts, by its environment.
const (
	smallDisk    = "HELPDESK_TEST_SMALL_DISK"  // a directory that becomes a file system of a few megabytes
	readOnlyDisk = "HELPDESK_TEST_READ_ONLY"   // a directory that becomes read-only
	smallFiles   = "HELPDESK_TEST_SMALL_FILES" // set: files can't grow over smallFile bytes, until SIGUSR1
	smallFile    = 1 << 20
)

// prepare makes the program run short of something.
func prepare() error {
	if dir := os.Getenv(smallDisk); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
			return fmt.Errorf("mounting a small file system: %w", err)
		}
	}
	if dir := os.Getenv(readOnlyDisk); dir != "" {
		if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting a directory: %w", err)
		}
		if err := syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("making it read-only: %w", err)
		}
	}
	if os.Getenv(smallFiles) == "" {
		return nil
	}
	signal.Ignore(syscall.SIGXFSZ) // the system's way of saying so; ignored, it is an error
	var unlimited syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	lifted := make(chan os.Signal, 1)
	signal.Notify(lifted, syscall.SIGUSR1)
	go func() {
		<-lifted
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &unlimited); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	limit := unlimited
	limit.Cur = smallFile
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// mounting lets a command mount file systems that nobody else sees. It skips
// the test where that is not allowed.
func mounting(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		attr.AmbientCaps = []uintptr{21} // CAP_SYS_ADMIN, for the new user namespace alone
	}
	cmd.SysProcAttr = attr
	// The same command tries, on a directory of its own.
	probe, stderr := command(t, []string{smallDisk + "=" + t.TempDir()}, "-help")
	probe.SysProcAttr = attr
	err := probe.Run()
	if err != nil {
		t.Skipf("this system lets nobody but root mount a file system: %v %s", err, stderr)
	}
}
