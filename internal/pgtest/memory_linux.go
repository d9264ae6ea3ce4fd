package pgtest

import "syscall"

// room is what must be free in memory for a server that is kept there: a few
// databases, and the log of writes, which grows to a gigabyte.
const room = 4 << 30

// memory returns a directory whose files are in memory, or "" where there is
// none with room. Containers often have one with next to none.
func memory() string {
	const dir = "/dev/shm"
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil || disk.Bavail*uint64(disk.Bsize) < room {
		return ""
	}
	return dir
}
