package store

import "syscall"

// The numbers are those of winerror.h; package syscall does not name them.
const (
	errorHandleDiskFull    syscall.Errno = 39
	errorDiskFull          syscall.Errno = 112
	errorDiskQuotaExceeded syscall.Errno = 1295
)

// diskFullErrors are the system's words for "no room".
func diskFullErrors() []syscall.Errno {
	return []syscall.Errno{errorHandleDiskFull, errorDiskFull, errorDiskQuotaExceeded}
}
