package serialport

import "golang.org/x/sys/unix"

// exclusive says whether another program has the port for itself. The
// superuser is let in all the same and has to ask.
func exclusive(fd int) bool {
	on, err := unix.IoctlGetInt(fd, unix.TIOCGEXCL)
	return err == nil && on != 0
}
