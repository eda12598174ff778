// Package oddfs is a FUSE file system for tests. It passes everything through to a directory, but for the [Habits] that a test switches
// on: what network file systems, /proc and encrypted directories do and an ordinary disk does not.
//
//	dir := oddfs.Mount(t, backing, oddfs.Habits{Fails: map[oddfs.Call]syscall.Errno{oddfs.Chmod: syscall.EOPNOTSUPP}})
//
// What a test makes below dir appears in backing, and the other way round at once: the kernel is told to keep no names and no attributes.
//
// Hazards: the kernel takes ENOSYS from Fsync and FsyncDir as success, and does not ask again. It reads ahead in files unless a habit
// turns that off, so a failing read can come earlier than asked for. The file system runs inside the test's process: no file of it may
// be mapped into memory there.
package oddfs
