//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package ptyport

import "golang.org/x/sys/unix"

const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
	// readQueue is FREAD of sys/fcntl.h, the queue of bytes not read yet.
	readQueue = 1
)

// flushInput throws away what the console has not read.
func flushInput(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, readQueue) }
