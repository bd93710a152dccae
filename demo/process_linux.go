package main

import "syscall"

// dieWithParent makes a child end when this process is killed: a demo that is
// cut off leaves nothing running.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
