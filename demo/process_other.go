//go:build !linux

package main

import "syscall"

// dieWithParent does nothing here: only Linux ends children by itself.
func dieWithParent() *syscall.SysProcAttr { return nil }
