//go:build !windows

package store

import "syscall"

// diskFullErrors are the system's words for "no room": the disk, the user's
// quota, and the limit on a file's size.
func diskFullErrors() []syscall.Errno {
	return []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
}
